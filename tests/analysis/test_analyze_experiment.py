"""Exposures x outcomes -> scorecard: by hand, against peers, and where data is odd."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from small_experiments import START, did, experiment, seen

from expkit.analysis import Scorecard
from expkit.domain import Metric
from expkit.stats import Estimate, NotEstimable

REVENUE = {"key": "revenue", "kind": "sum", "event": "buy"}


def arms(card: Scorecard) -> dict[str, int]:
    return {arm.key: arm.n for arm in card.arms}


def four_each(**more):
    return [seen(v, f"{v[0]}{n}", **more) for v in ("control", "treatment") for n in range(4)]


def test_an_experiment_counted_by_hand(analyze):
    """Conversion, count, sum and ratio of eight units are what a pencil gives."""
    ctr = {"key": "ctr", "kind": "ratio", "event": "click", "measure": "count", "denominator": "view"}
    basket = {"key": "basket", "kind": "ratio", "event": "buy"}
    metrics = ["buy", {"key": "buys", "kind": "count", "event": "buy"}, REVENUE, basket, ctr]
    outcomes = [did("buy", unit, value=x) for unit, x in [("c0", 10), ("t0", 6), ("t0", 6), ("t1", 3)]]
    outcomes += [did("view", f"{v}{n}") for v in "ct" for n in range(4)] + [did("click", "c1"), did("click", "t1")]
    outcomes += [did("click", "t2"), did("view", "t2")]
    card = analyze(experiment(metrics), four_each(), outcomes)
    means = {
        row.metric: (row.estimate.control.mean, row.estimate.treatment.mean) for row in card.estimates if row.estimate
    }
    assert means["buy"] == (0.25, 0.5)
    assert means["buys"] == (0.25, 0.75)
    assert means["revenue"] == (2.5, 3.75)
    assert means["ctr"] == (0.25, pytest.approx(2 / 5))
    assert arms(card) == {"control": 4, "treatment": 4}
    assert isinstance(card.estimate("basket"), NotEstimable)  # one basket is not enough


def test_agrees_with_statsmodels(analyze):
    """The same units through statsmodels' pooled z and unequal-variance t give the same numbers to 1e-9."""
    from statsmodels.stats.proportion import proportions_ztest
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    rng = np.random.default_rng(7)
    n = 600
    value = np.where(rng.random(n) < 0.4, rng.lognormal(3, 1, n), 0.0) + 1e6 * (rng.random(n) < 0.3)
    sides = np.where(np.arange(n) % 2, "treatment", "control")
    exposures = [seen(side, f"u{i}") for i, side in enumerate(sides)]
    outcomes = [did("buy", f"u{i}", value=part) for i, x in enumerate(value) if x for part in (x / 4, 3 * x / 4)]
    card = analyze(experiment(["buy", REVENUE]), exposures, outcomes)
    c, t = value[sides == "control"], value[sides == "treatment"]
    z, p = proportions_ztest([(t > 0).sum(), (c > 0).sum()], [t.size, c.size])
    assert card.estimate("buy").statistic == pytest.approx(z, rel=1e-9)
    assert card.estimate("buy").p_value == pytest.approx(p, rel=1e-9)
    peer = CompareMeans(DescrStatsW(t), DescrStatsW(c))
    statistic, p, df = peer.ttest_ind(usevar="unequal")
    found = card.estimate("revenue")
    assert (found.statistic, found.p_value, found.df) == pytest.approx((statistic, p, df), rel=1e-9)
    assert tuple(found.ci) == pytest.approx(peer.tconfint_diff(usevar="unequal"), rel=1e-9)


def test_ratio_is_the_delta_method(analyze):
    """The ratio's standard error is that of the linearised units (Deng, Knoblich & Lu 2018)."""
    rng = np.random.default_rng(3)
    views, clicks = rng.integers(1, 6, 80), rng.integers(0, 3, 80)
    exposures = [seen("treatment" if i % 2 else "control", f"u{i}") for i in range(80)]
    outcomes = [did("view", f"u{i}") for i, k in enumerate(views) for _ in range(k)]
    outcomes += [did("click", f"u{i}") for i, k in enumerate(clicks) for _ in range(k)]
    ctr = {"key": "ctr", "kind": "ratio", "event": "click", "measure": "count", "denominator": "view"}
    found = analyze(experiment([ctr]), exposures, outcomes).estimate("ctr")

    def variance(side):
        x, d = clicks[side::2], views[side::2]
        return np.var(x - x.sum() / d.sum() * d, ddof=1) / d.mean() ** 2 / x.size

    assert found.se == pytest.approx(np.sqrt(variance(0) + variance(1)), rel=1e-9)
    assert found.effect == pytest.approx(clicks[1::2].sum() / views[1::2].sum() - clicks[::2].sum() / views[::2].sum())


def test_outcomes_count_from_the_first_exposure_for_the_window(analyze):
    """Earlier and later outcomes do not count, the two ends do; the first of several exposures is what matters."""
    exposures = [*four_each(), seen("control", "c0", hours=5), seen("control", "c0", hours=-2)]
    outcomes = [did("buy", "c0", hours=-2), did("buy", "c1", hours=-0.01), did("buy", "t0", hours=24),
                did("buy", "t1", hours=24.001), did("buy", "t2", hours=0)]  # fmt: skip
    daily = {"key": "buy", "window_days": 1}
    found = analyze(experiment([daily, {"key": "ever", "event": "buy"}]), exposures, outcomes)
    assert (found.estimate("buy").control.mean, found.estimate("buy").treatment.mean) == (0.25, 0.5)
    assert found.estimate("ever").treatment.mean == 0.75


def test_events_sent_twice_count_once(analyze):
    """An outcome with the same id again adds nothing; an exposure again makes no second unit."""
    outcomes = [did("buy", "t0", value=5, event_id="x")] * 3 + [did("buy", "c0", value=5), did("buy", "c1", value=1)]
    card = analyze(experiment([REVENUE]), four_each() + four_each(hours=1), outcomes)
    assert arms(card) == {"control": 4, "treatment": 4}
    assert card.estimate("revenue").treatment.mean == 5 / 4


def test_sessions_are_units_where_there_is_no_user(analyze):
    """A unit is its user_id, else its session_id, in exposures and in outcomes."""
    exposures = [seen(v, None, session_id=f"{v[0]}{n}") for v in ("control", "treatment") for n in range(3)]
    outcomes = [did("buy", None, session_id="t0"), did("buy", "", session_id="t1"), did("buy", "t2", session_id="x")]
    card = analyze(experiment(), exposures, outcomes)
    assert card.estimate("buy").treatment.mean == 1.0
    assert arms(card) == {"control": 3, "treatment": 3}


def test_units_that_saw_several_variants_are_left_out(analyze):
    """They are counted in a check, which fails above one in a hundred and not for a handful."""
    exposures = [seen(v, f"{v[0]}{n}") for v in ("control", "treatment") for n in range(100)]
    few = analyze(experiment(), exposures + [seen("control", f"t{n}") for n in range(9)])
    assert arms(few) == {"control": 100, "treatment": 91}
    assert {check.name: check.ok for check in few.checks}["multiple_exposure"]
    many = analyze(experiment(), [seen("control", "t9")])
    (check,) = (check for check in many.checks if check.name == "multiple_exposure")
    assert not check.ok
    assert "10 of 200 units (5.00%)" in check.detail
    assert many.recommendation.action == "investigate"


def test_variants_that_the_experiment_does_not_have(analyze):
    """Their units are in no arm, and a check names them."""
    card = analyze(experiment(), [*four_each(), seen("treatmnt", "x")])
    assert arms(card) == {"control": 4, "treatment": 4}
    assert "'treatmnt' (1)" in next(check.detail for check in card.checks if not check.ok)


def test_no_exposures_teach(analyze):
    """Nothing logged is a scorecard without estimates that says what to do."""
    card = analyze(experiment(["buy", REVENUE], guardrails=[{"metric": "error", "limit": 0.1}]), [], [did("buy", "u")])
    assert all(isinstance(row.estimate, NotEstimable) and row.verdict == "unknown" for row in card.estimates)
    assert (card.recommendation.action, card.started_at, card.days) == ("continue", None, None)
    assert "log_exposures" in card.recommendation.reasons[0]
    assert (card.checks, card.guardrails[0].breached) == ((), None)
    assert Scorecard.from_json(card.to_json()) == card


def test_no_outcomes_are_no_answer(analyze):
    """When nobody did anything there is no estimate, and a reason."""
    card = analyze(experiment(["buy", REVENUE]), four_each())
    assert [str(row.estimate)[:12] for row in card.estimates] == ["All units of", "The values d"]
    assert card.table_versions == {}


def test_the_moment_of_the_look(analyze):
    """`at` leaves out what came later, exposures and outcomes; a look is stored under its number."""
    outcomes = [did("buy", "t0", hours=1), did("buy", "t1", hours=30), did("buy", "c0", hours=1)]
    late = [seen("control", "late", hours=25)]
    at = START + timedelta(days=1)
    card = analyze(experiment(), four_each() + late, outcomes, at=at, look=3)
    assert (card.at, card.look, arms(card)["control"]) == (at, 3, 4)
    assert card.estimate("buy").treatment.mean == 0.25
    whole = analyze(experiment())
    assert (arms(whole)["control"], whole.started_at, whole.days) == (5, START, pytest.approx(25 / 24))


def test_other_experiments_do_not_mix_in(analyze):
    """Exposures of another experiment neither count nor spoil."""
    other = [{**row, "experiment": "other", "variant": "treatment"} for row in four_each()]
    assert arms(analyze(experiment(), four_each() + other)) == {"control": 4, "treatment": 4}


def test_lake_and_inbox_give_the_same(analyze, events):
    """Moving changes no number, and the scorecard names the versions it came from."""
    outcomes = [did("buy", "t0", value=0.1), did("buy", "t1", value=0.2), did("buy", "c0", value=0.3)]
    before = analyze(experiment(["buy", REVENUE]), four_each(), outcomes)
    events.move()
    after = analyze(experiment(["buy", REVENUE]))
    assert after.estimates == before.estimates
    assert after.table_versions == {"exposures": 1, "outcomes": 1}


def test_a_value_beyond_all_bounds_spoils_its_metric_only(analyze):
    """Squares that overflow are no estimate; other metrics stand."""
    outcomes = [did("buy", "t0", value=1e200), did("buy", "c0", value=1)]
    card = analyze(experiment(["buy", REVENUE]), four_each(), outcomes)
    assert "too large" in str(card.estimate("revenue"))
    assert isinstance(card.estimate("buy"), Estimate)


def many(control: float, treatment: float, n: int = 1000, event: str = "buy", third: float | None = None):
    """Events of `n` units an arm at these rates, as Arrow tables."""
    rates = {"control": control, "treatment": treatment} | ({} if third is None else {"third": third})
    exposures = pa.Table.from_pylist([seen(v, f"{v}{i}") for v in rates for i in range(n)])
    outcomes = [did(event, f"{v}{i}") for v, rate in rates.items() for i in range(round(n * rate))]
    return exposures, outcomes


THREE = [{"key": "control"}, {"key": "treatment"}, {"key": "third"}]


@pytest.mark.parametrize(
    ("rates", "more", "action", "reason"),
    [
        ((0.10, 0.15), {}, "promote", r"Buy of treatment: \+50.00% \(95% interval"),
        ((0.10, 0.15), {"sample_size": 5000}, "continue", "1,000 of 5,000 planned units"),
        ((0.10, 0.15), {"sample_size": 1000}, "promote", "p = 0.0"),
        ((0.15, 0.10), {"sample_size": 5000}, "stop", r"−33.33%"),
        ((0.10, 0.101), {"sample_size": 5000}, "continue", "planned units"),
        ((0.10, 0.101), {"sample_size": 500}, "stop", "no clear difference"),
        ((0.10, 0.101), {}, "continue", "Size the experiment"),
        ((0.10, 0.101), {"plan": {"days": 14}}, "continue", "0.0 of 14 planned days"),
        ((0.10, 0.15), {"metrics": [{"key": "buy", "direction": "decrease"}]}, "stop", "Buy"),
        ((0.0, 0.0), {}, "continue", "cannot be estimated"),
    ],
)
def test_recommendations(analyze, rates, more, action, reason):
    """The rule that spoke is in the reasons."""
    import re

    card = analyze(experiment(**{"metrics": ["buy"], **more}), *many(*rates))
    assert card.recommendation.action == action
    assert re.search(reason, " ".join(card.recommendation.reasons))


def test_a_stopped_experiment_gets_no_continue(analyze):
    """When the data is complete, an unclear result is one."""
    stopped = experiment(stopped_at=START)
    assert analyze(stopped, *many(0.10, 0.101)).recommendation.action == "stop"


def test_the_best_of_several_treatments_is_promoted(analyze):
    """The primary metric is adjusted over the treatments; the larger gain wins."""
    card = analyze(experiment(variants=THREE), *many(0.10, 0.15, third=0.2))
    assert (card.recommendation.action, card.recommendation.variant) == ("promote", "third")
    row = card.row("buy", "treatment")
    assert row.adjusted_p_value == pytest.approx(row.estimate.p_value)  # the larger of two p-values stays, by Holm
    assert card.row("buy", "third").adjusted_p_value == pytest.approx(2 * card.estimate("buy", "third").p_value)


def test_secondary_metrics_are_adjusted_and_the_primary_is_not(analyze):
    """Two secondary metrics share their error by the plan's correction."""
    metrics = ["buy", {"key": "a", "event": "buy"}, {"key": "b", "event": "buy"}]
    holm = analyze(experiment(metrics), *many(0.10, 0.13))
    p = holm.estimate("a").p_value
    assert [row.adjusted_p_value for row in holm.estimates] == [None, pytest.approx(2 * p), pytest.approx(2 * p)]
    assert [row.verdict for row in holm.estimates] == ["better", "inconclusive", "inconclusive"]
    none = analyze(experiment(metrics, plan={"correction": "none"}))
    assert {row.verdict for row in none.estimates} == {"better"}


def test_a_one_sided_plan_is_for_the_primary_metric(analyze):
    """Others stay two-sided, and an infinite end survives the round trip."""
    card = analyze(experiment(["buy", REVENUE], plan={"alternative": "greater"}), *many(0.10, 0.15))
    assert card.estimate("buy").ci.upper == float("inf")
    assert card.estimate("revenue").alternative == "two-sided"
    assert Scorecard.from_json(card.to_json()) == card
    assert Scorecard.from_yaml(card.to_yaml()) == card


@pytest.mark.parametrize(
    ("rates", "bound", "breached", "detail"),
    [
        ((0.02, 0.08), {"limit": 0.05}, True, "level 0.08, limit at most 0.05"),
        ((0.02, 0.051), {"limit": 0.05}, False, "level 0.051"),
        ((0.02, 0.03), {"limit": 0.05}, False, "level 0.03"),
        ((0.10, 0.14), {"max_change": 0.1}, True, "harm 40.0%, tolerated 10.0%"),
        ((0.10, 0.14), {"max_change": 0.5}, False, "harm 40.0%"),
        ((0.10, 0.11), {"max_change": 0.05}, False, "harm 10.0%"),
        ((0.10, 0.05), {"max_change": 0.1}, False, "no harm"),
        ((0.0, 0.05), {"max_change": 0.1}, True, "harm 0.05 over a control of zero"),
        ((0.0, 0.0), {"max_change": 0.1}, None, "not enough data"),
    ],
)
def test_guardrails(analyze, rates, bound, breached, detail):
    """Beyond the bound and beyond chance is a breach, and a breach calls for a rollback whatever else is better."""
    guardrail = {"metric": {"key": "error", "direction": "decrease"}, **bound}
    exposures, outcomes = many(*rates, event="error")
    outcomes += many(0.1, 0.2)[1]
    card = analyze(experiment(guardrails=[guardrail]), exposures, outcomes)
    (finding,) = card.guardrails
    assert (finding.breached, finding.variant) == (breached, "treatment")
    assert detail in finding.detail
    assert card.recommendation.action == ("rollback" if breached else "promote")
    assert card.row("error").role == "guardrail"


@pytest.mark.parametrize(("most", "held"), [(1.5, True), (0.15, False)])
def test_a_guardrail_holds_once_more_harm_is_ruled_out(analyze, most, held):
    """By the test of non-inferiority; a plan with several looks goes by its own interval."""
    guardrail = {"metric": {"key": "error", "direction": "decrease"}, "max_change": most}
    events = many(0.10, 0.11, event="error")
    (finding,) = analyze(experiment(guardrails=[guardrail]), *events).guardrails
    assert (finding.breached, finding.held, finding.p_value < 0.05) == (False, held, held)
    assert f"more is {'' if held else 'not yet '}ruled out (p = " in finding.detail
    (again,) = analyze(experiment(guardrails=[guardrail], plan={"method": "always_valid"}), *events).guardrails
    assert (again.held, again.p_value) == (held, None)


def test_the_plan_lets_the_primary_metric_go_first(analyze):
    """A secondary metric counts for nothing while the primary one is not significant."""
    exposures, outcomes = many(0.1, 0.11)
    outcomes += many(0.1, 0.3, event="like")[1]
    found = analyze(experiment(["buy", "like"]), exposures, outcomes).row("like")
    gated = analyze(experiment(["buy", "like"], plan={"gatekeeping": True}), exposures, outcomes).row("like")
    assert (found.verdict, found.correction) == ("better", "holm")
    assert (gated.verdict, gated.correction) == ("inconclusive", "holm, after the primary metric")
    assert 0 in gated.adjusted_ci


def test_a_guardrail_on_a_metric_that_must_not_fall(analyze):
    """Direction `increase`: less is worse, and the limit is a floor."""
    guardrail = {"metric": "buy", "limit": 0.2, "action": "stop"}
    card = analyze(experiment(guardrails=[guardrail]), *many(0.25, 0.1))
    assert (card.guardrails[0].breached, card.guardrails[0].action) == (True, "stop")
    assert "at least 0.2" in card.guardrails[0].detail
    assert [row.role for row in card.estimates] == ["primary"]


def test_a_guardrail_on_a_ratio(analyze):
    """The level of a ratio is tested with the delta method's error."""
    rng = np.random.default_rng(5)
    exposures = [seen("treatment" if i % 2 else "control", f"u{i}") for i in range(200)]
    outcomes = [did("load", f"u{i}", value=v) for i in range(200) for v in rng.normal(900 if i % 2 else 500, 50, 3)]
    load = Metric(key="load", kind="ratio", direction="decrease")
    card = analyze(experiment(guardrails=[{"metric": load, "limit": 800, "max_change": 0.2}]), exposures, outcomes)
    assert card.guardrails[0].breached
    calm = analyze(experiment(guardrails=[{"metric": load, "limit": 950}]))
    assert calm.guardrails[0].breached is False


@pytest.mark.parametrize("name", ["srm_fault", "canary", "recommender"])
def test_simulated_experiments(analyze, name):
    """The fault is found where one was put, and where none was the intervals cover the truth."""
    from expkit import datasets

    simulation = getattr(datasets, name)(users=40_000, seed=11)
    card = analyze(simulation.experiment, simulation.exposures, simulation.outcomes)
    checks = {check.name: check.ok for check in card.checks}
    if name == "srm_fault":
        assert (checks["srm"], card.recommendation.action) == (False, "investigate")
    elif name == "canary":
        assert any(finding.breached for finding in card.guardrails)
        assert card.recommendation.action == "rollback"
    else:
        assert checks["srm"]
        primary = card.primary[0]
        truth = simulation.truth[primary.metric][primary.variant]
        assert truth["effect"] in primary.estimate.ci
