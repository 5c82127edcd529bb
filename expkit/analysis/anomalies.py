"""Days and units that stand out in one arm: what a fault in one variant looks like, told by day and count alone.

A day stands out when an arm's share of the new units, or the difference of its mean from the other arms', lies more
than 3.5 of its robust deviations from the median day: the modified z-score of Iglewicz & Hoaglin (1993, How to Detect
and Handle Outliers, ASQC), 0.6745 (x - median) / MAD. As a few days make a poor MAD, it also has to be more than chance
over all days that were looked at (Bonferroni). A day that is odd in all arms alike biases no comparison; it is told of,
and no alarm. A unit stands out when a quarter of its arm's variance is its own: its squared distance from the mean over
the arm's sum of squares, the leverage of one value on the interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.parts import Daily
from expkit.analysis.unit_columns import DAY
from expkit.stats import SRM_ALPHA, Check
from expkit.stats.distributions import p_value

if TYPE_CHECKING:
    from expkit.analysis.estimates import Statistics
    from expkit.domain import Experiment, Metric

__all__ = ["Days", "check_days", "check_units", "daily_of", "days_from", "read_days"]

MODIFIED_Z = 3.5
LEAST_DAYS = 8
"""Whole days that a median and its deviation are taken of."""
LEAST_UNITS = 30
"""In an arm on a day, to be compared."""
SHARE_OF_VARIANCE = 0.25
LEAST_ARM = 100
MOST_DAYS = 60
"""As many of the last days are kept on a scorecard."""
LEAST_KEPT = 10
"""An arm's mean on a day of fewer units is not kept: it would tell too much of one of them."""
WORTH_TELLING = 1.5
"""All arms alike: as many times the units of the median day, or as few."""
_NORMAL = 0.6745
_EPOCH = date(1970, 1, 1)


class _Cell(NamedTuple):
    """One arm on one day: new units, those with a value of the primary metric, its sum and sum of squares, below it."""

    units: int
    n: int
    total: float
    squares: float
    below: float

    @property
    def mean(self) -> float:
        return self.total / self.below if self.below else math.nan

    @property
    def se(self) -> float:
        """Of the mean; for a ratio, of its top alone, over its bottom."""
        if self.n < 2 or not self.below:
            return math.nan
        var = max(self.squares - self.total**2 / self.n, 0.0) / (self.n - 1)
        return math.sqrt(var * self.n) / abs(self.below)


class Days(NamedTuple):
    """By day (from 1970 on) and variant; the largest and smallest value of every metric in each arm."""

    cells: dict[int, dict[str, _Cell]]
    ends: dict[str, dict[str, tuple[float, float]]]


def read_days(connection: Any, metrics: Sequence[Metric], variants: Sequence[str]) -> Days:
    """One query over `frame`, which keeps `seen`; the first of the metrics is the primary one."""
    summed = [i for i, metric in enumerate(metrics) if _is_summed(metric)]
    wide = "".join(f", max(x{i})::DOUBLE, min(x{i})::DOUBLE" for i in summed)
    first = metrics[0]
    value = "x0::DOUBLE" if first.per_unit else "NULL::DOUBLE"
    below = "sum(d0)::DOUBLE" if first.kind == "ratio" else f"count({value})::DOUBLE"
    rows = connection.execute(
        f"SELECT seen // {DAY} AS day, variant, count(*), count({value}), sum({value}), sum({value} * {value}), "  # noqa: S608
        f"{below}{wide} FROM frame GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    cells: dict[int, dict[str, _Cell]] = {}
    ends: dict[str, dict[str, tuple[float, float]]] = {metrics[i].key: {} for i in summed}
    for day, variant, units, n, total, squares, bottom, *rest in rows:
        if variant in variants:
            cells.setdefault(day, {})[variant] = _Cell(units, n, total or 0.0, squares or 0.0, bottom or 0.0)
            for i, most, least in zip(summed, rest[::2], rest[1::2], strict=True):
                if most is not None:
                    known = ends[metrics[i].key].get(variant, (most, least))
                    ends[metrics[i].key][variant] = max(known[0], most), min(known[1], least)
    return Days(cells, ends)


def days_from(rows: Iterable[tuple[int, str, int, int, float, float, float]]) -> Days:
    """Of sums that were taken elsewhere: day, variant and what a cell holds. Single units are not known then."""
    cells: dict[int, dict[str, _Cell]] = {}
    for day, variant, units, n, total, squares, below in rows:
        cells.setdefault(day, {})[variant] = _Cell(units, n, total, squares, below)
    return Days(cells, {})


def daily_of(found: Days, metric: Metric) -> tuple[Daily, ...]:
    """The last days, as a scorecard keeps them."""
    return tuple(
        Daily(
            day=_name(day),
            units={variant: cell.units for variant, cell in arms.items()},
            means={
                variant: cell.mean
                for variant, cell in arms.items()
                if cell.n >= LEAST_KEPT and math.isfinite(cell.mean) and metric.per_unit
            },
        )
        for day, arms in sorted(found.cells.items())[-MOST_DAYS:]
    )


def check_days(
    experiment: Experiment, found: Days, promised: Mapping[str, float], since: int | None = None
) -> tuple[Check, ...]:
    """Whether any whole day stands out in one arm; nothing before there are days enough.

    `since` is the moment from which on the shares hold.
    """
    days = _whole_days(found, since)
    if len(days) < LEAST_DAYS:
        return ()
    odd = [one for variant in promised for one in _odd(experiment, found, days, variant, promised)]
    tests = max(2 * len(days) * len(promised), 1)
    alarming = [one for one in odd if one.p * tests < SRM_ALPHA]
    if alarming:
        worst = max(alarming, key=lambda one: abs(one.z))
        told = "; ".join(one.detail for one in sorted(alarming, key=lambda one: -abs(one.z))[:3])
        return (Check("anomaly", False, min(worst.p * tests, 1.0), worst.z, SRM_ALPHA, "median/MAD", told),)
    alike = "; ".join(_alike(found, days))
    detail = f"no day stands out in one arm ({len(days)} whole days){f'; {alike}' if alike else ''}"
    return (
        Check("anomaly", True, 1.0, max((abs(one.z) for one in odd), default=0.0), SRM_ALPHA, "median/MAD", detail),
    )


def check_units(metrics: Sequence[Metric], statistics: Statistics, found: Days) -> tuple[Check, ...]:
    """Whether one unit makes a large part of an arm's spread; the worst one of each metric is told, by its share."""
    told = []
    for metric in metrics:
        for variant, (most, least) in found.ends.get(metric.key, {}).items():
            summary = statistics[metric.key][variant].summary
            if summary is None or summary.n < LEAST_ARM or not summary.var > 0:
                continue
            far = most if most - summary.mean >= summary.mean - least else least
            share = (far - summary.mean) ** 2 / ((summary.n - 1) * summary.var)
            if share >= SHARE_OF_VARIANCE:
                total = summary.mean * summary.n
                carried = f"{far / total:.0%} of the total and " if total else ""
                without = (total - far) / (summary.n - 1)
                detail = (
                    f"{metric.key} of {variant}: one unit of {summary.n:,} carries {carried}{min(share, 1.0):.0%} of "
                    f"the variance; without it the mean would be {without:.4g} instead of {summary.mean:.4g}"
                )
                told.append((min(share, 1.0), detail))
    if not told:
        return ()
    detail = "; ".join(detail for _, detail in sorted(told, reverse=True)[:3]) + "; a cap would tame it"
    return (Check("outlier_units", False, 0.0, max(told)[0], SHARE_OF_VARIANCE, "share of variance", detail),)


class _Odd(NamedTuple):
    z: float
    p: float
    detail: str


def _odd(
    experiment: Experiment, found: Days, days: Sequence[int], variant: str, promised: Mapping[str, float]
) -> Iterator[_Odd]:
    """The days on which an arm's share, or its distance from the others, is far from that of its median day."""
    shares = {day: share for day in days if (share := _share(found.cells[day], variant)) is not None}
    for day, (value, centre, z) in _far(shares).items():
        units = sum(cell.units for cell in found.cells[day].values())
        spread = math.sqrt(max(centre * (1 - centre), 1e-12) / units)
        here = found.cells[day].get(variant)
        detail = (
            f"{_name(day)}: {variant} got {here.units if here else 0:,} of {units:,} new units ({value:.1%}, "
            f"{centre:.1%} on the median day)"
        )
        yield _Odd(z, p_value((value - centre) / spread, None, "two-sided"), detail)
    if variant == experiment.control.key and len(promised) == 2:
        return  # the difference of two arms is told once
    away = {day: one for day in days if (one := _away(found.cells[day], variant)) is not None}
    for day, (value, centre, z) in _far({day: one[0] for day, one in away.items()}).items():
        n = found.cells[day][variant].n
        title = experiment.primary_metric.title
        detail = (
            f"{_name(day)}: {title} of {variant} lies {value:+.4g} from the other arms in {n:,} units that came then "
            f"({centre:+.4g} on the median day)"
        )
        yield _Odd(z, p_value((value - centre) / away[day][1], None, "two-sided"), detail)


def _far(values: Mapping[int, float]) -> dict[int, tuple[float, float, float]]:
    """The days with a modified z beyond the limit: value, median, z."""
    if len(values) < LEAST_DAYS:
        return {}
    centre = median(values.values())
    mad = median(abs(one - centre) for one in values.values())
    if not mad > 0:
        return {}
    scored = {day: (one, centre, _NORMAL * (one - centre) / mad) for day, one in values.items()}
    return {day: one for day, one in scored.items() if abs(one[2]) > MODIFIED_Z}


def _share(arms: Mapping[str, _Cell], variant: str) -> float | None:
    units = sum(cell.units for cell in arms.values())
    return (arms[variant].units if variant in arms else 0) / units if units >= LEAST_UNITS else None


def _away(arms: Mapping[str, _Cell], variant: str) -> tuple[float, float] | None:
    """The arm's mean minus that of all others, and the error of the difference."""
    if variant not in arms or arms[variant].n < LEAST_UNITS:
        return None
    rest = [cell for key, cell in arms.items() if key != variant]
    others = _Cell(*(sum(column) for column in zip(*rest, strict=True))) if rest else None
    if others is None or others.n < LEAST_UNITS:
        return None
    spread = math.hypot(arms[variant].se, others.se)
    return (arms[variant].mean - others.mean, spread) if spread > 0 and math.isfinite(spread) else None


def _alike(found: Days, days: Sequence[int]) -> Iterator[str]:
    """Days on which all arms together had unusually many or few units: of interest, and no alarm."""
    totals = {day: math.log(sum(cell.units for cell in found.cells[day].values())) for day in days}
    far = {day: one for day, one in _far(totals).items() if abs(one[0] - one[1]) > math.log(WORTH_TELLING)}
    for day, (value, centre, _) in list(far.items())[:2]:
        yield f"all arms alike had {math.exp(value - centre):.1f} times the units of the median day on {_name(day)}"


def _whole_days(found: Days, since: int | None) -> list[int]:
    """Without the first and the last one, which are cut; days without a unit are none."""
    return [day for day in sorted(found.cells)[1:-1] if since is None or day * DAY >= since]


def _is_summed(metric: Metric) -> bool:
    """A sum of values without a cap, in which one unit can weigh any amount."""
    return metric.kind in ("sum", "count", "ratio") and metric.cap is None and metric.winsorize is None


def _name(day: int) -> str:
    return f"{_EPOCH + timedelta(days=day):%Y-%m-%d}"
