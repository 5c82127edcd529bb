"""Whether the data can be trusted at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from expkit.stats import SRM_ALPHA, Check, Summary, check_balance, check_srm

__all__ = [
    "check_apart",
    "check_before",
    "check_exposures",
    "check_later",
    "check_missing",
    "check_phases",
    "check_ratio",
]

MULTIPLE_SHARE = 0.01
MULTIPLE_UNITS = 10


def check_ratio(counts: Mapping[str, int], shares: Mapping[str, float]) -> tuple[Check, ...]:
    """Sample ratio mismatch; nothing while nobody was exposed."""
    found = check_srm(counts, shares)
    return (found,) if isinstance(found, Check) else ()


def check_phases(counts: Sequence[Mapping[str, int]], shares: Sequence[Mapping[str, float]]) -> tuple[Check, ...]:
    """Sample ratio mismatch where the shares changed on the way: units by the phase they came in."""
    found = check_srm(list(counts), list(shares))
    return (found,) if isinstance(found, Check) else ()


def check_before(control: Mapping[str, Summary], treatments: Mapping[str, Mapping[str, Summary]]) -> tuple[Check, ...]:
    """Whether the covariates were alike in both arms before the start, one check per treatment."""
    checks = []
    for variant, summaries in treatments.items():
        found = check_balance(control, summaries, alpha=SRM_ALPHA / len(treatments)) if control else None
        if isinstance(found, Check):
            checks.append(replace(found, detail=f"{variant}: before exposure, {found.detail}"))
    return tuple(checks)


def check_exposures(units: int, multiple: int, strays: Mapping[str, int]) -> tuple[Check, ...]:
    """Units that saw several variants, or one that the experiment does not have; nothing while nobody was exposed."""
    checks = [_multiple(units, multiple)] if units else []
    if strays:
        named = ", ".join(f"{variant!r} ({n:,})" for variant, n in sorted(strays.items()))
        detail = f"units exposed to variants that the experiment does not have: {named}; they are left out"
        total = float(sum(strays.values()))
        checks.append(Check("unknown_variants", False, 0.0, total, SRM_ALPHA, "count", detail))
    return tuple(checks)


def check_apart(together: Sequence[tuple[int, int, int]], shares: Mapping[str, float]) -> tuple[Check, ...]:
    """Whether sessions were dealt variants one by one: users of several sessions saw one variant in all of them no more
    often than chance would have it. `together` has for each number of sessions the users, and those with one variant.
    """
    from scipy.special import ndtr

    total = sum(shares.values()) or 1.0
    chances = [(users, same, sum((share / total) ** sessions for share in shares.values()))
               for sessions, users, same in together]  # fmt: skip
    users, same = sum(one for one, _, _ in chances), sum(one for _, one, _ in chances)
    expected = sum(n * chance for n, _, chance in chances)
    variance = sum(n * chance * (1 - chance) for n, _, chance in chances)
    if users < MULTIPLE_UNITS or not variance > 0:
        return ()
    z = (same - expected) / math.sqrt(variance)
    p, seen = float(ndtr(-z)), f"{same:,} of {users:,} users with several sessions saw one variant in all of them"
    detail = f"{seen}, {expected:,.0f} expected"
    if p < SRM_ALPHA:
        detail += ": users were dealt variants, not sessions one by one, and errors are too small"
    return (Check("sessions_apart", p >= SRM_ALPHA, p, z, SRM_ALPHA, "normal", detail),)


def check_later(later: int) -> tuple[Check, ...]:
    """Exposures after the stop: told, and no alarm, because a rollout goes on exposing."""
    if not later:
        return ()
    detail = f"{later:,} exposures came after the stop; they are kept and left out"
    return (Check("after_stop", True, 1.0, float(later), SRM_ALPHA, "count", detail),)


def check_missing(missing: int, units: int, lacking: str = "no variant") -> tuple[Check, ...]:
    """Rows that name no variant, or no cluster: told, and no alarm, because not everybody need be in an experiment."""
    if not missing:
        return ()
    detail = f"{missing:,} of {missing + units:,} rows have {lacking}; they are left out"
    return (Check("missing_variant", True, 1.0, float(missing), SRM_ALPHA, "count", detail),)


def _multiple(units: int, multiple: int) -> Check:
    """More than one unit in a hundred, and not just a handful; the p-value is that of one in a hundred or fewer."""
    from scipy.special import bdtrc

    share = multiple / units
    p_value = float(bdtrc(multiple - 1, units, MULTIPLE_SHARE)) if multiple else 1.0
    return Check(
        name="multiple_exposure",
        ok=share <= MULTIPLE_SHARE or multiple < MULTIPLE_UNITS,
        p_value=p_value,
        statistic=share,
        alpha=SRM_ALPHA,
        method="binomial",
        detail=f"{multiple:,} of {units:,} units ({share:.2%}) saw more than one variant; they are left out",
    )
