"""Every kind of metric through the workbench: looks, looks computed again, the monitor, reports, the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from test_old_looks import assert_same

from expkit.errors import ExpkitError
from expkit.stats import Estimate
from expkit.workbench import Workbench

METRICS: list[Any] = [
    "web.ctr",
    "web.revenue_per_session",
    "web.bounce_rate",
    "web.throughput",
    "web.retention.d1",
    "web.inventory_balance",
    "web.page_load.p95",
    {"key": "pdp", "kind": "count", "event": "click", "where": {"place": "pdp"}, "covariate_days": 3},
    {"key": "basket", "kind": "sum", "event": "purchase", "property": "items", "winsorize": 0.95, "window_days": 2},
]
LATENCY = {"metric": "trace.latency.p95", "max_change": 0.2, "action": "stop"}
NOW = datetime.now(UTC)


def make(wb: Workbench, **more: Any) -> None:
    variants = [{"key": "control"}, {"key": "treatment"}]
    wb.create({"key": "shop", "name": "Shop", "hypothesis": "h", "metrics": METRICS, "variants": variants, **more})
    wb.start("shop")


def log(wb: Workbench, first: int, last: int, seed: int = 1) -> None:
    rng = np.random.default_rng(seed)
    exposures, outcomes = [], []
    for unit in range(first, last):
        at = NOW - timedelta(days=float(rng.uniform(4, 6)))
        arm = ("control", "treatment")[unit % 2]
        exposures.append({"experiment": "shop", "variant": arm, "user_id": f"u{unit}", "timestamp": at})
        for _ in range(rng.poisson(8)):
            event = str(rng.choice(["impression", "click", "purchase", "page_load"]))
            outcomes.append({
                "event": event, "user_id": f"u{unit}", "session_id": f"u{unit}-{rng.integers(3)}",
                "value": float(rng.gamma(2, 9)), "timestamp": at + timedelta(days=float(rng.uniform(-2, 4))),
                "properties": {"item_id": int(rng.integers(6)), "place": "pdp", "items": int(rng.integers(1, 5))},
            })  # fmt: skip
    wb.log_exposures(exposures)
    wb.log_outcomes(outcomes)


@pytest.mark.parametrize("plan", [{}, {"method": "always_valid"}, {"method": "bayesian"}])
def test_looks_and_looks_computed_again(wb, plan):
    """All kinds are estimated, an old look is computed again to the last digits, and a report tells of all."""
    make(wb, plan=plan)
    log(wb, 0, 300)
    kept = wb.analyze("shop")
    assert [str(row.estimate) for row in kept.estimates if not isinstance(row.estimate, Estimate)] == []
    log(wb, 300, 360, seed=2)
    assert wb.analyze("shop").look == 2
    assert_same(wb.analyze("shop", at=1), kept)
    page = wb.report("shop", format="html")
    for title in ("Click-through rate", "Page load time, p95", "Inventory exposure balance", "Back on day 1"):
        assert title in page


def test_a_quantile_of_model_calls_is_guarded(wb):
    """A slower tail stops the experiment, where a mean would hardly move."""
    make(wb, metrics=["buy"], guardrails=[LATENCY])
    rng = np.random.default_rng(4)
    for part in range(2):
        who = [(arm, i) for arm in ("control", "treatment") for i in range(part * 300, part * 300 + 300)]
        wb.log_exposures([{"experiment": "shop", "variant": arm, "user_id": f"{arm}{i}"} for arm, i in who])
        slow = [3.0 if part and arm == "treatment" and i % 5 == 0 else 1.0 for arm, i in who]
        calls = [
            {"model": "m", "user_id": f"{arm}{i}", "latency_ms": float(rng.gamma(20, 10)) * more}
            for (arm, i), more in zip(who, slow, strict=True)
        ]
        wb.log_traces(calls)
        (finding,) = wb.watch("shop").guardrails
        assert finding.breached is bool(part), finding.detail
    wb.monitor()
    assert wb.get("shop").status == "stopped"


def test_the_catalogue_keeps_every_field(wb):
    """Two metrics that ask for different events are no twins; the same under another name is refused."""
    base = {"key": "pdp_clicks", "kind": "count", "event": "click", "where": {"place": "pdp"}}
    wb.define_metric(base)
    wb.define_metric({**base, "key": "feed_clicks", "where": {"place": "feed"}})
    assert wb.metric("pdp_clicks").where == {"place": "pdp"}
    with pytest.raises(ExpkitError, match="already measures the same"):
        wb.define_metric({**base, "key": "again"})


@pytest.mark.parametrize("plan", [{"analysed": "session"}, {"randomised": "session"}])
def test_sessions_are_looked_at_watched_and_rolled_out(wb, plan):
    """A look and the same computed again, guardrails on the live stream, and what is rolled out."""
    late = {"metric": {"key": "pdp", "kind": "count", "event": "click", "direction": "decrease"}, "limit": 1e6}
    make(wb, metrics=["web.ctr", "web.page_load.p95", "web.inventory_balance"], guardrails=[late], plan=plan)
    rng = np.random.default_rng(3)
    rows = [("control", "treatment")[unit % 2] for unit in range(200)]
    sessions = [
        {"experiment": "shop", "variant": arm, "user_id": f"u{unit}", "session_id": f"u{unit}-{k}"}
        for unit, arm in enumerate(rows)
        for k in range(3)
    ]
    wb.log_exposures([{**one, "timestamp": NOW - timedelta(days=6)} for one in sessions])
    outcomes = []
    for one in sessions:
        for event in rng.choice(["impression", "click", "page_load"], rng.poisson(5)):
            bag = {"item_id": int(rng.integers(5))}
            who = {name: one[name] for name in ("user_id", "session_id")}
            outcomes.append({**who, "event": str(event), "value": rng.gamma(3), "properties": bag})
    wb.log_outcomes([{**one, "timestamp": NOW - timedelta(days=5)} for one in outcomes])
    kept = wb.analyze("shop")
    assert {arm.n for arm in kept.arms} == {300}
    assert all(isinstance(row.estimate, Estimate) for row in kept.estimates)
    assert_same(wb.analyze("shop", at=1), kept)
    seen = wb.watch("shop")
    assert (seen.units["control"], seen.guardrails[0].breached) == (100 if "analysed" in plan else 300, False)
    wb.stop("shop", reason="done")
    wb.promote("shop", "treatment")
    wb.log_exposures([one for one in sessions if one["variant"] != "control"])
    assert wb.watch("shop").units["treatment"] == 300
