"""A frame with one row per unit -> a scorecard, whatever kind of frame it is."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expkit.analysis import Scorecard, analyze_frame
from expkit.domain import Metric
from expkit.errors import InvalidInput, NotFound, UnknownName
from expkit.stats import compare_means, compare_proportions, compare_ratios

N = 300
RNG = np.random.default_rng(1)
FRAME = pd.DataFrame(
    {
        "group": np.where(np.arange(N) % 3, "B", "A"),
        "converted": RNG.random(N) < 0.3,
        "revenue": RNG.exponential(5, N),
        "clicked": RNG.integers(0, 2, N).astype(float),
        "orders": RNG.integers(0, 4, N),
        "anything": [object()] * N,
    }
)
FRAME.loc[:9, "revenue"] = np.nan
FRAME.loc[5:20, "clicked"] = np.nan
FRAME.loc[290:, "group"] = None
PLAIN = FRAME.drop(columns="anything")
BASKET = Metric(key="basket", kind="ratio", event="revenue", denominator="orders", direction="decrease")
METRICS = ["converted", "revenue", "clicked", BASKET]


def analyze(frame, **options) -> Scorecard:
    return analyze_frame(frame, **{"variant": "group", "metrics": METRICS, "control": "A", **options})


def test_numbers_are_those_of_the_statistics_room():
    """Booleans and 0/1 are proportions, other numbers means; missing values and rows without variant do not count."""
    card = analyze(FRAME)
    kept = FRAME[FRAME.group.notna()]
    a, b = kept[kept.group == "A"], kept[kept.group == "B"]
    sums = a.converted.sum(), len(a), b.converted.sum(), len(b)
    assert card.estimate("converted") == compare_proportions(*sums)
    clicks = a.clicked.sum(), a.clicked.count(), b.clicked.sum(), b.clicked.count()
    assert card.estimate("clicked").p_value == compare_proportions(*clicks).p_value
    found, peer = card.estimate("revenue"), compare_means(a.revenue, b.revenue)
    assert (found.p_value, *found.ci) == pytest.approx((peer.p_value, *peer.ci), rel=1e-9)
    ratio, peer = card.estimate("basket"), compare_ratios((a.revenue, a.orders), (b.revenue, b.orders))
    assert (ratio.p_value, *ratio.ci) == pytest.approx((peer.p_value, *peer.ci), rel=1e-9)
    assert [(row.kind, row.role, row.direction) for row in card.estimates] == [
        ("conversion", "primary", "increase"), ("mean", "secondary", "increase"),
        ("conversion", "secondary", "increase"), ("ratio", "secondary", "decrease"),
    ]  # fmt: skip
    assert {arm.key: arm.n for arm in card.arms} == {"A": len(a), "B": len(b)}


@pytest.mark.parametrize(
    "make",
    [
        pl.from_pandas,
        lambda frame: pl.from_pandas(frame).lazy(),
        pa.Table.from_pandas,
        duckdb.from_df,
        lambda frame: frame.astype({"group": "category", "clicked": "Int64", "converted": "boolean"}),
    ],
)
def test_every_frame_gives_the_same(make):
    """pandas, polars, Arrow and DuckDB hold the same units."""
    assert analyze(make(PLAIN)).estimates == analyze(FRAME).estimates


def test_parquet_files_and_folders(tmp_path):
    """A file, or a folder of files, is read in place."""
    PLAIN[:100].to_parquet(tmp_path / "one.parquet")
    PLAIN[100:].to_parquet(tmp_path / "two.parquet")
    assert {arm.n for arm in analyze(str(tmp_path / "one.parquet")).arms} == {34, 66}
    assert analyze(tmp_path).estimate("converted") == analyze(FRAME).estimate("converted")


def test_polars_nan_is_missing():
    """NaN in a floating column is not a number that counts."""
    frame = pl.DataFrame({"variant": ["control", "b"] * 4, "x": [1.0, float("nan"), 2.0, 3.0, 4.0, 5.0, None, 7.0]})
    found = analyze_frame(frame, metrics="x").estimate("x")
    assert (found.control.n, found.treatment.n, found.treatment.mean) == (3, 3, 5.0)


def test_shares():
    """Equal ones are expected where none are given; those given are normalised."""
    assert analyze(FRAME).recommendation.action == "investigate"
    card = analyze(FRAME, shares={"A": 1, "B": 2})
    assert [round(arm.share, 3) for arm in card.arms] == [0.333, 0.667]
    assert card.recommendation.action != "investigate"
    with pytest.raises(UnknownName, match="Variant 'B' is not in the shares"):
        analyze(FRAME, shares={"A": 1})


def test_a_planned_variant_that_nobody_saw():
    """It is an arm with no units, and the sample ratio says so."""
    card = analyze(FRAME, shares={"A": 1, "B": 1, "C": 1})
    assert (card.arm("C").n, card.recommendation.action) == (0, "investigate")


@pytest.mark.parametrize(("values", "control"), [([False, True], False), ([0, 1], 0), ([0.0, 1.0], 0)])
def test_variants_that_are_no_text(values, control):
    """The control may be given as the column has it."""
    frame = pd.DataFrame({"variant": values * 20, "x": range(40)})
    assert analyze_frame(frame, metrics=["x"], control=control).estimate("x").effect == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"metrics": ["revnue"]}, UnknownName, "'revnue' is not in the frame. Hint: did you mean 'revenue'"),
        ({"variant": "grp"}, UnknownName, "did you mean 'group'"),
        ({"control": "control"}, UnknownName, "No unit of column 'group' is in the control 'control'.*'A', 'B'"),
        ({"metrics": []}, InvalidInput, "No metric was named"),
        ({"metrics": ["revenue", "revenue"]}, InvalidInput, "'revenue' stands twice"),
        ({"metrics": ["group"]}, InvalidInput, "'group' holds varchar values"),
        ({"variant": "revenue"}, InvalidInput, "more than 100 different values"),
        ({"metrics": ["anything"]}, InvalidInput, "values of several kinds"),
    ],
)
def test_mistakes_are_named(options, error, message):
    """Every wrong name is met with the nearest right one."""
    with pytest.raises(error, match=message):
        analyze(FRAME, **options)


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        ([1, 2], InvalidInput, "A list is not a frame"),
        ("nowhere.parquet", NotFound, "no file 'nowhere.parquet'"),
        (__file__, InvalidInput, "cannot be read as Parquet"),
        (PLAIN.assign(revenue=np.inf), InvalidInput, "'revenue' has 290 infinite values"),
        (PLAIN[PLAIN.group == "A"], InvalidInput, "has only 'A' in it"),
        (pl.DataFrame({"group": ["A", "B"], "revenue": [[1.0], [2.0]]}), InvalidInput, r"'revenue' holds double\[\]"),
    ],
)
def test_frames_that_cannot_be(frame, error, message):
    """The error says what is wrong with the frame."""
    with pytest.raises(error, match=message):
        analyze(frame, metrics=["revenue"])


def test_odd_names():
    """Columns with quotes and blanks are columns."""
    frame = pd.DataFrame({'my "group"': ["control", "b"] * 10, "price, €": range(20)})
    card = analyze_frame(frame, variant='my "group"', metrics=["price, €"])
    assert card.estimate("price, €").effect == 1
    assert Scorecard.from_json(card.to_json()) == card


values = st.floats(-1e6, 1e6)


@settings(max_examples=20)  # each opens a database
@given(st.lists(values, min_size=2, max_size=30), st.lists(values, min_size=2, max_size=30), st.floats(-1e9, 1e9))
def test_sums_in_duckdb_are_as_good_as_numpy(control, treatment, far):
    """Shifted sums keep the digits of values far from zero."""
    c, t = np.array(control) + far, np.array(treatment) + far
    frame = pa.table({"variant": ["control"] * c.size + ["b"] * t.size, "x": np.concatenate([c, t])})
    found, peer = analyze_frame(frame, metrics=["x"]).estimate("x"), compare_means(c, t)
    if found and peer and found.kind == "estimate" and np.var(c) + np.var(t) > 1e-6:
        assert found.se == pytest.approx(peer.se, rel=1e-6)
        assert found.effect == pytest.approx(peer.effect, rel=1e-9, abs=1e-6)
