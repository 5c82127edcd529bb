"""Whether what was logged can be whole: calls without an exposure, outcomes just before one, silence, wrong clocks.

The lake keeps when an event happened and not when it arrived, so a delay cannot be measured. What can be told: a log
that fell silent although events came steadily before (the chance of such a gap if they came on independently, which is
exponential), units that were exposed before the experiment began, model calls that name it from units that never were,
and outcomes in the last hour before the first exposure, which should be as frequent in every arm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from expkit.analysis.unit_columns import DAY, microseconds
from expkit.stats import SRM_ALPHA, Check

if TYPE_CHECKING:
    from expkit.analysis.exposed import Exposed
    from expkit.domain import Experiment, Metric

__all__ = ["MOST_EVENTS", "check_logging"]

MOST_EVENTS = 2_000_000
"""Of more outcomes the hour before the exposure is not asked for: it takes another pass over all of them."""
MISSING_SHARE = 0.01
MISSING_UNITS = 10
STEADY = 100
"""Events in the week before a gap, at least, for it to tell anything."""
HOUR = 3_600_000_000
MINUTE = timedelta(minutes=1)
MOSTLY = 0.5
"""Where more units than this came before the start, the log is older than the experiment, and no clock is wrong."""


def check_logging(
    connection: Any, experiment: Experiment, metrics: Sequence[Metric], exposed: Exposed, moment: datetime
) -> tuple[Check, ...]:
    """Stands on the tables `units`, `arms` and `hits`."""
    found = (
        _missing(connection, experiment, microseconds(moment)),
        _before(connection, metrics, list(exposed.counts), microseconds(moment)),
        _silent(connection, experiment, exposed, moment),
        _too_early(connection, experiment, exposed),
    )
    return tuple(check for check in found if check is not None)


def _missing(connection: Any, experiment: Experiment, until: int) -> Check | None:
    """Units whose model calls name the experiment; nothing where no call does."""
    units, missing, other = connection.execute(
        """
        SELECT count(*), count(*) FILTER (units.unit IS NULL), count(*) FILTER (units.variant <> calls.variant)
        FROM (
            SELECT coalesce(user_id, session_id) AS unit, min(variant) AS variant FROM traces_received
            WHERE experiment = $experiment AND epoch_us(timestamp) <= $until GROUP BY 1
        ) AS calls LEFT JOIN units USING (unit)
        """,
        {"experiment": experiment.key, "until": until},
    ).fetchone()
    if not units:
        return None
    share = (missing + other) / units
    told = f", {other:,} name another variant than they were exposed to" if other else ""
    detail = f"{missing:,} of {units:,} units whose model calls name the experiment have no exposure{told}; "
    detail += "they are left out" if missing else "every call has its exposure" if not other else "look at both logs"
    ok = share <= MISSING_SHARE or missing + other < MISSING_UNITS
    return Check("missing_exposure", ok, _at_most(missing + other, units), share, SRM_ALPHA, "binomial", detail)


def _before(connection: Any, metrics: Sequence[Metric], variants: Sequence[str], until: int) -> Check | None:
    """Outcomes in the hour before the first exposure: as frequent in all arms, unless one logs its exposures late."""
    (events,) = connection.execute("SELECT count(*) FROM outcomes_received").fetchone()
    named = sorted({event for one in metrics for event in (one.numerator_event, one.denominator_event) if event})
    if not events or events > MOST_EVENTS or not named:
        return None
    rows = connection.execute(
        f"""
        SELECT variant, count(*) AS n, count(early.unit) AS early FROM arms LEFT JOIN (
            SELECT DISTINCT arms.unit FROM arms JOIN outcomes_received AS o ON arms.unit = coalesce(user_id, session_id)
            WHERE list_contains($events, event) AND epoch_us(timestamp) <= $until
            AND epoch_us(timestamp) >= seen - {HOUR} AND epoch_us(timestamp) < seen
        ) AS early USING (unit) GROUP BY variant
        """,  # noqa: S608  # a number of our own
        {"events": named, "until": until},
    ).fetchall()
    found = {variant: (n, early) for variant, n, early in rows}
    counts = {variant: found[variant] for variant in variants if variant in found}
    early, units = (sum(column) for column in ([e for _, e in counts.values()], [n for n, _ in counts.values()]))
    if early < MISSING_UNITS:
        return None
    p = _alike(counts)
    told = ", ".join(f"{variant} {e / n:.1%}" for variant, (n, e) in counts.items() if n)
    detail = f"{early:,} of {units:,} units did something that counts in the hour before their first exposure ({told})"
    detail += "; one arm logs its exposures late" if p < SRM_ALPHA else ", alike in all arms"
    return Check("late_exposure", p >= SRM_ALPHA, p, early / units, SRM_ALPHA, "chi-square", detail)


def _silent(connection: Any, experiment: Experiment, exposed: Exposed, moment: datetime) -> Check | None:
    """The end of exposures and of outcomes, for an experiment that runs, against the pace of the week before."""
    if experiment.started_at is None or experiment.stopped_at is not None or exposed.last is None:
        return None
    if exposed.last < experiment.started_at:
        return None  # a log from before: nobody is writing it
    gaps = list(_gaps(connection, moment))
    if not gaps:
        return None
    silent = [(p, told) for p, told in gaps if p < SRM_ALPHA]
    detail = "; ".join(told for _, told in silent or gaps)
    detail += "; events come late, or logging has stopped" if silent else "; no gap that the week before does not have"
    p = min(p for p, _ in gaps)
    return Check("logging_delay", not silent, p, p, SRM_ALPHA, "exponential", detail)


def _gaps(connection: Any, moment: datetime) -> Iterator[tuple[float, str]]:
    """The chance of each silence until now, and in words."""
    for what, sql in (("exposure", "SELECT seen AS moment FROM arms"),
                      ("outcome", "SELECT seen + age AS moment FROM hits JOIN arms USING (u)")):  # fmt: skip
        last, n, first = connection.execute(
            f"WITH events AS ({sql}), edge AS (SELECT max(moment) AS last FROM events) "  # noqa: S608  # our own words
            f"SELECT max(last), count(*), min(moment) FROM events, edge WHERE moment >= last - 7 * {DAY}"
        ).fetchone()
        if last is None or n < STEADY or last <= first:
            continue
        gap = max(microseconds(moment) - last, 0)
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=last)
        told = f"the last {what} was at {at:%Y-%m-%d %H:%M} UTC, {gap / HOUR:.1f} hours before this look"
        yield math.exp(-min(_hourly(n, first, last) * gap / HOUR, 700.0)), told


def _hourly(n: int, first: int, last: int) -> float:
    """Events an hour; at night a quarter of them is taken for granted."""
    return 0.25 * n / max((last - first) / HOUR, 1.0)


def _too_early(connection: Any, experiment: Experiment, exposed: Exposed) -> Check | None:
    """Units exposed before the experiment began, by the registry's clock."""
    if experiment.started_at is None or not exposed.single:
        return None
    (early,) = connection.execute(
        "SELECT count(*) FROM arms WHERE seen < $start", {"start": microseconds(experiment.started_at - MINUTE)}
    ).fetchone()
    share = early / exposed.single
    if not early or share > MOSTLY:
        return None
    detail = f"{early:,} of {exposed.single:,} units ({share:.2%}) were exposed before the experiment began; "
    detail += "a clock that goes slow, or exposures that were logged under its name before"
    ok = share <= MISSING_SHARE or early < MISSING_UNITS
    return Check("clock_skew", ok, _at_most(early, exposed.single), share, SRM_ALPHA, "binomial", detail)


def _at_most(n: int, units: int) -> float:
    """The chance of so many where one in a hundred is tolerated."""
    from scipy.special import bdtrc

    return float(bdtrc(n - 1, units, MISSING_SHARE)) if n else 1.0


def _alike(counts: Mapping[str, tuple[int, int]]) -> float:
    """Pearson's test of equal shares over all arms."""
    from scipy.special import chdtrc

    there = [pair for pair in counts.values() if pair[0]]
    units, early = sum(n for n, _ in there), sum(e for _, e in there)
    share = early / units
    if len(there) < 2 or not 0 < share < 1:
        return 1.0
    statistic = sum((e - n * share) ** 2 / (n * share * (1 - share)) for n, e in there)
    return float(chdtrc(len(there) - 1, statistic))
