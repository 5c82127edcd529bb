"""The scorecard: every estimate and every check at one look, and what they advise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, field_validator

from expkit.analysis.parts import Breakdown, Daily, Part, Reached
from expkit.domain.events import Timestamp, now
from expkit.domain.noun import LongText, Text
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import Check, Estimate, Interval, NotEstimable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Arm", "Deviation", "GuardrailFinding", "LookDecision", "MetricEstimate", "Recommendation", "Scorecard"]

MetricKind = Literal["conversion", "count", "sum", "ratio", "mean", "quantile", "evenness"]
Role = Literal["primary", "secondary", "guardrail"]
Verdict = Literal["better", "worse", "inconclusive", "unknown"]
Action = Literal["promote", "rollback", "continue", "stop", "investigate"]
Method = Literal["fixed", "group_sequential", "always_valid", "bayesian"]


class Arm(Part):
    """One variant as observed: the units that count, and the share of units it was meant to get."""

    key: Text
    name: Text
    n: int = Field(ge=0)
    share: float = Field(ge=0, le=1)


class LookDecision(Part):
    """What a method that may look more than once makes of one estimate at this look.

    `z`, `effect` and `se` are the data's own, before bound or prior: the next look needs them.
    """

    method: Method
    look: int = Field(ge=1)
    """The number of looks so far that had new units."""
    planned: int | None = None
    units: int = Field(ge=0)
    """In the smaller arm of the two, those whose window is over."""
    information: float | None = None
    """The share of what was planned."""
    z: float
    effect: float
    se: float
    bound: float | None = None
    """Of z at this look; None where it is out of reach."""
    decision: Literal["stop", "futile", "continue", "end"]
    decided_at: int | None = None
    """The look that first decided."""
    decided_effect: float | None = None
    """What it saw: the verdict keeps its direction, also where the effect turns afterwards."""
    p_value: float | None = None
    """With `ci`: at any look, where the row's estimate keeps to a fixed plan and the verdict cannot."""
    ci: Interval | None = None
    stagewise_p_value: float | None = None
    """With `stagewise_ci` and `median`: what holds when it stops at this look."""
    stagewise_ci: Interval | None = None
    median: float | None = None
    probability_better: float | None = None
    probability_best: float | None = None
    """Among all arms; each arm's own posterior, without the prior on lifts."""
    loss_if_treatment: float | None = None
    """What choosing the treatment loses on average, relative to control."""
    loss_if_control: float | None = None


class Deviation(Part):
    """One way in which what was done differs from what was promised."""

    kind: Literal["metrics", "guardrails", "variants", "method", "sample", "traffic", "looks", "rules", "signature"]
    detail: LongText


class MetricEstimate(Part):
    """One metric of one treatment against control."""

    metric: Text
    title: Text
    kind: MetricKind
    role: Role
    variant: Text
    direction: Literal["increase", "decrease"] = "increase"
    unit: Text = ""
    estimate: Annotated[Estimate | NotEstimable, Field(discriminator="kind")]
    adjusted_p_value: float | None = None
    """Adjusted over its family: the secondary metrics of all treatments, or the primary metric of several."""
    correction: Text = ""
    """How it was adjusted: `holm`, or `holm, after the primary metric`."""
    adjusted_alpha: float | None = None
    """What the correction leaves of alpha for this comparison's own interval."""
    adjusted_ci: Interval | None = None
    """Excludes no effect exactly when the adjusted p-value is below alpha; None where several looks are planned."""
    adjusted_lift_ci: Interval | None = None
    verdict: Verdict
    note: LongText = ""
    """How the values were capped, where they were; which bound held at this look."""
    decision: LookDecision | None = None
    """None where the plan has one look at its end."""

    @property
    def p_value(self) -> float | None:
        """The p-value the verdict rests on; where a fixed plan was looked at early or again, `decision.p_value` is."""
        if isinstance(self.estimate, NotEstimable):
            return None
        return self.estimate.p_value if self.adjusted_p_value is None else self.adjusted_p_value


class GuardrailFinding(Part):
    """Whether one treatment broke one guardrail, or held it. `breached` is None while nothing can be said.

    `held` is True once harm beyond the bound is ruled out (non-inferiority, with its `p_value`).
    """

    metric: Text
    variant: Text
    breached: bool | None
    held: bool | None = None
    p_value: float | None = None
    action: Literal["alert", "pause", "stop", "rollback"] = "alert"
    detail: LongText


class Recommendation(Part):
    """What the numbers advise; people decide."""

    action: Action
    variant: Text | None = None
    headline: Text
    reasons: tuple[LongText, ...] = ()
    would_change: tuple[LongText, ...] = ()
    """What would have to come, or to be mended, for another advice."""


class Scorecard(Part):
    """All estimates and checks at one look.

    `scorecard.estimate("conversion", "treatment").effect` is one number of it, `to_frame()` all of them.
    """

    experiment: Text
    name: Text
    control: Text
    at: Timestamp = Field(default_factory=now)
    look: int = Field(default=1, ge=1)
    alpha: float = Field(gt=0, lt=1)
    arms: tuple[Arm, ...]
    estimates: tuple[MetricEstimate, ...]
    checks: tuple[Check, ...] = ()
    guardrails: tuple[GuardrailFinding, ...] = ()
    recommendation: Recommendation
    table_versions: dict[str, int] = {}
    """The versions of the lake's tables it was computed from."""
    code_version: Text = ""
    """The expkit that computed it; empty in looks of before 0.1.0 kept it."""
    started_at: Timestamp | None = None
    """The first exposure."""
    days: float | None = Field(default=None, ge=0)
    """From the first exposure to the last one."""
    method: Method = "fixed"
    planned_looks: int = Field(default=1, ge=1)
    promise: Text = ""
    """What the deviations are measured against: a signed plan's digest, or the plan as it was at the start."""
    deviations: tuple[Deviation, ...] = ()
    progress: Reached | None = None
    """How far it got, what it can find by now, when it would end."""
    segments: tuple[Breakdown, ...] = ()
    """The primary metric by the attributes that the experiment names; no verdict rests on them."""
    daily: tuple[Daily, ...] = ()
    """The last sixty days with new units, the oldest first."""
    remarks: tuple[LongText, ...] = ()
    """What a reader should know of how it was computed."""

    @field_validator("arms")
    @classmethod
    def _with_arms(cls, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
        if not arms:
            raise ValueError("a scorecard has arms, at least control")
        return arms

    @property
    def treatments(self) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.arms if arm.key != self.control)

    @property
    def primary(self) -> tuple[MetricEstimate, ...]:
        """The primary metric, one estimate per treatment."""
        return tuple(row for row in self.estimates if row.role == "primary")

    def arm(self, key: str) -> Arm:
        for arm in self.arms:
            if arm.key == key:
                return arm
        raise self._unknown("variant", key, (arm.key for arm in self.arms))

    def row(self, metric: str, variant: str | None = None) -> MetricEstimate:
        """The estimate with its role and verdict. The variant may be left out where there is only one treatment."""
        rows = [row for row in self.estimates if row.metric == metric]
        if not rows:
            raise self._unknown("metric", metric, (row.metric for row in self.estimates))
        if variant is None:
            return self._only(rows)
        for row in rows:
            if row.variant == variant:
                return row
        if variant == self.control:
            raise InvalidInput(
                f"{variant!r} is the control: estimates compare a treatment with it.",
                hint=f"name a treatment: {', '.join(repr(row.variant) for row in rows)}.",
            )
        raise self._unknown("variant", variant, (row.variant for row in rows))

    def estimate(self, metric: str, variant: str | None = None) -> Estimate | NotEstimable:
        return self.row(metric, variant).estimate

    def to_frame(self) -> pd.DataFrame:
        """One row per estimate, as a pandas frame."""
        import pandas as pd

        frame = pd.DataFrame([_flat(row) for row in self.estimates], columns=list(_COLUMNS))
        return frame.astype(dict.fromkeys(_COLUMNS[_COLUMNS.index("n_control") : _COLUMNS.index("verdict")], "float64"))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values, all of them: readers tell an estimate from its absence by `kind`."""
        return self.model_dump(mode="json")

    def to_json(self, *, indent: int | None = None) -> str:
        return self.model_dump_json(indent=indent)

    def looked(self, look: int) -> Self:
        """The same scorecard under another look's number."""
        return self.model_copy(update={"look": look})

    def told_of(self, kept: Self) -> Self:
        """The same look computed again, with a remark where another expkit computed the one that was kept."""
        if self.code_version == kept.code_version:
            return self
        then = f"expkit {kept.code_version}" if kept.code_version else "an expkit that did not leave its version"
        remark = f"Computed again by expkit {self.code_version}; look {kept.look} was taken by {then}, and may differ."
        return self.model_copy(update={"remarks": (*self.remarks, remark)})

    def _only(self, rows: list[MetricEstimate]) -> MetricEstimate:
        if len(rows) == 1:
            return rows[0]
        names = [row.variant for row in rows]
        raise InvalidInput(
            f"Metric {rows[0].metric!r} has {len(rows)} treatments, and no variant was named.",
            hint=f"choose from {', '.join(map(repr, names))}.",
        )

    def _unknown(self, what: str, name: str, known: Iterable[str]) -> UnknownName:
        return UnknownName.among(what, name, known, f"experiment {self.experiment!r}")


_COLUMNS = (
    "metric", "role", "kind", "variant", "n_control", "n_treatment", "control", "treatment",
    "effect", "ci_lower", "ci_upper", "lift", "lift_lower", "lift_upper",
    "p_value", "adjusted_p_value", "adjusted_alpha", "adjusted_lower", "adjusted_upper", "adjusted_lift_lower",
    "adjusted_lift_upper", "variance_saved", "verdict", "method", "correction", "note", "reason",
)  # fmt: skip


def _flat(row: MetricEstimate) -> dict[str, Any]:
    flat: dict[str, Any] = row.model_dump(
        include={
            "metric",
            "role",
            "kind",
            "variant",
            "adjusted_p_value",
            "adjusted_alpha",
            "correction",
            "verdict",
            "note",
        }
    )
    found = row.estimate
    if isinstance(found, NotEstimable):
        return {**flat, "reason": str(found)}
    lower, upper = (None, None) if isinstance(found.lift_ci, NotEstimable) else found.lift_ci
    ends = row.adjusted_ci or (None, None), row.adjusted_lift_ci or (None, None)
    return {
        **flat,
        "n_control": found.control.n,
        "n_treatment": found.treatment.n,
        "control": found.control.mean,
        "treatment": found.treatment.mean,
        "effect": found.effect,
        "ci_lower": found.ci.lower,
        "ci_upper": found.ci.upper,
        "lift": None if isinstance(found.lift, NotEstimable) else found.lift,
        "lift_lower": lower,
        "lift_upper": upper,
        "p_value": found.p_value,
        "adjusted_lower": ends[0][0],
        "adjusted_upper": ends[0][1],
        "adjusted_lift_lower": ends[1][0],
        "adjusted_lift_upper": ends[1][1],
        "variance_saved": found.variance_saved,
        "method": found.method,
        "reason": "",
    }
