"""Models side by side: means and errors by hand, the front by definition, its probability by what is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from expkit.analysis.leaderboard import DRAWS, leaderboard
from expkit.errors import InvalidInput, UnknownName
from expkit.settings import Settings
from expkit.stats import compare_ratios
from expkit.workbench import Workbench


@pytest.fixture
def wb(tmp_path):
    with Workbench.open(Settings(home=tmp_path, actor="ann")) as opened:
        yield opened


def calls(
    model: str, units: int, seed: int, quality: float | None, cost: float, latency: float, **more: object
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), rng.integers(1, 6, units))
    taste = rng.normal(0, 0.1, units)[unit]  # one unit's calls are alike
    frame = pd.DataFrame({
        "model": model, "user_id": [f"{model}{i}" for i in unit], "cost": cost * rng.lognormal(0, 0.3, unit.size),
        "latency_ms": latency * rng.lognormal(0, 0.3, unit.size),
        "error": np.where(rng.random(unit.size) < 0.1, "x", ""), **more,
    })  # fmt: skip
    if quality is not None:
        frame["quality"] = quality + taste + rng.normal(0, 0.1, unit.size)
    return frame


def board(wb: Workbench, *frames: pd.DataFrame, **options: object):
    wb.log_traces(pd.concat(frames))
    with wb._shared.events.reader() as reader:
        return leaderboard(reader, **options)


def test_means_and_errors_are_the_delta_method_s(wb):
    """Per call, with errors over units: the same as a ratio of totals has."""
    frame = calls("a", 200, 1, 0.7, 0.02, 300)
    row = board(wb, frame).rows[0]
    assert (row.calls, row.units) == (len(frame), 200)
    assert row.latency_p95 == pytest.approx(frame.latency_ms.quantile(0.95))
    assert row.error_rate.mean == pytest.approx((frame.error != "").mean())
    sums = frame.groupby("user_id").agg(top=("quality", "sum"), n=("quality", "count"))
    peer = compare_ratios((sums.top.to_numpy(), sums.n.to_numpy()), (sums.top.to_numpy(), sums.n.to_numpy()))
    assert row.quality.mean == pytest.approx(frame.quality.mean())
    assert row.quality.se == pytest.approx(peer.se / np.sqrt(2), rel=1e-9)


def test_the_front_is_whom_nobody_beats(wb):
    """Cheap, good and quick are on it; what is worse in all is not, and the probability says how sure that is."""
    found = board(
        wb, calls("good", 300, 1, 0.9, 0.05, 400), calls("cheap", 300, 2, 0.6, 0.01, 350),
        calls("quick", 300, 3, 0.5, 0.03, 100), calls("worst", 300, 4, 0.4, 0.06, 500),
        calls("twin", 300, 5, 0.9, 0.05, 400),
    )  # fmt: skip
    assert found.compared == ("quality", "cost", "latency")
    rows = {row.name: row for row in found.rows}
    assert all(rows[name].on_front and rows[name].front_probability > 0.999 for name in ("cheap", "quick"))
    assert (rows["worst"].on_front, rows["worst"].front_probability) == (False, 0.0)
    assert 0.5 < rows["good"].front_probability < 1
    assert found.rows[-1].name == "worst"


def test_the_probability_of_two_is_the_closed_form(wb):
    """By one measure alone: that the difference of two normal means is above zero."""
    frames = [calls(name, 60, at, 0.7, 1.0, 1.0).drop(columns=["cost", "latency_ms"]) for at, name in enumerate("ab")]
    found = board(wb, *frames)
    assert found.compared == ("quality",)
    rows = {row.name: row for row in found.rows}
    gap = rows["a"].quality.mean - rows["b"].quality.mean
    expected = stats.norm.cdf(gap / np.hypot(rows["a"].quality.se, rows["b"].quality.se))
    error = np.sqrt(expected * (1 - expected) / DRAWS)
    assert 0.01 < expected < 0.99
    assert rows["a"].front_probability == pytest.approx(expected, abs=4 * error)
    assert rows["a"].front_probability + rows["b"].front_probability == pytest.approx(1)


def test_what_is_not_known_of_all_does_not_count(wb):
    """Without anybody's quality the others decide; one unit says nothing of the error."""
    found = board(
        wb, calls("a", 50, 1, 0.9, 0.05, 400), calls("b", 50, 2, None, 0.01, 350), calls("one", 1, 3, None, 0.1, 900)
    )
    assert found.compared == ("cost", "latency")
    rows = {row.name: row for row in found.rows}
    assert (rows["b"].quality, rows["a"].quality is not None) == (None, True)
    assert (rows["one"].front_probability, rows["one"].error_rate.se) == (None, None)


def test_groups_and_filters(wb):
    """By prompt, version or an experiment's variant; since a moment; calls without a name are left out."""
    frame = calls("a", 40, 1, 0.9, 0.05, 400, prompt="p1", experiment="e", variant="control", timestamp="2026-01-01")
    other = calls("a", 40, 2, 0.9, 0.05, 400, prompt="p2", experiment="e", variant="treatment", timestamp="2026-02-01")
    bare = calls("a", 40, 3, 0.9, 0.05, 400, timestamp="2026-02-01")
    found = board(wb, frame, other, bare, by="prompt")
    assert {row.name for row in found.rows} == {"p1", "p2"}
    with wb._shared.events.reader() as reader:
        assert len(leaderboard(reader, "variant", experiment="e").rows) == 2
        assert leaderboard(reader, "version").rows == ()
        late = leaderboard(reader, "prompt", since=pd.Timestamp("2026-01-15", tz="UTC").to_pydatetime())
        assert [row.name for row in late.rows] == ["p2"]
        with pytest.raises(UnknownName, match="model"):
            leaderboard(reader, "modell")
        with pytest.raises(InvalidInput, match="which experiment"):
            leaderboard(reader, "variant")


def test_nobody_has_called(wb):
    """An empty board."""
    with wb._shared.events.reader() as reader:
        assert leaderboard(reader).rows == ()
