"""All kinds of metrics over tables that are elsewhere: the numbers that the same events give here, or why none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest
import sqlalchemy as sa

from expkit.analysis import Scorecard
from expkit.errors import InvalidInput, UnknownName
from expkit.settings import Settings
from expkit.stats import Estimate
from expkit.workbench import Workbench

START = datetime(2026, 1, 1, tzinfo=UTC)
AT = START + timedelta(days=20)
METRICS: list[Any] = [
    "buy",
    "web.bounce_rate",
    "web.retention.d2",
    "web.throughput",
    {"key": "rps", "kind": "ratio", "event": "buy", "per": "session", "covariate_days": 4},
    {"key": "pdp", "kind": "count", "event": "view", "where": {"place": "pdp", "price": {"$gte": 5}}, "cap": 3},
    {"key": "share", "kind": "ratio", "event": "view", "measure": "count", "denominator_where": {},
     "where": {"$or": [{"place": {"$nin": ["pdp", "feed"]}}, {"price": {"$not": {"$gt": 2}}}]}},
    {"key": "price", "kind": "sum", "event": "buy", "property": "price", "window_days": 5, "covariate": "age"},
    {"key": "flag", "event": "view", "covariate": "age", "covariate_days": 5},
    "trace.cost",
    "trace.error",
    "trace.throughput",
    {"key": "big", "kind": "ratio", "event": "trace.latency", "where": {"model": {"$ne": "small"}}},
]  # fmt: skip
REFUSED: list[Any] = [
    {"key": "p95", "kind": "quantile", "event": "view", "quantile": 0.95},
    {"key": "even", "kind": "evenness", "event": "view", "property": "place"},
    {"key": "cut", "kind": "sum", "event": "buy", "winsorize": 0.99},
]
PLAN = {"key": "banner", "name": "Banner", "hypothesis": "h", "variants": [{"key": "control"}, {"key": "blue"}]}
WHERE: dict[str, Any] = {"traces": "traces"}


def _events() -> tuple[list[Any], list[Any], list[Any]]:
    """Exposures with an age that some lack, outcomes in sessions with two properties, model calls."""
    chance = np.random.default_rng(6)
    exposures, outcomes, traces = [], [], []
    for unit in range(400):
        seen, who = START + timedelta(minutes=int(chance.integers(0, 8000))), {"user_id": f"u{unit}"}
        arm = ("control", "blue")[unit % 2]
        for k in range(2):  # the age that it first came with counts
            age = {} if unit % 5 == 0 else {"age": 20 + unit % 40 + 100 * k}
            exposures.append({**who, "experiment": "banner", "variant": arm, "attributes": age,
                              "timestamp": seen + timedelta(hours=k)})  # fmt: skip
        for k in range(chance.poisson(6)):
            session = f"{unit}-{chance.integers(3)}" if chance.random() < 0.9 else None
            place = [None, "pdp", "feed", "mail"][chance.integers(4)]
            price = float(chance.integers(10)) if chance.random() < 0.9 else None
            bag = {name: value for name, value in {"place": place, "price": price}.items() if value is not None}
            outcomes.append({**who, "event_id": f"{unit}-{k}", "event": str(chance.choice(["buy", "view"])),
                             "session_id": session, "value": 1e5 + float(chance.normal(0, 10)), "properties": bag,
                             "timestamp": seen + timedelta(hours=float(chance.normal(30, 60)))})  # fmt: skip
        traces += [
            {**who, "event_id": f"t{unit}-{k}", "model": str(chance.choice(["small", "large"])),
             "cost": float(chance.gamma(2)), "latency_ms": float(chance.gamma(9)) if k else None,
             "error": "x" if chance.random() < 0.1 else "", "timestamp": seen + timedelta(hours=k + 1)}
            for k in range(chance.poisson(2))
        ]  # fmt: skip
    return exposures, [*outcomes, *outcomes[:30]], traces


EVENTS = _events()
TABLES = {
    "exposures": "user_id text, experiment text, variant text, age float8, timestamp timestamptz",
    "outcomes": "event_id text, user_id text, event text, session_id text, value float8, place text, price float8, "
    "timestamp timestamptz",
    "traces": "event_id text, user_id text, model text, cost float8, latency_ms float8, error text, "
    "timestamp timestamptz",
}


def _flat(rows: list[Any]) -> list[dict[str, Any]]:
    known = [{**row, **row.get("attributes", {}), **row.get("properties", {})} for row in rows]
    return [{"age": None, "place": None, "price": None, **row} for row in known]


def _filled(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for (name, columns), rows in zip(TABLES.items(), EVENTS, strict=True):
            names = [part.split()[0] for part in columns.split(", ")]
            connection.execute(sa.text(f"CREATE TABLE {name} ({columns})"))
            values = ", ".join(f":{one}" for one in names)
            connection.execute(sa.text(f"INSERT INTO {name} VALUES ({values})"), _flat(rows))  # noqa: S608


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench.open(Settings.read(tmp_path_factory.mktemp("home")).with_(database_url="")) as wb:
        wb.create({**PLAN, "metrics": METRICS})
        wb.create({**PLAN, "key": "other", "metrics": [*REFUSED, "trace.cost", "buy"]})
        wb.start("banner")
        wb.log_exposures(EVENTS[0])
        wb.log_outcomes(EVENTS[1])
        wb.log_traces(EVENTS[2])
        yield wb


@pytest.fixture(scope="module")
def places(postgres_server: str) -> Iterator[list[Any]]:
    """The same tables in DuckDB and in PostgreSQL."""
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE kinds"))
    engine.dispose()
    engine = sa.create_engine(postgres_server.replace("/postgres?", "/kinds?"))
    _filled(engine)
    with duckdb.connect() as duck:
        for (name, columns), rows in zip(TABLES.items(), EVENTS, strict=True):
            duck.execute(f"CREATE TABLE {name} ({columns})")
            names = [part.split()[0] for part in columns.split(", ")]
            marks = ", ".join("?" for _ in names)
            values = [[row[one] for one in names] for row in _flat(rows)]
            duck.executemany(f"INSERT INTO {name} VALUES ({marks})", values)  # noqa: S608
        yield [duck, engine]
    engine.dispose()


def _here(wb: Workbench, **more: Any) -> Scorecard:
    from expkit.analysis import analyze_experiment

    with wb._shared.events.reader(experiment="banner") as reader:
        return analyze_experiment(wb.get("banner").changed(**more), reader, at=AT)


def _same(found: Scorecard, wanted: Scorecard) -> None:
    for one, other in zip(found.estimates, wanted.estimates, strict=True):
        a, b = one.estimate, other.estimate
        assert isinstance(a, Estimate), (one.metric, str(a))
        for name in ("effect", "se", "p_value", "variance_saved"):
            told = getattr(a, name), getattr(b, name)
            assert told[0] == told[1] or math.isclose(*told, rel_tol=1e-9, abs_tol=1e-12), (one.metric, name, told)
        assert (a.control.n, a.treatment.n, one.note) == (b.control.n, b.treatment.n, other.note)
    ours = {check.name: check for check in wanted.checks}
    assert {check.name for check in found.checks} >= {"sample ratio", "before"} & set(ours)


def test_all_kinds_give_the_same_numbers(here: Workbench, places: list[Any]) -> None:
    """Sessions, days, late windows, conditions on columns, covariates and model calls, on DuckDB and PostgreSQL."""
    wanted = _here(here)
    for place in places:
        _same(here.analyze_warehouse("banner", place, at=AT, **WHERE), wanted)


def test_a_bayesian_plan_waits_for_windows(here: Workbench, places: list[Any]) -> None:
    """As it does here: a unit counts once its days are over."""
    here.create({**PLAN, "key": "bayes", "metrics": METRICS, "plan": {"method": "bayesian"}})
    moment = START + timedelta(days=6)
    from expkit.analysis import analyze_experiment

    with here._shared.events.reader(experiment="banner") as reader:
        wanted = analyze_experiment(here.get("bayes").changed(key="banner"), reader, at=moment)
    columns = {"exposures": {"experiment": None}}
    for place in places:
        found = here.analyze_warehouse("bayes", place, at=moment, columns=columns, **WHERE)
        _same(found, wanted)
    assert found.row("price").estimate.control.n < found.row("buy").estimate.control.n


def test_what_needs_every_unit_says_so(here: Workbench, places: list[Any]) -> None:
    """And the other metrics are answered; so is a table of model calls that nobody named."""
    for place in places:
        found = here.analyze_warehouse("other", place, columns={"exposures": {"experiment": None}})
        told = {row.metric: str(row.estimate) for row in found.estimates}
        assert [name for name in told if "only sums leave a warehouse" in told[name]] == ["p95", "even", "cut"]
        assert "No table of model calls was named. Hint: name it: traces." in told["trace.cost"]
        assert isinstance(found.estimate("buy"), Estimate)


def test_columns_for_properties(here: Workbench, places: list[Any]) -> None:
    """A property's column may have another name; one that nobody asks for is a slip of the pen."""
    named = {"outcomes": {"place": "user_id", "session": None}}
    found = here.analyze_warehouse("banner", places[0], at=AT, columns=named, **WHERE)
    assert found.estimate("pdp").control.mean == 0 if isinstance(found.estimate("pdp"), Estimate) else True
    assert "no sessions" in str(found.estimate("rps"))
    with pytest.raises(UnknownName, match="plaice"):
        here.analyze_warehouse("banner", places[0], columns={"outcomes": {"plaice": "x"}}, **WHERE)
    with pytest.raises(InvalidInput, match="need a column for 'place'"):
        here.analyze_warehouse("banner", places[0], columns={"outcomes": {"place": None}}, **WHERE)


@pytest.mark.parametrize("name", ["mssql", "oracle", "sqlite"])
def test_statements_compile_for_other_databases(here: Workbench, places: list[Any], name: str) -> None:
    """Whatever kinds are asked for; those that no server is here for at least get a statement of their own dialect."""
    from expkit.analysis.connections import opened
    from expkit.analysis.warehouse import Tables, read_warehouse

    dialect, texts = sa.dialects.registry.load(name)(), list[str]()
    experiment = here.get("banner")
    with opened(places[0]) as ask:

        def both(statement: Any) -> Any:
            texts.append(str(statement.compile(dialect=dialect)))
            return ask(statement)

        tables = Tables("exposures", "outcomes", {}, "traces")
        read_warehouse(both, experiment, list(experiment.metrics), tables, AT, moment=AT)
    assert len(texts) == 3
    assert all("SELECT" in text for text in texts)
