"""The calculator's answer in words, and why there is none."""

from __future__ import annotations

from html import escape

from expkit.view import format as fmt
from expkit.view.power import effect_name, effect_text, power_svg
from expkit.view.sizing import Sizing, SizingQuestion

__all__ = ["answer_html", "asked_html"]


def answer_html(found: Sizing, checked: str = "") -> str:
    """Units, effect or power, whichever was asked, with days and dates where the traffic is known, and the curve."""
    asked, arms = found.question, " + ".join(map(fmt.count, found.per_arm))
    units = f"{fmt.count(found.total)} units"
    main = {
        "units": units,
        "effect": f"{effect_text(asked, found.effect)} is the smallest {effect_name(asked)}",
        "power": f"{fmt.share(found.power)} power",
    }[asked.find]
    ran = f", {fmt.days(found.days)}" if found.days is not None else ""
    lines = [f"per arm: {arms}"] if asked.find == "units" else [f"{units}; per arm: {arms}"]
    if found.weeks is not None:
        last = f", up to {found.end:%A, %Y-%m-%d}" if found.end else ""
        lines.append(f"in whole weeks: {found.weeks}{last}")
    lines += [f"at most so many: {_looks(asked)}"] if asked.method != "fixed" else []
    lines += [checked] if checked else []
    told = "".join(f"<br><span>{escape(line)}</span>" for line in lines)
    return (
        '<div role="status" aria-live="polite">'
        f'<strong style="font-size:1.25rem">{escape(main)}</strong>{ran}{told}</div>{power_svg(found)}'
    )


def asked_html(found: Sizing) -> str:
    """What was asked, where the fields are not there to say it."""
    asked = found.question
    shown = fmt.percent if asked.kind == "conversion" else "{:.6g}".format
    parts = [f"{asked.kind} of {shown(asked.baseline)}"]
    parts += [f"standard deviation {asked.sd:.6g}"] if asked.sd is not None else []
    parts += [f"{effect_name(asked)} {effect_text(asked, found.effect)}", f"power {fmt.share(found.power)}"]
    parts.append(f"α {asked.alpha:g}, {'one-sided' if asked.goal == 'no-harm' else asked.alternative}")
    parts += [_looks(asked)] if asked.method != "fixed" else []
    return f"<p>{escape('; '.join(parts))}.</p>"


def _looks(asked: SizingQuestion) -> str:
    return f"{asked.looks:,} look{'s' if asked.looks > 1 else ''}, {asked.method.replace('_', ' ')}"
