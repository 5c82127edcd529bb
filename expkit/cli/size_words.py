"""What `expkit size` has found, in words or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expkit.cli.output import say, say_json
from expkit.cli.size_options import daily_of

__all__ = ["tell_answer", "tell_design"]


def tell_design(design: Any, as_json: bool, daily_units: str | None) -> None:
    """Of a registered experiment."""
    from dataclasses import asdict

    if as_json:
        say_json(asdict(design))
        return
    say(f"{', '.join(f'{arm} {units:,}' for arm, units in design.arms.items())}: {design.total:,} units in all")
    say(_promise(design.effect, design.power, design.alpha, design.alternative))
    if design.days is not None:
        say(_duration(design.days, design.weeks, design.end, daily_units))


def tell_answer(question: Any, given: Mapping[str, Any], check: Any = None) -> None:
    """What was found: units, the change or the power; days and dates where the traffic is known."""
    from dataclasses import asdict

    from expkit.design import solve

    found = solve(question)
    checked = check(found) if check else None
    whole = abs(question.baseline) if question.relative else 1.0
    if given["as_json"]:
        told = {**asdict(found), "relative": question.relative, "effect_absolute": found.effect * whole}
        say_json({**told, **({"simulated": checked._asdict()} if checked else {})})
        return
    equal = len(set(found.per_arm)) == 1
    per_arm = (
        f"{found.per_arm[0]:,} units per variant" if equal else f"{' + '.join(f'{n:,}' for n in found.per_arm)} units"
    )
    say(f"{per_arm}, {found.total:,} in all")
    harm = question.goal == "no-harm"
    side = "one-sided" if harm else question.alternative
    say(
        _promise(
            found.effect * whole,
            found.power,
            question.alpha,
            side,
            "to rule out a harm" if harm else "to find a change",
        )
    )
    if question.method != "fixed":
        say(f"looked at {question.looks:,} times ({question.method.replace('_', ' ')}); these are the most it takes")
    if found.days is not None:
        say(_duration(found.days, found.weeks, found.end, given["daily_units"]))
    if checked:
        ends = f"{checked.ci.lower:.1%} to {checked.ci.upper:.1%}"
        say(f"drawn {checked.experiments:,} times from the data: power {checked.power:.1%} ({ends})")


def _duration(days: int, weeks: int | None, end: Any, daily_units: str | None) -> str:
    given = daily_of(daily_units)
    traffic = (
        ", ".join(f"{one:,.12g}" for one in given) + " units from Monday to Sunday"
        if isinstance(given, tuple)
        else f"{given:,.12g} units a day"
    )
    last = f", in whole weeks {weeks}, up to {end:%A, %Y-%m-%d}" if end else ""
    return f"about {days:,} days at {traffic}{last}"


def _promise(effect: float, power: float, alpha: float, alternative: str, what: str = "to find a change") -> str:
    return f"{what} of {effect:.4g} with power {power:.0%} at alpha {alpha:g} ({alternative})"
