"""Analysis of variance over several factors, by statsmodels, which is imported when asked for.

Type II sums of squares (Yates 1934; each effect after all others that do not contain it), or III.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from expkit.errors import InvalidInput, UnknownName
from expkit.stats.columns import column
from expkit.stats.estimate import NotEstimable
from expkit.stats.terms import ALPHA, Values, probability

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Anova", "AnovaTerm", "anova", "simple_effects"]

MIN_LEVELS = 2


@dataclass(frozen=True, slots=True)
class AnovaTerm:
    """One main effect or interaction; `share` is partial eta squared."""

    name: str
    sum_squares: float
    df: float
    statistic: float
    p_value: float
    share: float


@dataclass(frozen=True, slots=True)
class Anova:
    """The table of an analysis of variance, by term, and what is left."""

    terms: dict[str, AnovaTerm]
    residual_sum_squares: float
    residual_df: float
    n: int
    alpha: float
    method: str
    kind: Literal["anova"] = "anova"

    @property
    def significant(self) -> tuple[str, ...]:
        """The terms whose p-value is below alpha."""
        return tuple(name for name, term in self.terms.items() if term.p_value < self.alpha)


def anova(
    values: Values,
    factors: Mapping[str, Sequence[Any]],
    *,
    interactions: int = 2,
    sums: Literal[2, 3] = 2,
    robust: bool = False,
    alpha: float = ALPHA,
) -> Anova | NotEstimable:
    """Which factors, and combinations of up to `interactions` of them, change the mean.

    Units with a missing value or level do not count. `robust` takes HC3 variances instead of equal ones.

    >>> table = anova([1, 2, 3, 4, 5, 6, 7, 9], {"a": list("xxxxyyyy"), "b": list("uvuvuvuv")})
    >>> table.significant
    ('a',)
    """
    level = probability("alpha", alpha)
    if sums not in (2, 3):
        raise InvalidInput(f"sums is {sums!r}.", hint="type 2 or 3 sums of squares.")
    frame, names = _frame(values, factors)
    if isinstance(found := _usable(frame, names, interactions), NotEstimable):
        return found
    return _table(frame, names, found, sums, robust, level)


def _frame(values: Values, factors: Mapping[str, Sequence[Any]]) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    if not factors:
        raise InvalidInput("There are no factors.", hint="give one level per unit, by factor.")
    x = column("values", values)
    names = {f"f{i}": str(name) for i, name in enumerate(factors)}
    columns: dict[str, Any] = {"y": x}
    for short, levels in zip(names, factors.values(), strict=True):
        if len(levels) != x.size:
            raise InvalidInput(
                f"Factor {names[short]!r} has {len(levels)} levels for {x.size} values.", hint="give one per unit."
            )
        columns[short] = [None if pd.isna(one) else str(one) for one in levels]
    return pd.DataFrame(columns).dropna().reset_index(drop=True), names


def _usable(frame: pd.DataFrame, names: Mapping[str, str], order: int) -> list[tuple[str, ...]] | NotEstimable:
    """The terms that the data can tell apart; the reason where they cannot."""
    for short, name in names.items():
        if frame[short].nunique() < MIN_LEVELS:
            return NotEstimable(f"Factor {name!r} has one level only.", "leave it out, or wait for other levels.")
    if not order >= 1:
        raise InvalidInput(f"interactions is {order!r}.", hint="1 for main effects alone, 2 for pairs.")
    terms = [term for size in range(1, order + 1) for term in combinations(names, size)]
    for term in terms:
        cells = math.prod(frame[short].nunique() for short in term)
        if len(term) > 1 and frame.groupby(list(term)).ngroups < cells:
            name = ":".join(names[short] for short in term)
            return NotEstimable(
                f"{name} has cells without units, so it cannot be told apart.", "pass interactions=1, or merge levels."
            )
    if frame["y"].nunique() < MIN_LEVELS:
        return NotEstimable("The values do not vary.", "check how the metric is computed.")
    return terms


def _table(
    frame: pd.DataFrame,
    names: Mapping[str, str],
    terms: Sequence[tuple[str, ...]],
    sums: int,
    robust: bool,
    alpha: float,
) -> Anova | NotEstimable:
    import numpy as np
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    contrast = "C({}, Sum)" if sums == 3 else "C({})"
    parts = {":".join(contrast.format(short) for short in term): term for term in terms}
    design = ols("y ~ " + " + ".join(parts), frame)
    if int(np.linalg.matrix_rank(design.exog)) < design.exog.shape[1]:
        return NotEstimable("Two effects are aliased: they change together in all units.", "leave one factor out.")
    model = design.fit()
    if model.df_resid < 1 or model.ssr <= 1e-12 * float(((frame["y"] - frame["y"].mean()) ** 2).sum()):
        return NotEstimable("Nothing is left to measure the error by.", "collect more units, or fewer interactions.")
    table = anova_lm(model, typ=sums, robust="hc3" if robust else None)
    left = float(table.loc["Residual", "sum_sq"])
    found = {}
    for label, term in parts.items():
        row, name = table.loc[label], ":".join(names[short] for short in term)
        squares = float(row["sum_sq"])
        share = squares / (squares + left)
        found[name] = AnovaTerm(name, squares, float(row["df"]), float(row["F"]), float(row["PR(>F)"]), share)
    method = f"type {'II' if sums == 2 else 'III'}{', hc3' if robust else ''}"
    return Anova(found, left, float(model.df_resid), len(frame), alpha, method)


def simple_effects(
    values: Values, factors: Mapping[str, Sequence[Any]], of: str, within: str, *, alpha: float = ALPHA
) -> dict[str, Any]:
    """Comparisons of all levels of one factor, each pair, within every level of another (Tukey's)."""
    from expkit.stats.arms import compare_pairs

    for name in (of, within):
        if name not in factors:
            raise UnknownName.among("factor", name, map(str, factors), "the factors")
    frame, names = _frame(values, {of: factors[of], within: factors[within]})
    first, second = names
    answers = {}
    for level, part in frame.groupby(second):
        arms = {str(key): rows["y"].to_numpy() for key, rows in part.groupby(first)}
        few = NotEstimable(f"Only one level of {of!r} within {level!r}.", "merge levels.")
        answers[str(level)] = compare_pairs(arms, alpha=alpha) if len(arms) >= MIN_LEVELS else few
    return answers
