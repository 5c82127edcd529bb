"""The experiment: a question put to units, with variants, metrics and a plan."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from expkit.domain.allocation import starts
from expkit.domain.assignment import AtLogin, Layer, Prerequisite, RampStep, Rollout
from expkit.domain.canary import CALL_METRICS, Canary
from expkit.domain.events import Timestamp
from expkit.domain.guardrail_lines import read_guardrail
from expkit.domain.lifecycle import Status
from expkit.domain.metric import Guardrail, Metric
from expkit.domain.noun import Json, Key, LongText, Noun, Text
from expkit.domain.planning import ExposureRule, Hypothesis, Plan, Rice, Schedule, StoppingCriteria
from expkit.domain.variant import Parameter, Variant
from expkit.errors import UnknownName, did_you_mean

__all__ = ["EXPERIMENT_TYPES", "RESERVED_KEYS", "STATE_FIELDS", "Experiment", "ExperimentType"]

ExperimentType = Literal[
    "feature", "model", "prompt", "infrastructure", "cost", "recommender", "canary", "multivariate"
]
EXPERIMENT_TYPES: dict[ExperimentType, str] = {
    "model": "Model Comparison",
    "prompt": "Prompt A/B Test",
    "feature": "Feature Test",
    "infrastructure": "Infrastructure Test",
    "cost": "Cost Optimization",
    "recommender": "Recommender",
    "canary": "Canary Deployment",
    "multivariate": "Multivariate Test",
}
RESERVED_KEYS = frozenset({"assign", "config", "exposures", "outcomes", "traces"})
STATE_FIELDS = frozenset({"status", "version", "created_at", "updated_at", "started_at", "stopped_at"})
WEIGHT_TOLERANCE = 1e-6


class Experiment(Noun):
    """Key, name, hypothesis, variants and metrics suffice; the first metric is primary, `control` is the reference."""

    key: Key
    name: Annotated[Text, Field(min_length=1)]
    hypothesis: Hypothesis
    variants: Annotated[tuple[Variant, ...], Field(min_length=2, max_length=100)]
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1, max_length=200)]
    guardrails: tuple[Guardrail, ...] = ()
    segments: Annotated[tuple[Text, ...], Field(max_length=10)] = ()
    """Attributes of the first exposure that every look is broken down by; also placement, time_of_day, weekday."""

    description: LongText = ""
    owner: Text = ""
    department: Text = ""
    project: Text = "default"
    type: ExperimentType = "feature"
    tags: tuple[Text, ...] = ()

    coverage: float = Field(default=1.0, ge=0, le=1)
    """The share of eligible units that are let in."""
    eligibility: dict[str, Json] = {}
    """A condition on the unit's attributes: `{"country": {"$in": ["DE"]}}`."""
    placements: tuple[Text, ...] = ()
    """Where it runs: pdp, newsfeed, search, home, cart or any other name; everywhere when empty."""
    priority: int = 0
    """Among experiments that match one request, the highest goes first."""
    seed: Text = ""
    """What is hashed together with the unit; the key when empty."""
    parameters: dict[Text, Parameter] = {}
    """The types of the params that variants may carry; anything goes when empty."""
    exposure_rule: ExposureRule = ExposureRule()
    bucket_order: tuple[Key, ...] = ()
    """In which order the variants' ranges follow each other; as they are written when empty. The registry chooses it
    when weights change while the experiment runs, so that the fewest units move."""
    layer: Layer | None = None
    """The bucket space that it shares with experiments it excludes; alone in its own when None."""
    prerequisites: Annotated[tuple[Prerequisite, ...], Field(max_length=20)] = ()
    ramp: Annotated[tuple[RampStep, ...], Field(max_length=100)] = ()
    """Holds coverage down at first: no more than the last step whose hours have passed says, and never more than
    `coverage`. Nobody comes in before the first step."""
    at_login: AtLogin = "rebucket"
    sticky: bool = False
    """Exposed units keep their variant, whatever is changed later."""
    bucket_version: int = Field(default=0, ge=0, le=1000)
    """Raise it, and what units were remembered by counts no more."""
    min_bucket_version: int = Field(default=0, ge=0, le=1000)
    """Units that were remembered under a lower version are left out for good."""

    sample_size: int | None = Field(default=None, ge=2)
    """Units per variant that the plan asks for."""
    plan: Plan = Plan()
    schedule: Schedule = Schedule()
    stopping: StoppingCriteria = StoppingCriteria()
    rice: Rice | None = None
    rollout: Rollout | None = None
    """Which variant won, once it has been promoted."""
    canary: Canary | None = None
    """Its two arms are versions whose traffic is split elsewhere: they are watched by their model calls."""

    # The state below is the registry's: it fills it in, and refuses other values on create.
    status: Status = "draft"
    version: int = Field(default=1, ge=1)
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    started_at: Timestamp | None = None
    stopped_at: Timestamp | None = None

    @field_validator("key")
    @classmethod
    def _not_a_route(cls, key: str) -> str:
        if key in RESERVED_KEYS:
            raise ValueError(f"{key!r} is a route of the service; try {key + '-1'!r}")
        return key

    @field_validator("variants")
    @classmethod
    def _weights_add_up(cls, variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
        _refuse_twice("variant", [variant.key for variant in variants])
        given = [variant.weight for variant in variants if variant.weight is not None]
        if not given:
            return tuple(variant.model_copy(update={"weight": 1 / len(variants)}) for variant in variants)
        if len(given) < len(variants):
            bare = ", ".join(variant.key for variant in variants if variant.weight is None)
            raise ValueError(f"some variants have a weight and some have none ({bare}); give all or leave all out")
        total = math.fsum(given)
        if abs(total - 1) > WEIGHT_TOLERANCE:
            raise ValueError(f"the weights add up to {total:.6g}, not 1; in these proportions: {_to_one(given, total)}")
        return variants

    @field_validator("metrics")
    @classmethod
    def _metrics_once(cls, metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
        _refuse_twice("metric", [metric.key for metric in metrics])
        return metrics

    @field_validator("guardrails", mode="before")
    @classmethod
    def _lines_know_the_metrics(cls, given: Any, info: ValidationInfo) -> Any:
        """A line names a metric of the experiment as it is defined there."""
        if not isinstance(given, list | tuple):
            return given
        own = {metric.key: metric for metric in info.data.get("metrics", ())}
        return [read_guardrail(one, own) if isinstance(one, str) else one for one in given]

    @field_validator("guardrails")
    @classmethod
    def _guardrails_once(cls, guardrails: tuple[Guardrail, ...]) -> tuple[Guardrail, ...]:
        _refuse_twice("guardrail", [guardrail.metric.key for guardrail in guardrails])
        return guardrails

    @field_validator("segments")
    @classmethod
    def _segments_once(cls, segments: tuple[str, ...]) -> tuple[str, ...]:
        _refuse_twice("segment", list(segments))
        return segments

    @model_validator(mode="after")
    def _params_fit(self) -> Self:
        if not self.parameters:
            return self
        for variant in self.variants:
            for name, value in variant.delivered.items():
                if name not in self.parameters:
                    hint = did_you_mean(name, self.parameters)
                    raise ValueError(f"variant {variant.key!r} sets the unknown param {name!r}; {hint}")
                if fault := self.parameters[name].fault(value):
                    raise ValueError(f"variant {variant.key!r}: param {name!r} {fault}")
        return self

    @field_validator("ramp")
    @classmethod
    def _ramp_rises(cls, ramp: tuple[RampStep, ...]) -> tuple[RampStep, ...]:
        for before, after in pairwise(ramp):
            if after.after_hours <= before.after_hours or after.coverage < before.coverage:
                raise ValueError("the steps of a ramp follow each other in time, and none lets fewer units in")
        return ramp

    @model_validator(mode="after")
    def _assignable(self) -> Self:
        if self.min_bucket_version > self.bucket_version:
            raise ValueError(f"min_bucket_version {self.min_bucket_version} is above the version {self.bucket_version}")
        if any(prerequisite.experiment == self.key for prerequisite in self.prerequisites):
            raise ValueError("an experiment cannot be its own prerequisite")
        if self.rollout and self.rollout.variant not in self.shares:
            raise ValueError(f"rollout names the unknown variant; {did_you_mean(self.rollout.variant, self.shares)}")
        return self

    @model_validator(mode="after")
    def _canary_is_about_calls(self) -> Self:
        if self.canary is None:
            return self
        if len(self.variants) != 2:
            raise ValueError(f"a canary has two variants, and these are {len(self.variants)}")
        ready = [Metric.model_validate(name) for name in CALL_METRICS]
        for guardrail in self.guardrails:
            if guardrail.metric not in ready:
                known = ", ".join(CALL_METRICS)
                raise ValueError(f"guardrail {guardrail.metric.key!r}: a canary is watched by its calls alone: {known}")
        return self

    @model_validator(mode="after")
    def _one_meaning_per_metric(self) -> Self:
        own = {metric.key: metric for metric in self.metrics}
        for guardrail in self.guardrails:
            same = own.get(guardrail.metric.key)
            if same is not None and same != guardrail.metric:
                raise ValueError(f"metric {same.key!r} is defined twice, differently: as a metric and as a guardrail")
        return self

    @property
    def primary_metric(self) -> Metric:
        return self.metrics[0]

    @property
    def control(self) -> Variant:
        """The reference: the variant called `control`, else the first."""
        return next((variant for variant in self.variants if variant.key == "control"), self.variants[0])

    @property
    def treatments(self) -> tuple[Variant, ...]:
        return tuple(variant for variant in self.variants if variant is not self.control)

    @property
    def shares(self) -> dict[str, float]:
        """Each variant's share of the units that are let in."""
        return {variant.key: variant.weight or 0.0 for variant in self.variants}

    @property
    def winner(self) -> Variant | None:
        """What is rolled out: the promoted variant, else the only treatment there is."""
        if self.rollout is not None:
            return self.variant(self.rollout.variant)
        return self.treatments[0] if len(self.treatments) == 1 else None

    @property
    def remembers(self) -> bool:
        """Whether exposed units are remembered with their variant."""
        return self.sticky or self.at_login != "rebucket"

    @property
    def starts(self) -> dict[str, float]:
        """Where in [0, 1) each variant's range begins."""
        return starts(self.shares, self.bucket_order)

    @property
    def hash_seed(self) -> str:
        return self.seed or self.key

    @property
    def default_params(self) -> dict[str, Any]:
        """What units without a variant get: the parameters' defaults, else control's params."""
        defaults = {
            name: parameter.default for name, parameter in self.parameters.items() if parameter.default is not None
        }
        return {**self.control.delivered, **defaults}

    def variant(self, key: str) -> Variant:
        for variant in self.variants:
            if variant.key == key:
                return variant
        raise UnknownName.among("variant", key, [variant.key for variant in self.variants], f"experiment {self.key!r}")

    def definition(self) -> dict[str, Any]:
        """What its author decided, without the state that the registry keeps."""
        return {name: value for name, value in self.to_dict().items() if name not in STATE_FIELDS}

    @classmethod
    def _label(cls) -> str:
        return "An experiment"


def _to_one(weights: list[float], total: float) -> str:
    """The same weights, as somebody would type them: of four digits each, and 1 together."""
    if not total:
        return "equal ones: leave them out"
    rounded = [round(weight / total, 4) for weight in weights]
    largest = rounded.index(max(rounded))
    rounded[largest] = round(1 - math.fsum(rounded[:largest] + rounded[largest + 1 :]), 4)
    return ", ".join(f"{weight:g}" for weight in rounded)


def _refuse_twice(what: str, keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"the {what} {twice[0]!r} stands twice; give each its own key")
