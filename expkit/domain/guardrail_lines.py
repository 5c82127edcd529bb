"""A guardrail in one line, as people say it: `trace.error < 5% stop`, `trace.quality -10%`, `trace.cost +20% pause`.

`<` and `>` are limits that no arm may cross; a signed share is the harm that is tolerated relative to control. The sign
tells which way is worse: what must stay below, or may rise by no more than so much, is better when it falls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from expkit.domain.ready_metrics import ready_metric

__all__ = ["read_guardrail", "write_guardrail"]

_LINE = re.compile(
    r"(?P<metric>[\w.-]+?)(?:\s*(?P<limit>[<>])\s*(?P<level>-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*(?P<percent>%?)"
    r"|\s+(?P<sign>[+-])\s*(?P<share>\d+(?:\.\d+)?)\s*%)(?:[\s,:]+(?P<action>alert|pause|stop|rollback))?",
    re.ASCII,
)
_BETTER = {"<": "decrease", "+": "decrease", ">": "increase", "-": "increase"}


def read_guardrail(line: str, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields of a guardrail; its metric is one of `known`, or a ready-made one, or the conversion of that name."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ValueError(
            f"{line[:100]!r} is no guardrail; write METRIC < LEVEL, METRIC > LEVEL, METRIC +SHARE% or METRIC -SHARE%, "
            "and alert, pause, stop or rollback behind it: 'trace.error < 5% stop'"
        )
    name, better = found["metric"], _BETTER[found["limit"] or found["sign"]]
    metric = (known or {}).get(name)
    fields = {"key": name, **(ready_metric(name) or {"direction": better})}
    direction = fields.get("direction", "increase") if metric is None else metric.direction
    if direction != better:
        right = "> LEVEL or -SHARE%" if direction == "increase" else "< LEVEL or +SHARE%"
        raise ValueError(f"{name} is better when it {'rises' if direction == 'increase' else 'falls'}: write {right}")
    bound = {"limit": _level(found)} if found["limit"] else {"max_change": float(found["share"]) / 100}
    return {"metric": metric or fields, **bound, **({"action": found["action"]} if found["action"] else {})}


def write_guardrail(metric: str, better: str, limit: float | None, max_change: float | None, action: str) -> str:
    """The line of one, with both bounds where it has both."""
    falls = better == "decrease"
    bounds = [] if limit is None else [f"{'<' if falls else '>'} {limit:g}"]
    bounds += [] if max_change is None else [f"{'+' if falls else '-'}{max_change * 100:g}%"]
    return f"{metric} {' and '.join(bounds)} {action}"


def _level(found: re.Match[str]) -> float:
    return float(found["level"]) / (100 if found["percent"] else 1)
