--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit (
    id integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor character varying(200) NOT NULL,
    action character varying(100) NOT NULL,
    subject character varying(500) NOT NULL,
    before json,
    after json,
    reason text NOT NULL,
    correlation_id character varying(100) NOT NULL
);


--
-- Name: audit_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.audit_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: audit_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.audit_id_seq OWNED BY public.audit.id;


--
-- Name: batches; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.batches (
    job_id character varying(32) NOT NULL,
    template character varying(100) NOT NULL,
    template_hash character varying(64) NOT NULL,
    source text NOT NULL,
    scoring json,
    limits json NOT NULL,
    status character varying(20) NOT NULL,
    total integer NOT NULL,
    actor character varying(200) NOT NULL,
    correlation_id character varying(64) NOT NULL,
    abort_requested boolean NOT NULL,
    owner character varying(200) NOT NULL,
    heartbeat_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone
);


--
-- Name: experiment_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.experiment_moves (
    id integer NOT NULL,
    experiment character varying(100) NOT NULL,
    verb character varying(20) NOT NULL,
    source character varying(20) NOT NULL,
    target character varying(20) NOT NULL,
    actor character varying(200) NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: experiment_moves_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.experiment_moves_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: experiment_moves_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.experiment_moves_id_seq OWNED BY public.experiment_moves.id;


--
-- Name: experiment_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.experiment_versions (
    experiment character varying(100) NOT NULL,
    version integer NOT NULL,
    definition json NOT NULL,
    author character varying(200) NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: experiments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.experiments (
    key character varying(100) NOT NULL,
    version integer NOT NULL,
    status character varying(20) NOT NULL,
    name character varying(500) NOT NULL,
    owner character varying(500) NOT NULL,
    department character varying(500) NOT NULL,
    project character varying(500) NOT NULL,
    type character varying(50) NOT NULL,
    definition json NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    stopped_at timestamp with time zone
);


--
-- Name: inbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    rows integer NOT NULL,
    body bytea NOT NULL,
    received_at character varying(40) NOT NULL,
    actor character varying(500) NOT NULL,
    move bigint
);


--
-- Name: inbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: inbox_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.inbox_id_seq OWNED BY public.inbox.id;


--
-- Name: lake_movers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.lake_movers (
    app_id character varying(64) NOT NULL,
    last_move bigint NOT NULL
);


--
-- Name: looks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.looks (
    experiment character varying(100) NOT NULL,
    look integer NOT NULL,
    version integer NOT NULL,
    actor character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL,
    scorecard json NOT NULL
);


--
-- Name: trials; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.trials (
    job_id character varying(32) NOT NULL,
    number integer NOT NULL,
    parameters json NOT NULL,
    status character varying(20) NOT NULL,
    result json,
    score double precision,
    error json,
    seconds double precision,
    output text,
    started_at timestamp with time zone,
    finished_at timestamp with time zone
);


--
-- Name: audit id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit ALTER COLUMN id SET DEFAULT nextval('public.audit_id_seq'::regclass);


--
-- Name: experiment_moves id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_moves ALTER COLUMN id SET DEFAULT nextval('public.experiment_moves_id_seq'::regclass);


--
-- Name: inbox id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ALTER COLUMN id SET DEFAULT nextval('public.inbox_id_seq'::regclass);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0001');


--
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit VALUES (1, '2026-11-21 01:39:40.8117+00', 'ann', 'experiment.create', 'draft-one', NULL, '{"status": "draft", "version": 1, "definition": {"key": "draft-one", "name": "Experiment draft-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}], "tags": ["old"], "coverage": 0.25}}', '', 'c-1');
INSERT INTO public.audit VALUES (2, '2026-11-21 01:39:40.821982+00', 'ann', 'experiment.create', 'running-one', NULL, '{"status": "draft", "version": 1, "definition": {"key": "running-one", "name": "Experiment running-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}]}}', '', 'c-1');
INSERT INTO public.audit VALUES (3, '2026-11-21 01:39:40.826194+00', 'ann', 'experiment.create', 'stopped-one', NULL, '{"status": "draft", "version": 1, "definition": {"key": "stopped-one", "name": "Experiment stopped-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}]}}', '', 'c-1');
INSERT INTO public.audit VALUES (4, '2026-11-21 01:39:40.830323+00', 'bob', 'experiment.start', 'running-one', '{"status": "draft"}', '{"status": "active", "version": 1}', '', 'c-1');
INSERT INTO public.audit VALUES (5, '2026-11-21 01:39:40.837415+00', 'bob', 'experiment.start', 'stopped-one', '{"status": "draft"}', '{"status": "active", "version": 1}', '', 'c-1');
INSERT INTO public.audit VALUES (6, '2026-11-21 01:39:40.841387+00', 'bob', 'experiment.stop', 'stopped-one', '{"status": "active"}', '{"status": "stopped", "version": 1}', 'done', 'c-1');
INSERT INTO public.audit VALUES (7, '2026-11-21 01:39:40.845656+00', 'ann', 'experiment.analyze', 'stopped-one', NULL, '{"look": 1, "recommendation": {"headline": "Wait", "action": "continue"}}', '', 'c-1');


--
-- Data for Name: batches; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: experiment_moves; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiment_moves VALUES (1, 'running-one', 'start', 'draft', 'active', 'bob', '', '2026-11-21 01:39:40.830323+00');
INSERT INTO public.experiment_moves VALUES (2, 'stopped-one', 'start', 'draft', 'active', 'bob', '', '2026-11-21 01:39:40.837415+00');
INSERT INTO public.experiment_moves VALUES (3, 'stopped-one', 'stop', 'active', 'stopped', 'bob', 'done', '2026-11-21 01:39:40.841387+00');


--
-- Data for Name: experiment_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiment_versions VALUES ('draft-one', 1, '{"key": "draft-one", "name": "Experiment draft-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}], "tags": ["old"], "coverage": 0.25}', 'ann', 'created', '2026-11-21 01:39:40.8117+00');
INSERT INTO public.experiment_versions VALUES ('running-one', 1, '{"key": "running-one", "name": "Experiment running-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}]}', 'ann', 'created', '2026-11-21 01:39:40.821982+00');
INSERT INTO public.experiment_versions VALUES ('stopped-one', 1, '{"key": "stopped-one", "name": "Experiment stopped-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}]}', 'ann', 'created', '2026-11-21 01:39:40.826194+00');


--
-- Data for Name: experiments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiments VALUES ('draft-one', 1, 'draft', 'Experiment draft-one', '', '', 'default', 'feature', '{"key": "draft-one", "name": "Experiment draft-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}], "tags": ["old"], "coverage": 0.25}', '2026-11-21 01:39:40.8117+00', '2026-11-21 01:39:40.8117+00', NULL, NULL);
INSERT INTO public.experiments VALUES ('running-one', 1, 'active', 'Experiment running-one', '', '', 'default', 'feature', '{"key": "running-one", "name": "Experiment running-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}]}', '2026-11-21 01:39:40.821982+00', '2026-11-21 01:39:40.830323+00', '2026-11-21 01:39:40.830323+00', NULL);
INSERT INTO public.experiments VALUES ('stopped-one', 1, 'stopped', 'Experiment stopped-one', '', '', 'default', 'feature', '{"key": "stopped-one", "name": "Experiment stopped-one", "hypothesis": {"text": "If, then, because"}, "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5, "params": {"color": "bl\u00fce"}}], "metrics": [{"key": "conversion"}, {"key": "revenue", "kind": "sum"}]}', '2026-11-21 01:39:40.826194+00', '2026-11-21 01:39:40.841387+00', '2026-11-21 01:39:40.837415+00', '2026-11-21 01:39:40.841387+00');


--
-- Data for Name: inbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.inbox VALUES (1, 'exposures', 20, '\x4558423106f0d27bffffffffd80100001000000000000a000c000600050008000a000000000104000c0000000800080000000400080000000400000008000000740100003401000008010000dc000000ac0000007c0000004c00000004000000bcfeffff0000010a100000002400000004000000000000000900000074696d657374616d7000000008000c0006000800080000000000020004000000030000005554430000ffffff00000105100000001c00000004000000000000000a000000617474726962757465730000f0feffff2cffffff00000105100000001c000000040000000000000009000000706c6163656d656e740000001cffffff58ffffff00000105100000001c00000004000000000000000a00000073657373696f6e5f6964000048ffffff84ffffff000001051000000018000000040000000000000007000000757365725f69640070ffffffacffffff00000105100000001800000004000000000000000700000076617269616e740098ffffffd4ffffff00000105100000001c00000004000000000000000a0000006578706572696d656e740000c4ffffff100014000800060007000c0000001000100000000000010510000000200000000400000000000000080000006576656e745f696400000000040004000400000000000000ffffffff6002000014000000000000000c0018000600050008000c000c000000000304001c000000b802000000000000000000000c001e001000040008000c000c000000a0010000240000001800000014000000000000000000000000000600080007000600000000000001170000000000000000000000000000000000000000000000000000003a00000000000000400000000000000043000000000000008800000000000000000000000000000088000000000000004100000000000000d0000000000000002300000000000000f8000000000000000000000000000000f8000000000000004000000000000000380100000000000028000000000000006001000000000000000000000000000060010000000000003a00000000000000a0010000000000004300000000000000e80100000000000014000000000000000002000000000000190000000000000020020000000000000000000000000000200200000000000000000000000000002002000000000000190000000000000040020000000000000000000000000000400200000000000000000000000000004002000000000000380000000000000078020000000000001900000000000000980200000000000000000000000000009802000000000000200000000000000000000000080000001400000000000000000000000000000014000000000000000000000000000000140000000000000000000000000000001400000000000000000000000000000014000000000000001400000000000000140000000000000000000000000000001400000000000000000000000000000014000000000000000000000000000000540000000000000028b52ffd20544d01004245090e50cb73a056bfc53a7a8c8f6c4d013f6ebc38f1e1c283037f776f675f574f473f372f271f00000000000000320000000000000028b52ffd203291010065306531653265336534653565366537653865396531306531316531326531336531346531356531366531376531386531390000000000540000000000000028b52ffd205485010042050b15d0b51c58bc582c168b65310a555555555555b54e013f6ebc38f1e1c283037f776f675f574f473f372f271f0000000000000000dc0000000000000028b52ffd20dc9500005872756e6e696e672d6f6e6501004e53c50b0000000000540000000000000028b52ffd20547d010042c50a14d0b51c4be9baaeebfa1e044110044110048195023f6ebc38f1e1c283037f776f675f574f473f372f271f00a00000000000000028b52ffd20a0bd00008074726561746d656e74636f6e74726f6c01001a43cd25540000000000000028b52ffd20544d01004245090e50cb73a056bfc53a7a8c8f6c4d013f6ebc38f1e1c283037f776f675f574f473f372f271f00000000000000320000000000000028b52ffd203291010075307531753275337534753575367537753875397531307531317531327531337531347531357531367531377531387531390000000000030000000000000028b52ffd200319000000000000000000540000000000000028b52ffd205445000010000001008f022c00000000000000540000000000000028b52ffd205445000010000001008f022c00000000000000540000000000000028b52ffd20543d010042c5080c20cd73ab193d2a49d2a4c8533f6ebc38f1e1c283037f776f675f574f473f372f271f00280000000000000028b52ffd2028450000107b7d01007b1c1600000000000000a00000000000000028b52ffd20a07d0000400040e2b52b5f060001009551850bffffffff00000000', '2026-11-21T01:39:40.848235+00:00', 'ann', NULL);


--
-- Data for Name: lake_movers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: looks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.looks VALUES ('stopped-one', 1, 1, 'ann', '2026-11-21 01:39:40.845656+00', '{"look": 1, "recommendation": {"headline": "Wait", "action": "continue"}}');


--
-- Data for Name: trials; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: audit_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.audit_id_seq', 7, true);


--
-- Name: experiment_moves_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.experiment_moves_id_seq', 3, true);


--
-- Name: inbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.inbox_id_seq', 1, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: audit pk_audit; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (id);


--
-- Name: batches pk_batches; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.batches
    ADD CONSTRAINT pk_batches PRIMARY KEY (job_id);


--
-- Name: experiment_moves pk_experiment_moves; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_moves
    ADD CONSTRAINT pk_experiment_moves PRIMARY KEY (id);


--
-- Name: experiment_versions pk_experiment_versions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_versions
    ADD CONSTRAINT pk_experiment_versions PRIMARY KEY (experiment, version);


--
-- Name: experiments pk_experiments; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT pk_experiments PRIMARY KEY (key);


--
-- Name: inbox pk_inbox; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT pk_inbox PRIMARY KEY (id);


--
-- Name: lake_movers pk_lake_movers; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.lake_movers
    ADD CONSTRAINT pk_lake_movers PRIMARY KEY (app_id);


--
-- Name: looks pk_looks; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.looks
    ADD CONSTRAINT pk_looks PRIMARY KEY (experiment, look);


--
-- Name: trials pk_trials; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trials
    ADD CONSTRAINT pk_trials PRIMARY KEY (job_id, number);


--
-- Name: ix_audit_actor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_actor ON public.audit USING btree (actor);


--
-- Name: ix_audit_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_subject ON public.audit USING btree (subject);


--
-- Name: ix_batches_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_batches_created_at ON public.batches USING btree (created_at);


--
-- Name: ix_experiment_moves_experiment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiment_moves_experiment ON public.experiment_moves USING btree (experiment);


--
-- Name: ix_experiments_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiments_created_at ON public.experiments USING btree (created_at);


--
-- Name: ix_experiments_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiments_status ON public.experiments USING btree (status);


--
-- Name: ix_inbox_kind_move; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_inbox_kind_move ON public.inbox USING btree (kind, move);


--
-- Name: experiment_moves fk_experiment_moves_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_moves
    ADD CONSTRAINT fk_experiment_moves_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: experiment_versions fk_experiment_versions_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_versions
    ADD CONSTRAINT fk_experiment_versions_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: looks fk_looks_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.looks
    ADD CONSTRAINT fk_looks_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: trials fk_trials_job_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trials
    ADD CONSTRAINT fk_trials_job_id FOREIGN KEY (job_id) REFERENCES public.batches(job_id);


--
-- PostgreSQL database dump complete
--


