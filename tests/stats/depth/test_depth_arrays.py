"""Arrays of other libraries, by the array API standard: resampled where they are, with the same answers."""

from __future__ import annotations

import array_api_strict as xp
import numpy as np
import pytest

from expkit.errors import InvalidInput
from expkit.stats import NotEstimable, bootstrap, permutation
from expkit.stats.arrays import Rows, device_of

N = 1500


def spent(seed: int, n: int = N) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < 0.3, rng.exponential(10, n), 0.0)


def views(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(3, N) + 1.0


@pytest.mark.parametrize("method", ["percentile", "bca", "studentised"])
def test_a_bootstrap_elsewhere_agrees_with_the_one_here(method):
    """The effect to rounding; what is drawn within what so many resamples can tell."""
    c, t = spent(1), spent(2) + 0.5
    here = bootstrap(c, t, method=method, resamples=1000)
    there = bootstrap(xp.asarray(c), xp.asarray(t), method=method, resamples=1000)
    assert there.effect == pytest.approx(here.effect, rel=1e-12)
    assert there.se == pytest.approx(here.se, rel=0.1)
    assert there.ci == pytest.approx(here.ci, abs=0.2 * (here.ci.upper - here.ci.lower))
    assert (there.form, isinstance(there.effect, float)) == ("nonzero", True)


def test_ratios_are_pairs_of_columns_there_too():
    """Two arrays, or one table."""
    c, t = (spent(3), views(3)), (spent(4), views(4))
    here = bootstrap(c, t, metric="ratio", resamples=1000)
    pair = bootstrap(*(tuple(map(xp.asarray, arm)) for arm in (c, t)), metric="ratio", resamples=1000)
    table = bootstrap(*(xp.asarray(np.column_stack(arm)) for arm in (c, t)), metric="ratio", resamples=1000)
    assert pair == table
    assert pair.effect == pytest.approx(here.effect, rel=1e-9)
    assert pair.se == pytest.approx(here.se, rel=0.1)


@pytest.mark.parametrize("metric", ["mean", "ratio"])
def test_a_permutation_elsewhere_agrees_with_the_one_here(metric):
    """Within the Monte Carlo error that it tells."""
    c, t = (spent(5), views(5)), (spent(6) + 0.3, views(6))
    arms = (c, t) if metric == "ratio" else (c[0], t[0])
    put = [tuple(map(xp.asarray, arm)) if metric == "ratio" else xp.asarray(arm) for arm in arms]
    here, there = permutation(*arms, metric=metric, resamples=800), permutation(*put, metric=metric, resamples=800)
    assert there.effect == pytest.approx(here.effect, rel=1e-9)
    assert abs(there.p_value - here.p_value) < 5 * (there.p_error + here.p_error)


def test_missing_values_do_not_count_there():
    """NaN is left out, infinity is refused."""
    c = np.where(np.arange(N) % 10 == 0, np.nan, spent(7))
    found = bootstrap(xp.asarray(c), xp.asarray(spent(8)), resamples=200)
    assert found.effect == pytest.approx(spent(8).mean() - np.nanmean(c))
    with pytest.raises(InvalidInput, match="infinite"):
        bootstrap(xp.asarray(np.full(N, np.inf)), xp.asarray(spent(8)), resamples=200)
    with pytest.raises(InvalidInput, match="shape"):
        bootstrap(xp.ones((N, 3)), xp.ones((N, 3)), resamples=200)


def test_few_units_and_other_metrics_are_fetched():
    """What is small, a quantile and a function have nothing to gain elsewhere, and the same answers."""
    c, t = spent(9, 200), spent(10, 200)
    assert bootstrap(xp.asarray(c), xp.asarray(t), resamples=200) == bootstrap(c, t, resamples=200)
    assert permutation(xp.asarray(c), xp.asarray(t), resamples=200) == permutation(c, t, resamples=200)
    c, t = spent(9) + views(9), spent(10) + views(10)
    assert bootstrap(xp.asarray(c), xp.asarray(t), metric=0.9, resamples=200) == bootstrap(
        c, t, metric=0.9, resamples=200
    )


def test_nothing_to_compare_says_so_there():
    """Empty arms, and values that are all the same."""
    same = xp.ones(N)
    assert isinstance(bootstrap(same, same, resamples=200), NotEstimable)
    assert isinstance(permutation(same, same, resamples=200), NotEstimable)
    assert isinstance(permutation(xp.asarray(np.empty(0)), same, resamples=200), NotEstimable)


def test_weights_there_are_poisson():
    """Mean and variance of how often rows are drawn are 1; resamples are their own, and the seed's."""
    device = device_of(xp.ones(1))
    assert device is not None
    rows = Rows(device, xp.ones((400, 1), dtype=xp.float64))
    drawn = rows.poisson_sums(2000, 5)[:, 1]
    assert drawn.mean() == pytest.approx(400, abs=3)
    assert drawn.var() == pytest.approx(400, rel=0.12)
    assert (rows.poisson_sums(50, 5)[:, 1] == drawn[:50]).all()
    assert not (rows.poisson_sums(50, 6)[:, 1] == drawn[:50]).all()


def test_subsets_there_have_their_size_and_every_row_as_often():
    """Each of forty rows is in about a quarter of the subsets of ten; none of no row is taken."""
    device = device_of(xp.ones(1))
    assert device is not None
    rows = Rows(device, xp.asarray(np.eye(40)))
    taken = np.full(4000, 10)
    taken[:3] = 0, 40, 1
    found = rows.subset_sums(taken, 1)
    assert (found.sum(axis=1) == taken).all()
    assert found[3:].mean(axis=0) == pytest.approx(np.full(40, 0.25), abs=0.03)


def test_numpy_is_at_home():
    """Arrays, lists and columns of frames take the paths that they always took."""
    import pandas as pd

    assert device_of(np.ones(3), [1, 2], (np.ones(2), [1]), pd.Series([1.0])) is None
