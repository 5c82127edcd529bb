"""How numbers are written for people, in one place: percentages, amounts, intervals, p-values, counts."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = [
    "amount", "confidence", "count", "days", "interval", "look", "moment", "p_value", "percent", "promise", "share",
]  # fmt: skip

MINUS = "\N{MINUS SIGN}"
INFINITY = "∞"
CURRENCIES = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "€": "€", "$": "$", "£": "£", "¥": "¥"}
SMALLEST_P = 0.001


def percent(share: float, *, signed: bool = False) -> str:
    """`0.0523` -> `5.23%`; signed, `+5.23%`. Two decimals below ten per cent, one below a thousand, more for crumbs."""
    scaled = share * 100
    return _sign(scaled, _digits(abs(scaled), 2 if abs(scaled) < 10 else 1), signed) + "%"


def share(part: float) -> str:
    """`0.5` -> `50%`, `1/3` -> `33.3%`: for parts of a whole."""
    return f"{part * 100:.1f}".removesuffix(".0") + "%"


def amount(value: float, kind: str = "", unit: str = "", *, signed: bool = False) -> str:
    """A metric's level in its own unit: `5.23%` for a conversion, `€12.34`, `181 ms`, `0.0417`; signed, a
    difference of two: `+0.42 pp`, `+€1.20`.
    """
    if kind == "conversion" or (kind == "ratio" and unit == "%"):
        return _sign(value, _digits(abs(value * 100), 2), signed) + (" pp" if signed else "%")
    if unit in CURRENCIES:
        return _sign(value, CURRENCIES[unit] + _money(abs(value)), signed)
    digits = _sign(value, _significant(abs(value)), signed)
    return digits + ("%" if unit == "%" else f" {unit}" if unit else "")


def interval(lower: str, upper: str) -> str:
    """`+1.0% to +9.3%`: words, because a dash between signed numbers misleads."""
    return f"{lower} to {upper}"


def p_value(value: float | None) -> str:
    """`0.0123`, or `< 0.001`; an en dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if value < SMALLEST_P:
        return f"< {SMALLEST_P}"
    return f"{value:.3f}" if value >= 0.01 else f"{value:.4f}"


def count(value: float) -> str:
    """`12,345`."""
    return f"{value:,.0f}" if math.isfinite(value) else INFINITY


def confidence(alpha: float) -> str:
    """`95% CI` for `alpha=0.05`."""
    return f"{(1 - alpha) * 100:.6g}% CI"


def days(value: float | None) -> str:
    """`1 day`, `12.5 days`."""
    if value is None:
        return "–"
    digits = f"{value:,.1f}".removesuffix(".0")
    return f"{digits} day" if digits == "1" else f"{digits} days"


def moment(at: datetime | None) -> str:
    """`2026-05-04 13:20 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"


def _sign(value: float, digits: str, signed: bool) -> str:
    if not any(character in "123456789∞" for character in digits):
        return digits  # neither "+0.00" nor "-0.00" tells anything
    return (MINUS if value < 0 else "+" if signed else "") + digits


def _digits(size: float, decimals: int) -> str:
    if not math.isfinite(size):
        return INFINITY if math.isinf(size) else "–"
    if 0 < size < 0.01:
        return f"{size:.2g}" if size >= 1e-4 else "0.00"
    return f"{size:.{decimals}f}" if size < 1000 else f"{size:,.0f}"


def _money(size: float) -> str:
    if not math.isfinite(size):
        return INFINITY if math.isinf(size) else "–"
    return f"{size:,.4f}" if 0 < size < 0.1 else f"{size:,.2f}" if size < 100_000 else f"{size:,.0f}"


def _significant(size: float) -> str:
    """Four significant digits, without an exponent where a reader does not expect one."""
    if not math.isfinite(size):
        return INFINITY if math.isinf(size) else "–"
    if size >= 1000:
        return f"{size:,.0f}"
    if 0 < size < 1e-4:
        return f"{size:.2e}"
    return f"{size:.4g}"


def look(scorecard: Scorecard) -> str:
    """`look 3`; `look 3 of 5, group sequential` where the plan may look more than once."""
    if scorecard.method == "fixed":
        return f"look {scorecard.look}"
    of = f" of {scorecard.planned_looks}" if scorecard.method == "group_sequential" else ""
    return f"look {scorecard.look}{of}, {scorecard.method.replace('_', ' ')}"


def promise(scorecard: Scorecard) -> str:
    """What was promised, and whether it was kept."""
    n = len(scorecard.deviations)
    kept = "was kept" if not n else f"was left in {n} point{'s' if n > 1 else ''}"
    told = scorecard.promise[:1].upper() + scorecard.promise[1:]
    return f"{told} {kept}." if told else ""
