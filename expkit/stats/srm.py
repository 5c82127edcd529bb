"""Sample ratio mismatch: did the arms get the share of units they were promised?

Fabijan et al. (2019), KDD, 2156-2164. Exact where few units make the chi-square distribution coarse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import cast

from expkit.errors import InvalidInput, UnknownName
from expkit.stats.estimate import Check, NotEstimable
from expkit.stats.terms import SRM_ALPHA, count, finite, probability

__all__ = ["check_srm"]

EXACT_UNITS = 1000  # fewer units than this get the binomial, or the multinomial
EXACT_OUTCOMES = 20_000  # while that has at most this many outcomes
MIN_ARMS = 2
MAX_TOLD = 20  # arms that a message names
_STRAY = "units in an arm whose share is zero"
_TIE = 1 + 1e-7  # outcomes this close in probability are equally likely, whatever the rounding


Counts = Sequence[int] | Mapping[str, int]
Shares = Sequence[float] | Mapping[str, float]


def check_srm(
    counts: Counts | Sequence[Counts],
    shares: Shares | Sequence[Shares] | None = None,
    *,
    alpha: float = SRM_ALPHA,
) -> Check | NotEstimable:
    """Whether units per arm fit the shares (equal ones when left out; only their ratios count).

    Any unit in an arm whose share is zero is an alarm in itself; such arms do not count otherwise. When the
    shares changed on the way, give both by phase: a list of counts (of the units that came in that phase) and
    a list of shares. Phases with the same shares are added up, the others' statistics are.

    >>> check_srm([5165, 4835], [0.5, 0.5]).ok
    False
    >>> check_srm([[900, 100], [500, 500]], [[9, 1], [1, 1]]).ok
    True
    """
    probability("alpha", alpha)
    if _is_phased(counts):
        return _by_phase(cast("Sequence[Counts]", counts), cast("Sequence[Shares] | None", shares), float(alpha))
    observed, parts = _paired(cast("Counts", counts), cast("Shares | None", shares))
    return _check(observed, parts, float(alpha))


def _is_phased(counts: Counts | Sequence[Counts]) -> bool:
    return not isinstance(counts, Mapping) and len(counts) > 0 and isinstance(counts[0], Mapping | Sequence)


def _by_phase(counts: Sequence[Counts], shares: Sequence[Shares] | None, alpha: float) -> Check | NotEstimable:
    """One check over all phases: chi-squares of different shares add, with their degrees of freedom."""
    from scipy import special

    promised: Sequence[Shares | None] = [None] * len(counts) if shares is None else list(shares)
    if len(promised) != len(counts):
        raise InvalidInput(f"{len(counts)} phases of counts, {len(promised)} of shares.", hint="give both for each.")
    together: dict[tuple[float, ...], list[int]] = {}
    for observed, parts in (_paired(*phase) for phase in zip(counts, promised, strict=True)):
        whole = math.fsum(parts)
        key = tuple(round(part / whole, 12) for part in parts)
        together[key] = [a + b for a, b in zip(together.get(key, [0] * len(observed)), observed, strict=True)]
    phases = {parts: observed for parts, observed in together.items() if sum(observed)}
    if len(phases) < 2:  # nothing changed
        only = next(iter(phases or together))
        return _check(together[only], list(only), alpha)
    found = [_check(observed, list(parts), alpha) for parts, observed in phases.items()]
    for one in found:
        if isinstance(one, Check) and _STRAY in one.detail:
            return one
    statistic = math.fsum(one.statistic for one in found if isinstance(one, Check))
    df = sum(sum(part > 0 for part in parts) - 1 for parts in phases)
    if not df:
        return NotEstimable("Only one arm has a share.", "give the share of every arm.")
    p = float(special.chdtrc(df, statistic))
    detail = "; ".join(one.detail for one in found if isinstance(one, Check))
    return Check("srm", p >= alpha, p, statistic, alpha, f"chi-square over {len(phases)} phases", detail)


def _check(observed: list[int], parts: list[float], alpha: float) -> Check | NotEstimable:
    units, whole = sum(observed), math.fsum(parts)
    kept = [(n, part / whole) for n, part in zip(observed, parts, strict=True) if part > 0]
    stray = units - sum(n for n, _ in kept)
    if not units:
        return NotEstimable("No arm has units yet.", "wait for exposures.")
    if len(kept) < MIN_ARMS and not stray:
        return NotEstimable("Only one arm has a share.", "give the share of every arm.")
    statistic, p_value, method = _fit(kept)
    detail = _detail(observed, [units * part / whole for part in parts])
    if stray:
        p_value, detail = 0.0, f"{stray:,} {_STRAY}; {detail}"
    return Check("srm", p_value >= alpha, p_value, statistic, alpha, method, detail)


def _paired(counts: Counts, shares: Shares | None) -> tuple[list[int], list[float]]:
    """Counts and shares as two lists in the same order, each checked."""
    if isinstance(counts, Mapping) and isinstance(shares, Mapping):
        for name in counts:
            if name not in shares:
                raise UnknownName.among("arm", str(name), map(str, shares), "the shares")
        counts, shares = [counts.get(name, 0) for name in shares], list(shares.values())
    if isinstance(counts, Mapping) and shares is None:
        counts = list(counts.values())
    if isinstance(counts, Mapping) or isinstance(shares, Mapping):
        raise InvalidInput("Only one of counts and shares has names.", hint="give both as mappings, or both as lists.")
    observed = [count("count", n) for n in counts]
    parts = [1.0] * len(observed) if shares is None else [finite("share", share) for share in shares]
    if len(observed) != len(parts) or len(parts) < MIN_ARMS:
        raise InvalidInput(f"{len(observed)} counts and {len(parts)} shares.", hint="give both for two or more arms.")
    if min(parts) < 0 or max(parts) == 0:
        raise InvalidInput("Shares are at least 0, and not all 0.", hint="e.g. [0.5, 0.5].")
    return observed, parts


def _fit(kept: list[tuple[int, float]]) -> tuple[float, float, str]:
    """Statistic, p-value and method for arms with a share; the statistic is Pearson's chi-square."""
    from scipy import special

    units = sum(n for n, _ in kept)
    if not units or len(kept) < MIN_ARMS:
        return 0.0, 1.0, "chi-square"
    statistic = math.fsum((n - units * share) ** 2 / (units * share) for n, share in kept)
    if units < EXACT_UNITS and math.comb(units + len(kept) - 1, len(kept) - 1) <= EXACT_OUTCOMES:
        return statistic, _exact(kept), "binomial" if len(kept) == MIN_ARMS else "multinomial"
    return statistic, float(special.chdtrc(len(kept) - 1, statistic)), "chi-square"


def _exact(kept: list[tuple[int, float]]) -> float:
    """Probability of all outcomes no likelier than the one observed."""
    import numpy as np
    from scipy import special

    observed, shares = (np.array(column, dtype=float) for column in zip(*kept, strict=True))
    units, arms = int(observed.sum()), len(kept)
    # an outcome is a way to put arms - 1 bars between the units
    bars = np.array(list(combinations(range(units + arms - 1), arms - 1)))
    edges = np.column_stack([np.full(len(bars), -1), bars, np.full(len(bars), units + arms - 1)])
    outcomes = np.vstack([observed, np.diff(edges, axis=1) - 1])
    terms = special.xlogy(outcomes, shares) - special.gammaln(outcomes + 1)
    chance = np.exp(special.gammaln(units + 1) + terms.sum(axis=1))
    return min(1.0, float(chance[1:][chance[1:] <= chance[0] * _TIE].sum()))


def _detail(observed: Sequence[int], expected: Sequence[float]) -> str:
    if len(observed) > MAX_TOLD:
        rest = f" ... ({len(observed):,} arms)"
        return _detail(observed[:MAX_TOLD], expected[:MAX_TOLD]).replace(", expected", f"{rest}, expected") + rest
    return f"observed {' / '.join(f'{n:,}' for n in observed)}, expected {' / '.join(f'{n:,.1f}' for n in expected)}"
