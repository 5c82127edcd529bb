"""What an explorer of looks is shown: comparisons over time, read from scorecards, a workbench or a frame.

One `LookPath` is one metric of one treatment (in one segment) at every look. A frame has one row for each of those,
in the order of the looks; `COLUMNS` says which columns it may have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from expkit.errors import InvalidInput, UnknownName
from expkit.stats import ALPHA, Estimate
from expkit.stats.distributions import critical, p_value
from expkit.stats.terms import probability

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from expkit.analysis import MetricEstimate, Scorecard

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["COLUMNS", "LookPath", "Looking", "paths_of"]

COLUMNS = {
    "look": "what the look is called, such as a day; 1, 2, ... where it is left out",
    "metric, variant": "what is compared, where there is more than one",
    "attribute, segment": "rows of a part of the units; empty for all units",
    "n_control, n_treatment": "the units so far, always needed",
    "successes_control, successes_treatment": "a conversion rate: compared by the score test",
    "mean_control, var_control, mean_treatment, var_treatment": "a mean: compared by Welch's test",
    "effect, se": "or the estimate itself and its standard error",
}
"""The columns of a frame of looks, and what they hold."""

SHAPES = (
    ("successes_control", "successes_treatment"),
    ("mean_control", "var_control", "mean_treatment", "var_treatment"),
    ("effect", "se"),
)
MAX_ROWS = 200_000
ALL = ("", "")


class Looking(Protocol):
    """What a workbench answers: an experiment's scorecards as they would have stood at the end of every day."""

    def looks(self, key: str) -> Sequence[Scorecard]: ...


@dataclass(frozen=True, slots=True, eq=False)
class LookPath:
    """One comparison at every look. NaN where a look has no estimate; `se` fits `z`, which decides."""

    metric: str
    title: str
    variant: str
    part: tuple[str, str]
    """Attribute and segment; two empty texts for all units."""
    labels: tuple[str, ...]
    units: Floats
    effect: Floats
    se: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    control: Floats
    alpha: float = ALPHA
    kind: str = ""
    unit: str = ""
    direction: str = "increase"

    @property
    def z(self) -> Floats:
        return self.effect / self.se


def paths_of(source: Any, key: str | None = None, *, alpha: float = ALPHA) -> list[LookPath]:
    """All comparisons in a scorecard, several scorecards, a workbench with an experiment's key, or a frame."""
    level = probability("alpha", alpha)
    if key is not None:
        if not hasattr(source, "looks"):
            raise InvalidInput("A key needs a workbench.", hint="ResultExplorer(wb, key), or a frame of looks alone.")
        source = list(source.looks(key))
    elif hasattr(source, "looks"):
        raise InvalidInput("Which experiment?", hint="name its key: ResultExplorer(wb, 'checkout').")
    if hasattr(source, "estimates"):
        source = [source]
    if isinstance(source, Sequence) and source and all(hasattr(one, "estimates") for one in source):
        return _from_scorecards(source)
    return _from_frame(_pandas(source), level)


def _from_scorecards(cards: Sequence[Scorecard]) -> list[LookPath]:
    first = cards[-1]
    labels = _labels(cards)
    found = []
    for row in first.estimates:
        same = [_row(card, row) for card in cards]
        found.append(_path(row, same, labels, first.alpha))
    if not found:
        raise InvalidInput("The scorecard has no metric.", hint="analyze with one metric or more.")
    return found


def _labels(cards: Sequence[Scorecard]) -> tuple[str, ...]:
    """`day 9` where the looks are days of one run; their dates or numbers otherwise."""
    start = cards[0].started_at
    if start is None or len(cards) == 1:
        return tuple(f"look {card.look}" for card in cards)
    days = [math.ceil(max((card.at - start).total_seconds() / 86_400, 1e-9)) for card in cards]
    if len(set(days)) == len(days):
        return tuple(f"day {day}" for day in days)
    return tuple(f"look {number}" for number in range(1, len(cards) + 1))


def _row(card: Scorecard, like: MetricEstimate) -> MetricEstimate | None:
    asked = (like.metric, like.variant)
    return next((row for row in card.estimates if (row.metric, row.variant) == asked), None)


def _path(
    row: MetricEstimate, found: Sequence[MetricEstimate | None], labels: tuple[str, ...], alpha: float
) -> LookPath:
    import numpy as np

    columns = np.array([_values(one, alpha) for one in found], dtype=float).T
    units, effect, se, lower, upper, p, control = columns
    return LookPath(
        row.metric, row.title, row.variant, ALL, labels, units, effect, se, lower, upper, p, control,
        alpha=alpha, kind=row.kind, unit=row.unit, direction=row.direction,
    )  # fmt: skip


def _values(row: MetricEstimate | None, alpha: float) -> tuple[float, ...]:
    """Units, effect, error, interval, p-value and control of one look, as a test at this look alone would have them."""
    if row is None or not isinstance(row.estimate, Estimate):
        return (math.nan,) * 7
    found, decision = row.estimate, row.decision
    units, control = found.control.n + found.treatment.n, found.control.mean
    if decision is None:
        se = found.effect / found.statistic if found.statistic else found.se
        return (units, found.effect, se, *found.ci, found.p_value, control)
    # the estimate tells what its own method allows; these are the data's
    half = critical(alpha, None, "two-sided") * decision.se
    low, high = decision.effect - half, decision.effect + half
    return (units, decision.effect, decision.se, low, high, p_value(decision.z, None, "two-sided"), control)


def _pandas(source: Any) -> pd.DataFrame:
    import pandas as pd

    if hasattr(source, "to_pandas"):
        source = source.to_pandas()
    if isinstance(source, Mapping | list):
        try:
            source = pd.DataFrame(source)
        except ValueError:
            raise InvalidInput("The looks are no table.", hint="give a frame with one row per look.") from None
    if not isinstance(source, pd.DataFrame):
        raise InvalidInput(
            f"Looks cannot be read from {type(source).__name__!r}.",
            hint="give a workbench and a key, scorecards, or a frame with one row per look.",
        )
    if source.empty:
        raise InvalidInput("There are no looks.", hint="take one with wb.analyze(key), or give rows.")
    if len(source) > MAX_ROWS:
        raise InvalidInput(f"{len(source):,} rows of looks.", hint="give one row per look, not one per unit.")
    return source.reset_index(drop=True)


def _from_frame(frame: pd.DataFrame, alpha: float) -> list[LookPath]:
    shape = next((shape for shape in SHAPES if set(shape) <= set(frame.columns)), None)
    needed = ("n_control", "n_treatment", *(shape or ()))
    if shape is None or not set(needed) <= set(frame.columns):
        missing = "n_control, n_treatment" if shape else " or ".join(", ".join(shape) for shape in SHAPES)
        raise InvalidInput(f"The frame lacks columns: {missing}.", hint=f"it has {', '.join(map(str, frame.columns))}.")
    names = [name for name in ("metric", "variant", "attribute", "segment") if name in frame.columns]
    filled = frame.assign(**{name: frame[name].fillna("").astype(str) for name in names})
    numbers = {name: _numbers(filled, name) for name in needed}
    rows = filled.groupby(names, sort=False).indices if names else {(): range(len(frame))}
    found = []
    for group, places in rows.items():
        named = dict(zip(names, group if isinstance(group, tuple) else (group,), strict=False))
        part = {name: values[list(places)] for name, values in numbers.items()}
        found.append(_compared(named, _names(filled, list(places)), part, shape, alpha))
    return found


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    import numpy as np
    import pandas as pd

    try:
        found: Floats = pd.to_numeric(frame[name]).to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise InvalidInput(f"Column {name!r} does not hold numbers.", hint="give counts, means or estimates.") from None
    if np.isinf(found).any():
        raise InvalidInput(f"Column {name!r} is infinite somewhere.", hint="leave such looks out.")
    if not name.startswith(("mean", "effect")) and (found < 0).any():
        raise InvalidInput(f"Column {name!r} is below 0 somewhere.", hint="counts and variances are at least 0.")
    return found


def _names(frame: pd.DataFrame, places: list[int]) -> tuple[str, ...]:
    if "look" not in frame.columns:
        return tuple(f"look {number}" for number in range(1, len(places) + 1))
    return tuple(_name(value) for value in frame["look"].iloc[places])


def _name(value: Any) -> str:
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d"))
    return f"day {value:g}" if isinstance(value, int | float) else str(value)


def _compared(
    named: Mapping[str, str],
    labels: tuple[str, ...],
    numbers: Mapping[str, Floats],
    shape: tuple[str, ...],
    alpha: float,
) -> LookPath:
    """Effect, error, interval and p-value of all looks at once."""
    import numpy as np
    from scipy import special

    n_c, n_t = numbers["n_control"], numbers["n_treatment"]
    a, b, *rest = (numbers[name] for name in shape)
    control, df = np.full(len(a), np.nan), np.full(len(a), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        if shape == SHAPES[0]:
            control, pooled = a / n_c, (a + b) / (n_c + n_t)
            effect, se = b / n_t - control, np.sqrt(pooled * (1 - pooled) * (1 / n_c + 1 / n_t))
        elif shape == SHAPES[1]:
            control, effect = a, rest[0] - a
            v_c, v_t = b / n_c, rest[1] / n_t
            se = np.sqrt(v_c + v_t)
            df = (v_c + v_t) ** 2 / (v_c**2 / (n_c - 1) + v_t**2 / (n_t - 1))
        else:
            effect, se = a, b
        se = np.where((se > 0) & (n_c > 1) & (n_t > 1), se, np.nan)
        p = np.where(np.isnan(se), np.nan, 2 * special.stdtr(df, -abs(effect / se)))
    half = special.stdtrit(df, 1 - alpha / 2) * se
    metric = named.get("metric") or "metric"
    return LookPath(
        metric, metric, named.get("variant") or "treatment", (named.get("attribute", ""), named.get("segment", "")),
        labels, n_c + n_t, np.where(np.isnan(se), np.nan, effect), se, effect - half, effect + half, p, control,
        alpha=alpha, kind="conversion" if shape == SHAPES[0] else "",
    )  # fmt: skip


def choose(paths: Iterable[LookPath], metric: str, variant: str, part: tuple[str, str] = ALL) -> LookPath:
    """The one that was asked for."""
    every = list(paths)
    for path in every:
        if (path.metric, path.variant, path.part) == (metric, variant, part):
            return path
    asked, known = f"{metric} · {variant}", {f"{path.metric} · {path.variant}" for path in every}
    raise UnknownName.among("comparison", asked, known, "the looks")
