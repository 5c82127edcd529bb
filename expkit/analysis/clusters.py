"""Sums by cluster, then by variant: the error of a mean when what was randomised has several rows.

The sandwich variance CR2 (Bell & McCaffrey 2002, Survey Methodology 28, 169-181) is closed form in the clusters'
totals: a cluster's residual is its sum less its rows times the arm's mean, weighted by 1 / (1 - its share of rows).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from expkit.analysis.moments import summary_of
from expkit.analysis.statistics import EMPTY, ArmStatistic
from expkit.analysis.sums import Found, Sums, bases, counts, ends, number, read_counts, vectors
from expkit.errors import InvalidInput
from expkit.stats.summary import two_sum

__all__ = ["cluster_query", "read_clusters", "refuse_crossed", "sandwich", "spread_of_clusters"]


def cluster_query(variant: str, cluster: str, plan: Sequence[Sums], relation: str) -> str:
    """One row per variant: crossed clusters, rows left out, rows, clusters; counts and products of each metric."""
    inner, weights, outer = [], [], []
    for i, sums in enumerate(plan):
        counted = [f"{sql} AS k{i}_{j}" for j, sql in enumerate(counts(sums))]
        counted += [f"{least} AS l{i}_{j}, {most} AS m{i}_{j}" for j, (least, most) in enumerate(ends(sums))]
        counted += [f"{sql} AS b{i}_{j}" for j, sql in enumerate(bases(sums))]
        added = [f"coalesce(sum({sql}), 0) AS s{i}_{j}" for j, sql in enumerate(vectors(sums))]
        weights.append(f"1 / (1 - k{i}_0 / nullif(sum(k{i}_0) OVER (PARTITION BY v), 0)) AS w{i}")
        inner += [*counted, *added]
        outer += [f"sum(k{i}_{j})" for j in range(len(counts(sums)))]
        outer += [f"min(l{i}_{j}) = max(m{i}_{j})" for j in range(len(ends(sums)))]
        outer += [f"any_value(b{i}_{j})" for j in range(len(bases(sums)))]
        names = [*(f"s{i}_{j}" for j in range(len(added))), f"k{i}_0::DOUBLE"]
        outer += [f"count_if(k{i}_0 > 0)", *(f"sum({name})" for name in names[:-1])]
        outer += [f"sum(w{i} * {a} * {b})" for at, a in enumerate(names) for b in names[at:]]
    wanted = f"{variant} AS v, {cluster} AS cl, count(*) AS n, {', '.join(inner)}"
    return (
        f"WITH every AS MATERIALIZED (SELECT {wanted} FROM {relation} GROUP BY 1, 2), "  # noqa: S608
        "c AS (SELECT * FROM every WHERE v IS NOT NULL AND cl IS NOT NULL), "
        f"w AS (SELECT *, {', '.join(weights)} FROM c) "
        "SELECT v, (SELECT count(*) FROM (SELECT cl FROM c GROUP BY cl HAVING count(*) > 1)), "
        "(SELECT coalesce(sum(n), 0) FROM every WHERE v IS NULL OR cl IS NULL), sum(n), count(*), "
        f"{', '.join(outer)} FROM w GROUP BY v ORDER BY v"
    )


def read_clusters(sums: Sums, row: Iterator[Any]) -> Found:
    found, groups = read_counts(sums, row), int(next(row) or 0)
    size = sums.size
    totals = [number(next(row)) for _ in range(size)]
    products = [[0.0] * (size + 1) for _ in range(size + 1)]
    for i in range(size + 1):
        for j in range(i, size + 1):
            products[i][j] = products[j][i] = number(next(row))
    return found._replace(totals=totals, products=products, clusters=groups)


def refuse_crossed(column: str, several: int) -> None:
    if several:
        raise InvalidInput(
            f"{several:,} clusters of column {column!r} have several variants.",
            hint="name what was randomised; it has one variant.",
        )


def sandwich(sums: Sums, found: Found, keep: Sequence[int]) -> ArmStatistic:
    """One arm as the summary of its clusters: variance over clusters is that of the mean, or of the ratio."""
    groups = found.clusters or 0
    if not found.n or groups < 2:  # a variance needs two
        return EMPTY._replace(n=found.n, clusters=groups)
    if not found.finite:
        return ArmStatistic(found.n, None, ratio=sums.ratio, clusters=groups)
    means, forms = _residuals(sums, found, keep)
    gram = [[groups * _product(a, found.products, b) for b in forms] for a in forms]
    gram[0][0] = _or_none(gram[0][0], groups * _size(forms[0], found.products))
    summary = summary_of(groups, means, gram)
    uneven = found.products[-1][-1]  # rows squared / (1 - share of the rows)
    worth = 1 + found.n**2 / uneven if uneven else math.nan
    return ArmStatistic(found.n, summary, ratio=sums.ratio, capped=found.capped, clusters=groups, worth=worth)


def spread_of_clusters(found: Found, at: int) -> tuple[float, float]:
    """The sum of squares about the mean of all rows, and the size of the terms it is what is left of."""
    form = _residual(found, at)
    scale = (found.clusters or 0) * found.n
    return scale * _product(form, found.products, form), scale * _size(form, found.products)


def _residuals(sums: Sums, found: Found, keep: Sequence[int]) -> tuple[list[tuple[float, float]], list[list[float]]]:
    """Means, and the residual of each as weights of a cluster's sums (the last: of its rows)."""
    means, forms = [], []
    if sums.ratio:
        top, bottom = (found.shifts[j] * found.n + found.totals[j] for j in range(2))
        ratio = top / bottom if bottom else float("nan")
        form = [0.0] * (sums.size + 1)
        form[0], form[1], form[-1] = 1 / bottom, -ratio / bottom, (found.shifts[0] - ratio * found.shifts[1]) / bottom
        means.append((ratio, 0.0))
        forms.append(form)
    for j in keep[2:] if sums.ratio else keep:
        forms.append(_residual(found, j))
        means.append(two_sum(found.shifts[j], found.totals[j] / found.n))
    return means, forms


def _residual(found: Found, at: int) -> list[float]:
    form = [0.0] * len(found.products)
    if at in found.constant:
        return form
    form[at], form[-1] = 1 / found.n, -found.totals[at] / found.n / found.n
    return form


def _product(a: Sequence[float], products: Sequence[Sequence[float]], b: Sequence[float]) -> float:
    return sum(x * products[i][j] * y for i, x in enumerate(a) for j, y in enumerate(b) if x and y)


def _size(form: Sequence[float], products: Sequence[Sequence[float]]) -> float:
    return sum(abs(x * products[i][j] * y) for i, x in enumerate(form) for j, y in enumerate(form))


def _or_none(var: float, size: float) -> float:
    """What is left of a sum that cancels to rounding is none."""
    return var if var > 32 * 2.0**-52 * size else 0.0
