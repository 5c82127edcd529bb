"""Tables that exist elsewhere give the numbers that the same events give here, and nothing else leaves them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from expkit.analysis import Scorecard
from expkit.analysis.dialects import Epoch
from expkit.errors import InvalidInput, StorageUnavailable, UnknownName
from expkit.settings import Settings
from expkit.workbench import Workbench

START = datetime(2026, 1, 1, tzinfo=UTC)
EXPERIMENT = {
    "key": "banner", "name": "Banner", "hypothesis": "Blue sells.",
    "variants": [{"key": "control"}, {"key": "blue"}],
    "metrics": [
        "buy",
        {"key": "revenue", "kind": "sum", "event": "buy"},
        {"key": "clicks", "kind": "count", "event": "click", "window_days": 2},
        {"key": "ctr", "kind": "ratio", "event": "click", "measure": "count", "denominator": "view"},
    ],
    "guardrails": [{"metric": {"key": "error", "direction": "decrease"}, "max_change": 0.5}],
}  # fmt: skip


def _events() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Units of both arms, some that saw both, an event sent twice, outcomes before the exposure, values near 1e6."""
    chance = np.random.default_rng(5)
    exposures, outcomes = [], []
    for unit in range(600):
        seen = START + timedelta(minutes=int(chance.integers(0, 8000)))
        arms = ["control", "blue"] if unit % 97 == 0 else [("control", "blue")[unit % 2]]
        same = {"user_id": f"u{unit}", "experiment": "banner", "timestamp": seen}
        exposures += [{**same, "variant": arm} for arm in arms]
        for event, rate in {"view": 5, "click": 2, "buy": 0.7, "error": 0.1}.items():
            for n in range(chance.poisson(rate + 0.2 * (unit % 2))):
                at = seen + timedelta(hours=float(chance.normal(40, 30)))
                value = 1e6 + float(chance.normal(0, 10)) if event == "buy" else 1.0
                outcomes.append({"event_id": f"{unit}-{event}-{n}", "user_id": f"u{unit}", "event": event,
                                 "value": value, "timestamp": at})  # fmt: skip
    return exposures, [*outcomes, *outcomes[:40]]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workbench, Scorecard]]:
    """A workbench with the experiment, and the scorecard of the events logged there."""
    exposures, outcomes = _events()
    home = tmp_path_factory.mktemp("home")
    with Workbench.open(Settings.read(home).with_(database_url="")) as wb:
        wb.create(EXPERIMENT)
        wb.create({**EXPERIMENT, "key": "sequential", "plan": {"method": "always_valid"}})
        wb.start("banner")
        wb.log_exposures(exposures)
        wb.log_outcomes(outcomes)
        yield wb, wb.analyze("banner")


def _fill_duckdb(connection: Any) -> None:
    exposures, outcomes = _events()
    connection.execute(
        "CREATE SCHEMA mart;"
        "CREATE TABLE mart.seen (user_id TEXT, experiment TEXT, timestamp TIMESTAMPTZ, variant TEXT);"
        "CREATE TABLE mart.done (event_id TEXT, uid TEXT, event TEXT, value DOUBLE, timestamp TIMESTAMPTZ)"
    )
    connection.executemany("INSERT INTO mart.seen VALUES (?, ?, ?, ?)", [list(row.values()) for row in exposures])
    connection.executemany("INSERT INTO mart.done VALUES (?, ?, ?, ?, ?)", [list(row.values()) for row in outcomes])


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with both tables in a schema, one column under another name."""
    path = tmp_path_factory.mktemp("duck") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        _fill_duckdb(connection)
    return path


@pytest.fixture(scope="module")
def postgres(postgres_server: str) -> str:
    """A PostgreSQL database with the same."""
    exposures, outcomes = _events()
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE mart"))
    engine.dispose()
    url = postgres_server.replace("/postgres?", "/mart?")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA mart"))
        connection.execute(sa.text(
            "CREATE TABLE mart.seen (user_id text, variant text, experiment text, timestamp timestamptz)"
        ))  # fmt: skip
        connection.execute(sa.text(
            "CREATE TABLE mart.done (event_id text, uid text, event text, value float8, timestamp timestamptz)"
        ))  # fmt: skip
        connection.execute(
            sa.text("INSERT INTO mart.seen VALUES (:user_id, :variant, :experiment, :timestamp)"), exposures
        )
        connection.execute(
            sa.text("INSERT INTO mart.done VALUES (:event_id, :user_id, :event, :value, :timestamp)"), outcomes
        )
    engine.dispose()
    return url


WHERE: dict[str, Any] = {
    "exposures": "mart.seen", "outcomes": "mart.done", "columns": {"outcomes": {"unit": "uid"}},
}  # fmt: skip


def _same(found: Scorecard, wanted: Scorecard) -> None:
    assert [(arm.key, arm.n) for arm in found.arms] == [(arm.key, arm.n) for arm in wanted.arms]
    assert len(found.estimates) == len(wanted.estimates) == 5
    for one, other in zip(found.estimates, wanted.estimates, strict=True):
        assert (one.metric, one.verdict) == (other.metric, other.verdict)
        a, b = one.estimate, other.estimate
        for name in ("effect", "p_value"):
            assert math.isclose(getattr(a, name), getattr(b, name), rel_tol=1e-9, abs_tol=1e-12), (one.metric, name)
        assert np.allclose(a.ci, b.ci, rtol=1e-9, atol=1e-12)
    named = {check.name: check for check in wanted.checks}
    for check in found.checks:
        assert check == named[check.name]
    assert [one.breached for one in found.guardrails] == [one.breached for one in wanted.guardrails]


def test_a_duckdb_file_gives_the_same_numbers(here: tuple[Workbench, Scorecard], duck: Path) -> None:
    """By its path, and by a connection that is open already."""
    wb, wanted = here
    _same(wb.analyze_warehouse("banner", duck, **WHERE), wanted)
    with duckdb.connect(str(duck), read_only=True) as connection:
        _same(wb.analyze_warehouse("banner", connection, **WHERE), wanted)


def test_postgresql_gives_the_same_numbers(here: tuple[Workbench, Scorecard], postgres: str) -> None:
    """By a URL, and by an engine."""
    wb, wanted = here
    _same(wb.analyze_warehouse("banner", postgres, **WHERE), wanted)
    engine = sa.create_engine(postgres)
    _same(wb.analyze_warehouse("banner", engine, **WHERE), wanted)
    engine.dispose()


def test_only_sums_leave(here: tuple[Workbench, Scorecard], postgres: str) -> None:
    """However many units there are, an answer has a row per variant, and none names a unit."""
    rows: list[Any] = []
    engine = sa.create_engine(postgres)

    @sa.event.listens_for(engine, "after_cursor_execute")
    def _count(_c: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "units" in statement:
            rows.append(cursor.rowcount)

    here[0].analyze_warehouse("banner", engine, **WHERE)
    engine.dispose()
    assert len(rows) == 3
    assert max(rows) <= 4


def test_a_look_at_an_earlier_moment(here: tuple[Workbench, Scorecard], duck: Path, postgres: str) -> None:
    """Both databases agree on what had happened by then."""
    at = START + timedelta(days=3)
    found = [here[0].analyze_warehouse("banner", place, at=at, **WHERE) for place in (duck, postgres)]
    assert 0 < sum(arm.n for arm in found[0].arms) < 600
    _same(found[0], found[1])


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"outcomes": "mart.dun"}, StorageUnavailable, "dun"),
        ({"columns": {"outcomes": {"unit": "nobody"}}}, StorageUnavailable, "nobody"),
        ({"columns": {"outcome": {}}}, UnknownName, "outcome"),
        ({"columns": {"outcomes": {"units": "uid"}}}, UnknownName, "units"),
        ({"columns": {"outcomes": {"unit": None}}}, InvalidInput, "need a column for 'unit'"),
    ],
)
def test_mistakes(
    here: tuple[Workbench, Scorecard], duck: Path, postgres: str, given: Any, error: Any, told: str
) -> None:
    """The database's own word, or ours, with a way out."""
    for place in (duck, postgres):
        with pytest.raises(error, match=told) as found:
            here[0].analyze_warehouse("banner", place, **{**WHERE, **given})
        assert found.value.hint


def test_what_is_no_warehouse(here: tuple[Workbench, Scorecard], duck: Path) -> None:
    """And what a warehouse cannot be asked."""
    wb = here[0]
    for place, error in ((7, InvalidInput), ("nothing://here", InvalidInput), ("/no/such.duckdb", StorageUnavailable)):
        with pytest.raises(error):
            wb.analyze_warehouse("banner", place, **WHERE)
    with pytest.raises(InvalidInput, match="kept nowhere"):
        wb.analyze_warehouse("sequential", duck, **WHERE)


def test_times_without_a_zone_are_utc(here: tuple[Workbench, Scorecard], postgres: str) -> None:
    """Whatever zone the session is in, and also where only one of the tables has zones."""
    wb, wanted = here
    with duckdb.connect() as connection:
        _fill_duckdb(connection)
        connection.execute("ALTER TABLE mart.done ALTER timestamp TYPE TIMESTAMP USING timestamp AT TIME ZONE 'UTC'")
        connection.execute("SET TimeZone = 'America/New_York'")
        _same(wb.analyze_warehouse("banner", connection, **WHERE), wanted)
    engine = sa.create_engine(postgres, connect_args={"options": "-c timezone=America/New_York"})
    with engine.connect() as connected:
        connected.execute(
            sa.text("ALTER TABLE mart.done ALTER timestamp TYPE timestamp USING timestamp AT TIME ZONE 'UTC'")
        )
        _same(wb.analyze_warehouse("banner", connected, **WHERE), wanted)
        connected.rollback()
    engine.dispose()


def test_columns_may_be_called_as_words_of_sql(here: tuple[Workbench, Scorecard]) -> None:
    """DuckDB reserves some that PostgreSQL does not."""
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE TABLE "order" AS SELECT n AS "at", ['control', 'blue'][1 + n % 2] AS "group",
               TIMESTAMP '2026-01-01' AS "when" FROM range(10) t(n);
               CREATE TABLE "select" AS SELECT "at", 'buy' AS "end", "when" FROM "order" WHERE "at" < 5"""
        )
        found = here[0].analyze_warehouse("banner", connection, exposures="order", outcomes="select", columns={
            "exposures": {"unit": "at", "variant": "group", "experiment": None, "timestamp": "when"},
            "outcomes": {"unit": "at", "event": "end", "timestamp": "when", "value": None, "event_id": None},
        })  # fmt: skip
    assert [arm.n for arm in found.arms] == [5, 5]
    assert found.estimate("buy", "blue").control.mean == pytest.approx(0.6)


@pytest.mark.parametrize("name", ["bigquery", "snowflake", "clickhouse", "databricks", "postgresql"])
def test_times_in_the_words_of_each_database(name: str) -> None:
    """Those that could not be asked here at least say what their manuals say."""
    dialect = DefaultDialect()
    dialect.name = name
    asked = sa.select(Epoch(sa.column("a")))
    text = str(asked.compile(dialect=dialect))
    words = {"bigquery": "UNIX_MICROS(a) / 1e6", "snowflake": "DATE_PART(epoch_microsecond, a)",
             "clickhouse": "toUnixTimestamp64Micro(a)", "databricks": "unix_micros(a) / 1e6",
             "postgresql": "EXTRACT(EPOCH FROM a)"}  # fmt: skip
    assert words[name] in text
