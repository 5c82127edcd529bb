"""Covariates, caps, clusters, strata: what a frame's analysis gives is what the statistics room gives on arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from expkit.analysis import analyze_frame
from expkit.domain import Metric
from expkit.errors import InvalidInput, UnknownName
from expkit.stats import Summary, compare_means, compare_ratios
from expkit.stats.caps import find_caps
from expkit.stats.clustered import compare_clustered
from expkit.stats.stratified import compare_stratified, summarize_strata

N = 400
RNG = np.random.default_rng(3)
SIDE = RNG.integers(0, 2, N).astype(bool)
PRE = RNG.exponential(10, N).round(2)
FRAME = pd.DataFrame(
    {
        "variant": np.where(SIDE, "b", "control"),
        "pre": PRE,
        "other": RNG.normal(0, 1, N),
        "revenue": (0.5 * PRE + RNG.exponential(5, N) * (RNG.random(N) < 0.4) + 0.3 * SIDE).round(2),
        "bought": RNG.random(N) < 0.3,
        "clicks": RNG.poisson(2, N),
        "views": RNG.poisson(5, N) + 1,
        "country": RNG.choice(["de", "fr", "us"], N),
    }
)
FRAME["store"] = [f"{side:d}-{n % 17}" for side, n in zip(SIDE, range(N), strict=True)]
C, B = FRAME[~SIDE], FRAME[SIDE]
CTR = {"key": "ctr", "numerator": "clicks", "denominator": "views"}


def same(found, peer):
    """To ten digits."""
    assert (found.effect, found.se, found.p_value, *found.ci) == pytest.approx(
        (peer.effect, peer.se, peer.p_value, *peer.ci), rel=1e-10
    )


def test_covariates():
    """CUPED with one covariate, with two, for a proportion and for a ratio; the variance saved is told."""
    options = {"revenue": ["pre", "other"], "bought": "pre", "ctr": "pre"}
    card = analyze_frame(FRAME, metrics=["revenue", "bought", CTR], covariates=options)
    two = [Summary.of(part.revenue, part[["pre", "other"]]) for part in (C, B)]
    same(card.estimate("revenue"), compare_means(*two))
    same(card.estimate("bought"), compare_means(Summary.of(C.bought, C.pre), Summary.of(B.bought, B.pre)))
    same(card.estimate("ctr"), compare_ratios((C.clicks, C.views, C.pre), (B.clicks, B.views, B.pre)))
    assert card.estimate("revenue").variance_saved > 0.2
    assert card.to_frame().variance_saved[0] == card.estimate("revenue").variance_saved


def test_a_unit_without_history_stays():
    """A missing covariate drops nobody; an indicator says that it was missing."""
    gaps = FRAME.assign(pre=FRAME.pre.where(FRAME.index % 5 > 0))
    found = analyze_frame(gaps, metrics="revenue", covariates="pre").estimate("revenue")
    c, b = gaps[~SIDE], gaps[SIDE]
    peers = [Summary.of(part.revenue, part.pre, no_history="indicator") for part in (c, b)]
    same(found, compare_means(*peers))
    assert found.control.n == len(c)


def test_caps():
    """One cap for all variants: a value, or a quantile of what is not zero; how many it moved is told."""
    found = analyze_frame(FRAME, metrics="revenue", caps={"revenue": 8}).row("revenue")
    same(found.estimate, compare_means(C.revenue.clip(upper=8), B.revenue.clip(upper=8)))
    assert found.note == f"values above 8 count as 8: {(FRAME.revenue > 8).sum()} of both arms"
    quantile = analyze_frame(FRAME, metrics=["revenue", "bought"], winsorize=0.9)
    cap = find_caps(C.revenue, B.revenue, upper=0.9).upper
    same(quantile.estimate("revenue"), compare_means(C.revenue.clip(upper=cap), B.revenue.clip(upper=cap)))
    assert quantile.row("bought").kind == "conversion"
    lazy = analyze_frame(pl.from_pandas(FRAME).lazy(), metrics=["revenue"], winsorize={"revenue": 0.9})
    assert lazy.estimate("revenue") == quantile.estimate("revenue")


def test_caps_leave_missing_values_missing():
    """Neither null nor NaN is above a cap."""
    frame = pl.DataFrame({"variant": ["control", "b"] * 4, "x": [1.0, float("nan"), 2.0, 9.0, None, 5.0, 3.0, 7.0]})
    found = analyze_frame(frame, metrics="x", caps={"x": 4}).estimate("x")
    assert (found.control.n, found.treatment.n, found.treatment.mean) == (3, 3, 4.0)


def test_clusters():
    """The sandwich error of what was randomised; n counts units."""
    card = analyze_frame(FRAME, metrics=["revenue", "bought", CTR], cluster="store", covariates={"bought": "pre"})
    peer = compare_clustered((C.revenue, C.store), (B.revenue, B.store))
    same(card.estimate("revenue"), peer)
    assert card.estimate("revenue").control.n == len(C)
    assert [row.estimate.method for row in card.estimates] == ["cr2", "cr2+cuped", "cr2"]
    assert card.estimate("ctr").effect == pytest.approx(
        B.clicks.sum() / B.views.sum() - C.clicks.sum() / C.views.sum(), rel=1e-12
    )


def test_a_cluster_in_two_variants_is_refused():
    """It was not what was randomised."""
    with pytest.raises(InvalidInput, match="clusters of column 'country' have several variants"):
        analyze_frame(FRAME, metrics="revenue", cluster="country")
    alone = FRAME.assign(store=FRAME.variant)
    found = analyze_frame(alone, metrics="revenue", cluster="store").estimate("revenue")
    assert found.reason == "The control has 1 clusters; an error needs 2."


def test_strata():
    """Post-stratification of means, of proportions and of ratios."""
    card = analyze_frame(FRAME, metrics=["revenue", "bought", CTR], strata="country")
    for metric in ("revenue", "bought"):
        arms = [summarize_strata(part[metric], list(part.country)) for part in (C, B)]
        same(card.estimate(metric), compare_stratified(*arms))
    plain = analyze_frame(FRAME, metrics=[CTR]).estimate("ctr")
    assert card.estimate("ctr").effect == pytest.approx(plain.effect, abs=plain.se)
    assert card.estimate("ctr").se == pytest.approx(plain.se, rel=0.05)


def test_metrics_say_more():
    """A mapping or a Metric brings its name, direction, covariates and cap."""
    metric = {"key": "spend", "column": "revenue", "direction": "decrease", "covariates": ["pre"], "cap": 50}
    row = analyze_frame(FRAME, metrics=[metric]).row("spend")
    assert (row.direction, row.estimate.method) == ("decrease", "welch+cuped")
    noun = Metric(key="revenue", kind="sum", covariate="pre")
    assert analyze_frame(FRAME, metrics=[noun]).estimate("revenue").variance_saved > 0.2


def test_rows_without_a_cluster_are_left_out():
    """And counted, like those without a variant."""
    gaps = FRAME.assign(store=FRAME.store.where(FRAME.index % 10 > 0))
    card = analyze_frame(gaps, metrics="revenue", cluster="store")
    left = gaps[gaps.store.notna()]
    sides = (left[left.variant == name] for name in ("control", "b"))
    same(card.estimate("revenue"), compare_clustered(*((side.revenue, side.store) for side in sides)))
    assert card.checks[-1].detail == "40 of 400 rows have no variant or no cluster; they are left out"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"alpha": 0}, InvalidInput, "alpha is 0"),
        ({"alpha": 1.2}, InvalidInput, "alpha is 1.2"),
        ({"alternative": "grater"}, InvalidInput, "did you mean 'greater'"),
        ({"correction": "holms"}, InvalidInput, "did you mean 'holm'"),
        ({"covariates": {"revenu": "pre"}}, UnknownName, "did you mean 'revenue'"),
        ({"covariates": {"revenue": "prev"}}, UnknownName, "did you mean 'pre'"),
        ({"covariates": "revenue"}, InvalidInput, "its own covariate"),
        ({"covariates": "country"}, InvalidInput, "'country' holds varchar values"),
        ({"strata": "cuntry"}, UnknownName, "did you mean 'country'"),
        ({"strata": "country", "cluster": "store"}, InvalidInput, "do not go together"),
        ({"winsorize": 2}, InvalidInput, "winsorize is 2"),
        ({"caps": {"revenue": "x"}}, InvalidInput, "cap is 'x'"),
        ({"shares": {"control": 0, "b": 0}}, InvalidInput, "not all 0"),
        ({"shares": {"control": -1, "b": 2}}, InvalidInput, "at least 0"),
        ({"metrics": [{"key": "x", "nominator": "clicks"}]}, InvalidInput, "did you mean 'denominator'|'numerator'"),
        ({"metrics": [{"name": "x"}]}, InvalidInput, "names no column"),
        ({"metrics": [{"key": "clicks", "direction": "up"}]}, InvalidInput, "increase or decrease"),
    ],
)
def test_mistakes_are_named(options, error, message):
    """A reason and a hint for every wrong option."""
    with pytest.raises(error, match=message):
        analyze_frame(FRAME, **{"metrics": ["revenue"], **options})


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        ([1.5] * 6, "do not vary"),
        ([1.0] * 6, "did the same"),
        ([None] * 6, "No unit has a value"),
        ([1.0, None, 3.0, None, 4.0, 7.0], "The treatment has 1 units"),
        ([1.5, None, 3.0, None, 4.0, None], "The treatment has 0 units"),
        ([1e200, 2e200, 3e200, -1e200, 2.0, 1.0], "too large"),
    ],
)
def test_no_plausible_number(x, reason):
    """Where there is no estimate the reason says why."""
    frame = pa.table({"variant": ["control", "b"] * 3, "x": pa.array(x, pa.float64())})
    assert reason in analyze_frame(frame, metrics="x").estimate("x").reason
