"""Effects by several attributes at once, against statsmodels' regression with all interactions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from expkit.errors import InvalidInput
from expkit.stats import NotEstimable, heterogeneous_effects


def units(seed: int, n: int = 4000, extra: float = 0.0) -> pd.DataFrame:
    """Two attributes that hang together; the effect is larger on mobile alone."""
    rng = np.random.default_rng(seed)
    country = rng.choice(["de", "fr", "us"], n, p=[0.5, 0.3, 0.2])
    device = np.where(rng.random(n) < np.where(country == "us", 0.8, 0.3), "mobile", "desktop")
    treated = rng.random(n) < 0.5
    y = rng.normal(size=n) + (country == "us") + treated * (0.2 + extra * (device == "mobile"))
    return pd.DataFrame({"y": y, "t": treated, "country": country, "device": device})


def asked(frame: pd.DataFrame) -> object:
    return heterogeneous_effects(frame["y"], frame["t"], {"country": frame["country"], "device": frame["device"]})


def test_the_tests_are_those_of_the_regression_with_all_interactions():
    """Joint and by attribute: statsmodels' Wald tests under HC2."""
    import statsmodels.formula.api as smf

    frame = units(1, extra=0.3)
    found = asked(frame)
    parts = [smf.ols("y ~ C(country) + C(device)", frame[frame["t"] == side]).fit(cov_type="HC2") for side in (0, 1)]
    away = (parts[1].params - parts[0].params).to_numpy()
    cov = (parts[1].cov_params() + parts[0].cov_params()).to_numpy()
    for got, where in (
        (found.any, [1, 2, 3]),
        (found.attributes["country"], [1, 2]),
        (found.attributes["device"], [3]),
    ):
        wald = away[where] @ np.linalg.solve(cov[np.ix_(where, where)], away[where])
        assert got.statistic == pytest.approx(wald, rel=1e-8)
    assert found.effect == pytest.approx(np.mean(parts[1].predict(frame) - parts[0].predict(frame)), rel=1e-8)


def test_the_attribute_that_matters_is_told_from_the_one_that_goes_with_it():
    """Americans are on mobile more often; given the device, their effect is no other."""
    found = asked(units(2, 20_000, extra=0.3))
    assert found.attributes["device"].p_value < 1e-6 < found.attributes["country"].p_value
    gaps = {one.level: one for one in found.levels}
    assert gaps["mobile"].against_rest == pytest.approx(0.3, abs=0.08)
    assert gaps["mobile"].against_rest_p < 0.001
    assert gaps["mobile"].effect - gaps["desktop"].effect == pytest.approx(gaps["mobile"].against_rest)
    assert gaps["us"].against_rest_p > 0.01


def test_levels_pull_each_other_where_nothing_differs():
    """Shrunken effects are closer together than the raw ones."""
    found = asked(units(3))
    raw, pulled = ([one.effect for one in found.levels], [one.shrunken.effect for one in found.levels])
    assert np.ptp(pulled) < np.ptp(raw)


def test_false_discoveries_stay_at_their_share():
    """Of 200 experiments in which nothing differs, no more than chance allows name any level."""
    named = sum(any(one.against_rest_p < 0.05 for one in asked(units(seed, 600)).levels) for seed in range(200))
    assert named <= 22


def test_units_that_lack_a_value_or_level_do_not_count():
    """The answer is that of the others."""
    frame = units(4, 500)
    device = frame["device"].astype(object).where(frame.index % 5 != 0, None)
    holes = frame.assign(y=frame["y"].where(frame.index % 7 != 0), device=device)
    assert asked(holes) == asked(frame[(frame.index % 7 != 0) & (frame.index % 5 != 0)])


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"one": ["x"] * 40}, "has 1 level"),
        ({"a": list("xy") * 20, "b": list("uv") * 20}, "tells what another one is"),
        ({"a": ["rare", *["x", "y"] * 19, "x"]}, "no unit with a 'rare'"),
        ({"a": [str(i) for i in range(40)]}, "no unit with a"),
    ],
)
def test_what_cannot_be_told_apart_says_so(attributes, reason):
    """One level, aliased attributes, a level without units in an arm."""
    y, t = np.random.default_rng(1).normal(size=40), np.arange(40) % 4 > 1
    found = heterogeneous_effects(y, t, attributes)
    assert isinstance(found, NotEstimable)
    assert reason in found.reason
    assert found.hint


def test_what_is_not_there_is_refused():
    """No attributes; lengths that do not fit."""
    with pytest.raises(InvalidInput, match="no attributes"):
        heterogeneous_effects([1, 2], [True, False], {})
    with pytest.raises(InvalidInput, match="3 entries for 2 values"):
        heterogeneous_effects([1, 2], [True, False], {"a": ["x", "y", "x"]})
    with pytest.raises(InvalidInput, match="'treated' holds 'control'"):
        heterogeneous_effects([1, 2], ["control", "treatment"], {"a": ["x", "y"]})


def test_units_of_unknown_side_do_not_count():
    """Neither in one arm nor in the other."""
    frame = units(5, 500)
    sides = [None if i % 9 == 0 else side for i, side in enumerate(frame["t"])]
    attributes = {"country": frame["country"], "device": frame["device"]}
    expected = asked(frame[frame.index % 9 != 0])
    assert heterogeneous_effects(frame["y"], sides, attributes) == expected
    assert heterogeneous_effects(frame["y"], pd.array(sides, dtype="boolean"), attributes) == expected
