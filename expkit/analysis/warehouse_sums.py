"""From one row per unit in a warehouse to what each arm says: two statements, a row per variant each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from expkit.analysis.moments import statistic
from expkit.analysis.statistics import EMPTY, ArmStatistic
from expkit.analysis.sums import Column, Found, Sums, close_value, number, varying
from expkit.domain import Metric

__all__ = ["read_sums"]


def read_sums(
    ask: Any, frame: Any, metrics: Sequence[Metric], covariates: Sequence[str], variants: Sequence[str]
) -> list[dict[str, ArmStatistic]]:
    """The statistics of each metric by variant, then of each covariate."""
    import sqlalchemy as sa

    names = [column.name for column in frame.c if column.name != "variant"]
    spread = [one for name in names for one in (sa.func.avg(frame.c[name]), sa.func.avg(frame.c[name] * frame.c[name]))]
    rough = [float(value or 0.0) for value in ask(sa.select(*spread))[0]]
    shifts = dict(zip(names, map(_shift, rough[::2], rough[1::2]), strict=True))
    shifts |= {f"x{i}": 0.0 for i, metric in enumerate(metrics) if metric.kind == "conversion"}  # these are counted
    plan = [_sums(i, metric, covariates, names, shifts) for i, metric in enumerate(metrics)]
    plan += [Sums((Column(f"a{j}", shifts[f"a{j}"]),)) for j in range(len(covariates))]
    asked = [frame.c.variant, *(term for sums in plan for term in _terms(frame, sums))]
    rows = {row[0]: iter(row[1:]) for row in ask(sa.select(*asked).group_by(frame.c.variant))}
    found = []
    for place, sums in enumerate(plan):
        arms = {variant: _read(sums, rows[variant]) for variant in variants if variant in rows}
        keep = varying(sums, arms.values())
        binary = place < len(metrics) and metrics[place].kind == "conversion"
        of = {variant: statistic(sums, one, binary, keep)._replace(cap=sums.cap) for variant, one in arms.items()}
        found.append({variant: of.get(variant, EMPTY) for variant in variants})
    return found


def _shift(mean: float, square: float) -> float:
    return close_value(mean, max(square - mean * mean, 0.0) ** 0.5)


def _sums(i: int, metric: Metric, covariates: Sequence[str], names: Sequence[str], shifts: dict[str, float]) -> Sums:
    columns = [Column(name, shifts[name]) for name in (f"x{i}", f"d{i}") if name in names]
    if metric.covariate:
        name = f"a{covariates.index(metric.covariate)}"
        columns.append(Column(name, shifts[name], filled=True))
    columns += [Column(name, shifts[name], gaps=False, filled=True) for name in (f"c{i}", f"e{i}") if name in names]
    return Sums(tuple(columns), metric.kind == "ratio", metric.kind == "conversion", cap=metric.cap)


def _terms(frame: Any, sums: Sums) -> Iterator[Any]:
    """Units; those above the cap; the sum of each vector, and its products with the others."""
    import sqlalchemy as sa

    value = frame.c[sums.columns[0].sql]
    yield sa.func.count(value)
    yield sa.func.sum(sa.case((value > sums.cap, 1), else_=0)) if sums.cap is not None else sa.literal_column("0")
    vectors = list(_vectors(frame, sums))
    for at, one in enumerate(vectors):
        yield sa.func.sum(one)
        for other in vectors[at:]:
            yield sa.func.sum(one * other)


def _vectors(frame: Any, sums: Sums) -> Iterator[Any]:
    """Each column less its shift; null where the unit does not count. A covariate that may lack has its indicator."""
    import sqlalchemy as sa

    value = frame.c[sums.columns[0].sql]
    for at, column in enumerate(sums.columns):
        own = frame.c[column.sql]
        if not at and sums.cap is not None:
            own = sa.case((own > sums.cap, sums.cap), else_=own)
        less = own - column.shift
        if not column.filled:
            yield less
            continue
        yield sa.case((value.is_not(None), sa.func.coalesce(less, sa.literal(0.0, sa.Double))))
        if column.gaps:
            yield sa.case((value.is_not(None), sa.case((own.is_(None), 1.0), else_=0.0)))


def _read(sums: Sums, row: Iterator[Any]) -> Found:
    n, capped, size = int(next(row) or 0), int(next(row) or 0), sums.size
    totals, products = [0.0] * size, [[0.0] * size for _ in range(size)]
    for i in range(size):
        totals[i] = number(next(row))
        for j in range(i, size):
            products[i][j] = products[j][i] = number(next(row))
    shifts = [0.0] * size
    for at, column in zip(sums.places, sums.columns, strict=True):
        shifts[at] = column.shift
    return Found(n, capped=capped, shifts=shifts, totals=totals, products=products)
