"""What would change the advice: a check that has to be mended, a guardrail that has to hold, how much more to come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from expkit.analysis.parts import Power, Reached
from expkit.analysis.recommendation import CAUTIONS, Progress, recommend
from expkit.analysis.scorecard import GuardrailFinding, MetricEstimate, Recommendation
from expkit.stats import Check, Estimate

__all__ = ["would_change"]

_MEND = {
    "srm": "the split has to be mended where it broke; units that came in wrong shares stay in the data, so clone the "
    "experiment and start afresh",
    "multiple_exposure": "units have to keep their variant: look at what is hashed, and at logins that change the unit",
    "unknown_variants": "exposures have to name variants that the experiment has",
    "balance": "the arms have to be alike before they start; a clone with another seed splits anew",
}


def would_change(
    advice: Recommendation,
    primary: Sequence[MetricEstimate],
    checks: Sequence[Check],
    guardrails: Sequence[GuardrailFinding],
    progress: Progress,
    reached: Reached | None = None,
) -> tuple[str, ...]:
    """Sentences for a reader who asks what to wait for; the rules are those of `recommend`."""
    found: Iterator[str]
    if advice.action == "investigate":
        found = _once_mended(primary, checks, guardrails, progress)
    elif advice.action == "rollback":
        found = _once_held(guardrails)
    elif not progress.units:
        found = iter(("Exposures in every arm.",))
    elif advice.action == "continue":
        found = _once_there(primary, progress, reached)
    elif advice.action == "promote":
        found = _unless_harm(guardrails, progress)
    else:
        found = _another_one(primary, reached)
    return tuple(found)


def _once_mended(
    primary: Sequence[MetricEstimate],
    checks: Sequence[Check],
    guardrails: Sequence[GuardrailFinding],
    progress: Progress,
) -> Iterator[str]:
    for name in dict.fromkeys(check.name for check in checks if not check.ok and check.name not in CAUTIONS):
        yield f"The check {name} has to pass: {_MEND.get(name, 'find what it points at, and mend it')}."
    then = recommend(primary, (), guardrails, progress)
    yield f"With every check passed the rules would say: {_said(then)}."


def _said(advice: Recommendation) -> str:
    what = f"{advice.action} {advice.variant or ''}".strip()
    return f"{what} ({advice.headline[:1].lower()}{advice.headline[1:]})"


def _once_held(guardrails: Sequence[GuardrailFinding]) -> Iterator[str]:
    for finding in guardrails:
        if finding.breached:
            yield f"The guardrail {finding.metric} would have to hold for {finding.variant}; it shows {finding.detail}."
    yield "No gain on the primary metric outweighs a broken guardrail."


def _once_there(primary: Sequence[MetricEstimate], progress: Progress, reached: Reached | None) -> Iterator[str]:
    """Units, days, and for plans of looks the size that would cross the bound."""
    left = max((progress.planned_units or 0) - progress.units, 0)
    if left:
        when = f", about {reached.end:%Y-%m-%d} at the present pace" if reached is not None and reached.end else ""
        yield f"{left:,} more units in the smallest arm{when}."
    days = (progress.planned_days or 0.0) - (progress.days or 0.0)
    if days > 0.05:
        yield f"{days:.1f} more days."
    if progress.method in {"group_sequential", "always_valid"}:
        for row in primary:
            if (size := _crossing(row)) is not None:
                yield f"{row.title} of {row.variant} would have decided at this look with {size} or more."
    if not progress.planned and reached is not None:
        yield from _size_for(primary, reached)


def _crossing(row: MetricEstimate) -> str | None:
    """The effect that this look's bound asks for, in either direction."""
    found, decision = row.estimate, row.decision
    if not isinstance(found, Estimate) or decision is None or decision.bound is None:
        return None
    size, base = abs(decision.bound) * decision.se, abs(found.control.mean)
    return f"a lift of {size / base:.2%}" if base else f"an effect of {size:.4g}"


def _unless_harm(guardrails: Sequence[GuardrailFinding], progress: Progress) -> Iterator[str]:
    open_ones = [f"{one.metric} of {one.variant}" for one in guardrails if one.held is not True]
    if open_ones:
        yield f"Harm beyond the bound, which is not yet ruled out: {', '.join(open_ones)}."
    if progress.method in {"group_sequential", "always_valid"}:
        yield "A failing check or a guardrail that breaks; the decision itself is not taken back by later looks."
    else:
        yield "A failing check or a guardrail that breaks, at a later look."


def _another_one(primary: Sequence[MetricEstimate], reached: Reached | None) -> Iterator[str]:
    if primary and all(row.verdict == "worse" for row in primary):
        yield "Nothing that this plan still sees; a changed treatment is another experiment."
        return
    if reached is not None:
        yield from _size_for(primary, reached)
    yield "A bolder treatment, or a metric that varies less, in another experiment: this plan has had its last word."


def _size_for(primary: Sequence[MetricEstimate], reached: Reached) -> Iterator[str]:
    """Errors fall with the root of the units."""
    titles = {row.variant: row.title for row in primary}
    for power in reached.powers:
        units = _units_for(power, reached)
        if units is not None and units > reached.units and power.sought is not None:
            yield (
                f"About {units:,} units in the smallest arm find {power.sought:.1%} in {titles.get(power.variant, '')} "
                f"with power {reached.wanted_power:.0%}."
            )


def _units_for(power: Power, reached: Reached) -> int | None:
    if power.sought is None or not power.detectable_lift:
        return None
    wanted = reached.units * (power.detectable_lift / power.sought) ** 2
    if not wanted < 1e12:
        return None
    digits: int = 10 ** max(math.floor(math.log10(max(wanted, 1))) - 1, 0)  # two digits are all that is known
    return math.ceil(wanted / digits) * digits
