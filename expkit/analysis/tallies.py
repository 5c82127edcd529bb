"""Units by the hour in which they were first seen: what is added up over units is kept, and read, hour by hour.

Where all events were read, `tallies` has a row per unit. Where only new ones were, it has the kept sums of whole hours,
and a row for each unit of those hours that a question cuts through; all questions of when a unit came are asked of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from expkit.analysis.digits import WASTED
from expkit.analysis.groups import Groups
from expkit.analysis.measures import Measure
from expkit.analysis.statistics import EMPTY, ArmStatistic
from expkit.analysis.sums import Column, Found, Sums, close_value, read, terms
from expkit.analysis.unit_columns import DAY, UnitColumn

__all__ = [
    "HOUR",
    "contribution",
    "daily",
    "make_tallies",
    "plan_of",
    "plan_read",
    "plan_told",
    "statistics_of",
    "sums_of",
]

HOUR = 3_600_000_000
"""In microseconds."""


def make_tallies(connection: Any) -> None:
    """The view `tallies` of the table `units`."""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW tallies AS SELECT variant, multiple, seen, seen AS first, last, 1 AS n FROM units"
    )


def plan_of(connection: Any, relation: str, measures: Sequence[Measure], columns: Sequence[UnitColumn]) -> list[Sums]:
    """How the sums of each measure are taken, over a relation of units; about values near their means."""
    flags = {column.name for column in columns if column.merge == "any"}
    names = sorted({name for measure in measures for name in measure.columns} - flags)
    found: dict[str, float] = {}
    if names:
        asked = ", ".join(f"avg({name}::DOUBLE), stddev_pop({name}::DOUBLE)" for name in names)
        row = connection.execute(f"SELECT {asked} FROM {relation}").fetchone()  # noqa: S608  # names of our own
        found = {name: close_value(row[2 * i], row[2 * i + 1]) for i, name in enumerate(names)}
    return [_sums(measure, flags, found) for measure in measures]


def _sums(measure: Measure, flags: set[str], shifts: dict[str, float]) -> Sums:
    if measure.column in flags and len(measure.columns) == 1:
        return Sums((Column(measure.column, gaps=False),), binary=True, flag=True)

    def column(name: str, cap: float | None = None) -> Column:
        value, gaps = f"{name}::DOUBLE", name.startswith("a")  # what an exposure said is not always there
        sql = value if cap is None else f"least({value}, {cap!r})"
        return Column(sql, shifts.get(name, 0.0), gaps)

    own = [column(measure.column, measure.cap)]
    if measure.bottom is not None:
        own.append(column(measure.bottom))
    own += [column(name)._replace(filled=True) for name in measure.covariates]
    binary = measure.bottom is None and measure.cap is None
    return Sums(tuple(own), measure.bottom is not None, binary, False, measure.cap, f"{measure.column}::DOUBLE")


def plan_told(plan: Sequence[Sums]) -> list[list[Any]]:
    """For a file."""
    return [[[list(column) for column in sums.columns], *list(sums)[1:]] for sums in plan]


def plan_read(told: Sequence[Sequence[Any]]) -> list[Sums]:
    found = []
    for columns, *rest in told:
        sums = Sums(tuple(Column(*column) for column in columns), *rest)
        found.append(sums._replace(infinite=tuple(sums.infinite)))
    return found


def contribution(
    relation: str, plan: Sequence[Sums], slopes: Sequence[str], *, sign: int = 1, hours: bool = True
) -> str:
    """What the units of a relation add to the sums of their hours; or, without hours, of their own moments."""
    every = [*chain.from_iterable(terms(sums) for sums in plan)]
    every += [f"sum({one})" for slope in slopes for one in (slope, f"({slope}) * ({slope})")]
    added = "".join(f", {sign} * coalesce({term}, 0)::DOUBLE AS g{i}" for i, term in enumerate(every))
    seen = f"seen // {HOUR} * {HOUR}" if hours else "seen"
    return (
        f"SELECT variant, multiple, forced, {seen} AS seen, {sign} * count(*) AS n{added} "  # noqa: S608  # our names
        f"FROM {relation} GROUP BY variant, multiple, forced, {seen}"
    )


def statistics_of(
    connection: Any, plan: Sequence[Sums], variants: Sequence[str], limits: Sequence[int | None]
) -> list[dict[str, ArmStatistic]] | None:
    """The statistics of each measure by variant, of `tallies`; of units seen up to its limit, where it has one.

    None where digits were lost: values too large, or an arm's mean far from what the sums are taken about.
    """
    wanted, at = [], 0
    for sums, limit in zip(plan, limits, strict=True):
        held = "" if limit is None else f" FILTER (seen <= {limit})"
        width = len(terms(sums))
        wanted += [f"coalesce(sum(g{i}){held}, 0)" for i in range(at, at + width)]
        at += width
    rows = connection.execute(
        f"SELECT variant, sum(n)::BIGINT, {', '.join(wanted)} FROM tallies WHERE NOT multiple GROUP BY variant"  # noqa: S608
    ).fetchall()
    counts = {row[0]: row[1] for row in rows if row[0] in variants}
    answers = {row[0]: iter(row[2:]) for row in rows if row[0] in variants}
    found: list[dict[tuple[str, str | None], Found]] = [
        {(variant, None): read(sums, answers[variant]) for variant in counts} for sums in plan
    ]
    groups = Groups(counts, 0, found)
    whole = all(
        one.finite for sums, parts in zip(plan, found, strict=True) if not sums.flag for one in parts.values() if one.n
    )
    if not whole or any(groups.far(i, sums, WASTED) for i, sums in enumerate(plan)):
        return None
    arms = [groups.arms(i, sums) for i, sums in enumerate(plan)]
    return [
        {variant: one.get(variant, {}).get(None, EMPTY)._replace(cap=sums.cap) for variant in variants}
        for sums, one in zip(plan, arms, strict=True)
    ]


def daily(
    connection: Any, plan: Sequence[Sums], variants: Sequence[str], limit: int | None
) -> list[tuple[int, str, int, int, float, float, float]]:
    """By day and variant: units, those whose first measure counts, its sum and sum of squares, and what is below it."""
    sums = plan[0]
    held = "" if limit is None else f" FILTER (seen <= {limit})"
    wanted = ", ".join(f"coalesce(sum(g{i}){held}, 0)" for i in range(len(terms(sums))))
    rows = connection.execute(
        f"SELECT seen // {DAY} AS day, variant, sum(n)::BIGINT, {wanted} FROM tallies "  # noqa: S608  # names of our own
        "WHERE NOT multiple GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    found = []
    for day, variant, units, *answers in rows:
        if variant not in variants:
            continue
        one = read(sums, iter(answers))
        if sums.flag:
            found.append((day, variant, units, one.n, float(one.successes), float(one.successes), float(one.n)))
            continue
        shift, total, square = one.shifts[0], one.totals[0], one.products[0][0]
        below = one.shifts[1] * one.n + one.totals[1] if sums.ratio else float(one.n)
        squares = square + 2 * shift * total + one.n * shift * shift
        found.append((day, variant, units, one.n, shift * one.n + total, squares, below))
    return found


def sums_of(plan: Sequence[Sums], slopes: int) -> list[str]:
    """The names of the sums; those of each slope and of its square come last."""
    return [f"g{i}" for i in range(sum(len(terms(sums)) for sums in plan) + 2 * slopes)]
