"""Guardrails and metrics of running arms at any moment: what `watch` and `canary` make of the same statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from expkit.analysis.estimates import Statistics, estimates_of
from expkit.analysis.guardrails import Bound, find_breach
from expkit.analysis.levels import LEAST_UNITS, TUNED_FOR, judge_level, undecided
from expkit.analysis.scorecard import GuardrailFinding, MetricEstimate
from expkit.domain import Experiment, Guardrail, Metric
from expkit.stats.distributions import tail

__all__ = ["always_valid_rows", "judge_guardrails"]


def judge_guardrails(
    experiment: Experiment, statistics: Statistics, counts: Mapping[str, int]
) -> Iterator[GuardrailFinding]:
    """Every guardrail of every treatment; alpha is shared by the bounds. `counts` are the units of each arm."""
    each = sum((one.limit is not None) + (one.max_change is not None) for one in experiment.guardrails)
    bounds = each * len(experiment.treatments)
    if not bounds or not statistics:
        return
    alpha = experiment.plan.alpha / bounds
    metrics = list({guardrail.metric.key: guardrail.metric for guardrail in experiment.guardrails}.values())
    found = always_valid_rows(experiment, metrics, statistics, alpha)
    rows, control = {(row.metric, row.variant): row for row in found}, experiment.control.key
    for guardrail in experiment.guardrails:
        for variant in experiment.treatments:
            row = rows[guardrail.metric.key, variant.key]
            arm, base = statistics[guardrail.metric.key][variant.key], statistics[guardrail.metric.key][control]
            if _few(counts, control, variant.key):
                yield undecided(guardrail, variant.key, "there is not enough data to tell")
            elif arm.se == base.se == 0:
                yield _without_spread(guardrail, variant.key, base.mean, arm.mean)
            elif row.decision is None and guardrail.limit is not None:  # as where control made no calls
                yield judge_level(guardrail, variant.key, arm, alpha)
            elif row.decision is None or row.decision.bound is None:
                yield undecided(guardrail, variant.key, row.note or str(row.estimate))
            else:
                level = tail(abs(row.decision.bound))
                yield find_breach(Bound.of(guardrail), variant.key, row.estimate, arm, alpha, level, kind=row.kind)


def _without_spread(guardrail: Guardrail, variant: str, base: float, mean: float) -> GuardrailFinding:
    """All units of an arm are alike, as when every call fails: there is no doubt that a test could measure."""
    sign = 1 if guardrail.metric.direction == "decrease" else -1
    limit, most = guardrail.limit, guardrail.max_change
    breached = limit is not None and sign * (mean - limit) > 0
    breached |= most is not None and sign * (mean - base) > most * abs(base)
    detail = f"{mean:.4g} in every unit, {base:.4g} in every one of control"
    return undecided(guardrail, variant, detail).model_copy(update={"breached": breached})


def always_valid_rows(
    experiment: Experiment, metrics: Sequence[Metric], statistics: Statistics, alpha: float
) -> list[MetricEstimate]:
    """These metrics, each judged as an always-valid plan of one look would."""
    plan = {"method": "always_valid", "alpha": alpha, "correction": "none"}
    watched = experiment.changed(plan=plan, metrics=list(metrics), sample_size=TUNED_FOR)
    return list(estimates_of(watched, statistics, (), {}, None, {}))


def _few(counts: Mapping[str, int], *variants: str) -> bool:
    return min(counts[variant] for variant in variants) < LEAST_UNITS
