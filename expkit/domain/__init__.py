"""The nouns: frozen, valid or not at all, no I/O."""

from __future__ import annotations

from expkit.domain.assignment import (
    Assignment,
    Finding,
    Group,
    Holdout,
    Layer,
    Override,
    Prerequisite,
    RampStep,
    Rollout,
    RolloutStep,
    Step,
)
from expkit.domain.baseline import Baseline
from expkit.domain.batch import Batch, BatchCounts, BatchStatus, Limits, Scoring, Trial, TrialError
from expkit.domain.canary import Canary
from expkit.domain.decision import Decision
from expkit.domain.events import Exposure, Outcome, Trace
from expkit.domain.experiment import EXPERIMENT_TYPES, STATE_FIELDS, Experiment
from expkit.domain.lifecycle import MOVES, STATUSES, Move, Role, Status, find_move, legal_moves
from expkit.domain.metric import ANY_EVENT, Guardrail, Metric
from expkit.domain.planning import (
    ExposureRule,
    Hypothesis,
    Plan,
    Prediction,
    Rice,
    Schedule,
    StoppingCriteria,
)
from expkit.domain.ready_metrics import READY_METRICS, ready_metric
from expkit.domain.schema import schema
from expkit.domain.variant import Diversity, Parameter, PriceBand, RecommenderVariant, Variant
from expkit.domain.watching import Alert, Criterion

__all__ = [
    "ANY_EVENT",
    "EXPERIMENT_TYPES",
    "MOVES",
    "READY_METRICS",
    "STATE_FIELDS",
    "STATUSES",
    "Alert",
    "Assignment",
    "Baseline",
    "Batch",
    "BatchCounts",
    "BatchStatus",
    "Canary",
    "Criterion",
    "Decision",
    "Diversity",
    "Experiment",
    "Exposure",
    "ExposureRule",
    "Finding",
    "Group",
    "Guardrail",
    "Holdout",
    "Hypothesis",
    "Layer",
    "Limits",
    "Metric",
    "Move",
    "Outcome",
    "Override",
    "Parameter",
    "Plan",
    "Prediction",
    "Prerequisite",
    "PriceBand",
    "RampStep",
    "RecommenderVariant",
    "Rice",
    "Role",
    "Rollout",
    "RolloutStep",
    "Schedule",
    "Scoring",
    "Status",
    "Step",
    "StoppingCriteria",
    "Trace",
    "Trial",
    "TrialError",
    "Variant",
    "find_move",
    "legal_moves",
    "ready_metric",
    "schema",
]
