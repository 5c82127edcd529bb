"""Whether a frame's units came in the shares they should have, and which of its segments is to blame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from expkit.analysis import analyze_frame
from expkit.errors import UnknownName

N = 4000
SIDE = np.arange(N) % 2 == 1
BROWSER = np.where(np.arange(N) % 8 < 2, "safari", "firefox")
FRAME = pd.DataFrame({
    "variant": np.where(SIDE, "b", "control"), "browser": BROWSER,
    "country": np.where(np.arange(N) % 6 < 2, "de", "fr"),
    "store": [f"{n % 2}-{n // 2 % 50}" for n in range(N)], "x": np.arange(N) % 7,
})  # fmt: skip
LOST = FRAME[~((FRAME.browser == "safari") & SIDE & (np.arange(N) % 16 < 8))]


@pytest.mark.parametrize("form", [lambda f: f, pl.from_pandas, lambda f: pl.from_pandas(f).lazy()])
def test_the_segment_most_to_blame_is_named(form):
    """Half of one arm's Safari users are missing; the other columns are told apart from it."""
    card = analyze_frame(form(LOST), metrics="x", segments=["country", "browser"])
    check = card.checks[0]
    assert not check.ok
    assert "most to blame: browser 'safari' with 750 units" in check.detail
    assert "without it the shares fit (p = 1)" in check.detail
    assert "Look at how units are assigned" in card.recommendation.reasons[0]


def test_nobody_is_blamed_without_an_alarm_or_a_segment():
    """The shares fit, or no column was named."""
    assert "blame" not in analyze_frame(FRAME, metrics="x", segments="browser").checks[0].detail
    assert "blame" not in analyze_frame(LOST, metrics="x").checks[0].detail
    assert "blame" not in analyze_frame(LOST, metrics="x", segments="country").checks[0].detail
    with pytest.raises(UnknownName, match="did you mean 'browser'"):
        analyze_frame(LOST, metrics="x", segments="browsr")


def test_clusters_are_counted_where_they_were_randomised():
    """Stores of different size are no mismatch; missing stores are."""
    big = pd.concat([FRAME, *[FRAME[FRAME.store == "1-7"]] * 20])
    assert not analyze_frame(big, metrics="x").checks[0].ok
    assert analyze_frame(big, metrics="x", cluster="store").checks[0].ok
    few = FRAME[~FRAME.store.str.startswith("1-") | FRAME.store.isin([f"1-{n}" for n in range(12)])]
    check = analyze_frame(few, metrics="x", cluster="store", segments="browser").checks[0]
    assert not check.ok
    assert "12" in check.detail
