"""A frame's metrics, each compared in every treatment with control, at any alpha; its guardrails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from expkit.analysis.guardrails import Bound, find_breach
from expkit.analysis.measures import Measure
from expkit.analysis.scan import Scan
from expkit.analysis.scorecard import GuardrailFinding, MetricEstimate, Role
from expkit.analysis.statistics import EMPTY, ArmStatistic, compare, compare_by_stratum, told_cap
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import Alternative, Estimate, NotEstimable
from expkit.stats.terms import finite

if TYPE_CHECKING:
    from expkit.analysis.monitoring import Again

__all__ = ["Comparisons", "tolerated_of"]


def tolerated_of(guardrails: Mapping[str, float] | None, measures: Sequence[Measure]) -> dict[str, float]:
    """The harm that each guardrail tolerates; it is a metric, and not the primary one."""
    keys, found = [measure.key for measure in measures], {}
    for key, most in (guardrails or {}).items():
        if key not in keys:
            raise UnknownName.among("metric", str(key), keys, "guardrails: it is not among the metrics")
        if key == keys[0]:
            raise InvalidInput(f"The primary metric {key!r} is no guardrail.", hint="name another metric first.")
        found[key] = finite("tolerated harm", most)
        if not 0 < found[key] <= 10:  # as in a registered guardrail
            raise InvalidInput(f"{key!r} tolerates {found[key]:g}.", hint="a share above 0: 0.05 is 5% of control.")
    return found


@dataclass(frozen=True)
class Comparisons:
    """Every metric in every treatment, in one order."""

    found: Scan
    measures: Sequence[Measure]
    control: str
    tolerated: Mapping[str, float]
    alternative: Alternative
    stratified: bool

    def rows(self, alpha: float) -> list[MetricEstimate]:
        return [
            MetricEstimate(
                metric=measure.key,
                title=measure.title,
                kind=self.found.kinds[i],
                role=self._role(i),
                variant=variant,
                direction=measure.direction,
                unit=measure.unit,
                estimate=self._estimate(i, variant, alpha),
                verdict="unknown",
                note=self._note(i, variant),
            )
            for i, measure, variant in self._pairs()
        ]

    def again(self) -> list[Again]:
        """The same rows at another alpha."""
        return [partial(self._estimate, i, variant) for i, _, variant in self._pairs()]

    def findings(self, rows: Sequence[MetricEstimate], alpha: float) -> tuple[GuardrailFinding, ...]:
        return tuple(
            find_breach(
                Bound(measure.key, measure.direction, self.tolerated[measure.key]),
                variant,
                row.estimate,
                self._arm(i, variant),
                alpha,
                kind=row.kind,
                control=None if self.stratified else self._arm(i, self.control),
            )
            for (i, measure, variant), row in zip(self._pairs(), rows, strict=True)
            if row.role == "guardrail"
        )

    def _pairs(self) -> Iterator[tuple[int, Measure, str]]:
        for i, measure in enumerate(self.measures):
            yield from ((i, measure, variant) for variant in self.found.counts if variant != self.control)

    def _role(self, i: int) -> Role:
        if not i:
            return "primary"
        return "guardrail" if self.measures[i].key in self.tolerated else "secondary"

    def _arm(self, i: int, variant: str) -> ArmStatistic:
        return self.found.arms[i][variant].get(None, EMPTY)

    def _estimate(self, i: int, variant: str, alpha: float) -> Estimate | NotEstimable:
        kind, alternative = self.found.kinds[i], self.alternative if i == 0 else "two-sided"
        if self.stratified:
            arms = self.found.arms[i]
            return compare_by_stratum(kind, arms[self.control], arms[variant], alpha=alpha, alternative=alternative)
        sides = self._arm(i, self.control), self._arm(i, variant)
        return compare(kind, *sides, alpha=alpha, alternative=alternative)

    def _note(self, i: int, variant: str) -> str:
        """How many values the cap moved."""
        sides = (self.found.arms[i][side].values() for side in (self.control, variant))
        return told_cap([arm._replace(cap=self.found.caps[i]) for side in sides for arm in side])
