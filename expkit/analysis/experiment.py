"""Exposures x outcomes of one experiment -> its scorecard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit import __version__
from expkit.analysis.checks import check_apart, check_before, check_exposures, check_later, check_phases, check_ratio
from expkit.analysis.closer import look_closer
from expkit.analysis.connections import opened
from expkit.analysis.deviations import Course, Promise, deviations
from expkit.analysis.estimates import Statistics, estimates_of, metrics_of, progress_of
from expkit.analysis.exposed import Exposed, count_by_phase, count_exposed, count_later, exposed_until
from expkit.analysis.guardrails import Bound, find_breach
from expkit.analysis.kept_parts import Asked
from expkit.analysis.kept_tables import tables_of
from expkit.analysis.longevity import lasting_columns
from expkit.analysis.progress import Arrived, count_arrived, reached_of
from expkit.analysis.recommendation import recommend
from expkit.analysis.rows import see_rows
from expkit.analysis.scorecard import Arm, GuardrailFinding, MetricEstimate, Scorecard
from expkit.analysis.segments import find_culprit, told
from expkit.analysis.statistics import ArmStatistic, compare, earlier
from expkit.analysis.turns import would_change
from expkit.analysis.unit_columns import microseconds, unit_columns
from expkit.analysis.warehouse import Tables, read_warehouse
from expkit.domain import Experiment, Metric
from expkit.domain.events import now
from expkit.errors import InvalidInput
from expkit.events.unit_state import StateFolder
from expkit.stats import Check, Estimate, NotEstimable, Summary
from expkit.stats.distributions import tail

if TYPE_CHECKING:
    from expkit.events import Reader
    from expkit.registry import Phase

__all__ = ["analyze_experiment", "analyze_tables"]


def analyze_experiment(
    experiment: Experiment,
    reader: Reader,
    *,
    at: datetime | None = None,
    look: int = 1,
    history: Sequence[Phase] = (),
    past: Sequence[Scorecard] = (),
    promise: Promise | None = None,
    moment: datetime | None = None,
    state: StateFolder | None = None,
) -> Scorecard:
    """The scorecard of what was logged (up to `at`, when given).

    `moment` is when the look is taken: now, unless an old one is computed again.

    The plan's `alternative` is for the primary metric; all others are two-sided. `history` tells which shares held
    from when on, oldest first; units are then expected in the shares of the phase they came in. `past` are the
    scorecards of earlier looks, which the plan's method needs; `promise` is what deviations are measured against.
    With a folder for `state` only what is new since the last look is read, where there is much.
    """
    moment = moment or at or now()
    variants = [variant.key for variant in experiment.variants]
    metrics, sequential = metrics_of(experiment), experiment.plan.method != "fixed"
    covariates = list(dict.fromkeys(metric.covariate for metric in metrics if metric.covariate))
    if not experiment.plan.of_users:
        taken = Taken(moment, look, history, past, promise, reader.versions)
        return _of_rows(experiment, reader.connection, metrics, covariates, at, taken)
    lasting = lasting_columns(experiment.primary_metric, metrics)
    columns = unit_columns(metrics, microseconds(moment))
    asked = Asked(experiment.key, variants, metrics, covariates, columns, lasting, exposed_until(experiment, at))
    whole_by = moment if sequential else None
    cuts = [microseconds(phase.started_at) for phase in history]
    cuts += [limit for limit in asked.limits(microseconds(whole_by) if whole_by else None) if limit is not None]
    with tables_of(reader, asked, at, state, cuts) as tables:
        exposed = count_exposed(reader.connection, variants)
        found = tables.measured(whole_by)
        statistics = {metric.key: arms for metric, arms in zip(metrics, found[: len(metrics)], strict=True)}
        before = dict(zip(covariates, found[len(metrics) :], strict=True))
        closer = look_closer(
            experiment, reader.connection, metrics, covariates, exposed, statistics,
            whole_by=whole_by, moment=moment, history=history, many_days=tables.days,
        )  # fmt: skip
        checks = (
            *_ratio(experiment, reader.connection, exposed, history),
            *_balance(experiment, before, statistics),
            *check_exposures(exposed.units, exposed.multiple, exposed.strays),
            *check_later(count_later(reader.connection, experiment)),
            *tables.check_lasting(experiment),
            *closer.checks,
        )
        arrived = count_arrived(reader.connection, exposed, experiment.shares)
        taken = Taken(moment, look, history, past, promise, reader.versions, arrived)
        return closer.onto(_assembled(experiment, exposed, statistics, checks, taken))


def _of_rows(
    experiment: Experiment,
    connection: Any,
    metrics: Sequence[Metric],
    covariates: Sequence[str],
    at: datetime | None,
    taken: Taken,
) -> Scorecard:
    """Where sessions are analysed or randomised. Neither segments nor effects that fade are told of them."""
    plan, variants = experiment.plan, [variant.key for variant in experiment.variants]
    seen = see_rows(
        connection, experiment.key, plan, metrics, variants, at, covariates,
        whole_by=None if plan.method == "fixed" else taken.moment, moment=taken.moment,
        starts=[phase.started_at for phase in taken.history], until=exposed_until(experiment, at),
    )  # fmt: skip
    statistics = {metric.key: arms for metric, arms in zip(metrics, seen.found, strict=False)}
    promised = [{key: phase.shares.get(key, 0.0) for key in variants} for phase in taken.history]
    apart = any(one != promised[0] for one in promised)
    checks = (
        *(check_phases(seen.by_phase, promised) if apart else check_ratio(seen.dealt, experiment.shares)),
        *_balance(experiment, dict(zip(covariates, seen.found[len(metrics) :], strict=True)), statistics),
        *check_exposures(seen.exposed.units, seen.exposed.multiple, seen.exposed.strays),
        *check_later(count_later(connection, experiment)),
        *check_apart(seen.together, experiment.shares),
    )
    card = _assembled(experiment, seen.exposed, statistics, checks, taken)
    if not experiment.segments:
        return card
    return card.model_copy(update={"remarks": (*card.remarks, "Segments are told of users only, not of sessions.")})


def analyze_tables(
    experiment: Experiment, warehouse: Any, tables: Tables, *, at: datetime | None = None, history: Sequence[Phase] = ()
) -> Scorecard:
    """The scorecard of tables that are somewhere else already; only sums by variant leave them.

    What needs every unit is not asked for: effects that fade, which segment is to blame, quantiles.
    """
    if experiment.plan.method in {"group_sequential", "always_valid"}:
        raise InvalidInput(
            f"The plan of {experiment.key!r} is {experiment.plan.method}: it judges a look by those before, "
            "and looks at a warehouse are kept nowhere.",
            hint="import the events, or plan a fixed or a Bayesian analysis.",
        )
    starts = [phase.started_at for phase in history]
    with opened(warehouse) as ask:
        moment, whole = at or now(), experiment.plan.method != "fixed"
        metrics = metrics_of(experiment)
        found = read_warehouse(ask, experiment, metrics, tables, at, starts, moment=moment, whole=whole)
    promised = [{key: phase.shares.get(key, 0.0) for key in found.exposed.counts} for phase in history]
    if any(one != promised[0] for one in promised):
        ratio = check_phases(found.by_phase, promised)
    else:
        ratio = check_ratio(found.exposed.counts, experiment.shares)
    exposed = found.exposed
    balance = _balance(experiment, found.before, found.statistics)
    checks = (*ratio, *balance, *check_exposures(exposed.units, exposed.multiple, exposed.strays))
    return _assembled(experiment, exposed, found.statistics, checks, Taken(moment, 1, history))


class Taken(NamedTuple):
    """When a look was taken and what is known of those before; `versions` are those of the lake's tables, `arrived`
    the units of the last days.
    """

    moment: datetime
    look: int
    history: Sequence[Phase]
    past: Sequence[Scorecard] = ()
    promise: Promise | None = None
    versions: Mapping[str, int] = {}
    arrived: Arrived | None = None


def _assembled(
    experiment: Experiment, exposed: Exposed, statistics: Statistics, checks: tuple[Check, ...], taken: Taken
) -> Scorecard:
    waiting = {key: exposed.single - sum(arm.n for arm in arms.values()) for key, arms in statistics.items()}
    estimates = estimates_of(experiment, statistics, taken.past, exposed.counts, exposed.days, waiting)
    promise, look = taken.promise, taken.look
    guardrails = tuple(_findings(experiment, statistics, estimates))
    primary = [row for row in estimates if row.role == "primary"]
    progress = progress_of(experiment, exposed.counts, exposed.days, over=experiment.stopped_at is not None)
    reached = reached_of(experiment.plan, primary, progress, taken.arrived, taken.moment)
    advice = recommend(primary, checks, guardrails, progress)
    turns = would_change(advice, primary, checks, guardrails, progress, reached)
    course = Course(progress.units, exposed.days, look, taken.history, taken.past)
    return Scorecard(
        experiment=experiment.key,
        name=experiment.name,
        control=experiment.control.key,
        at=taken.moment,
        look=look,
        alpha=experiment.plan.alpha,
        arms=tuple(
            Arm(key=variant.key, name=variant.title, n=exposed.counts[variant.key], share=variant.weight or 0.0)
            for variant in experiment.variants
        ),
        estimates=estimates,
        checks=checks,
        guardrails=guardrails,
        recommendation=advice.model_copy(update={"would_change": turns}),
        table_versions=dict(taken.versions),
        code_version=__version__,
        started_at=exposed.first,
        days=exposed.days,
        method=experiment.plan.method,
        planned_looks=experiment.plan.looks,
        promise=str(promise or ""),
        deviations=deviations(promise, experiment, course) if promise else (),
        progress=reached,
    )


def _ratio(experiment: Experiment, connection: Any, exposed: Exposed, history: Sequence[Phase]) -> tuple[Check, ...]:
    """The sample ratio, by phase where the shares changed; a mismatch names the segment most to blame."""
    shares: Mapping[str, float] = experiment.shares
    promised = [{variant: phase.shares.get(variant, 0.0) for variant in exposed.counts} for phase in history]
    if any(one != promised[0] for one in promised):
        counts = count_by_phase(connection, list(exposed.counts), [phase.started_at for phase in history])
        checks, shares = check_phases(counts, promised), _overall(counts, promised)
    else:
        checks = check_ratio(exposed.counts, shares)
    if all(checks):
        return checks
    return told(checks, find_culprit(connection, experiment.key, shares))


def _overall(counts: Sequence[Mapping[str, int]], shares: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Each variant's share of all units, had every phase kept its promise."""
    units = [sum(phase.values()) for phase in counts]
    return {
        variant: sum(n * phase[variant] for n, phase in zip(units, shares, strict=True)) / sum(units)
        for variant in shares[0]
    }


def _balance(
    experiment: Experiment, before: Mapping[str, Mapping[str, ArmStatistic]], statistics: Statistics
) -> tuple[Check, ...]:
    """Of the attributes that are covariates, and of metrics in the days before the exposure."""
    known = [metric for metric in metrics_of(experiment) if metric.covariate_days is not None]

    def summaries(variant: str) -> dict[str, Summary]:
        found = {name: arms[variant].summary or Summary(0, 0.0, 0.0) for name, arms in before.items()}
        return found | {f"{one.key} before": earlier(one, statistics[one.key][variant]) for one in known}

    treatments = {variant.key: summaries(variant.key) for variant in experiment.treatments}
    return check_before(summaries(experiment.control.key), treatments)


def _findings(
    experiment: Experiment,
    statistics: Mapping[str, Mapping[str, ArmStatistic]],
    estimates: tuple[MetricEstimate, ...],
) -> Iterator[GuardrailFinding]:
    rows = {(row.metric, row.variant): row for row in estimates}
    for guardrail in experiment.guardrails:
        key = guardrail.metric.key
        for variant in experiment.treatments:
            row, arm = rows[key, variant.key], statistics[key][variant.key]
            bound = row.decision.bound if row.decision else None
            level = None if bound is None else tail(abs(bound))
            control = None if row.decision else statistics[key][experiment.control.key]
            yield find_breach(
                Bound.of(guardrail),
                variant.key,
                _at_any_look(row, statistics[key][experiment.control.key], arm),
                arm,
                experiment.plan.alpha,
                level,
                kind=row.kind,
                control=control,
            )


def _at_any_look(row: MetricEstimate, control: ArmStatistic, arm: ArmStatistic) -> Estimate | NotEstimable:
    """A fixed plan that is looked at early or again tells one look's estimate; a guardrail needs one for any look."""
    found, decision = row.estimate, row.decision
    if isinstance(found, NotEstimable) or decision is None or decision.p_value is None or decision.bound is None:
        return found
    level = 2 * tail(abs(decision.bound))
    wide = compare(row.kind, control, arm, alpha=level, alternative="two-sided") if 0 < level < 1 else found
    return replace(wide if isinstance(wide, Estimate) else found, p_value=decision.p_value)
