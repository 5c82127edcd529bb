"""Exposures x outcomes -> one number per unit and metric -> statistics per arm, in DuckDB.

A unit belongs to the variant it was exposed to; one that saw several is counted and left out. Its outcomes count
from its first exposure on, for as long as the metric's window says. A unit without outcomes counts with zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from expkit.analysis.distributions import arms_of
from expkit.analysis.hit_columns import CALLS, hit_columns
from expkit.analysis.measures import Measure
from expkit.analysis.scan import scan
from expkit.analysis.sources import source_of
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.unit_columns import END, make_scores, measure_of, microseconds
from expkit.domain import Metric

__all__ = ["Exposed", "count_by_phase", "find_exposed", "json_path", "make_hits", "summarize"]

# the text is searched first: reading the JSON of every row would cost more than all the rest
_FORCED = (
    "CASE WHEN contains(attributes, '\"forced\"') "
    "THEN coalesce(json_extract_string(attributes, '/assignment/forced') = 'true', false) ELSE false END"
)


class Exposed(NamedTuple):
    """Who was exposed: units per variant, those that saw several variants, those that saw an unknown one."""

    counts: dict[str, int]
    multiple: int
    strays: dict[str, int]
    first: datetime | None
    last: datetime | None

    @property
    def units(self) -> int:
        return self.single + self.multiple

    @property
    def single(self) -> int:
        """Those that saw one variant."""
        return sum(self.counts.values())

    @property
    def days(self) -> float | None:
        return (self.last - self.first).total_seconds() / 86400 if self.first and self.last else None


def find_exposed(
    connection: Any,
    experiment: str,
    variants: Sequence[str],
    at: datetime | None,
    attributes: Sequence[str] = (),
    *,
    since: datetime | None = None,
) -> Exposed:
    """Make the table `units` of everybody exposed up to `at`, and count them; without those whom QA has forced. With
    `since`, what was seen before counts as not seen.

    Numbers among the exposures' attributes that are asked for stand in the columns a0, a1, ...: the first one that
    the unit came with.
    """
    picked = "".join(
        f", TRY_CAST(json_extract_string(attributes, $path{i}) AS DOUBLE) AS a{i}" for i in range(len(attributes))
    )
    first = "".join(f", arg_min(a{i}, moment) FILTER (WHERE isfinite(a{i})) AS a{i}" for i in range(len(attributes)))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE units AS
        SELECT (row_number() OVER ())::UINTEGER AS u, *
        FROM (
            SELECT unit, min(variant) AS variant, min(variant) <> max(variant) AS multiple,
                   min(moment) AS seen, max(moment) AS last{first}
            FROM (
                SELECT coalesce(user_id, session_id) AS unit, variant, epoch_us(timestamp) AS moment,
                       {_FORCED} AS forced{picked}
                FROM exposures_received
                WHERE experiment = $experiment AND epoch_us(timestamp) BETWEEN $since AND $until
            )
            GROUP BY unit HAVING NOT bool_or(forced)
        )
        """,  # noqa: S608  # names of our own; values are parameters
        {
            "experiment": experiment,
            "until": microseconds(at),
            "since": -END if since is None else microseconds(since),
            **{f"path{i}": json_path(name) for i, name in enumerate(attributes)},
        },
    )
    rows = connection.execute(
        "SELECT multiple, variant, count(*), min(seen), max(last) FROM units GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    single = {variant: n for multiple, variant, n, _, _ in rows if not multiple}
    return Exposed(
        counts={variant: single.get(variant, 0) for variant in variants},
        multiple=sum(n for multiple, _, n, _, _ in rows if multiple),
        strays={variant: n for variant, n in single.items() if variant not in variants},
        first=_moment(min((row[3] for row in rows), default=None)),
        last=_moment(max((row[4] for row in rows), default=None)),
    )


def count_by_phase(connection: Any, variants: Sequence[str], starts: Sequence[datetime]) -> list[dict[str, int]]:
    """Units by the phase in which they first came, one for every start; those of one variant only."""
    later = " + ".join(["0", *(f"(seen >= {microseconds(start)})::INTEGER" for start in starts[1:])])
    rows = connection.execute(
        f"SELECT {later} AS phase, variant, count(*) FROM units WHERE NOT multiple GROUP BY ALL"  # noqa: S608  # numbers
    ).fetchall()
    counts = [dict.fromkeys(variants, 0) for _ in starts]
    for phase, variant, n in rows:
        if variant in counts[phase]:
            counts[phase][variant] = n
    return counts


def summarize(
    connection: Any,
    metrics: Sequence[Metric],
    variants: Sequence[str],
    at: datetime | None,
    attributes: Sequence[str] = (),
    *,
    whole_by: datetime | None = None,
    moment: datetime | None = None,
    keep: Sequence[str] = (),
) -> list[dict[str, ArmStatistic]]:
    """The statistics of each metric, then of each attribute, by variant, for the units that `find_exposed` found.

    With `whole_by`, a metric's units count once their window is over by then, so that none of their values changes any
    more. `moment` is up to when days are counted: that of `at`, or now. `keep` are columns of `arms` that `frame` has.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE arms AS
        SELECT * EXCLUDE (multiple, last) FROM units WHERE NOT multiple AND list_contains($variants, variant)
        """,
        {"variants": list(variants)},
    )
    make_hits(connection, metrics, at)
    until, now = microseconds(whole_by) if whole_by else None, microseconds(moment or at or datetime.now(UTC))
    make_scores(connection, metrics, attributes, until, keep, now=now)
    measures = [measure_of(i, metric, attributes) for i, metric in enumerate(metrics) if metric.per_unit]
    measures += [Measure(name, name, f"a{i}") for i, name in enumerate(attributes)]
    found = scan(source_of(connection, "frame"), "variant", measures, refuse=False) if measures else None
    scanned = found.of_variants(variants) if found else []
    for i, metric in enumerate(metrics):
        if not metric.per_unit:
            scanned.insert(i, arms_of(connection, i, metrics, variants, until))
    return scanned


def json_path(name: str) -> str:
    """An attribute by its name, whatever the name has in it: a JSON pointer (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def make_hits(connection: Any, metrics: Sequence[Metric], at: datetime | None) -> None:
    """The outcomes that may count, each once; `u` is the unit's number, `age` the time since its first exposure."""
    asked = hit_columns(metrics)
    calls = [
        f"UNION ALL SELECT coalesce(user_id, session_id) AS unit, event_id || ' {event}' AS event_id, "  # noqa: S608
        f"'{event}' AS event, {CALLS[event]} AS value, timestamp{asked.bring(calls=True)} "
        f"FROM traces_received WHERE value IS NOT NULL"
        for event in asked.calls
    ]
    words = ", ".join("'" + event.replace("'", "''") + "'" for event in asked.events or ())
    named = f"event IN ({words})" if words else "true"
    event = f"CAST(event AS ENUM ({words}))" if words else "event"
    since = f"seen - {asked.before}" if asked.before else "seen"
    there = f"""
        FROM (
            SELECT coalesce(user_id, session_id) AS unit, event_id, event, value, timestamp{asked.bring()}
            FROM outcomes_received WHERE {named}
            {" ".join(calls)}
        ) JOIN arms USING (unit)
        WHERE epoch_us(timestamp) >= {since} AND epoch_us(timestamp) <= $until
    """  # noqa: S608  # names of our own; values are parameters
    wanted = f"u, hash(event_id) AS id, {event} AS event, value, epoch_us(timestamp) - seen AS age{asked.more}"
    values: dict[str, object] = {"until": microseconds(at), **asked.parameters}
    with _sides_as_written(connection):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE hits AS SELECT {wanted} {there}", values)
    # as many different hashes as rows: no event was sent twice, and the costly removal can be left out
    if connection.execute("SELECT count(*) > count(DISTINCT id) FROM hits").fetchone()[0]:
        _keep_once(connection, wanted, there, values)


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


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)
