"""Two versions (models, prompts) side by side by their calls: errors, quality, cost and latency, valid at any moment.

Here nobody was exposed: the traffic is split by a deployment, and a call says which version answered. A unit makes many
calls that are alike, so the errors are those of ratios of totals over units (delta method: Deng, Knoblich & Lu 2018). A
unit that both versions answered is a unit of each: where its two halves are alike, the difference is surer than is
reckoned here. Judged by confidence sequences, as guardrails are (`expkit.analysis.watch`). That the two get the same
kind of traffic is an assumption.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit.analysis.estimates import Statistics
from expkit.analysis.hit_columns import CALLS
from expkit.analysis.judging import always_valid_rows, judge_guardrails
from expkit.analysis.measures import Measure
from expkit.analysis.scan import scan
from expkit.analysis.scorecard import GuardrailFinding, MetricEstimate
from expkit.analysis.sources import source_of
from expkit.domain import Experiment, Guardrail, Metric
from expkit.domain.canary import CALL_METRICS, Canary, Told
from expkit.domain.events import Timestamp, now
from expkit.domain.noun import Noun, Text

if TYPE_CHECKING:
    from expkit.events import Reader

__all__ = ["VersionComparison", "compare_versions", "served"]


class VersionComparison(Noun):
    """What calls of both say at one moment; it may be asked for as often as one likes."""

    by: Told
    control: Text
    treatment: Text
    at: Timestamp
    since: Timestamp | None = None
    units: dict[str, int]
    """Users (else sessions) with a call, of `control` and `treatment`."""
    metrics: tuple[MetricEstimate, ...] = ()
    """Per call, of what both have logged; verdicts hold at any moment, alpha is shared by the metrics."""
    guardrails: tuple[GuardrailFinding, ...] = ()

    @property
    def broken(self) -> tuple[GuardrailFinding, ...]:
        return tuple(finding for finding in self.guardrails if finding.breached)


def compare_versions(
    reader: Reader,
    canary: Canary,
    guardrails: Iterable[Guardrail | Mapping[str, Any] | str] = (),
    *,
    experiment: str | None = None,
    since: datetime | None = None,
    alpha: float = 0.05,
) -> VersionComparison:
    """Of all calls, or of those that name one experiment."""
    pair = Experiment.parse({
        "key": "canary", "name": "Canary", "hypothesis": "The new version does no harm.", "plan": {"alpha": alpha},
        "variants": [{"key": "control"}, {"key": "treatment"}], "metrics": CALL_METRICS, "canary": canary,
        "guardrails": list(guardrails),
    })  # fmt: skip
    counts, statistics = served(reader.connection, pair, canary, since=since, only=experiment)
    known = [one for one in pair.metrics if not any(math.isnan(arm.mean) for arm in statistics[one.key].values())]
    rows = always_valid_rows(pair.changed(guardrails=[]), known, statistics, alpha / len(known)) if known else []
    return VersionComparison(
        by=canary.by,
        control=canary.control,
        treatment=canary.treatment,
        at=now(),
        since=since,
        units=counts,
        metrics=tuple(rows),
        guardrails=tuple(judge_guardrails(pair, statistics, counts)),
    )


def served(
    connection: Any,
    experiment: Experiment,
    canary: Canary,
    *,
    since: datetime | None = None,
    at: datetime | None = None,
    only: str | None = None,
) -> tuple[dict[str, int], Statistics]:
    """Units with a call by variant, and the statistics of what is measured per call."""
    control, treatment = experiment.control.key, experiment.treatments[0].key
    sums = ", ".join(f"coalesce(fsum(x{i}), 0) AS x{i}, count(x{i})::DOUBLE AS d{i}" for i in range(len(CALL_METRICS)))
    values = ", ".join(f"{CALLS[name]} AS x{i}" for i, name in enumerate(CALL_METRICS))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE frame AS
        SELECT variant, {sums} FROM (
            SELECT CASE WHEN {canary.by} = $control THEN $first ELSE $second END AS variant,
                   coalesce(user_id, session_id) AS unit, {values}
            FROM traces
            WHERE ({canary.by} = $control OR {canary.by} = $treatment) AND ($since IS NULL OR timestamp >= $since)
              AND ($at IS NULL OR timestamp <= $at) AND ($only IS NULL OR experiment = $only)
        ) GROUP BY variant, unit
        """,  # noqa: S608  # names of our own; values are parameters
        {
            "control": canary.control, "treatment": canary.treatment, "first": control, "second": treatment,
            "since": since, "at": at, "only": only,
        },
    )  # fmt: skip
    counted = dict(connection.execute("SELECT variant, count(*) FROM frame GROUP BY ALL").fetchall())
    counts = {variant: counted.get(variant, 0) for variant in (control, treatment)}
    metrics = [Metric.model_validate(name) for name in CALL_METRICS]
    measures = [Measure(metric.key, metric.title, f"x{i}", f"d{i}") for i, metric in enumerate(metrics)]
    found = scan(source_of(connection, "frame"), "variant", measures, refuse=False).of_variants(list(counts))
    return counts, {metric.key: arms for metric, arms in zip(metrics, found, strict=True)}
