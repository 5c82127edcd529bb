"""Wherever the data lies: every kind of frame and file gives the same, and what is damaged is told."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from expkit.analysis import analyze_frame, frame_columns
from expkit.analysis.sources import SAMPLE_ROWS
from expkit.errors import InvalidInput, NotFound, UnknownName
from expkit.stats import compare_means

N = 3 * SAMPLE_ROWS
RNG = np.random.default_rng(5)
TABLE = pa.table(
    {
        "variant": pa.array(RNG.choice(["control", "b"], N)),
        "revenue": pa.array(RNG.exponential(5, N).round(2), mask=RNG.random(N) < 0.1),
        "pre": pa.array(RNG.exponential(5, N).round(2), mask=RNG.random(N) < 0.2),
        "bought": RNG.random(N) < 0.3,
        "clicks": RNG.poisson(2, N),
        "views": RNG.poisson(5, N) + 1,
    }
)
METRICS = ["revenue", "bought", "clicks", {"key": "ctr", "numerator": "clicks", "denominator": "views"}]


def numbers(frame):
    card = analyze_frame(frame, metrics=METRICS, covariates={"revenue": "pre"})
    assert not any(row.estimate.kind == "not_estimable" for row in card.estimates)
    return [
        (row.estimate.effect, row.estimate.se, row.estimate.p_value, row.estimate.control.n) for row in card.estimates
    ]


EXPECTED = numbers(TABLE)
RELATIONS = duckdb.connect()
RELATIONS.register("arrow", TABLE)
RELATIONS.execute("CREATE TABLE stored AS SELECT * FROM arrow")


@pytest.mark.parametrize(
    "frame",
    [
        TABLE.to_pandas(),
        TABLE.to_pandas(types_mapper=pd.ArrowDtype),
        pl.from_arrow(TABLE),
        pl.from_arrow(TABLE).lazy(),
        pl.from_arrow(TABLE).lazy().filter(pl.col("views") > 0),
        ds.dataset(TABLE),
        TABLE.to_reader(max_chunksize=500),
        RELATIONS.table("stored"),
        RELATIONS.sql("SELECT * FROM stored WHERE views > 0"),
        RELATIONS.sql("SELECT ANY_VALUE(COLUMNS(*)) FROM (SELECT *, row_number() OVER () AS n FROM stored) GROUP BY n"),
    ],
    ids=["pandas", "pandas-arrow", "polars", "lazy", "lazy-filter", "dataset", "reader", "table", "query", "costly"],
)
def test_every_frame_gives_the_same(frame):
    """To eleven digits, whichever engine holds the data."""
    assert np.array(numbers(frame)) == pytest.approx(np.array(EXPECTED), rel=1e-11)


def test_files(tmp_path, monkeypatch):
    """Parquet and CSV; one file, a folder, a pattern; a name with brackets is a name."""
    pq.write_table(TABLE.slice(0, 1000), tmp_path / "a[1].parquet", row_group_size=300)
    pq.write_table(TABLE.slice(1000), tmp_path / "b.parquet")
    TABLE.to_pandas().to_csv(tmp_path / "all.csv", index=False)
    for path in (tmp_path / "*.parquet", tmp_path / "all.csv"):
        assert np.array(numbers(path)) == pytest.approx(np.array(EXPECTED), rel=1e-11)
    assert sum(arm.n for arm in analyze_frame(tmp_path / "a[1].parquet", metrics="clicks").arms) == 1000
    assert frame_columns(tmp_path / "b.parquet") == TABLE.column_names
    with pytest.raises(InvalidInput, match=r"has Parquet and CSV files.*\*.parquet"):
        analyze_frame(tmp_path, metrics="clicks")


def test_names_in_a_text_file_stay_text(tmp_path):
    """Variants, clusters and strata that look like numbers or dates are not the same name written otherwise."""
    stores = [f"{n % 2 + 1}{n // 2 % 5}".zfill(2 + n // 10 % 2) for n in range(200)]  # 10 and 010 are two
    rows = [f"{n % 2:02d},{store},{n % 7}" for n, store in enumerate(stores)]
    (tmp_path / "units.csv").write_text("\n".join(["variant,store,x", *rows]), encoding="utf-8")
    card = analyze_frame(tmp_path / "units.csv", metrics="x", control="00", cluster="store")
    assert [arm.key for arm in card.arms] == ["00", "01"]
    frame = pa.table({"variant": [n % 2 for n in range(200)], "store": stores, "x": [n % 7 for n in range(200)]})
    assert card.estimate("x") == analyze_frame(frame, metrics="x", control=0, cluster="store").estimate("x")


def test_a_capsule():
    """Whatever hands out Arrow's stream is a frame."""

    class Capsule:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return TABLE.__arrow_c_stream__(requested_schema)

    assert np.array(numbers(Capsule())) == pytest.approx(np.array(EXPECTED), rel=1e-11)


def damaged(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


def test_damaged_files(tmp_path):
    """A reason and a hint, and no number."""
    pq.write_table(TABLE, tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    torn = bytearray(whole)
    torn[4:2000] = bytes(1996)
    cases = [
        ("cut.parquet", whole[:-100], "cannot be read as Parquet"),
        ("torn.parquet", bytes(torn), "cannot be read"),
        ("empty.parquet", b"", "it is empty"),
        ("words.parquet", b"hello, this is no parquet at all", "cannot be read as Parquet"),
        ("words.csv", b"variant,clicks\ncontrol,1\nb,two\n", "holds varchar values"),
        ("binary.csv", b"variant,clicks\n\xff\xfe\x00,1\n", "cannot be read|is not in"),
    ]
    for name, content, message in cases:
        with pytest.raises(InvalidInput, match=message):
            analyze_frame(damaged(tmp_path, name, content), metrics="clicks")
    with pytest.raises(NotFound, match=r"did you mean 'whole\.parquet'"):
        analyze_frame(tmp_path / "whole.parqet", metrics="clicks")
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotFound, match="has no Parquet or CSV file"):
        analyze_frame(tmp_path / "folder", metrics="clicks")


@pytest.mark.parametrize(
    "frame", [TABLE, pl.from_arrow(TABLE).lazy(), ds.dataset(TABLE), TABLE.to_reader(), RELATIONS.table("stored")]
)
def test_a_missing_column_is_met_with_the_nearest_one(frame):
    """In every kind of frame."""
    with pytest.raises(UnknownName, match=r"'revenu' is not in the frame\. Hint: did you mean 'revenue'"):
        analyze_frame(frame, metrics="revenu")


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: t.to_reader(max_chunksize=500)])
def test_late_oddities(wrap):
    """NaN and infinities count for nothing where the first rows have none of them."""
    late = np.array(TABLE["clicks"], dtype=float)
    late[-3:] = np.nan
    table = TABLE.set_column(4, "clicks", pa.array(late))
    assert not table["clicks"].null_count
    found = analyze_frame(wrap(table), metrics="clicks").estimate("clicks")
    assert found.control.n + found.treatment.n == N - 3
    late[-5] = np.inf
    with pytest.raises(InvalidInput, match="'clicks' has 1 infinite values"):
        analyze_frame(wrap(table.set_column(4, "clicks", pa.array(late))), metrics="clicks")


def test_first_rows_that_mislead():
    """Where they are missing, values near 1e9 cost a second scan and no digits."""
    x = 1e9 + RNG.normal(0, 1, N)
    variant = ["control", "b"] * (N // 2)
    late = pa.chunked_array([pa.nulls(SAMPLE_ROWS, pa.float64()), pa.array(x)])
    frame = pa.table({"variant": [*variant[:SAMPLE_ROWS], *variant], "x": late})
    found, peer = analyze_frame(frame, metrics="x").estimate("x"), compare_means(x[::2], x[1::2])
    assert (found.se, found.effect) == (pytest.approx(peer.se, rel=1e-10), pytest.approx(peer.effect, abs=1e-7))


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ([f"v{n % 10_000}" for n in range(20_000)], "more than 100 different values"),
        (["control"] * 20_000, "has only 'control' in it"),
        ([None] * 20_000, "Column 'variant' has no values"),
        (["control"] * 10_000 + [f"v{n}" for n in range(10_000)], "more than 100 different values"),
    ],
)
def test_variants_that_cannot_be(variant, message):
    """Ten thousand variants, one, or none."""
    frame = pa.table({"variant": pa.array(variant, pa.string()), "x": np.arange(20_000)})
    with pytest.raises(InvalidInput, match=message):
        analyze_frame(frame, metrics="x")


def test_rows_without_a_variant():
    """NaN and null name none; how many were left out is told."""
    frame = pl.DataFrame({"variant": [0.0, 1.0, float("nan"), None] * 10, "x": range(40)})
    card = analyze_frame(frame, metrics="x", control=0)
    assert [arm.n for arm in card.arms] == [10, 10]
    assert card.checks[-1].detail == "20 of 40 rows have no variant; they are left out"
