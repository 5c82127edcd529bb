"""A/A replay: units dealt out anew, and how often each method finds a difference where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from expkit.assign.hashing import place
from expkit.design import replay_aa
from expkit.design.dealing import deal
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import Summary, compare_means, compare_proportions, compare_ratios

HALF = {"control": 0.5, "treatment": 0.5}
N = 3000
UNITS = [f"user-{i}" for i in range(N)]


@pytest.fixture(scope="module")
def log():
    rng = np.random.default_rng(3)
    views = rng.poisson(5, N) + 1.0
    spend = np.where(rng.random(N) < 0.1, rng.exponential(30, N), 0.0)
    return {
        "buy": (rng.random(N) < 0.2).astype(float),
        "spend": spend,
        "ctr": np.column_stack([rng.binomial(views.astype(int), 0.3), views]),
    }


def test_each_deal_is_what_assignment_and_the_estimators_say(log):
    """The statistics of one deal are those of `compare_*` on the arms that the seed makes."""
    from scipy.special import ndtri

    deals = deal(UNITS, log, [0.5, 0.5], ["a", "b"], 1)
    treated = np.array([place("b", unit) >= 5000 for unit in UNITS])
    mean = compare_means(log["spend"][~treated], log["spend"][treated])
    assert abs(deals.z("spend", 1)[1, 0]) == pytest.approx(-ndtri(mean.p_value / 2), rel=1e-6)
    counts = [(int(log["buy"][side].sum()), int(side.sum())) for side in (~treated, treated)]
    assert deals.z("buy", 1)[1, 0] == pytest.approx(compare_proportions(*counts[0], *counts[1]).statistic, rel=1e-9)
    arms = [Summary.of(log["ctr"][side, 0], log["ctr"][side, 1:]) for side in (~treated, treated)]
    assert abs(deals.z("ctr", 1)[1, 0]) == pytest.approx(-ndtri(compare_ratios(*arms).p_value / 2), rel=1e-6)


def test_the_promised_rate_is_kept_on_quiet_metrics(log):
    """Each row has its rate with the interval that a thousand deals can tell."""
    found = replay_aa(UNITS, log, HALF, experiment="checkout", rehashes=1000)
    rows = {row.metric: row for row in found.rows}
    assert set(rows) == {"buy", "spend", "ctr", "srm"}
    assert found.ok
    for name in log:
        assert 0.03 < rows[name].rate < 0.07
        assert rows[name].ci.lower < 0.05 < rows[name].ci.upper
    assert rows["srm"].alpha == 0.001


def test_looking_every_day_is_caught_before_launch(log):
    """Of all methods the naive one alone finds far too much."""
    found = replay_aa(UNITS, {"buy": log["buy"]}, HALF, looks=10, rehashes=400)
    rates = {row.method: row for row in found.rows}
    assert rates["naive"].rate > 0.12
    assert not rates["naive"].ok
    assert all(row.ok for name, row in rates.items() if name != "naive")


def test_a_metric_on_which_the_test_fails_is_caught():
    """A handful of giants: the normal approximation has no business here."""
    rng = np.random.default_rng(5)
    odd = np.where(rng.random(N) < 0.002, 1e6, rng.random(N))
    found = replay_aa(UNITS, {"odd": odd}, {"control": 0.9, "treatment": 0.1}, rehashes=400)
    assert not next(row for row in found.rows if row.metric == "odd").ok


def test_several_arms_and_missing_values(log):
    """Every treatment against control; a unit without a value does not count."""
    values = log["spend"].copy()
    values[::7] = np.nan
    shares = {"b": 0.2, "control": 0.5, "c": 0.3}
    found = replay_aa(UNITS, {"spend": values}, shares, control="control", rehashes=200)
    assert [row.variant for row in found.rows] == ["b", "c", ""]
    deals = deal(UNITS, {"spend": values}, [0.5, 0.2, 0.3], ["s"], 1)
    assert deals.sums[0, 0, :, 0].sum() == N
    assert deals.sums[0, 0, :, 1].sum() == np.isfinite(values).sum()


def test_the_same_seed_deals_the_same(log):
    """And another one deals anew."""
    once, again, other = (
        replay_aa(UNITS, {"buy": log["buy"]}, HALF, rehashes=200, seed=seed) for seed in ("x", "x", "y")
    )
    assert once == again != other


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"rehashes": 10}, "10 deals"),
        ({"looks": 100}, "3000 units for 100 looks"),
        ({"shares": {"control": 1.0}}, "two arms"),
        ({"metrics": {"m": np.ones(5)}}, "shape"),
        ({"metrics": {"m": np.full(N, np.inf)}}, "infinite"),
        ({"methods": ["naiv"], "looks": 2}, "naive"),
        ({"alpha": 0}, "alpha"),
    ],
)
def test_what_cannot_be_replayed_is_refused(log, more, error):
    """With the value and a way out."""
    given = {"metrics": {"buy": log["buy"]}, "shares": HALF, **more}
    with pytest.raises((InvalidInput, UnknownName), match=error):
        replay_aa(UNITS, given.pop("metrics"), given.pop("shares"), **given)
