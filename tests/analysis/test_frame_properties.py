"""What must hold for any frame: adding, order, scale, shift, missing values, digits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expkit.analysis import analyze_frame
from expkit.analysis.measures import measures_of
from expkit.analysis.scan import scan
from expkit.analysis.sources import open_source
from expkit.stats import Summary, compare_means

few = settings(max_examples=15, deadline=None)  # each opens a database
seeds = st.integers(0, 10_000)


def frame_of(seed, n=60, far=0.0, scale=1.0):
    rng = np.random.default_rng(seed)
    pre = rng.normal(0, 1, n)
    x = (pre + rng.exponential(2, n)) * scale + far
    return pa.table({"variant": ["control", "b"] * (n // 2), "x": x, "pre": pre})


def estimate(frame, **options):
    return analyze_frame(frame, metrics="x", **options).estimate("x")


def summaries(frame):
    with open_source(frame, frame.column_names) as source:
        arms = scan(source, "variant", measures_of("x", "pre")).arms[0]
    return [arms[variant][None].summary for variant in ("control", "b")]


def flat(summary):
    more = summary.covariates
    return (summary.n, summary.mean, summary.var, *more.mean, *more.var[0], *more.cov)


@few
@given(seeds, st.integers(2, 28), st.sampled_from([0.0, 1e9, -1e6]))
def test_adding_summaries_is_summarising_all(seed, half, far):
    """Two parts of a frame, each in its own query, add up to the whole."""
    frame = frame_of(seed, far=far)
    parts = [summaries(frame.slice(0, 2 * half)), summaries(frame.slice(2 * half))]
    for i, whole in enumerate(summaries(frame)):
        assert flat(parts[0][i] + parts[1][i]) == pytest.approx(flat(whole), rel=1e-10, abs=1e-6 if far else 1e-10)


@few
@given(seeds)
def test_row_order_is_irrelevant(seed):
    """Not one of ten digits depends on it."""
    frame = frame_of(seed)
    shuffled = frame.take(np.random.default_rng(seed).permutation(frame.num_rows))
    a, b = estimate(frame, covariates="pre"), estimate(shuffled, covariates="pre")
    assert (a.effect, a.se, a.p_value) == pytest.approx((b.effect, b.se, b.p_value), rel=1e-10)


@few
@given(seeds, st.floats(1e-6, 1e6), st.floats(-1e6, 1e6))
def test_scale_and_shift(seed, scale, far):
    """The test is the same in any unit and from any zero; the effect is in that unit."""
    plain, moved = estimate(frame_of(seed)), estimate(frame_of(seed, scale=scale, far=far * scale))
    assert moved.p_value == pytest.approx(plain.p_value, rel=1e-6)
    assert moved.effect == pytest.approx(plain.effect * scale, rel=1e-6, abs=1e-8 * scale)


@few
@given(seeds, st.integers(1, 30))
def test_missing_values_change_nothing(seed, missing):
    """Neither n nor p, be they null or NaN."""
    frame = frame_of(seed)
    more = {"variant": ["control", "b"] * missing, "pre": [0.5] * 2 * missing}
    for x in (None, float("nan")):
        rows = pa.table({**more, "x": pa.array([x] * 2 * missing, pa.float64())}).select(frame.column_names)
        found, plain = estimate(pa.concat_tables([frame, rows])), estimate(frame)
        assert (found.control, found.treatment) == (plain.control, plain.treatment)
        assert found.p_value == pytest.approx(plain.p_value, rel=1e-12)


@few
@given(seeds)
def test_swapping_arms_mirrors(seed):
    """The effect changes its sign, and the p-value stays."""
    a, b = estimate(frame_of(seed)), estimate(frame_of(seed), control="b")
    swapped = analyze_frame(frame_of(seed), metrics="x", control="b").estimate("x", "control")
    assert (a.effect, a.p_value) == pytest.approx((-swapped.effect, swapped.p_value), rel=1e-12)
    assert b == swapped


@pytest.mark.parametrize("far", [1e9, -1e9, 123456789.123])
def test_ten_digits_near_a_milliard(far):
    """The variance of small steps far from zero, against arithmetic without rounding."""
    steps = np.random.default_rng(1).integers(-8, 9, 20_000) / 8  # exact in binary
    frame = pa.table({"variant": ["control", "b"] * 10_000, "x": round(far) + steps})
    peer = compare_means(steps[::2], steps[1::2])
    found = estimate(frame)
    assert (found.effect, found.se, found.p_value) == pytest.approx((peer.effect, peer.se, peer.p_value), rel=1e-10)


def test_numacc4():
    """NIST StRD NumAcc4: 1001 values near 1e7, whose standard deviation is 0.1."""
    x = np.array([10000000.2, *[10000000.1, 10000000.3] * 500])
    frame = pa.table({"variant": ["control"] * 1001 + ["b"] * 1001, "x": [*x, *(x + 1)]})
    with open_source(frame, ["variant", "x"]) as source:
        found = scan(source, "variant", measures_of("x")).arms[0]["control"][None].summary
    assert found.mean == pytest.approx(10000000.2, rel=1e-15)
    assert found.var**0.5 == pytest.approx(Summary.of(x).var ** 0.5, rel=1e-12)
    assert found.var**0.5 == pytest.approx(0.1, rel=1e-8)
