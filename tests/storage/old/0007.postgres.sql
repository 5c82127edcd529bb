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
-- Name: alerts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alerts (
    id integer NOT NULL,
    experiment character varying(100) NOT NULL,
    kind character varying(20) NOT NULL,
    subject character varying(500) NOT NULL,
    action character varying(20) NOT NULL,
    detail text NOT NULL,
    evidence json NOT NULL,
    at timestamp with time zone NOT NULL,
    acknowledged_by character varying(200) NOT NULL,
    acknowledged_at timestamp with time zone,
    comment text NOT NULL
);


--
-- Name: alerts_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.alerts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: alerts_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.alerts_id_seq OWNED BY public.alerts.id;


--
-- Name: api_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_tokens (
    id integer NOT NULL,
    actor character varying(200) NOT NULL,
    digest character varying(64) NOT NULL,
    created_by character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);


--
-- Name: api_tokens_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.api_tokens_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: api_tokens_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.api_tokens_id_seq OWNED BY public.api_tokens.id;


--
-- Name: assignment_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.assignment_rules (
    kind character varying(20) NOT NULL,
    key character varying(100) NOT NULL,
    version integer NOT NULL,
    definition json NOT NULL,
    author character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL
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
    correlation_id character varying(100) NOT NULL,
    previous character varying(64) DEFAULT ''::character varying NOT NULL,
    hash character varying(64) DEFAULT ''::character varying NOT NULL
);


--
-- Name: audit_end; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_end (
    one integer NOT NULL,
    id integer NOT NULL,
    hash character varying(64) NOT NULL,
    at timestamp with time zone,
    seal character varying(64) NOT NULL
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
-- Name: cursors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cursors (
    name character varying(100) NOT NULL,
    entry integer NOT NULL
);


--
-- Name: elevations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.elevations (
    id integer NOT NULL,
    actor character varying(200) NOT NULL,
    project character varying(500) NOT NULL,
    role character varying(20) NOT NULL,
    reason text NOT NULL,
    hours double precision NOT NULL,
    state character varying(20) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    answered_by character varying(200) NOT NULL,
    answered_at timestamp with time zone,
    until timestamp with time zone
);


--
-- Name: elevations_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.elevations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: elevations_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.elevations_id_seq OWNED BY public.elevations.id;


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
    stopped_at timestamp with time zone,
    searchable text DEFAULT ''::text NOT NULL,
    rice_score double precision,
    outcome character varying(20) DEFAULT ''::character varying NOT NULL,
    significance character varying(20) DEFAULT ''::character varying NOT NULL
);


--
-- Name: grants; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.grants (
    actor character varying(200) NOT NULL,
    project character varying(500) NOT NULL,
    role character varying(20) NOT NULL,
    granted_by character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL
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
-- Name: learnings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.learnings (
    experiment character varying(100) NOT NULL,
    at timestamp with time zone NOT NULL,
    author character varying(200) NOT NULL,
    learning json NOT NULL
);


--
-- Name: leases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.leases (
    name character varying(100) NOT NULL,
    holder character varying(200) NOT NULL,
    until timestamp with time zone NOT NULL
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
-- Name: metric_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metric_versions (
    key character varying(100) NOT NULL,
    version integer NOT NULL,
    definition json NOT NULL,
    author character varying(200) NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: metrics; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metrics (
    key character varying(100) NOT NULL,
    version integer NOT NULL,
    owner character varying(200) NOT NULL,
    definition json NOT NULL,
    updated_at timestamp with time zone NOT NULL
);


--
-- Name: note_edits; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.note_edits (
    id integer NOT NULL,
    note integer NOT NULL,
    text text NOT NULL,
    editor character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: note_edits_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.note_edits_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: note_edits_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.note_edits_id_seq OWNED BY public.note_edits.id;


--
-- Name: notes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notes (
    id integer NOT NULL,
    experiment character varying(100) NOT NULL,
    text text NOT NULL,
    author character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone,
    deleted boolean NOT NULL
);


--
-- Name: notes_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.notes_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: notes_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.notes_id_seq OWNED BY public.notes.id;


--
-- Name: notices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notices (
    id integer NOT NULL,
    entry integer NOT NULL,
    channel character varying(500) NOT NULL,
    title character varying(500) NOT NULL,
    body text NOT NULL,
    state character varying(20) NOT NULL,
    attempts integer NOT NULL,
    at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    detail character varying(500) NOT NULL
);


--
-- Name: notices_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.notices_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: notices_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.notices_id_seq OWNED BY public.notices.id;


--
-- Name: overrides; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.overrides (
    id integer NOT NULL,
    experiment character varying(100) NOT NULL,
    variant character varying(100) NOT NULL,
    user_id character varying(500),
    session_id character varying(500),
    code character varying(100),
    reason text NOT NULL,
    created_by character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);


--
-- Name: overrides_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.overrides_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: overrides_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.overrides_id_seq OWNED BY public.overrides.id;


--
-- Name: phases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.phases (
    experiment character varying(100) NOT NULL,
    phase integer NOT NULL,
    version integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    coverage double precision NOT NULL,
    shares json NOT NULL
);


--
-- Name: policies; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.policies (
    project character varying(500) NOT NULL,
    policy json NOT NULL,
    version integer NOT NULL,
    set_by character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: quarantine; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quarantine (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    rows integer NOT NULL,
    body bytea NOT NULL,
    received_at character varying(40) NOT NULL,
    actor character varying(500) NOT NULL,
    reason text NOT NULL,
    quarantined_at character varying(40) NOT NULL
);


--
-- Name: remembered_units; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.remembered_units (
    unit character varying(520) NOT NULL,
    name character varying(120) NOT NULL,
    experiment character varying(100) NOT NULL,
    variant character varying(100) NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: review_answers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.review_answers (
    id integer NOT NULL,
    review integer NOT NULL,
    reviewer character varying(200) NOT NULL,
    verdict character varying(20) NOT NULL,
    comment text NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: review_answers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.review_answers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: review_answers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.review_answers_id_seq OWNED BY public.review_answers.id;


--
-- Name: reviews; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reviews (
    id integer NOT NULL,
    experiment character varying(100) NOT NULL,
    version integer NOT NULL,
    requested_by character varying(200) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    reviewers json NOT NULL,
    deadline timestamp with time zone,
    state character varying(20) NOT NULL
);


--
-- Name: reviews_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.reviews_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: reviews_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.reviews_id_seq OWNED BY public.reviews.id;


--
-- Name: scheduled_moves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.scheduled_moves (
    id integer NOT NULL,
    experiment character varying(100) NOT NULL,
    verb character varying(20) NOT NULL,
    at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    state character varying(20) NOT NULL,
    by character varying(200) NOT NULL,
    detail text NOT NULL
);


--
-- Name: scheduled_moves_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.scheduled_moves_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: scheduled_moves_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.scheduled_moves_id_seq OWNED BY public.scheduled_moves.id;


--
-- Name: signed_plans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.signed_plans (
    experiment character varying(100) NOT NULL,
    digest character varying(64) NOT NULL,
    version integer NOT NULL,
    signed_by character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL
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
-- Name: alerts id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts ALTER COLUMN id SET DEFAULT nextval('public.alerts_id_seq'::regclass);


--
-- Name: api_tokens id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_tokens ALTER COLUMN id SET DEFAULT nextval('public.api_tokens_id_seq'::regclass);


--
-- Name: audit id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit ALTER COLUMN id SET DEFAULT nextval('public.audit_id_seq'::regclass);


--
-- Name: elevations id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.elevations ALTER COLUMN id SET DEFAULT nextval('public.elevations_id_seq'::regclass);


--
-- Name: experiment_moves id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_moves ALTER COLUMN id SET DEFAULT nextval('public.experiment_moves_id_seq'::regclass);


--
-- Name: inbox id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ALTER COLUMN id SET DEFAULT nextval('public.inbox_id_seq'::regclass);


--
-- Name: note_edits id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.note_edits ALTER COLUMN id SET DEFAULT nextval('public.note_edits_id_seq'::regclass);


--
-- Name: notes id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notes ALTER COLUMN id SET DEFAULT nextval('public.notes_id_seq'::regclass);


--
-- Name: notices id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notices ALTER COLUMN id SET DEFAULT nextval('public.notices_id_seq'::regclass);


--
-- Name: overrides id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.overrides ALTER COLUMN id SET DEFAULT nextval('public.overrides_id_seq'::regclass);


--
-- Name: review_answers id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_answers ALTER COLUMN id SET DEFAULT nextval('public.review_answers_id_seq'::regclass);


--
-- Name: reviews id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews ALTER COLUMN id SET DEFAULT nextval('public.reviews_id_seq'::regclass);


--
-- Name: scheduled_moves id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scheduled_moves ALTER COLUMN id SET DEFAULT nextval('public.scheduled_moves_id_seq'::regclass);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0007');


--
-- Data for Name: alerts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alerts VALUES (2, 'running-one', 'guardrail', 'cost of treatment', 'alert', 'dear', '{"p_value":0.01}', '2026-11-21 17:06:11.056637+00', '', NULL, '');
INSERT INTO public.alerts VALUES (1, 'running-one', 'guardrail', 'error of treatment', 'pause', 'too many errors', '{"p_value":0.001}', '2026-11-21 17:06:11.056637+00', 'bob', '2026-11-21 17:06:11.064731+00', 'known');


--
-- Data for Name: api_tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.api_tokens VALUES (1, 'bob', 'dfd56873f4a96481368ff6b312ae83c4a7d067c251ddc40598f081f2e5cff5fe', 'ann', '2026-11-21 16:24:11.793521+00', '2027-11-22 16:24:11.793521+00', NULL);
INSERT INTO public.api_tokens VALUES (2, 'cy', 'e679de54aeddbbd54633676f70c45cacf2d08c61433a8597513188483a0d3848', 'ann', '2026-11-21 16:24:11.800192+00', '2026-12-21 16:24:11.800192+00', '2026-11-21 16:24:11.802772+00');


--
-- Data for Name: assignment_rules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.assignment_rules VALUES ('holdout', 'quiet', 1, '{"key":"quiet","share":0.05}', 'ann', '2026-11-21 16:24:13.4186+00');
INSERT INTO public.assignment_rules VALUES ('group', 'staff', 1, '{"key":"staff","values":["u1"]}', 'ann', '2026-11-21 16:24:13.42557+00');
INSERT INTO public.assignment_rules VALUES ('group', 'staff', 2, '{"key":"staff","values":["u1","u2"]}', 'ann', '2026-11-21 16:24:13.428989+00');


--
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit VALUES (1, '2026-11-21 15:00:21.617904+00', 'ann', 'experiment.create', 'draft-one', NULL, '{"definition":{"department":"Shop","hypothesis":{"text":"If, then"},"key":"draft-one","metrics":[{"key":"conversion"}],"name":"Entwurf blüe","project":"shop","tags":["home"],"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}]},"status":"draft","version":1}', '', '', '0000000000000000000000000000000000000000000000000000000000000000', 'e7eeb63320a670c82785a7b2e13b0df6feaebd469845a0f89f517486036b2957');
INSERT INTO public.audit VALUES (2, '2026-11-21 15:00:21.624896+00', 'ann', 'experiment.create', 'running-one', NULL, '{"definition":{"department":"Suche","hypothesis":{"text":"If, then"},"key":"running-one","metrics":[{"key":"conversion"}],"name":"Experiment running-one","project":"shop","rice":{"confidence":0.5,"effort":2.0,"impact":1.0},"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}]},"status":"draft","version":1}', '', '', 'e7eeb63320a670c82785a7b2e13b0df6feaebd469845a0f89f517486036b2957', 'af80da7a1068784b1fe88b75dd6cf1d0908367096ed3067e41ed84033645bd59');
INSERT INTO public.audit VALUES (3, '2026-11-21 15:00:21.628297+00', 'ann', 'experiment.create', 'stopped-one', NULL, '{"definition":{"hypothesis":{"if":"a","prediction":{"confidence":0.8,"lift":0.05,"metric":"conversion"},"then":"b"},"key":"stopped-one","metrics":[{"key":"conversion"}],"name":"Experiment stopped-one","variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}]},"status":"draft","version":1}', '', '', 'af80da7a1068784b1fe88b75dd6cf1d0908367096ed3067e41ed84033645bd59', 'a9ea21ac3c989327537333d7f05b6b3390eeb4779a6b37d976d82f6bd2021d02');
INSERT INTO public.audit VALUES (4, '2026-11-21 15:00:21.631326+00', 'ann', 'note.add', 'draft-one', NULL, '{"note":1,"text":"First words."}', '', '', 'a9ea21ac3c989327537333d7f05b6b3390eeb4779a6b37d976d82f6bd2021d02', '52105629e713e630c42ddd0cb429eb8a5870af04b53a10dab9976ad6e0e145eb');
INSERT INTO public.audit VALUES (5, '2026-11-21 15:00:21.634335+00', 'bob', 'note.edit', 'draft-one', '{"note":1,"text":"First words."}', '{"text":"Second words."}', '', '', '52105629e713e630c42ddd0cb429eb8a5870af04b53a10dab9976ad6e0e145eb', 'd63194f205708bd5c1f854a6ede1ed00c776e09ef019f293704339b0ac84a940');
INSERT INTO public.audit VALUES (6, '2026-11-21 15:00:21.637955+00', 'bob', 'experiment.update', 'draft-one', '{"version":1}', '{"changes":{"coverage":[null,0.5]},"version":2}', 'careful', '', 'd63194f205708bd5c1f854a6ede1ed00c776e09ef019f293704339b0ac84a940', 'b721450b68db76c3705446e7711b13222e683695aba0463ee730ef95a35dbb7e');
INSERT INTO public.audit VALUES (7, '2026-11-21 15:00:21.642237+00', 'bob', 'experiment.review', 'draft-one', '{"status":"draft"}', '{"status":"review","version":2}', 'review by cem', '', 'b721450b68db76c3705446e7711b13222e683695aba0463ee730ef95a35dbb7e', 'c7db4db9c0c1200968e546f5c2d1ceeb3d8fbf97a09fa4e08bda75b6e859035a');
INSERT INTO public.audit VALUES (8, '2026-11-21 15:00:21.642237+00', 'bob', 'review.request', 'draft-one', NULL, '{"review":1,"reviewers":["cem"],"version":2}', '', '', 'c7db4db9c0c1200968e546f5c2d1ceeb3d8fbf97a09fa4e08bda75b6e859035a', '57417535144a475d9de93c0fba4e261ffc79dd64ab77fae955365bccb550f1dd');
INSERT INTO public.audit VALUES (9, '2026-11-21 15:00:21.651049+00', 'cem', 'review.answer', 'draft-one', '{"review":1,"state":"open"}', '{"state":"approved","verdict":"approve"}', 'Sound.', '', '57417535144a475d9de93c0fba4e261ffc79dd64ab77fae955365bccb550f1dd', 'af62ef26b583c7a9676cccad7464b86c687566a218bb56909498f4ed042605f9');
INSERT INTO public.audit VALUES (10, '2026-11-21 15:00:21.658687+00', 'ann', 'experiment.sign', 'stopped-one', NULL, '{"digest":"51caeedc361e6b3a529d7e20b7a5c8f8c99479f9de09d327b608e5df434cb3c9","version":1}', '', '', 'af62ef26b583c7a9676cccad7464b86c687566a218bb56909498f4ed042605f9', 'acc4e338a37ee4fe110d70fb3f1274a63b21a3bd2de4015c4b6aef221c735a24');
INSERT INTO public.audit VALUES (11, '2026-11-21 15:00:21.662183+00', 'bob', 'experiment.start', 'running-one', '{"status":"draft"}', '{"status":"active","version":1}', 'because', '', 'acc4e338a37ee4fe110d70fb3f1274a63b21a3bd2de4015c4b6aef221c735a24', '9cf12d51b759115df0562b751d71e2be8fbf91e17c2550bceae98817362a874b');
INSERT INTO public.audit VALUES (12, '2026-11-21 15:00:21.668699+00', 'bob', 'experiment.start', 'stopped-one', '{"status":"draft"}', '{"status":"active","version":1}', 'because', '', '9cf12d51b759115df0562b751d71e2be8fbf91e17c2550bceae98817362a874b', '68cdfd44457f35a2db24dee6e75bc3d52c77fa17692fc3d2a6e804ae42523c57');
INSERT INTO public.audit VALUES (13, '2026-11-21 15:00:21.67355+00', 'ann', 'experiment.update', 'running-one', '{"version":1}', '{"changes":{"variants[control].weight":[0.5,0.9],"variants[treatment].weight":[0.5,0.1]},"version":2}', 'ramp', '', '68cdfd44457f35a2db24dee6e75bc3d52c77fa17692fc3d2a6e804ae42523c57', 'ef2845f260b13763f76497372d6fd9eb1508c32c26d3d9e77b9359ae3fab8555');
INSERT INTO public.audit VALUES (14, '2026-11-21 15:00:21.678323+00', 'ann', 'experiment.schedule', 'running-one', NULL, '{"at":"2101-01-01T09:00:00+00:00","verb":"stop"}', 'long enough', '', 'ef2845f260b13763f76497372d6fd9eb1508c32c26d3d9e77b9359ae3fab8555', '25a6e4d1f1eaef3e3ed74947cf4854549e2357d8cde44d074b051d1e52852097');
INSERT INTO public.audit VALUES (15, '2026-11-21 15:00:21.682452+00', 'ann', 'experiment.analyze', 'stopped-one', NULL, '{"look":1,"recommendation":{"action":"ship","headline":"Ship"}}', '', '', '25a6e4d1f1eaef3e3ed74947cf4854549e2357d8cde44d074b051d1e52852097', 'bcf0ce81eed37c960e8675b2fcbf2c9a3f31073e2a8b25ea074dcaaf8b87eb30');
INSERT INTO public.audit VALUES (16, '2026-11-21 15:00:21.686095+00', 'bob', 'experiment.stop', 'stopped-one', '{"status":"active"}', '{"status":"stopped","version":1}', 'because', '', 'bcf0ce81eed37c960e8675b2fcbf2c9a3f31073e2a8b25ea074dcaaf8b87eb30', '2a528ab3d04293e81968f194d2112fa0eb98e834f84633da51b9771c5b7f9816');
INSERT INTO public.audit VALUES (17, '2026-11-21 15:00:21.690467+00', 'ann', 'experiment.learn', 'stopped-one', NULL, '{"at":"2026-11-21T15:00:21.690467Z","author":"ann","experiment":"stopped-one","lift":0.04,"lift_lower":null,"lift_upper":null,"look":1,"outcome":"positive","text":"Green it is."}', '', '', '2a528ab3d04293e81968f194d2112fa0eb98e834f84633da51b9771c5b7f9816', 'c434c1a7cdddb28e49adcac8c3eb84c9115fd2c2848701284aaafd13eed0dc47');
INSERT INTO public.audit VALUES (18, '2026-11-21 15:00:21.693954+00', 'ann', 'metric.define', 'conversion', NULL, '{"definition":{"key":"conversion","owner":"ann"},"version":1}', '', '', 'c434c1a7cdddb28e49adcac8c3eb84c9115fd2c2848701284aaafd13eed0dc47', '23b81fb23985503d1dfd0a40a0ef92426c2b0abf63742a10c564aec1f44ecdea');
INSERT INTO public.audit VALUES (19, '2026-11-21 15:00:21.697983+00', 'ann', 'metric.define', 'conversion', '{"version":1}', '{"changes":{"description":[null,"Bought something."]},"version":2}', '', '', '23b81fb23985503d1dfd0a40a0ef92426c2b0abf63742a10c564aec1f44ecdea', '3f36ebe3ed4e1831a7421440d3cd345f1d6be0b4da4c86fef4e149be2c862331');
INSERT INTO public.audit VALUES (20, '2026-11-21 15:00:21.702705+00', 'ann', 'policy.set', 'shop', NULL, '{"approvals":2,"guardrails":"warn","hash":"warn","metrics":"warn","overlap":"warn","plan":"warn","power":"warn","project":"shop","retention":{"batches_days":null,"drafts_days":90.0,"events_days":null,"traces_days":null},"review":"block","schedule":"off"}', '', '', '3f36ebe3ed4e1831a7421440d3cd345f1d6be0b4da4c86fef4e149be2c862331', '73b1da2b9426e5dcf8858716a11f827d9533aef83bb91570b612d6c6d69dd2db');
INSERT INTO public.audit VALUES (21, '2026-11-21 15:00:21.705368+00', 'ann', 'role.grant', 'ann@*', NULL, '{"role":"admin"}', '', '', '73b1da2b9426e5dcf8858716a11f827d9533aef83bb91570b612d6c6d69dd2db', 'f6cb8c7116bc8105bb08a063125babeeafa36f8953976ea4d3f88022568c2766');
INSERT INTO public.audit VALUES (22, '2026-11-21 15:00:21.708399+00', 'ann', 'role.grant', 'bob@shop', NULL, '{"role":"experimenter"}', '', '', 'f6cb8c7116bc8105bb08a063125babeeafa36f8953976ea4d3f88022568c2766', '248e7fe349bfdff818cf592949fe676e87d0c39c516f76a23dbba865e8e88cae');
INSERT INTO public.audit VALUES (23, '2026-11-21 15:00:21.711249+00', 'bob', 'elevation.request', 'elevation-1', NULL, '{"hours":24,"project":"shop","role":"operator"}', 'on call', '', '248e7fe349bfdff818cf592949fe676e87d0c39c516f76a23dbba865e8e88cae', '3877494ac7ffe23da82567e6d1486438fe7432029475af83ee555dd5533bd523');
INSERT INTO public.audit VALUES (24, '2026-11-21 15:00:21.714029+00', 'ann', 'elevation.answer', 'elevation-1', '{"state":"pending"}', '{"state":"approved","until":"2026-11-22 15:00:21.714029+00:00"}', '', '', '3877494ac7ffe23da82567e6d1486438fe7432029475af83ee555dd5533bd523', '29db0864353d16cfefdfb7ffd31f4eafd06fd0613e4958a17103b3cc9a2f6490');
INSERT INTO public.audit VALUES (25, '2026-11-21 15:00:21.717083+00', 'bob', 'elevation.request', 'elevation-2', NULL, '{"hours":1,"project":"*","role":"admin"}', 'why not', '', '29db0864353d16cfefdfb7ffd31f4eafd06fd0613e4958a17103b3cc9a2f6490', '7b56dfdacfb83b7d053de03ede2f75b8ebed6bc2af851f3481bdb98ebfead786');
INSERT INTO public.audit VALUES (26, '2026-11-21 15:00:21.718522+00', 'ann', 'batch.run', 'job-1', NULL, '{"total":3}', '', '', '7b56dfdacfb83b7d053de03ede2f75b8ebed6bc2af851f3481bdb98ebfead786', 'b276d44d7872279598476cf166141cf9551c08067266be10a25f2ba8e434f0e6');
INSERT INTO public.audit VALUES (27, '2026-11-21 16:24:11.793521+00', 'ann', 'token.create', 'token-1', NULL, '{"actor":"bob","expires_at":"2027-11-22T16:24:11.793521+00:00"}', '', 'token', 'b276d44d7872279598476cf166141cf9551c08067266be10a25f2ba8e434f0e6', 'b80a53507a680ba8c6ccd4f67c3b1ce13e174279bfada966c0e19b44d1a3f17f');
INSERT INTO public.audit VALUES (28, '2026-11-21 16:24:11.800192+00', 'ann', 'token.create', 'token-2', NULL, '{"actor":"cy","expires_at":"2026-12-21T16:24:11.800192+00:00"}', '', '', 'b80a53507a680ba8c6ccd4f67c3b1ce13e174279bfada966c0e19b44d1a3f17f', 'baaf0644a4b6d159c0799cc8a1318b4555e394e3af6adf72ea60039b594b552b');
INSERT INTO public.audit VALUES (29, '2026-11-21 16:24:11.802772+00', 'ann', 'token.revoke', 'token-2', '{"actor":"cy"}', NULL, 'lost', '', 'baaf0644a4b6d159c0799cc8a1318b4555e394e3af6adf72ea60039b594b552b', '7eb768cd1ece909e1bcf7ca4c5beb5884956fe1b231b04bd5c021886ecf0e90e');
INSERT INTO public.audit VALUES (30, '2026-11-21 16:24:13.388122+00', 'ann', 'assign.override', 'running-one', NULL, '{"expires_at":"2026-12-20T20:24:13.388122+00:00","override":1,"session_id":null,"user_id":"qa-1","variant":"treatment"}', 'a look at the page', '', '7eb768cd1ece909e1bcf7ca4c5beb5884956fe1b231b04bd5c021886ecf0e90e', '10ee8f020a3d80f621077d2830a8e03b0c807227d637639aa5ca6ce2575ac296');
INSERT INTO public.audit VALUES (31, '2026-11-21 16:24:13.404985+00', 'ann', 'assign.override', 'running-one', NULL, '{"expires_at":"2026-12-20T20:24:13.404985+00:00","override":2,"session_id":"s-1","user_id":null,"variant":"control"}', '', '', '10ee8f020a3d80f621077d2830a8e03b0c807227d637639aa5ca6ce2575ac296', 'd7a1c9653483fb9def6770d952235efe749d8c73599377491d7009622804192b');
INSERT INTO public.audit VALUES (32, '2026-11-21 16:24:13.412331+00', 'ann', 'assign.revoke_override', 'running-one', '{"override":2,"variant":"control"}', NULL, 'done', '', 'd7a1c9653483fb9def6770d952235efe749d8c73599377491d7009622804192b', '464a0f12819814946635b084bcb2b79a3dfddec1a4bfede0923e5cb9f92fd165');
INSERT INTO public.audit VALUES (33, '2026-11-21 16:24:13.4186+00', 'ann', 'assign.holdout', 'quiet', NULL, '{"key":"quiet","share":0.05}', 'a clean yardstick', '', '464a0f12819814946635b084bcb2b79a3dfddec1a4bfede0923e5cb9f92fd165', '681c7cd70a9e897929ed4abac48a550fb54619d7f9742a064f54516989a73493');
INSERT INTO public.audit VALUES (34, '2026-11-21 16:24:13.42557+00', 'ann', 'assign.group', 'staff', NULL, '{"key":"staff","values":["u1"]}', '', '', '681c7cd70a9e897929ed4abac48a550fb54619d7f9742a064f54516989a73493', '8d3a38f643c3a82cde9bd3f590897ba2a283c4a50c0be75ead93c4f72f1b07c1');
INSERT INTO public.audit VALUES (35, '2026-11-21 16:24:13.428989+00', 'ann', 'assign.group', 'staff', '{"key":"staff","values":["u1"]}', '{"key":"staff","values":["u1","u2"]}', 'a new colleague', '', '8d3a38f643c3a82cde9bd3f590897ba2a283c4a50c0be75ead93c4f72f1b07c1', 'f7864560f9510882a3f30b1993a220317153c066e98dfff4bb0d99760838e8a1');
INSERT INTO public.audit VALUES (36, '2026-11-21 17:06:11.056637+00', 'expkit', 'alert.raise', 'running-one', NULL, '{"action":"pause","alert":1,"evidence":{"p_value":0.001},"kind":"guardrail","subject":"error of treatment"}', 'too many errors', '', 'f7864560f9510882a3f30b1993a220317153c066e98dfff4bb0d99760838e8a1', '060d6c795e160aa51204a44dc1df27572cefc8775bc49c7c83f3004039d126f1');
INSERT INTO public.audit VALUES (37, '2026-11-21 17:06:11.056637+00', 'expkit', 'alert.raise', 'running-one', NULL, '{"action":"alert","alert":2,"evidence":{"p_value":0.01},"kind":"guardrail","subject":"cost of treatment"}', 'dear', '', '060d6c795e160aa51204a44dc1df27572cefc8775bc49c7c83f3004039d126f1', '6690e6eae94519b7b5284b8ed05928653d5cc81e203961ba1f9f92527872f0ac');
INSERT INTO public.audit VALUES (38, '2026-11-21 17:06:11.064731+00', 'bob', 'alert.acknowledge', 'running-one', NULL, '{"alert":1}', 'known', '', '6690e6eae94519b7b5284b8ed05928653d5cc81e203961ba1f9f92527872f0ac', 'b1be3adfbd11b75a223cfe76ba4bbcd0e76519ed3e9accc890232fe8295b391d');
INSERT INTO public.audit VALUES (39, '2026-11-21 19:26:10.664041+00', 'bob', 'experiment.pause', 'running-one', '{"status":"active"}', '{"status":"paused","version":2}', 'too many errors', '', 'b1be3adfbd11b75a223cfe76ba4bbcd0e76519ed3e9accc890232fe8295b391d', '1865df7d3cb171fec64084e170310d735a7b3f7cfa8ec1bd28e2a33372539572');
INSERT INTO public.audit VALUES (40, '2026-11-21 19:26:10.664041+00', 'bob', 'experiment.resume', 'running-one', '{"status":"paused"}', '{"status":"active","version":2}', 'it was the provider', '', '1865df7d3cb171fec64084e170310d735a7b3f7cfa8ec1bd28e2a33372539572', 'e8d1d5e69e07e29fd19492ace73e21cb2d50975d3e2d656bf7b53bb24b2b6dee');


--
-- Data for Name: audit_end; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_end VALUES (1, 40, 'e8d1d5e69e07e29fd19492ace73e21cb2d50975d3e2d656bf7b53bb24b2b6dee', '2026-11-21 19:26:10.664041+00', '');


--
-- Data for Name: batches; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: cursors; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cursors VALUES ('notices', 40);


--
-- Data for Name: elevations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.elevations VALUES (1, 'bob', 'shop', 'operator', 'on call', 24, 'approved', '2026-11-21 15:00:21.711249+00', 'ann', '2026-11-21 15:00:21.714029+00', '2026-11-22 15:00:21.714029+00');
INSERT INTO public.elevations VALUES (2, 'bob', '*', 'admin', 'why not', 1, 'pending', '2026-11-21 15:00:21.717083+00', '', NULL, NULL);


--
-- Data for Name: experiment_moves; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiment_moves VALUES (1, 'draft-one', 'review', 'draft', 'review', 'bob', 'review by cem', '2026-11-21 15:00:21.642237+00');
INSERT INTO public.experiment_moves VALUES (2, 'running-one', 'start', 'draft', 'active', 'bob', 'because', '2026-11-21 15:00:21.662183+00');
INSERT INTO public.experiment_moves VALUES (3, 'stopped-one', 'start', 'draft', 'active', 'bob', 'because', '2026-11-21 15:00:21.668699+00');
INSERT INTO public.experiment_moves VALUES (4, 'stopped-one', 'stop', 'active', 'stopped', 'bob', 'because', '2026-11-21 15:00:21.686095+00');
INSERT INTO public.experiment_moves VALUES (5, 'running-one', 'pause', 'active', 'paused', 'bob', 'too many errors', '2026-11-21 19:26:10.664041+00');
INSERT INTO public.experiment_moves VALUES (6, 'running-one', 'resume', 'paused', 'active', 'bob', 'it was the provider', '2026-11-21 19:26:10.664041+00');


--
-- Data for Name: experiment_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiment_versions VALUES ('draft-one', 1, '{"key":"draft-one","name":"Entwurf blüe","hypothesis":{"text":"If, then"},"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}],"metrics":[{"key":"conversion"}],"department":"Shop","project":"shop","tags":["home"]}', 'ann', 'created', '2026-11-21 15:00:21.617904+00');
INSERT INTO public.experiment_versions VALUES ('running-one', 1, '{"key":"running-one","name":"Experiment running-one","hypothesis":{"text":"If, then"},"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}],"metrics":[{"key":"conversion"}],"department":"Suche","project":"shop","rice":{"impact":1.0,"confidence":0.5,"effort":2.0}}', 'ann', 'created', '2026-11-21 15:00:21.624896+00');
INSERT INTO public.experiment_versions VALUES ('stopped-one', 1, '{"key":"stopped-one","name":"Experiment stopped-one","hypothesis":{"if":"a","then":"b","prediction":{"metric":"conversion","lift":0.05,"confidence":0.8}},"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}],"metrics":[{"key":"conversion"}]}', 'ann', 'created', '2026-11-21 15:00:21.628297+00');
INSERT INTO public.experiment_versions VALUES ('draft-one', 2, '{"key":"draft-one","name":"Entwurf blüe","hypothesis":{"text":"If, then"},"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}],"metrics":[{"key":"conversion"}],"department":"Shop","project":"shop","tags":["home"],"coverage":0.5}', 'bob', 'careful', '2026-11-21 15:00:21.637955+00');
INSERT INTO public.experiment_versions VALUES ('running-one', 2, '{"key":"running-one","name":"Experiment running-one","hypothesis":{"text":"If, then"},"variants":[{"key":"control","weight":0.9},{"key":"treatment","weight":0.1}],"metrics":[{"key":"conversion"}],"department":"Suche","project":"shop","rice":{"impact":1.0,"confidence":0.5,"effort":2.0}}', 'ann', 'ramp', '2026-11-21 15:00:21.67355+00');


--
-- Data for Name: experiments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiments VALUES ('draft-one', 2, 'review', 'Entwurf blüe', '', 'Shop', 'shop', 'feature', '{"key":"draft-one","name":"Entwurf blüe","hypothesis":{"text":"If, then"},"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}],"metrics":[{"key":"conversion"}],"department":"Shop","project":"shop","tags":["home"],"coverage":0.5}', '2026-11-21 15:00:21.617904+00', '2026-11-21 15:00:21.642237+00', NULL, NULL, '⟨home⟩ draft-one entwurf blüe if, then control treatment conversion shop home', NULL, '', '');
INSERT INTO public.experiments VALUES ('stopped-one', 1, 'stopped', 'Experiment stopped-one', '', '', 'default', 'feature', '{"key":"stopped-one","name":"Experiment stopped-one","hypothesis":{"if":"a","then":"b","prediction":{"metric":"conversion","lift":0.05,"confidence":0.8}},"variants":[{"key":"control","weight":0.5},{"key":"treatment","weight":0.5}],"metrics":[{"key":"conversion"}]}', '2026-11-21 15:00:21.628297+00', '2026-11-21 15:00:21.686095+00', '2026-11-21 15:00:21.668699+00', '2026-11-21 15:00:21.686095+00', 'stopped-one experiment a b conversion control treatment', NULL, 'positive', 'significant');
INSERT INTO public.experiments VALUES ('running-one', 2, 'active', 'Experiment running-one', '', 'Suche', 'shop', 'feature', '{"key":"running-one","name":"Experiment running-one","hypothesis":{"text":"If, then"},"variants":[{"key":"control","weight":0.9},{"key":"treatment","weight":0.1}],"metrics":[{"key":"conversion"}],"department":"Suche","project":"shop","rice":{"impact":1.0,"confidence":0.5,"effort":2.0}}', '2026-11-21 15:00:21.624896+00', '2026-11-21 19:26:10.664041+00', '2026-11-21 15:00:21.662183+00', NULL, 'running-one experiment if, then control treatment conversion suche shop', 0.25, '', '');


--
-- Data for Name: grants; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.grants VALUES ('ann', '*', 'admin', 'ann', '2026-11-21 15:00:21.705368+00');
INSERT INTO public.grants VALUES ('bob', 'shop', 'experimenter', 'ann', '2026-11-21 15:00:21.708399+00');


--
-- Data for Name: inbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: lake_movers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: learnings; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.learnings VALUES ('stopped-one', '2026-11-21 15:00:21.690467+00', 'ann', '{"experiment":"stopped-one","text":"Green it is.","outcome":"positive","author":"ann","at":"2026-11-21T15:00:21.690467Z","look":1,"lift":0.04,"lift_lower":null,"lift_upper":null}');


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('monitor', 'a process', '2026-11-21 16:00:05+00');


--
-- Data for Name: looks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.looks VALUES ('stopped-one', 1, 1, 'ann', '2026-11-21 15:00:21.682452+00', '{"look":1,"recommendation":{"headline":"Ship","action":"ship"}}');


--
-- Data for Name: metric_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.metric_versions VALUES ('conversion', 1, '{"key":"conversion","owner":"ann"}', 'ann', '', '2026-11-21 15:00:21.693954+00');
INSERT INTO public.metric_versions VALUES ('conversion', 2, '{"key":"conversion","description":"Bought something.","owner":"ann"}', 'ann', '', '2026-11-21 15:00:21.697983+00');


--
-- Data for Name: metrics; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.metrics VALUES ('conversion', 2, 'ann', '{"key":"conversion","description":"Bought something.","owner":"ann"}', '2026-11-21 15:00:21.697983+00');


--
-- Data for Name: note_edits; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.note_edits VALUES (1, 1, 'First words.', 'bob', '2026-11-21 15:00:21.634335+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES (1, 'draft-one', 'Second words.', 'ann', '2026-11-21 15:00:21.631326+00', '2026-11-21 15:00:21.634335+00', false);


--
-- Data for Name: notices; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notices VALUES (1, 39, 'json://h****k', 'running-one is paused', 'too many errors
by bob, 2026-11-21 19:26 UTC', 'sent', 1, '2026-11-21 19:26:10.664041+00', '2026-11-21 19:26:10.675113+00', '2026-11-21 19:26:10.679221+00', '');
INSERT INTO public.notices VALUES (2, 40, 'json://h****k', 'running-one goes on', 'it was the provider
by bob, 2026-11-21 19:26 UTC', 'pending', 1, '2026-11-21 19:26:10.664041+00', '2026-11-21 19:26:15.679221+00', NULL, 'the channel did not take it');


--
-- Data for Name: overrides; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.overrides VALUES (1, 'running-one', 'treatment', 'qa-1', NULL, NULL, 'a look at the page', 'ann', '2026-11-21 16:24:13.388122+00', '2026-12-20 20:24:13.388122+00', NULL);
INSERT INTO public.overrides VALUES (2, 'running-one', 'control', NULL, 's-1', NULL, '', 'ann', '2026-11-21 16:24:13.404985+00', '2026-12-20 20:24:13.404985+00', '2026-11-21 16:24:13.412331+00');


--
-- Data for Name: phases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.phases VALUES ('running-one', 1, 1, '2026-11-21 15:00:21.662183+00', '2026-11-21 15:00:21.67355+00', 1, '{"control":0.5,"treatment":0.5}');
INSERT INTO public.phases VALUES ('running-one', 2, 2, '2026-11-21 15:00:21.67355+00', NULL, 1, '{"control":0.9,"treatment":0.1}');
INSERT INTO public.phases VALUES ('stopped-one', 1, 1, '2026-11-21 15:00:21.668699+00', '2026-11-21 15:00:21.686095+00', 1, '{"control":0.5,"treatment":0.5}');


--
-- Data for Name: policies; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.policies VALUES ('shop', '{"project":"shop","power":"warn","metrics":"warn","guardrails":"warn","hash":"warn","overlap":"warn","review":"block","plan":"warn","schedule":"off","approvals":2,"retention":{"events_days":null,"traces_days":null,"drafts_days":90.0,"batches_days":null}}', 1, 'ann', '2026-11-21 15:00:21.702705+00');


--
-- Data for Name: quarantine; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.quarantine VALUES (1, 'outcomes', 3, '\x746f726e', '2026-11-21T15:00:00+00:00', 'ann', 'the batch is torn', '2026-11-21T16:24:15.133057+00:00');


--
-- Data for Name: remembered_units; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.remembered_units VALUES ('user_id||u1', 'running-one__0', 'running-one', 'treatment', '2026-11-21 16:24:13.432546+00');


--
-- Data for Name: review_answers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.review_answers VALUES (1, 1, 'cem', 'approve', 'Sound.', '2026-11-21 15:00:21.651049+00');


--
-- Data for Name: reviews; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.reviews VALUES (1, 'draft-one', 2, 'bob', '2026-11-21 15:00:21.642237+00', '["cem"]', NULL, 'approved');


--
-- Data for Name: scheduled_moves; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.scheduled_moves VALUES (1, 'running-one', 'stop', '2101-01-01 09:00:00+00', 'long enough', 'pending', 'ann', '');


--
-- Data for Name: signed_plans; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.signed_plans VALUES ('stopped-one', '51caeedc361e6b3a529d7e20b7a5c8f8c99479f9de09d327b608e5df434cb3c9', 1, 'ann', '2026-11-21 15:00:21.658687+00');


--
-- Data for Name: trials; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: alerts_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.alerts_id_seq', 2, true);


--
-- Name: api_tokens_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.api_tokens_id_seq', 2, true);


--
-- Name: audit_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.audit_id_seq', 1, false);


--
-- Name: elevations_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.elevations_id_seq', 2, true);


--
-- Name: experiment_moves_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.experiment_moves_id_seq', 6, true);


--
-- Name: inbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.inbox_id_seq', 1, true);


--
-- Name: note_edits_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.note_edits_id_seq', 1, true);


--
-- Name: notes_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.notes_id_seq', 1, true);


--
-- Name: notices_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.notices_id_seq', 2, true);


--
-- Name: overrides_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.overrides_id_seq', 2, true);


--
-- Name: review_answers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.review_answers_id_seq', 1, true);


--
-- Name: reviews_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.reviews_id_seq', 1, true);


--
-- Name: scheduled_moves_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.scheduled_moves_id_seq', 1, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: alerts pk_alerts; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT pk_alerts PRIMARY KEY (id);


--
-- Name: api_tokens pk_api_tokens; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT pk_api_tokens PRIMARY KEY (id);


--
-- Name: assignment_rules pk_assignment_rules; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assignment_rules
    ADD CONSTRAINT pk_assignment_rules PRIMARY KEY (kind, key, version);


--
-- Name: audit pk_audit; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (id);


--
-- Name: audit_end pk_audit_end; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_end
    ADD CONSTRAINT pk_audit_end PRIMARY KEY (one);


--
-- Name: batches pk_batches; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.batches
    ADD CONSTRAINT pk_batches PRIMARY KEY (job_id);


--
-- Name: cursors pk_cursors; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cursors
    ADD CONSTRAINT pk_cursors PRIMARY KEY (name);


--
-- Name: elevations pk_elevations; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.elevations
    ADD CONSTRAINT pk_elevations PRIMARY KEY (id);


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
-- Name: grants pk_grants; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT pk_grants PRIMARY KEY (actor, project);


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
-- Name: learnings pk_learnings; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.learnings
    ADD CONSTRAINT pk_learnings PRIMARY KEY (experiment);


--
-- Name: leases pk_leases; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT pk_leases PRIMARY KEY (name);


--
-- Name: looks pk_looks; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.looks
    ADD CONSTRAINT pk_looks PRIMARY KEY (experiment, look);


--
-- Name: metric_versions pk_metric_versions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_versions
    ADD CONSTRAINT pk_metric_versions PRIMARY KEY (key, version);


--
-- Name: metrics pk_metrics; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT pk_metrics PRIMARY KEY (key);


--
-- Name: note_edits pk_note_edits; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.note_edits
    ADD CONSTRAINT pk_note_edits PRIMARY KEY (id);


--
-- Name: notes pk_notes; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT pk_notes PRIMARY KEY (id);


--
-- Name: notices pk_notices; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notices
    ADD CONSTRAINT pk_notices PRIMARY KEY (id);


--
-- Name: overrides pk_overrides; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.overrides
    ADD CONSTRAINT pk_overrides PRIMARY KEY (id);


--
-- Name: phases pk_phases; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.phases
    ADD CONSTRAINT pk_phases PRIMARY KEY (experiment, phase);


--
-- Name: policies pk_policies; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.policies
    ADD CONSTRAINT pk_policies PRIMARY KEY (project);


--
-- Name: quarantine pk_quarantine; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT pk_quarantine PRIMARY KEY (id);


--
-- Name: remembered_units pk_remembered_units; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.remembered_units
    ADD CONSTRAINT pk_remembered_units PRIMARY KEY (unit, name);


--
-- Name: review_answers pk_review_answers; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_answers
    ADD CONSTRAINT pk_review_answers PRIMARY KEY (id);


--
-- Name: reviews pk_reviews; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT pk_reviews PRIMARY KEY (id);


--
-- Name: scheduled_moves pk_scheduled_moves; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scheduled_moves
    ADD CONSTRAINT pk_scheduled_moves PRIMARY KEY (id);


--
-- Name: signed_plans pk_signed_plans; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signed_plans
    ADD CONSTRAINT pk_signed_plans PRIMARY KEY (experiment, digest);


--
-- Name: trials pk_trials; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trials
    ADD CONSTRAINT pk_trials PRIMARY KEY (job_id, number);


--
-- Name: alerts uq_alerts_experiment_kind_subject; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT uq_alerts_experiment_kind_subject UNIQUE (experiment, kind, subject);


--
-- Name: api_tokens uq_api_tokens_digest; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT uq_api_tokens_digest UNIQUE (digest);


--
-- Name: notices uq_notices_entry_channel; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notices
    ADD CONSTRAINT uq_notices_entry_channel UNIQUE (entry, channel);


--
-- Name: overrides uq_overrides_code; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.overrides
    ADD CONSTRAINT uq_overrides_code UNIQUE (code);


--
-- Name: ix_api_tokens_actor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_api_tokens_actor ON public.api_tokens USING btree (actor);


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
-- Name: ix_elevations_actor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_elevations_actor ON public.elevations USING btree (actor);


--
-- Name: ix_elevations_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_elevations_state ON public.elevations USING btree (state);


--
-- Name: ix_experiment_moves_experiment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiment_moves_experiment ON public.experiment_moves USING btree (experiment);


--
-- Name: ix_experiments_created_at_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiments_created_at_key ON public.experiments USING btree (created_at, key);


--
-- Name: ix_experiments_outcome; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiments_outcome ON public.experiments USING btree (outcome);


--
-- Name: ix_experiments_rice_score; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiments_rice_score ON public.experiments USING btree (rice_score);


--
-- Name: ix_experiments_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiments_status ON public.experiments USING btree (status);


--
-- Name: ix_experiments_updated_at_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_experiments_updated_at_key ON public.experiments USING btree (updated_at, key);


--
-- Name: ix_inbox_kind_move; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_inbox_kind_move ON public.inbox USING btree (kind, move);


--
-- Name: ix_note_edits_note; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_note_edits_note ON public.note_edits USING btree (note);


--
-- Name: ix_notes_experiment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_notes_experiment ON public.notes USING btree (experiment);


--
-- Name: ix_notices_state_next_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_notices_state_next_at ON public.notices USING btree (state, next_at);


--
-- Name: ix_overrides_experiment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_overrides_experiment ON public.overrides USING btree (experiment);


--
-- Name: ix_remembered_units_experiment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_remembered_units_experiment ON public.remembered_units USING btree (experiment);


--
-- Name: ix_review_answers_review; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_review_answers_review ON public.review_answers USING btree (review);


--
-- Name: ix_reviews_experiment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_reviews_experiment ON public.reviews USING btree (experiment);


--
-- Name: ix_scheduled_moves_experiment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_scheduled_moves_experiment ON public.scheduled_moves USING btree (experiment);


--
-- Name: ix_scheduled_moves_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_scheduled_moves_state ON public.scheduled_moves USING btree (state);


--
-- Name: alerts fk_alerts_experiment_experiments; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT fk_alerts_experiment_experiments FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


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
-- Name: learnings fk_learnings_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.learnings
    ADD CONSTRAINT fk_learnings_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: looks fk_looks_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.looks
    ADD CONSTRAINT fk_looks_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: metric_versions fk_metric_versions_key; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_versions
    ADD CONSTRAINT fk_metric_versions_key FOREIGN KEY (key) REFERENCES public.metrics(key) ON DELETE CASCADE;


--
-- Name: note_edits fk_note_edits_note; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.note_edits
    ADD CONSTRAINT fk_note_edits_note FOREIGN KEY (note) REFERENCES public.notes(id) ON DELETE CASCADE;


--
-- Name: notes fk_notes_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT fk_notes_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: overrides fk_overrides_experiment_experiments; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.overrides
    ADD CONSTRAINT fk_overrides_experiment_experiments FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: phases fk_phases_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.phases
    ADD CONSTRAINT fk_phases_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: remembered_units fk_remembered_units_experiment_experiments; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.remembered_units
    ADD CONSTRAINT fk_remembered_units_experiment_experiments FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: review_answers fk_review_answers_review; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.review_answers
    ADD CONSTRAINT fk_review_answers_review FOREIGN KEY (review) REFERENCES public.reviews(id) ON DELETE CASCADE;


--
-- Name: reviews fk_reviews_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT fk_reviews_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: scheduled_moves fk_scheduled_moves_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scheduled_moves
    ADD CONSTRAINT fk_scheduled_moves_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: signed_plans fk_signed_plans_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signed_plans
    ADD CONSTRAINT fk_signed_plans_experiment FOREIGN KEY (experiment) REFERENCES public.experiments(key) ON DELETE CASCADE;


--
-- Name: trials fk_trials_job_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trials
    ADD CONSTRAINT fk_trials_job_id FOREIGN KEY (job_id) REFERENCES public.batches(job_id);


--
-- PostgreSQL database dump complete
--


