"""The outcomes and model calls that may count, each once: the table `hits`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from expkit.analysis.hit_columns import CALLS, HitColumns, hit_columns
from expkit.analysis.unit_columns import microseconds
from expkit.domain import Metric

__all__ = ["events_sql", "make_hits"]


def make_hits(connection: Any, metrics: Sequence[Metric], at: datetime | None) -> None:
    """Of the units of `arms`; `u` is the unit's number, `age` the time since its first exposure."""
    asked = hit_columns(metrics)
    words = ", ".join("'" + event.replace("'", "''") + "'" for event in asked.events or ())
    event = f"CAST(event AS ENUM ({words}))" if words else "event"
    since = f"seen - {asked.before}" if asked.before else "seen"
    there = f"""
        FROM ({events_sql(asked)}) JOIN arms USING (unit)
        WHERE epoch_us(timestamp) >= {since} AND epoch_us(timestamp) <= $until
    """
    wanted = f"u, hash(event_id) AS id, {event} AS event, value, epoch_us(timestamp) - seen AS age{asked.more}"
    values: dict[str, object] = {"until": microseconds(at), **asked.parameters}
    with _sides_as_written(connection):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE hits AS SELECT {wanted} {there}", values)
    # as many different hashes as rows: no event was sent twice, and the costly removal can be left out
    if connection.execute("SELECT count(*) > count(DISTINCT id) FROM hits").fetchone()[0]:
        _keep_once(connection, wanted, there, values)


def events_sql(asked: HitColumns, outcomes: str = "outcomes_received", calls: str = "traces_received") -> str:
    """The rows of relations of outcomes and of calls that metrics ask for, with what their columns are made of."""
    words = ", ".join("'" + event.replace("'", "''") + "'" for event in asked.events or ())
    named = f"event IN ({words})" if words else "true"
    called = [
        f"UNION ALL SELECT coalesce(user_id, session_id) AS unit, event_id || ' {event}' AS event_id, "  # noqa: S608
        f"'{event}' AS event, {CALLS[event]} AS value, timestamp{asked.bring(calls=True)} "
        f"FROM {calls} WHERE value IS NOT NULL"
        for event in asked.calls
    ]
    return f"""
        SELECT coalesce(user_id, session_id) AS unit, event_id, event, value, timestamp{asked.bring()}
        FROM {outcomes} WHERE {named}
        {" ".join(called)}
    """  # noqa: S608  # names of our own; events are quoted


@contextmanager
def _sides_as_written(connection: Any) -> Iterator[None]:
    """The units are what is held in memory, and the outcomes stream by: guesses of how many are left get it wrong."""
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        yield
    finally:
        connection.execute("RESET disabled_optimizers")


def _keep_once(connection: Any, wanted: str, there: str, values: dict[str, object]) -> None:
    """Read the events again whose hash came more than once, and keep the earliest of each id."""
    connection.execute("CREATE OR REPLACE TEMP TABLE again AS SELECT id FROM hits GROUP BY id HAVING count(*) > 1")
    connection.execute("DELETE FROM hits WHERE id IN (SELECT id FROM again)")
    connection.execute(
        f"INSERT INTO hits SELECT {wanted} {there} AND hash(event_id) IN (SELECT id FROM again) "  # noqa: S608
        "QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY timestamp, unit) = 1",
        values,
    )
