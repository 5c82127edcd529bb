from __future__ import annotations

from datetime import UTC, datetime

import pytest

from expkit.analysis import Arm, GuardrailFinding, MetricEstimate, Recommendation, Scorecard
from expkit.stats import NotEstimable, check_srm, compare_proportions


def estimate(metric: str, control: int, treatment: int, verdict: str, **values: object) -> MetricEstimate:
    found = compare_proportions(control, 10_000, treatment, 10_000)
    return MetricEstimate.parse(
        {"metric": metric, "title": metric.title(), "kind": "conversion", "role": "secondary", "variant": "treatment",
         "estimate": found, "verdict": verdict, **values}
    )  # fmt: skip


@pytest.fixture
def scorecard() -> Scorecard:
    """A better primary metric, a worse one, one that cannot be estimated, a guardrail."""
    return Scorecard(
        experiment="checkout", name="One-page checkout", control="control", alpha=0.05, look=2, days=14.0,
        at=datetime(2026, 5, 4, 12, 30, tzinfo=UTC), started_at=datetime(2026, 4, 20, tzinfo=UTC),
        arms=(
            Arm(key="control", name="Control", n=10_000, share=0.5),
            Arm(key="treatment", name="One page", n=10_000, share=0.5),
        ),
        estimates=(
            estimate("errors", 100, 160, "worse", role="guardrail", direction="decrease"),
            estimate("revenue", 1, 1, "unknown", kind="sum", unit="EUR",
                     estimate=NotEstimable("no revenue yet", "wait a day")),
            estimate("conversion", 1000, 1200, "better", role="primary"),
            estimate("clicks", 3000, 3010, "inconclusive", adjusted_p_value=0.9),
        ),
        checks=(check_srm({"control": 10_000, "treatment": 10_000}, {"control": 0.5, "treatment": 0.5}),),
        guardrails=(
            GuardrailFinding(
                metric="errors", variant="treatment", breached=True, action="rollback", detail="60% more errors"
            ),
        ),
        recommendation=Recommendation(
            action="investigate", variant="treatment", headline="Look at the errors first",
            reasons=("A guardrail broke.",),
        ),
        table_versions={"exposures": 3},
    )  # fmt: skip
