"""Group-sequential designs: published constants, a second integrator, simulation, and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from expkit.errors import InvalidInput
from expkit.stats import group_sequential
from expkit.stats.boundaries import crossings, upper_bounds
from expkit.stats.sequential import fixed_drift

# Jennison & Turnbull (2000), Group Sequential Methods, tables 2.1 and 2.3: two-sided alpha 0.05, K = 1 ... 10
POCOCK = [1.960, 2.178, 2.289, 2.361, 2.413, 2.453, 2.485, 2.512, 2.535, 2.555]
OBRIEN_FLEMING = [1.960, 1.977, 2.004, 2.024, 2.040, 2.053, 2.063, 2.072, 2.080, 2.087]
# tables 2.2 and 2.4: maximum sample sizes over the fixed one, for K = 2 ... 5
INFLATION = [
    ("pocock", 0.8, [1.110, 1.166, 1.202, 1.229]),
    ("pocock", 0.9, [1.100, 1.151, 1.183, 1.207]),
    ("obrien-fleming", 0.8, [1.008, 1.017, 1.024, 1.028]),
    ("obrien-fleming", 0.9, [1.007, 1.016, 1.022, 1.026]),
]


def classical(name: str, looks: int) -> list[float]:
    """The constant bounds of Pocock, or those of O'Brien and Fleming, that fall with the root of time."""
    if name == "pocock":
        return [POCOCK[looks - 1]] * looks
    return [OBRIEN_FLEMING[looks - 1] * math.sqrt(looks / (i + 1)) for i in range(looks)]


def rejected(bounds: list[float], drift: float) -> float:
    times = [(i + 1) / len(bounds) for i in range(len(bounds))]
    low, high = crossings(times, [-b for b in bounds], bounds, drift)
    return float(low.sum() + high.sum())


@pytest.mark.parametrize("name", ["pocock", "obrien-fleming"])
@pytest.mark.parametrize("looks", range(1, 11))
def test_printed_constants_spend_five_percent(name, looks):
    """Constants of three decimals give 0.05 to within what their rounding allows."""
    assert rejected(classical(name, looks), 0.0) == pytest.approx(0.05, abs=1.2e-4)


@pytest.mark.parametrize(("name", "power", "factors"), INFLATION)
@pytest.mark.parametrize("looks", [2, 3, 4, 5])
def test_printed_inflation_gives_the_power(name, power, factors, looks):
    """At the printed maximum sample size the classical design has the power it is printed for."""
    drift = math.sqrt(factors[looks - 2]) * fixed_drift(0.05, power, "two-sided")
    assert rejected(classical(name, looks), drift) == pytest.approx(power, abs=4e-4)


@pytest.mark.parametrize(
    ("spending", "printed"),
    [
        ("obrien-fleming", [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
        ("pocock", [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ],
)
@pytest.mark.parametrize("look", range(5))
def test_spending_bounds_agree_with_the_usual_program(spending, printed, look):
    """Five equal looks, two-sided 0.05, as the R package ldbounds prints them; it is good to about 1e-4."""
    assert group_sequential(5, 0.05, spending).bounds[look] == pytest.approx(printed[look], abs=1.5e-4)


def test_a_known_design_with_futility():
    """The default of gsDesign: alpha 0.025, beta 0.1, Hwang-Shih-DeCani with gamma -4 and -2, as printed."""
    design = group_sequential(
        3, 0.025, "hwang-shih-decani", rho=-4, alternative="greater", power=0.9,
        futility=lambda t: math.expm1(2 * t) / math.expm1(2),
    )  # fmt: skip
    assert design.bounds == pytest.approx([3.01, 2.55, 2.00], abs=0.005)
    assert design.futility == pytest.approx([-0.24, 0.94, 2.00], abs=0.005)
    assert (design.futility_drift / 3.2415) ** 2 == pytest.approx(1.070, abs=5e-4)
    assert design.power_at(design.futility_drift) == pytest.approx(0.9, abs=1e-9)


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock", "power", "hwang-shih-decani"])
@pytest.mark.parametrize("looks", [2, 3])
def test_bounds_agree_with_a_multivariate_normal(spending, looks):
    """The multivariate normal of scipy gives the chance to stay within the bounds (Genz, a second peer)."""
    bounds = np.array(group_sequential(looks, 0.05, spending).bounds)
    t = np.arange(1, looks + 1) / looks
    cov = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    inside = stats.multivariate_normal(cov=cov, abseps=1e-9, releps=1e-9, maxpts=10**6, seed=1).cdf(
        bounds, lower_limit=-bounds
    )
    assert 1 - inside == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(("spending", "looks"), [("obrien-fleming", 28), ("pocock", 28), ("power", 90)])
def test_bounds_are_converged(spending, looks, monkeypatch):
    """Panels half as wide with half as many points more change no bound by 1e-10."""
    found = group_sequential(looks, 0.05, spending).bounds
    monkeypatch.setattr("expkit.stats.boundaries.WIDTH", 4.0)
    monkeypatch.setattr("expkit.stats.boundaries.NODES", 24)
    assert group_sequential(looks, 0.05, spending).bounds == pytest.approx(found, abs=1e-10)


def test_ninety_looks_end_at_the_converged_value():
    """The power family with rho 2: 2.301733 at look 88 of 90, where coarser solvers give 2.301466."""
    assert group_sequential(90, 0.05, "power").bounds[87] == pytest.approx(2.301733, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.02, 0.98), min_size=1, max_size=6, unique_by=lambda t: round(t, 2)))
def test_any_looks_spend_alpha_and_no_more(times):
    """Unequal looks: the chances to stop add up to alpha, as planned look by look."""
    looks = [*sorted(round(t, 2) for t in times), 1.0]
    design = group_sequential(looks, 0.05, "pocock")
    low, high = crossings(looks, [-b for b in design.bounds], design.bounds, 0.0)
    assert np.cumsum(low + high) == pytest.approx(np.array(design.spent), abs=1e-9)


def test_added_looks_leave_earlier_bounds_alone():
    """A look more at 0.7 changes nothing before it; the end still spends alpha."""
    before = group_sequential([0.25, 0.5, 1.0])
    after = before.with_looks([0.25, 0.5, 0.7, 1.0])
    assert after.bounds[:2] == pytest.approx(before.bounds[:2], abs=1e-12)
    assert after.bounds[3] > before.bounds[2]
    assert 2 * after.power_at(0.0) == pytest.approx(0.1, abs=1e-9)


def test_an_early_end_spends_the_rest():
    """With `final` the last look takes what is left of alpha, at whatever information."""
    design = group_sequential([300, 700], maximum=1000, final=True)
    assert design.looks == (0.3, 0.7)
    assert design.power_at(0.0) == pytest.approx(0.05, abs=1e-9)
    assert design.repeated_p_value(2, design.bounds[1]) == pytest.approx(0.05, abs=1e-9)


def test_one_look_is_the_ordinary_test():
    """Bound, p-value, interval and median are those of a z-test."""
    design = group_sequential(1, 0.05)
    seen = design.monitor(1, 2.5, 1.0)
    half = stats.norm.isf(0.025)
    assert design.bounds == pytest.approx([half])
    assert seen.p_value == pytest.approx(2 * stats.norm.sf(2.5))
    assert seen.ci == pytest.approx((2.5 - half, 2.5 + half), abs=1e-9)
    assert seen.median == pytest.approx(2.5, abs=1e-9)
    assert design.plan().inflation == pytest.approx(1.0, abs=1e-9)


def test_directions_mirror_each_other():
    """`less` is `greater` upside down: bounds, decisions, p-values and intervals."""
    up, down = (group_sequential(4, 0.025, "power", alternative=a) for a in ("greater", "less"))
    high, low = up.monitor(3, 2.4, 1.0), down.monitor(3, -2.4, 1.0)
    assert down.bounds == tuple(-b for b in up.bounds)
    assert (high.decision, high.p_value) == (low.decision, low.p_value)
    assert low.ci == pytest.approx((-math.inf, -high.ci.lower))
    assert down.crossed([[0.0, -3.0, 0, 0]]).tolist() == up.crossed([[0.0, 3.0, 0, 0]]).tolist()


def test_decisions_follow_the_bounds():
    """Stop, futile, continue, end."""
    design = group_sequential(3, 0.025, alternative="greater", futility="pocock", power=0.8)
    assert [design.monitor(k, z, 1.0).decision for k, z in [(1, 9), (1, -1), (2, 1.8), (3, 1.0)]] == [
        "stop", "futile", "continue", "futile",
    ]  # fmt: skip
    assert group_sequential(3).monitor(3, 1.0, 1.0).decision == "end"
    moved = design.with_looks([0.5, 0.75, 1.0])
    assert moved.futility_drift == design.futility_drift
    down = group_sequential(3, 0.025, alternative="less", futility="pocock", power=0.8)
    assert down.futility == pytest.approx([-b for b in design.futility])


def test_repeated_p_is_alpha_at_the_bound():
    """At the bound of any look it equals alpha; without any effect it is 1."""
    design = group_sequential(4, 0.05, "pocock")
    assert [design.repeated_p_value(k, design.bounds[k - 1]) for k in (1, 2, 4)] == pytest.approx([0.05] * 3, abs=1e-9)
    assert design.repeated_p_value(1, 0.0) == 1.0
    assert group_sequential([0.5, 1], 0.05, [0.2, 1]).repeated_p_value(1, 9.0) < 1e-10


def test_simulated_errors_and_coverage():
    """20,000 paths of 5 looks: 5 % false stops, the planned power, 95 % coverage at the stop, half below the median."""
    design = group_sequential(5, 0.05, "pocock")
    plan, t = design.plan(0.8), np.arange(1, 6) / 5
    steps = np.random.default_rng(3).normal(size=(20_000, 5)) * math.sqrt(0.2)
    null = np.cumsum(steps, axis=1) / np.sqrt(t)
    z = null + plan.drift * np.sqrt(t)
    stops, at = design.crossed(z), design.crossed(z)
    assert np.mean(design.crossed(null) > 0) == pytest.approx(0.05, abs=4 * 0.00154)
    assert np.mean(stops > 0) == pytest.approx(0.8, abs=4 * 0.00283)
    at = np.where(stops == 0, 5, stops)
    assert np.mean(t[at - 1]) == pytest.approx(plan.expected_planned, abs=0.01)
    seen = [design.monitor(int(k), z[i, k - 1] / math.sqrt(t[k - 1]), 1 / math.sqrt(t[k - 1])) for i, k in
            enumerate(at[:120])]  # fmt: skip
    assert np.mean([plan.drift in one.ci for one in seen]) == pytest.approx(0.95, abs=4 * 0.0199)
    assert np.mean([one.median < plan.drift for one in seen]) == pytest.approx(0.5, abs=4 * 0.0457)
    assert all(one.repeated_ci.lower <= z[i, at[i] - 1] / math.sqrt(t[at[i] - 1]) for i, one in enumerate(seen))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"looks": [0.5, 0.4, 1]}, "goes down"),
        ({"looks": [0.5, 0.5, 1]}, "same information"),
        ({"looks": [0.0, 1]}, "above 0"),
        ({"looks": [100, 200, 300]}, "maximum="),
        ({"looks": 0}, "0 looks"),
        ({"looks": []}, "0 looks"),
        ({"looks": [1], "maximum": 0}, "planned information is above 0"),
        ({"looks": 2, "spending": [0.5, 1.2]}, "1.2 times alpha"),
        ({"looks": 2, "spending": [0.5, 0.2]}, "goes down"),
        ({"looks": 2, "spending": [0.5]}, "for 2 looks"),
        ({"looks": 2, "spending": [0, 0]}, "spends nothing"),
        ({"looks": 2, "spending": lambda t: 2 * t}, "2 times alpha"),
        ({"looks": 2, "spending": "obrien"}, "obrien-fleming"),
        ({"looks": 2, "spending": "power", "rho": 0}, "above 0"),
        ({"looks": 2, "futility": "pocock"}, "direction"),
        ({"looks": 2, "alpha": 1.5}, "between 0 and 1"),
        ({"looks": 2, "alternative": "bigger"}, "alternative"),
    ],
)
def test_designs_that_cannot_be_are_refused(arguments, message):
    """With a reason and a hint."""
    with pytest.raises(InvalidInput, match=message):
        group_sequential(**arguments)


def test_monitoring_refuses_what_was_not_planned():
    """Looks that are not there, errors of zero, paths that are too long, and new looks for a look-by-look spending."""
    design = group_sequential(2, 0.05, [0.3, 1.0])
    with pytest.raises(InvalidInput, match="no look 3"):
        design.p_value(3, 1.0)
    with pytest.raises(InvalidInput, match="above 0"):
        design.monitor(1, 1.0, 0.0)
    with pytest.raises(InvalidInput, match="add the looks"):
        design.crossed([1, 2, 3])
    with pytest.raises(InvalidInput, match="look by look"):
        design.with_looks([0.2, 1])


def test_a_look_that_spends_nothing_has_no_bound():
    """And the others share all of alpha."""
    design = group_sequential(3, 0.05, [0, 0.5, 1.0])
    assert design.bounds[0] == math.inf
    assert design.power_at(0.0) == pytest.approx(0.05, abs=1e-9)
    assert upper_bounds([1.0], [0.025], True) == pytest.approx([stats.norm.isf(0.025)], abs=1e-12)
    assert group_sequential(2, spending="hwang-shih-decani", rho=0).spent == pytest.approx([0.025, 0.05])
