"""Experiments whose rows are not the users that `assign` deals variants to: sessions that are analysed, or randomised.

What is analysed is a row: a user, or a session with what was done in it. Where something else was randomised, each row
belongs to one of those (a session's user; the session in which a user was first exposed), and errors are those of
clusters (CR2, see `clusters.py`); the sample ratio counts what was randomised. Rows of one that saw several variants
are left out, as units are that did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from expkit.analysis.distributions import arms_of
from expkit.analysis.exposed import Exposed, count_by_phase, find_exposed, make_arms
from expkit.analysis.hits import make_hits
from expkit.analysis.measures import Measure
from expkit.analysis.scan import scan
from expkit.analysis.sources import source_of
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.unit_columns import make_frame, make_totals, measure_of, microseconds, unit_columns
from expkit.domain import Metric, Plan

__all__ = ["Rows", "see_rows"]

_IDS = {"user": "coalesce(user_id, session_id)", "session": "coalesce(session_id, user_id)"}


class Rows(NamedTuple):
    """The rows that were exposed, what was randomised by variant and by phase, and the statistics of each metric and
    attribute.

    `together`, where sessions were randomised: how many users have so many sessions, and how many of those saw one
    variant in all of them.
    """

    exposed: Exposed
    dealt: dict[str, int]
    by_phase: list[dict[str, int]]
    found: list[dict[str, ArmStatistic]]
    together: list[tuple[int, int, int]] = []


def see_rows(
    connection: Any,
    experiment: str,
    plan: Plan,
    metrics: Sequence[Metric],
    variants: Sequence[str],
    at: datetime | None,
    attributes: Sequence[str] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    whole_by: datetime | None = None,
    moment: datetime | None = None,
    starts: Sequence[datetime] = (),
) -> Rows:
    """As `find_exposed` and `summarize` do for users; `starts` are those of the phases. Who comes after
    `until` is in no arm.
    """
    clustered = plan.rows != plan.randomised
    with _shown(connection, plan):
        exposed = find_exposed(connection, experiment, variants, until or at, attributes, since=since)
        make_arms(connection, variants)
        together = _together(connection, experiment) if plan.rows == plan.randomised == "session" else []
        if clustered:
            exposed = _left_out(connection, experiment, exposed)
        make_hits(connection, metrics, at)
    columns = unit_columns(metrics, microseconds(moment or at or datetime.now(UTC)))
    whole = microseconds(whole_by) if whole_by else None
    make_totals(connection, columns)
    make_frame(connection, columns, attributes, whole, ("u",))
    if clustered:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE frame AS SELECT frame.*, cluster FROM frame JOIN clusters USING (u)"
        )
    measures = [measure_of(i, metric, attributes) for i, metric in enumerate(metrics) if metric.per_unit]
    measures += [Measure(name, name, f"a{i}") for i, name in enumerate(attributes)]
    cluster = "cluster" if clustered else None
    scanned = scan(source_of(connection, "frame"), "variant", measures, cluster=cluster, refuse=False)
    found = scanned.of_variants(variants)
    for i, metric in enumerate(metrics):
        if not metric.per_unit:
            found.insert(i, arms_of(connection, i, metrics, variants, whole, clusters=clustered))
    return Rows(exposed, *_dealt(connection, variants, starts, exposed, clustered), found, together)


@contextmanager
def _shown(connection: Any, plan: Plan) -> Iterator[None]:
    """The log as if rows were users: a session's events carry no user. Exposures also name what was randomised."""
    masked = "* REPLACE (CASE WHEN session_id IS NULL THEN user_id END AS user_id)" if plan.rows == "session" else "*"
    kinds = ("exposures", "outcomes", "traces")
    for kind in kinds:
        dealt = f", {_IDS[plan.randomised]} AS cluster, {_IDS['user']} AS owner" if kind == "exposures" else ""
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {kind}_received AS "  # noqa: S608  # names of our own
            f"SELECT {masked}{dealt} FROM memory.main.{kind}_received"  # names of our own
        )
    try:
        yield
    finally:
        for kind in kinds:
            connection.execute(f"DROP VIEW temp.{kind}_received")


def _together(connection: Any, experiment: str) -> list[tuple[int, int, int]]:
    found = connection.execute(
        """
        SELECT sessions, count(*), count_if(variants = 1) FROM (
            SELECT owner, count(*) AS sessions, count(DISTINCT variant) AS variants FROM (
                SELECT coalesce(user_id, session_id) AS unit, min(owner) AS owner
                FROM exposures_received WHERE experiment = $experiment GROUP BY 1
            ) JOIN arms USING (unit) GROUP BY owner HAVING count(*) > 1
        ) GROUP BY sessions ORDER BY sessions
        """,
        {"experiment": experiment},
    ).fetchall()
    return [(int(sessions), int(users), int(same)) for sessions, users, same in found]


def _left_out(connection: Any, experiment: str, exposed: Exposed) -> Exposed:
    """Make `clusters`, of each row what was randomised, and take out of `arms` what belongs to several variants."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE clusters AS
        SELECT u, any_value(variant) AS variant, arg_min(cluster, timestamp) AS cluster, any_value(seen) AS seen
        FROM (
            SELECT coalesce(user_id, session_id) AS unit, cluster, timestamp
            FROM exposures_received WHERE experiment = $experiment
        ) JOIN arms USING (unit) GROUP BY u
        """,
        {"experiment": experiment},
    )
    crossed = "SELECT cluster FROM clusters GROUP BY cluster HAVING min(variant) <> max(variant)"
    connection.execute(f"DELETE FROM arms WHERE u IN (SELECT u FROM clusters WHERE cluster IN ({crossed}))")  # noqa: S608
    connection.execute("DELETE FROM clusters WHERE u NOT IN (SELECT u FROM arms)")
    counts = dict(connection.execute("SELECT variant, count(*) FROM arms GROUP BY variant").fetchall())
    left = {variant: counts.get(variant, 0) for variant in exposed.counts}
    return exposed._replace(counts=left, multiple=exposed.multiple + exposed.single - sum(left.values()))


def _dealt(
    connection: Any, variants: Sequence[str], starts: Sequence[datetime], exposed: Exposed, clustered: bool
) -> tuple[dict[str, int], list[dict[str, int]]]:
    if not clustered:
        return exposed.counts, count_by_phase(connection, variants, starts) if starts else []
    counts = dict.fromkeys(variants, 0)
    by_phase = [dict.fromkeys(variants, 0) for _ in starts]
    moments = [microseconds(start) for start in starts]
    for variant, seen in connection.execute(
        "SELECT variant, min(seen) FROM clusters GROUP BY variant, cluster"
    ).fetchall():
        counts[variant] += 1
        if by_phase:
            by_phase[max(sum(moment <= seen for moment in moments) - 1, 0)][variant] += 1
    return counts, by_phase
