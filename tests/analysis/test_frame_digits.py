"""Far from zero and far from each other: an arm keeps ten digits, or says that it lost them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expkit.analysis import analyze_frame
from expkit.stats import Estimate, Summary, compare_means, compare_ratios
from expkit.stats.clustered import compare_clustered
from expkit.stats.stratified import compare_stratified, summarize_strata

few = settings(max_examples=25, deadline=None)  # each opens a database
seeds = st.integers(0, 10_000)
distances = st.sampled_from([0, 1, 2**12, 2**20, 2**30, -(2**33)])

N = 240
SIDE = np.arange(N) % 2 == 1


def steps(seed):
    """Whole eighths: sums of them and of whole numbers near 1e9 are exact."""
    return np.random.default_rng(seed).integers(-8, 9, N) / 8


def frame_of(x, **more):
    return pa.table({"variant": np.where(SIDE, "b", "control"), "x": x, **more})


def same(found, peer):
    assert isinstance(found, Estimate), found
    assert (found.effect, found.se) == pytest.approx((peer.effect, peer.se), rel=1e-10, abs=1e-12)
    assert found.p_value == pytest.approx(peer.p_value, rel=1e-8)


@few
@given(seeds, distances, distances)
def test_arms_far_apart(seed, far, apart):
    """Both arms near 1e9, or one of them: the variance of each is its own."""
    x = steps(seed) + far + apart * SIDE
    found = analyze_frame(frame_of(x), metrics="x").estimate("x")
    near = Summary.of(steps(seed)[~SIDE]), Summary.of(steps(seed)[SIDE])
    same(found, compare_means(x[~SIDE], x[SIDE]))
    assert found.se == pytest.approx(np.sqrt(sum(one.var / one.n for one in near)), rel=1e-10)


@few
@given(seeds, distances, distances)
def test_covariates_far_apart(seed, far, apart):
    """What they explain is taken out, also where some units lack them."""
    pre = steps(seed + 1) + far
    x = steps(seed) + pre + apart * SIDE
    found = analyze_frame(frame_of(x, pre=pre), metrics="x", covariates="pre").estimate("x")
    same(found, compare_means(*(Summary.of(x[side], pre[side]) for side in (~SIDE, SIDE))))
    gaps = np.where(np.arange(N) % 5 == 0, np.nan, pre)
    found = analyze_frame(frame_of(x, pre=gaps), metrics="x", covariates="pre").estimate("x")
    peer = (Summary.of(x[side], gaps[side] - far, no_history="indicator") for side in (~SIDE, SIDE))
    same(found, compare_means(*peer))


@few
@example(seed=238, far=-(2**33), apart=-(2**33))
@given(seeds, distances, distances)
def test_ratios_and_strata_far_apart(seed, far, apart):
    """A ratio's numerator, and the strata of a mean."""
    x, below = steps(seed) + 4 + abs(apart) * SIDE, steps(seed + 1) + 2
    ratio = {"key": "r", "numerator": "x", "denominator": "below"}
    same(
        analyze_frame(frame_of(x, below=below), metrics=[ratio]).estimate("r"),
        compare_ratios((x[~SIDE], below[~SIDE]), (x[SIDE], below[SIDE])),
    )
    place = np.where(np.arange(N) % 3 == 0, "de", "us")
    x = steps(seed) + far + apart * SIDE + 16.0 * (place == "de")
    found = analyze_frame(frame_of(x, place=place), metrics="x", strata="place").estimate("x")
    same(found, compare_stratified(*(summarize_strata(x[side], list(place[side])) for side in (~SIDE, SIDE))))


@few
@given(seeds, distances, distances)
def test_clusters_far_apart(seed, far, apart):
    """The clusters' own sums are far from zero then, and of different size."""
    x, store = steps(seed) + far + apart * SIDE, [f"{n % 2}-{n**2 % 29}" for n in range(N)]
    found = analyze_frame(frame_of(x, store=store), metrics="x", cluster="store").estimate("x")
    peer = compare_clustered(*((steps(seed)[side], np.array(store)[side]) for side in (~SIDE, SIDE)))
    assert (found.effect, found.se) == pytest.approx((peer.effect + apart, peer.se), rel=1e-10)


@few
@given(seeds, st.sampled_from([2**20, 2**30]))
def test_a_stream_keeps_its_digits_or_says_that_it_lost_them(seed, apart):
    """It is read once, so that nothing can be mended; a constant arm is no loss."""
    x = steps(seed)
    for values in (x + apart * SIDE, x + apart, np.where(SIDE, x, 0.0), np.where(SIDE, 0.1 * apart, x)):
        found = analyze_frame(pl.from_arrow(frame_of(values)).lazy(), metrics="x").estimate("x")
        if isinstance(found, Estimate):
            same(found, compare_means(values[~SIDE], values[SIDE]))
        else:
            assert "lost its digits" in found.reason
            assert abs(values[1] - values[0]) > 0.05 * apart


def test_a_near_constant_column():
    """A millionth of a millionth of the size is still a variance, and no variance at all is none."""
    x = 1e3 + np.where(np.arange(N) % 4 < 2, 0, 2.0**-33)
    same(analyze_frame(frame_of(x), metrics="x").estimate("x"), compare_means(x[~SIDE], x[SIDE]))
    flat = analyze_frame(frame_of(np.where(SIDE, 0.1, 0.3)), metrics="x").estimate("x")
    assert "do not vary" in flat.reason


def test_a_proportion_beside_a_metric_whose_arms_lie_far_apart_keeps_its_successes() -> None:
    """All sums are then taken about each arm's own mean, and those of a proportion are none of its successes."""
    rng = np.random.default_rng(5)
    arm = np.repeat(["control", "treatment"], 4000)
    frame = pl.DataFrame({
        "variant": arm,
        "converted": (rng.random(8000) < np.where(arm == "control", 0.2, 0.3)).astype(int),
        "level": np.where(arm == "control", 1e9, 2e9) + rng.normal(0, 1, 8000),
    })  # fmt: skip
    alone = analyze_frame(frame, metrics=["converted"]).estimate("converted")
    assert analyze_frame(frame, metrics=["converted", "level"]).estimate("converted") == alone
    assert isinstance(alone, Estimate)
    assert alone.treatment.mean == frame.filter(pl.col("variant") == "treatment")["converted"].mean()
