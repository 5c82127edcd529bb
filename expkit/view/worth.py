"""What a treatment is worth, in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from expkit.view import format as fmt

if TYPE_CHECKING:
    from expkit.analysis.worth import Worth

__all__ = ["worth_lines"]


def worth_lines(found: Worth, unit: str = "") -> list[str]:
    """Gain, cost, net and return; the effect that breaks even; what waiting is worth. `unit` is the money's."""
    level = f"{(1 - found.alpha) * 100:.6g}% interval"
    gain, cost = _money(found.gain, unit), _money(found.cost, unit, sign=False)
    where = f"{fmt.count(found.traffic)} units over {fmt.days(found.economics.days)}"
    brings = f"brings {gain} ({level} {_ends(found.gain_ci, unit)}) and costs {cost}."
    pays = f"the chance that it pays is {found.probability_positive:.1%}."
    lines = [
        f"Shipping {found.variant} to {where} {brings}",
        f"Net {_money(found.net, unit)} ({_ends(found.net_ci, unit)}); {pays}",
    ]
    if found.roi is not None and found.roi_ci is not None:
        ends = fmt.interval(*(fmt.percent(end, signed=True) for end in found.roi_ci))
        lines.append(f"Return on what it costs: {fmt.percent(found.roi, signed=True)} ({ends}).")
    if found.break_even_lift is not None and found.cost:
        lines.append(f"It breaks even with a lift of {fmt.percent(found.break_even_lift, signed=True)}.")
    now = "ship it" if found.ship else "keep control"
    if found.waiting is None:
        return [*lines, f"On average it is better to {now}."]
    wait = found.waiting
    told = (
        f"Waiting {fmt.days(wait.days)} for {fmt.count(wait.units)} more units is worth "
        f"{_money(wait.information, unit)} in better choices and {_costs(wait.cost, unit)} meanwhile: "
    )
    better = "go on" if wait.net > 0 else now
    return [*lines, f"{told}{_money(wait.net, unit)}. On average it is better to {better}."]


def _costs(cost: float, unit: str) -> str:
    return f"costs {_money(cost, unit, sign=False)}" if cost >= 0 else f"brings {_money(-cost, unit, sign=False)}"


def _ends(ends: tuple[float, float], unit: str) -> str:
    return fmt.interval(*(_money(end, unit) for end in ends))


def _money(value: float, unit: str, *, sign: bool = True) -> str:
    """Three digits are all that such a figure has; no cents on hundreds."""
    if not value or not math.isfinite(value):
        return fmt.amount(value, "", unit, signed=sign)
    value = round(value, 2 - math.floor(math.log10(abs(value))))
    if abs(value) < 100:
        return fmt.amount(value, "", unit, signed=sign)
    mark = fmt.MINUS if value < 0 else "+" if sign else ""
    money, after = (fmt.CURRENCIES[unit], "") if unit in fmt.CURRENCIES else ("", f" {unit}" if unit else "")
    return f"{mark}{money}{fmt.count(abs(value))}{after}"
