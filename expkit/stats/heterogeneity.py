"""Does the effect differ by several attributes at once: each one adjusted for the others, every level against the rest.

A regression of the values on the attributes in each arm; the difference of the two sets of coefficients is the model
with all interactions (Lin 2013, Annals of Applied Statistics 7, 295-318). Errors: HC2 (MacKinnon & White 1985, Journal
of Econometrics 29, 305-325). Benjamini and Hochberg's p-values over the levels of all attributes, effects shrunken
towards each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.distributions import critical, p_value
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.findings import Significance
from expkit.stats.multiplicity import adjust
from expkit.stats.shrinkage import Shrunken, shrink_effects
from expkit.stats.terms import ALPHA, Values, probability

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Heterogeneity", "LevelEffect", "heterogeneous_effects"]

MAX_LEVELS = 50


@dataclass(frozen=True, slots=True)
class LevelEffect:
    """The effect on one level of an attribute, at the other attributes' overall mix."""

    attribute: str
    level: str
    units: int
    effect: float
    ci: Interval
    against_rest: float
    """Minus the effect on the attribute's other levels (by their shares), the other attributes held alike."""
    against_rest_p: float
    """Adjusted over all levels of all attributes."""
    shrunken: Shrunken | NotEstimable


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """`any`: whether the effect differs at all; `attributes`: by each of them given the others."""

    effect: float
    any: Significance
    attributes: dict[str, Significance]
    levels: tuple[LevelEffect, ...]
    kind: Literal["heterogeneity"] = "heterogeneity"


def heterogeneous_effects(
    values: Values, treated: Sequence[bool] | Any, attributes: Mapping[str, Any], *, alpha: float = ALPHA
) -> Heterogeneity | NotEstimable:
    """One value per unit, whether it was treated, and its level of each attribute; units that lack one do not count."""
    import numpy as np

    level = probability("alpha", alpha)
    y, arm = column("values", values), _sides(treated)
    if not attributes:
        raise InvalidInput("There are no attributes.", hint="give the levels of one or more, by name.")
    names = {str(name): np.asarray(list(levels), dtype=object) for name, levels in attributes.items()}
    for name, levels in {"treated": arm, **names}.items():
        if levels.shape != y.shape:
            raise InvalidInput(f"{name!r} has {len(levels)} entries for {y.size} values.", hint="one of each per unit.")
    there = ~np.isnan(y) & ~np.isnan(arm)
    for levels in names.values():
        there &= np.array([_known(one) for one in levels.tolist()])
    y, side_of = y[there], arm[there] == 1
    coded = {name: np.unique(levels[there].astype(str), return_inverse=True) for name, levels in names.items()}
    for name, (levels, _) in coded.items():
        if not 1 < len(levels) <= MAX_LEVELS:
            hint = "leave it out." if len(levels) < 2 else "put numbers into a few groups."
            return NotEstimable(f"Attribute {name!r} has {len(levels)} level(s).", hint)
    x, places = _design(coded)
    fits = []
    for which, side in (("control", ~side_of), ("treatment", side_of)):
        fit = _fit(which, y[side], x[side], coded, [codes[side] for _, codes in coded.values()])
        if isinstance(fit, NotEstimable):
            return fit
        fits.append(fit)
    away, cov = fits[1][0] - fits[0][0], fits[1][1] + fits[0][1]
    return _told(x, away, cov, coded, places, level)


def _sides(treated: Any) -> Floats:
    """1 where treated, 0 where not, NaN where that is not known; a name of a variant is neither."""
    import numpy as np

    found: list[float] = []
    for one in np.asarray(treated, dtype=object).ravel().tolist():
        if _known(one) and (isinstance(one, str) or one not in (0, 1)):
            raise InvalidInput(f"'treated' holds {str(one)[:40]!r}.", hint="true or false for every unit.")
        found.append(float(one) if _known(one) else float("nan"))
    return np.array(found, dtype=float)


def _known(one: Any) -> bool:
    """Neither None, nor NaN or NaT, nor pandas' NA, which has no truth."""
    return type(one).__name__ not in {"NoneType", "NAType"} and bool(one == one)


def _design(coded: Mapping[str, Any]) -> tuple[Floats, dict[str, slice]]:
    """A constant, and a column for every level but the first, less its share."""
    import numpy as np

    columns: list[Any] = []
    places: dict[str, slice] = {}
    for name, (levels, codes) in coded.items():
        places[name] = slice(1 + len(columns), len(columns) + len(levels))
        for at in range(1, len(levels)):
            flag = (codes == at).astype(float)
            columns.append(flag - flag.mean())
    return np.column_stack([np.ones(len(columns[0])), *columns]), places


def _fit(
    which: str, y: Floats, x: Floats, coded: Mapping[str, Any], codes: Sequence[Any]
) -> tuple[Floats, Floats] | NotEstimable:
    """Coefficients and their HC2 covariance."""
    import numpy as np

    for (name, (levels, _)), seen in zip(coded.items(), codes, strict=True):
        missing = [str(one) for at, one in enumerate(levels.tolist()) if not (seen == at).any()]
        if missing:
            return NotEstimable(f"The {which} has no unit with {name} {missing[0]!r}.", "leave that level out.")
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return NotEstimable("One attribute tells what another one is.", "leave one of the two out.")
    if len(y) <= x.shape[1]:
        return NotEstimable(f"The {which} has {len(y)} units for {x.shape[1]} coefficients.", "collect more units.")
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ (x.T @ y)
    lever = np.einsum("ij,jk,ik->i", x, inverse, x)
    weight = (y - x @ beta) ** 2 / np.maximum(1 - lever, 1e-12)
    return beta, inverse @ ((x * weight[:, None]).T @ x) @ inverse


def _told(
    x: Floats, away: Floats, cov: Floats, coded: Mapping[str, Any], places: Mapping[str, slice], alpha: float
) -> Heterogeneity | NotEstimable:
    import numpy as np

    if not np.diag(cov).max() > 0:
        return NotEstimable("The values do not vary within any group.", "check how the metric is computed.")
    half, rows = critical(alpha, None, "two-sided"), []
    for name, (levels, codes) in coded.items():
        shares = np.bincount(codes, minlength=len(levels)) / len(codes)
        flags = np.zeros((len(levels), x.shape[1]))
        flags[:, 0] = 1.0
        flags[1:, places[name]] = np.eye(len(levels) - 1)
        flags[:, places[name]] -= shares[1:]
        for at, one in enumerate(levels.tolist()):
            own = flags[at]
            rest = (shares @ flags - shares[at] * own) / (1 - shares[at])
            rows.append((name, str(one), int((codes == at).sum()), own, own - rest))
    ses = [float(np.sqrt(own @ cov @ own)) for *_, own, _ in rows]
    effects = [float(own @ away) for *_, own, _ in rows]
    gaps = [(float(gap @ away), float(np.sqrt(gap @ cov @ gap))) for *_, gap in rows]
    adjusted = adjust([p_value(gap / se, None, "two-sided") for gap, se in gaps], "bh").tolist()
    pulled = shrink_effects(effects, ses, alpha=alpha)
    levels_found = tuple(
        LevelEffect(
            attribute=name,
            level=one,
            units=n,
            effect=effects[i],
            ci=Interval(effects[i] - half * ses[i], effects[i] + half * ses[i]),
            against_rest=gaps[i][0],
            against_rest_p=adjusted[i],
            shrunken=pulled if isinstance(pulled, NotEstimable) else pulled[i],
        )
        for i, (name, one, n, _, _) in enumerate(rows)
    )
    return Heterogeneity(
        effect=float(away[0]),
        any=_wald(away[1:], cov[1:, 1:], alpha),
        attributes={name: _wald(away[place], cov[place, place], alpha) for name, place in places.items()},
        levels=levels_found,
    )


def _wald(away: Floats, cov: Floats, alpha: float) -> Significance:
    import numpy as np
    from scipy.special import chdtrc

    statistic, df = float(away @ np.linalg.solve(cov, away)), float(len(away))
    return Significance(float(chdtrc(df, statistic)), statistic, (df,), alpha, "two-sided", "wald, hc2")
