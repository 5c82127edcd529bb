"""One scan of a frame: what its first rows look like, the query that fits them, and the statistics of every arm.

A second scan follows only where the first rows misled: they had no NaN and later ones do, or an arm's values lie so
far from theirs that digits would be lost. What can be read only once says so instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from expkit.analysis.columns import FLOATS, Facts, look, quoted
from expkit.analysis.digits import with_own
from expkit.analysis.groups import Grouping, Groups
from expkit.analysis.measures import Measure
from expkit.analysis.scorecard import MetricKind
from expkit.analysis.sources import Source
from expkit.analysis.statistics import EMPTY, ArmStatistic
from expkit.analysis.sums import Column, Sums
from expkit.errors import InvalidInput

__all__ = ["MAX_VARIANTS", "Scan", "scan"]

MAX_VARIANTS = 100
MAX_STRATA = 1000
_SCANS = 3
"""The first, one without NaN, one about each arm's own mean."""


class Scan(NamedTuple):
    """Rows per variant, what was randomised, rows left out; per metric its kind, its cap, the arms by stratum."""

    counts: dict[str, int]
    randomised: dict[str, int]
    missing: int
    kinds: list[MetricKind]
    caps: list[float | None]
    arms: list[dict[str, dict[str | None, ArmStatistic]]]

    def of_variants(self, variants: Sequence[str]) -> list[dict[str, ArmStatistic]]:
        """Per metric the statistics of these variants, whether they were there or not, with the cap that was held."""
        return [
            {variant: arms.get(variant, {}).get(None, EMPTY)._replace(cap=cap) for variant in variants}
            for arms, cap in zip(self.arms, self.caps, strict=True)
        ]


def scan(
    source: Source,
    variant: str,
    measures: Sequence[Measure],
    strata: str | None = None,
    cluster: str | None = None,
    *,
    refuse: bool = True,
) -> Scan:
    """The statistics of all metrics by variant (and stratum); `cluster` names what was randomised.

    Infinite values are refused, or else make their metric too large to compare.
    """
    grouping = Grouping(variant, strata, cluster, source.types[variant] in FLOATS)
    columns = [column for measure in measures for column in measure.columns]
    seen, facts = look(source, [variant, *([strata] if strata else [])], columns)
    _refuse_many(seen, variant, strata)
    facts |= {m.column: facts[m.column]._replace(odd=True) for m in measures if m.cap is not None or m.quantile}
    caps = [_cap(source, grouping, measure, facts[measure.column]) for measure in measures]
    plan, found = _ask(source, grouping, measures, facts, caps)
    _refuse_many([len(found.counts), len({key[1] for key in found.found[0]})], variant, strata)
    if refuse:
        _refuse_infinite(measures, plan, found)
    kinds = [_kind(measure, found.binary(i)) for i, measure in enumerate(measures)]
    return Scan(
        found.counts,
        found.clusters or found.counts,
        found.missing,
        kinds,
        caps,
        [found.arms(i, sums) for i, sums in enumerate(plan)],
    )


def _ask(
    source: Source,
    grouping: Grouping,
    measures: Sequence[Measure],
    facts: dict[str, Facts],
    caps: Sequence[float | None],
) -> tuple[list[Sums], Groups]:
    own = False
    for left in reversed(range(_SCANS)):
        plan = [_sums(m, facts, cap, grouping.cluster is None) for m, cap in zip(measures, caps, strict=True)]
        plan = [sums._replace(ends=not sums.flag) for sums in plan] if own or source.once else plan
        plan = with_own(plan) if own else plan
        found = grouping.ask(source.ask, plan)
        if source.once or not left:
            break
        if odd := _odd(measures, plan, found, facts):
            facts = {**facts, **odd}
        elif own or not any(found.far(i, sums) for i, sums in enumerate(plan)):
            break
        else:
            own = True
    return plan, found


def _sums(measure: Measure, facts: dict[str, Facts], cap: float | None, flags: bool) -> Sums:
    value = facts[measure.column]
    if value.type == "BOOLEAN" and flags and len(measure.columns) == 1 and cap is None:
        return Sums((Column(value.name, gaps=value.gaps),), binary=True, flag=True)
    columns = [_column(value, cap)]
    if measure.bottom is not None:
        columns.append(_column(facts[measure.bottom]))
    columns += [_column(facts[name])._replace(filled=True) for name in measure.covariates]
    binary = value.binary and measure.bottom is None and cap is None
    watched = tuple(facts[name].sql for name in measure.columns if facts[name].masked)
    return Sums(tuple(columns), measure.bottom is not None, binary, False, cap, value.clean, watched)


def _column(one: Facts, cap: float | None = None) -> Column:
    sql = one.clean if cap is None else f"CASE WHEN {one.clean} > {cap!r} THEN {cap!r} ELSE {one.clean} END"
    return Column(sql, one.shift, one.gaps)


def _cap(source: Source, grouping: Grouping, measure: Measure, value: Facts) -> float | None:
    """The value itself, or the quantile of all values that are not zero; a proportion has none."""
    if measure.quantile is None:
        return measure.cap
    sql = f"CASE WHEN isfinite({value.sql}) THEN {value.sql} END"
    found, neither = source.ask(
        f"SELECT quantile_disc({sql}, {measure.quantile!r}) FILTER (WHERE {sql} <> 0), count_if({sql} NOT IN (0, 1)) "  # noqa: S608
        f"FROM frame WHERE {grouping.there()} IS NOT NULL"
    )[0]
    return float(found) if found is not None and neither else None


def _odd(measures: Sequence[Measure], plan: Sequence[Sums], found: Groups, facts: dict[str, Facts]) -> dict[str, Facts]:
    """The columns of which the sums taught that they hold NaN or infinite values."""
    odd: dict[str, Facts] = {}
    for measure, sums, groups in zip(measures, plan, found.found, strict=True):
        if not sums.flag and not all(one.finite for one in groups.values() if one.n):
            new = (name for name in measure.columns if facts[name].floating and not facts[name].odd)
            odd |= {name: facts[name]._replace(odd=True) for name in new}
    return odd


def _kind(measure: Measure, binary: bool) -> MetricKind:
    if measure.bottom is not None:
        return "ratio"
    return "conversion" if binary else "mean"


def _refuse_many(found: Sequence[int], variant: str, strata: str | None) -> None:
    for n, column, most, what in zip(
        found, (variant, strata), (MAX_VARIANTS, MAX_STRATA), ("variants", "strata"), strict=False
    ):
        if n > most:
            raise InvalidInput(
                f"Column {column!r} has more than {most:,} different values.", hint=f"name the column of the {what}."
            )


def _refuse_infinite(measures: Sequence[Measure], plan: Sequence[Sums], found: Groups) -> None:
    for i, (measure, sums) in enumerate(zip(measures, plan, strict=True)):
        for at, sql in enumerate(sums.infinite):
            count = sum(one.infinite[at] for one in found.found[i].values())
            if count:
                column = next(name for name in measure.columns if quoted(name) in sql)
                raise InvalidInput(
                    f"Column {column!r} has {count:,} infinite values.", hint="drop or cap them; missing ones are null."
                )
