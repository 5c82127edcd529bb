"""Metrics that are no mean over units: quantiles of events, and how evenly events are spread over kinds.

What an arm says is its value and that value's error, taken over units, because the events of one unit are alike. Both
values are smooth in the units' totals, so that they are asymptotically normal with independent increments as units come
in, and what is promised of means at several looks holds for them (Scharfstein, Tsiatis & Robins 1997, JASA 92,
1342-1350).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expkit.analysis.evenness import Spread, evenness_of
from expkit.analysis.hit_columns import hit_columns
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.unit_columns import events_of
from expkit.domain import Metric
from expkit.stats import NotEstimable, Summary
from expkit.stats.quantiles import WIDTH, design_effect, reach, too_few

__all__ = ["arms_of"]


def arms_of(
    connection: Any,
    i: int,
    metrics: Sequence[Metric],
    variants: Sequence[str],
    until: int | None,
    *,
    clusters: bool = False,
) -> dict[str, ArmStatistic]:
    """Metric i, a quantile or evenness, by variant: of the tables `arms` and `hits`, of units whose window is over.

    With `clusters` errors are those of what was randomised, which the table of that name tells.
    """
    metric, asked = metrics[i], hit_columns(metrics)
    where, parameters, window = events_of(i, metrics)
    whole = "true" if until is None or window is None else f"seen <= {until - window}"
    joined, own = ("arms JOIN (SELECT u, cluster FROM clusters) USING (u)", "cluster") if clusters else ("arms", "u")
    counted = f"SELECT variant, count(*), count(DISTINCT {own}) FROM {joined} WHERE {whole} GROUP BY variant"  # noqa: S608
    units = {variant: (n, apart) for variant, n, apart in connection.execute(counted).fetchall()}
    value = asked.names.get(("kind" if metric.kind == "evenness" else "number", metric.property), "value")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE said AS SELECT variant, {own} AS u, {value} AS said "  # noqa: S608
        f"FROM {joined} JOIN hits USING (u) WHERE {where} AND {whole}",
        parameters,
    )
    apart = {variant: both[1] for variant, both in units.items()}
    measured = _evenness(connection, apart) if metric.quantile is None else _quantiles(connection, metric.quantile)
    connection.execute("DROP TABLE said")
    nothing = _nothing(metric)
    return {variant: _arm(units.get(variant, (0, 0))[0], measured.get(variant, nothing)) for variant in variants}


Measured = tuple[float, float] | NotEstimable
"""A value and its standard error."""


def _arm(units: int, measured: Measured) -> ArmStatistic:
    """Such a summary of its units that the mean and its error are those of the value."""
    if isinstance(measured, NotEstimable):
        return ArmStatistic(units, None, why=measured)
    return ArmStatistic(units, Summary(units, measured[0], measured[1] ** 2 * units))


def _nothing(metric: Metric) -> NotEstimable:
    return NotEstimable(
        f"An arm has no event {metric.numerator_event!r} that counts.",
        "check its name, and what where and property ask.",
    )


def _quantiles(connection: Any, q: float) -> dict[str, Measured]:
    """As `expkit.stats.compare_quantiles` has it, with units as clusters."""
    found: dict[str, Measured] = {}
    rows = connection.execute(f"SELECT variant, count(*), quantile_cont(said, {q!r}) FROM said GROUP BY variant")  # noqa: S608
    for variant, n, at in rows.fetchall():
        worth = n / _design_effect(connection, variant, at)
        if (few := too_few(f"arm {variant!r}", q, n, worth)) is not None:
            found[variant] = few
            continue
        step = n * reach(q, worth) / (n - 1)
        ends = [min(max(end, 0.0), 1.0) for end in (q - step, q + step)]
        (bounds,) = connection.execute(
            f"SELECT quantile_cont(said, {ends!r}) FROM said WHERE variant = $variant",  # noqa: S608  # numbers
            {"variant": variant},
        ).fetchone()
        found[variant] = float(at), (bounds[1] - bounds[0]) / (2 * WIDTH)
    return found


def _design_effect(connection: Any, variant: str, at: float) -> float:
    """Of the share of an arm's events that are no larger than its quantile."""
    groups, n, below, both, mixed, sizes = connection.execute(
        """
        SELECT count(*), sum(size), sum(below), sum(below * below), sum(below * size), sum(size * size) FROM (
            SELECT count(*)::HUGEINT AS size, (count(*) FILTER (said <= $at))::HUGEINT AS below
            FROM said WHERE variant = $variant GROUP BY u
        )
        """,
        {"variant": variant, "at": at},
    ).fetchone()
    share = below / n
    return design_effect(groups, float(n), share, both - 2 * share * mixed + share * share * sizes)


def _evenness(connection: Any, units: Mapping[str, int]) -> dict[str, Measured]:
    (kinds,) = connection.execute("SELECT count(DISTINCT said) FROM said").fetchone()
    rows = connection.execute(
        """
        WITH counted AS (SELECT variant, u, said, count(*)::DOUBLE AS n FROM said GROUP BY ALL),
        kinds AS (SELECT variant, said, sum(n) AS n, sum(n * n) AS squares FROM counted GROUP BY ALL),
        arms AS (SELECT variant, sum(n) AS n FROM kinds GROUP BY ALL),
        shares AS (SELECT variant, said, kinds.n / arms.n AS p, squares FROM kinds JOIN arms USING (variant)),
        whole AS (SELECT variant, fsum(-p * ln(p)) AS entropy, fsum(squares / p) AS squares FROM shares GROUP BY ALL),
        units AS (
            SELECT variant, u, fsum(-n * ln(p)) AS told, sum(n) AS n
            FROM counted JOIN shares USING (variant, said) GROUP BY ALL
        )
        SELECT variant, any_value(arms.n), any_value(entropy), any_value(squares) - fsum(units.n ** 2),
               fsum((told - entropy * units.n) ** 2)
        FROM units JOIN whole USING (variant) JOIN arms USING (variant) GROUP BY variant
        """
    ).fetchall()
    return {row[0]: evenness_of(Spread(units[row[0]], *row[1:]), kinds) for row in rows}
