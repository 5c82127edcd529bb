"""Metrics that everybody means the same by, as names that say it all: `metrics: ["web.ctr", "trace.cost"]`."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["READY_METRICS", "TRACE_METRICS", "ready_metric"]


def _ratio(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "ratio", **more}


_WORSE: dict[str, Any] = {"direction": "decrease"}

TRACE_METRICS: dict[str, dict[str, Any]] = {
    "trace.error": _ratio("Failed model calls", **_WORSE),
    "trace.cost": _ratio("Cost per model call", **_WORSE),
    "trace.latency": _ratio("Milliseconds per model call", **_WORSE),
    "trace.quality": _ratio("Quality per model call"),
    "trace.throughput": _ratio("Model calls per day", event="trace.call", measure="count", per="day"),
    **{
        f"trace.latency.p{percent}": {
            "name": f"Model latency, p{percent}", "kind": "quantile", "event": "trace.latency",
            "quantile": percent / 100, "unit": "ms", **_WORSE,
        }
        for percent in (50, 95, 99)
    },
}  # fmt: skip
"""What model calls are measured by: the share that failed, cost, milliseconds, quality, how many; and the better way.

`trace.error`, `trace.cost`, `trace.latency`, `trace.quality` and `trace.call` (1 for each) are events as well, for
metrics of another kind.
"""

READY_METRICS: dict[str, dict[str, Any]] = {
    **TRACE_METRICS,
    "web.ctr": _ratio("Click-through rate", event="click", measure="count", denominator="impression", unit="%"),
    "web.add_to_cart_rate": {"name": "Add-to-cart rate", "event": "add_to_cart", "unit": "%"},
    "web.conversion_rate": {"name": "Conversion rate", "event": "purchase", "unit": "%"},
    "web.revenue_per_session": _ratio("Revenue per session", event="purchase", per="session"),
    "web.bounce_rate": _ratio("Bounce rate", event="*", measure="bounce", per="session", unit="%", **_WORSE),
    "web.error_rate": _ratio("Errors per session", event="error", measure="count", per="session", **_WORSE),
    "web.page_load": _ratio("Page load time", event="page_load", unit="ms", **_WORSE),
    "web.page_load.p95": {
        "name": "Page load time, p95", "kind": "quantile", "event": "page_load", "quantile": 0.95, "unit": "ms",
        **_WORSE,
    },
    "web.throughput": _ratio("Events per day", event="*", measure="count", per="day"),
    "web.inventory_balance": {
        "name": "Inventory exposure balance", "kind": "evenness", "event": "impression", "property": "item_id",
    },
}  # fmt: skip
_RETENTION = re.compile(r"web\.retention\.d([1-9][0-9]{0,2})")


def ready_metric(name: str) -> dict[str, Any] | None:
    """The fields of a ready-made metric; `web.retention.d7` is the share of units back on day 7, for any day."""
    if found := _RETENTION.fullmatch(name):
        day = int(found[1])
        return {"name": f"Back on day {day}", "event": "*", "start_days": day, "window_days": day + 1, "unit": "%"}
    return READY_METRICS.get(name)
