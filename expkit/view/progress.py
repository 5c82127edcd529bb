"""How far an experiment got, in sentences: units and days, power, the smallest effect it can find, the end."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from expkit.stats import Estimate
from expkit.view import format as fmt

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.analysis.parts import Power, Reached

__all__ = ["progress_lines", "progress_list"]


def progress_lines(scorecard: Scorecard) -> list[str]:
    """Empty where the scorecard says nothing of it."""
    reached = scorecard.progress
    if reached is None:
        return []
    lines = [_so_far(reached)] if reached.planned_units or reached.planned_days else []
    return [*lines, *(line for power in reached.powers if (line := _power(scorecard, reached, power))), *_end(reached)]


def progress_list(scorecard: Scorecard) -> str:
    """The same as a list in HTML."""
    items = "".join(f"<li>{escape(line)}</li>" for line in progress_lines(scorecard))
    return f"<ul>{items}</ul>" if items else ""


def _so_far(reached: Reached) -> str:
    parts = []
    if reached.planned_units:
        share = fmt.share(reached.units / reached.planned_units)
        parts.append(
            f"{fmt.count(reached.units)} of {fmt.count(reached.planned_units)} planned units in the smallest arm "
            f"({share})"
        )
    if reached.planned_days:
        parts.append(f"{fmt.days(reached.days or 0.0).split()[0]} of {fmt.days(reached.planned_days)} planned")
    return " and ".join(parts) + "."


def _power(scorecard: Scorecard, reached: Reached, power: Power) -> str:
    """`Power 64% to find the planned 5.00% in Conversion; by now 6.10% would be found with 80%.`"""
    row = next((one for one in scorecard.primary if one.variant == power.variant), None)
    if row is None or not isinstance(row.estimate, Estimate):
        return ""
    early = scorecard.method == "fixed" and row.decision is not None
    what = row.title if len(reached.powers) == 1 else f"{row.title} of {power.variant}"
    parts = []
    if power.power is not None and power.sought is not None:
        looks = "" if scorecard.method in {"fixed", "bayesian"} else " at this look"
        parts.append(f"power {fmt.share(power.power)}{looks} to find the planned {fmt.percent(power.sought)}")
    if power.detectable is not None:
        least = fmt.amount(power.detectable, row.kind, row.unit)
        if power.detectable_lift is not None:
            least = f"{fmt.percent(power.detectable_lift)} of control ({least})"
        parts.append(f"by now {least} would be found with power {fmt.share(reached.wanted_power)}")
    return f"{what}{', were this the end' if early else ''}: {'; '.join(parts)}." if parts else ""


def _end(reached: Reached) -> list[str]:
    lines = []
    if reached.per_day is not None and reached.end is not None and reached.planned_units:
        lines.append(
            f"{fmt.count(round(reached.per_day))} new units a day in the smallest arm over the last "
            f"{fmt.days(reached.counted_days)}."
        )
    if reached.end is not None:
        lines.append(f"{_when(reached)}.")
    if reached.note and (reached.end is not None or reached.planned_units or reached.planned_days):
        lines.append(reached.note[:1].upper() + reached.note[1:] + ".")
    return lines


def _when(reached: Reached) -> str:
    end, soon, late = (f"{at:%Y-%m-%d}" if at else "" for at in (reached.end, reached.earliest, reached.latest))
    if soon == late:
        return f"At this pace complete on {end}"
    range_ = f"between {soon} and {late}" if late else f"not before {soon}"
    return f"At this pace complete on {end}, nine times in ten {range_}"
