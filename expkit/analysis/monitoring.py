"""Plans that may look more than once: every estimate is judged by the plan's method, given all looks before.

Group-sequential: repeated intervals and p-values (Jennison & Turnbull 1989), so that corrections over metrics and
variants hold at any look. Always valid: the asymptotic confidence sequence, tightest at half the planned units.
A fixed plan that is looked at again, or before its end, keeps its estimates, as anybody would compute them, and is
judged by the confidence sequence, which stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from expkit.analysis.beliefs import believe
from expkit.analysis.looks import Horizon, Seen, normal_z, path_before, seen_now
from expkit.analysis.scorecard import LookDecision, MetricEstimate, Scorecard
from expkit.domain import Plan
from expkit.stats import (
    Estimate,
    GroupSequential,
    Interval,
    NotEstimable,
    confidence_sequence,
    group_sequential,
    mixture_rho,
)
from expkit.stats.distributions import interval, p_value
from expkit.stats.spending import SpendingFunction, spend
from expkit.stats.terms import Alternative

__all__ = ["Again", "Monitor"]

Again = Callable[[float], Estimate | NotEstimable]
"""The same comparison at another alpha."""

TUNED_FOR = 5000.0
"""Units of both arms at which a confidence sequence is tightest where no sample size is planned."""
_REACH = 37.0
"""A bound of z beyond this is out of reach: its p-value is no number any more."""


@dataclass(frozen=True)
class Monitor:
    """Judges the rows of one look. `complete` are the earlier looks that had all that was planned, `done` says so of
    this one; `over` that no more will come.
    """

    plan: Plan
    horizon: Horizon
    past: Sequence[Scorecard]
    days: float | None
    done: bool
    over: bool
    complete: frozenset[int]

    def __call__(self, row: MetricEstimate, again: Again) -> MetricEstimate:
        found = row.estimate
        if not isinstance(found, Estimate) or not found.se > 0:
            return row
        path = path_before(row, self.past, self.horizon)
        now = seen_now(row, path, self.days, self.look, self.horizon)
        method = self._method([*path, now] if now else path)
        if method == "group_sequential":
            return self._by_groups(row, found, again, path, now)
        if method == "always_valid":
            return self._always(row, found, again, path, now)
        return self._believed(row, found, path, now) if method == "bayesian" else row

    @cached_property
    def look(self) -> int:
        return 1 + max((card.look for card in self.past), default=0)

    def _method(self, looks: Sequence[Seen]) -> str:
        """A fixed plan has one look: at its planned end; or the first one, where no end is planned or it is over."""
        if self.plan.method != "fixed":
            return self.plan.method
        if self.horizon.units is None and self.horizon.days is None:
            return "fixed" if len(looks) <= 1 else "always_valid"
        the_end = self.done and not any(seen.look in self.complete for seen in looks[:-1])
        return "fixed" if the_end or (self.over and len(looks) <= 1) else "always_valid"

    def _by_groups(
        self, row: MetricEstimate, found: Estimate, again: Again, path: list[Seen], now: Seen | None
    ) -> MetricEstimate:
        if path and path[-1].information >= 1:
            return _standing(row, path[-1])
        path = [*path, now] if now else path
        if not path or not self._spent(row, path[-1].information):
            return _nothing_yet(row, found)
        design, k = self._design(row, found.alternative, [seen.information for seen in path]), len(path)
        crossed = int(design.crossed([seen.z for seen in path]))
        p = min(
            _known(seen, "group_sequential") or design.repeated_p_value(i, seen.z) for i, seen in enumerate(path, 1)
        )
        last, bound = path[-1], design.bounds[k - 1]
        decision = "stop" if crossed else self._undecided(design, k, last)
        stops_here = crossed == k and now is not None
        stop = design.monitor(k, last.z * last.se, last.se) if stops_here else None
        estimate = _widened(found, again, abs(bound), self.plan.alpha, p, "group-sequential")
        told = LookDecision(
            method="group_sequential",
            look=k,
            planned=self.plan.looks,
            units=last.units,
            information=last.information,
            z=last.z,
            effect=last.effect,
            se=last.se,
            bound=bound if abs(bound) < _REACH else None,
            decision=decision,
            **_decided(path, crossed),
            stagewise_p_value=stop.p_value if stop else None,
            stagewise_ci=stop.ci if stop else None,
            median=stop.median if stop else None,
        )
        text = f"look {k} of {self.plan.looks}, {last.information:.0%} of the information: z {last.z:.2f}"
        text += f", bound {bound:.2f}" if told.bound is not None else ", bound out of reach"
        return _told(row, estimate, told, text, now is not None)

    def _design(self, row: MetricEstimate, alternative: Alternative, times: Sequence[float]) -> GroupSequential:
        """Guardrails are spent for evenly, so that harm is found early; futility is asked of the primary metric."""
        spending = self._spending(row)
        futility = row.role == "primary" and self.plan.futility
        options: dict[str, Any] = {"alternative": alternative}
        looks = list(times)
        if futility:  # where to stop for futility hangs on the looks to come
            looks += [
                i / self.plan.looks for i in range(1, self.plan.looks + 1) if i / self.plan.looks > times[-1] + 1e-6
            ]
            options |= {"futility": "obrien-fleming", "power": self.plan.power}
        return group_sequential(looks, self.plan.alpha, spending, **options)

    def _spending(self, row: MetricEstimate) -> SpendingFunction:
        return "pocock" if row.role == "guardrail" else self.plan.spending

    def _spent(self, row: MetricEstimate, information: float) -> float:
        """What may be spent by now, in shares of alpha; so early that it is no number any more, there is no bound."""
        return spend(self._spending(row), [information], self.plan.alpha / 2)[0]

    def _undecided(self, design: GroupSequential, k: int, last: Seen) -> Literal["futile", "continue", "end"]:
        if last.information >= 1:
            return "end"
        if design.futility is not None:
            sign = -1 if design.alternative == "less" else 1
            if sign * last.z <= sign * design.futility[k - 1]:
                return "futile"
        return "continue"

    def _always(
        self, row: MetricEstimate, found: Estimate, again: Again, path: list[Seen], now: Seen | None
    ) -> MetricEstimate:
        path = [*path, now] if now else path
        if not path:
            return row if self.plan.method == "fixed" else _nothing_yet(row, found)
        plan, last = self.plan, path[-1]
        rho = mixture_rho(float(self.horizon.units or TUNED_FOR), plan.alpha, found.alternative)
        seen = confidence_sequence(
            [one.z * one.se for one in path],
            [one.se for one in path],
            [one.total for one in path],
            alpha=plan.alpha,
            alternative=found.alternative,
            rho=rho,
        )
        end = seen.lower[-1] if found.alternative == "greater" else seen.upper[-1]
        bound = abs(float(end) - last.z * last.se) / last.se
        crossed, p = int(seen.crossed), float(seen.p_values[-1])
        estimate = _widened(found, again, bound, plan.alpha, p, "always-valid")
        fixed = plan.method == "fixed"
        told = LookDecision(
            method="always_valid",
            look=len(path),
            units=last.units,
            information=last.information if self.horizon.units or self.horizon.days else None,
            z=last.z,
            effect=last.effect,
            se=last.se,
            bound=-bound if found.alternative == "less" else bound,
            decision="stop" if crossed else "continue",
            **_decided(path, crossed),
            p_value=estimate.p_value if fixed else None,
            ci=estimate.ci if fixed else None,
        )
        text = f"look {len(path)}, always valid: z {last.z:.2f}, bound {told.bound:.2f}"
        if fixed:
            text = f"looked at early or more than once: judged by what holds at any look, p {p:.2g} (z {told.z:.2f}, "
            text += f"bound {told.bound:.2f})"
        return _told(row, found if fixed else estimate, told, text, now is not None)

    def _believed(self, row: MetricEstimate, found: Estimate, path: list[Seen], now: Seen | None) -> MetricEstimate:
        belief = believe(found, self.plan.prior_sd, self.plan.alpha, row.direction == "increase")
        losses = belief.loss_if_treatment, belief.loss_if_control
        units = min(found.control.n, found.treatment.n)
        told = LookDecision(
            method="bayesian",
            look=max(len(path) + (now is not None), 1),
            units=units,
            information=now.information if now and (self.horizon.units or self.horizon.days) else None,
            z=normal_z(found),
            effect=found.effect,
            se=found.se,
            decision="stop" if min(losses) <= self.plan.max_loss else "continue",
            probability_better=belief.better,
            loss_if_treatment=losses[0],
            loss_if_control=losses[1],
        )
        text = (
            f"P(better) {belief.better:.1%}; expected loss {losses[0]:.2%} with the treatment, "
            f"{losses[1]:.2%} with control"
        )
        return _told(row, belief.estimate, told, text, now is not None or not path)


def _decided(path: Sequence[Seen], crossed: int) -> dict[str, Any]:
    one = path[crossed - 1] if crossed else None
    return {"decided_at": one.look, "decided_effect": one.effect} if one else {}


def _known(seen: Seen, method: str) -> float | None:
    """The p-value that an earlier look by the same method came to: the smallest one until then."""
    earlier = seen.row
    if earlier.decision is None or earlier.decision.method != method or not isinstance(earlier.estimate, Estimate):
        return None
    return earlier.estimate.p_value


def _widened(found: Estimate, again: Again, bound: float, alpha: float, p: float, method: str) -> Estimate:
    """The ordinary interval at the level of the bound, which is the interval that holds at every look."""
    nominal = p_value(bound, None, "two-sided") if found.alternative == "two-sided" else p_value(bound, None, "greater")
    wide = again(nominal) if bound < _REACH and nominal < 1 else None
    if not isinstance(wide, Estimate):
        far = NotEstimable("At this look no lift is excluded yet.", "wait for more units.")
        wide = replace(found, ci=Interval(-math.inf, math.inf), lift_ci=far)
    return replace(wide, alpha=alpha, p_value=min(p, 1.0), method=f"{found.method}+{method}")


def _standing(row: MetricEstimate, last: Seen) -> MetricEstimate:
    """All of alpha is spent: what the last planned look said stands."""
    earlier = last.row
    note = f"the plan was complete at look {last.look}, whose answer stands"
    return row.model_copy(
        update={"estimate": earlier.estimate, "decision": earlier.decision, "note": _joined(row, note)}
    )


def _nothing_yet(row: MetricEstimate, found: Estimate) -> MetricEstimate:
    none = replace(found, p_value=1.0, ci=interval(-math.inf, math.inf, found.alternative))
    note = _joined(row, "too little of the planned information is in for any bound")
    return row.model_copy(update={"estimate": none, "note": note})


def _told(row: MetricEstimate, estimate: Estimate, told: LookDecision, text: str, new: bool) -> MetricEstimate:
    if told.decided_at is not None:
        text += f"; decided at look {told.decided_at}"
    if told.decided_effect is not None and told.decided_effect * told.effect < 0:
        text += f", when the effect was {told.decided_effect:+.4g}: it has turned since"
    if not new:
        text += "; no new units since"
    return row.model_copy(update={"estimate": estimate, "decision": told, "note": _joined(row, text)})


def _joined(row: MetricEstimate, text: str) -> str:
    return f"{row.note}; {text}" if row.note else text
