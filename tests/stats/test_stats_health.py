"""Families of p-values, and the health of the data: phases, segments, exposures, balance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.errors import InvalidInput
from expkit.stats import (
    NotEstimable,
    adjust,
    blame_srm,
    check_balance,
    check_multiple_exposure,
    check_srm,
    compare_means,
    gatekeep,
    interval_levels,
)

PS = st.lists(st.floats(1e-6, 1), min_size=1, max_size=12)
METHODS = st.sampled_from(["bonferroni", "holm", "hochberg", "hommel", "bh", "by"])


@given(PS, METHODS, st.sampled_from([0.01, 0.05, 0.2]))
def test_intervals_fit_the_adjustment(ps, method, alpha):
    """An interval at its level excludes no effect exactly when the adjusted p-value is below alpha."""
    levels, adjusted = interval_levels(ps, method, alpha), adjust(ps, method)
    for p, level, after in zip(ps, levels, adjusted, strict=True):
        if abs(after - alpha) > 1e-9:
            assert (p < level) == (after < alpha)
    assert (levels <= alpha * (1 + 1e-12)).all()
    assert (levels >= alpha / len(ps) / 4).all()


def test_an_adjusted_interval_is_wider():
    """Run the comparison again at its level; the missing have none."""
    levels = interval_levels([0.001, 0.02, None], "holm")
    assert levels[:2] == pytest.approx([0.025, 0.05])
    assert np.isnan(levels[2])
    plain, wide = (compare_means([1, 2, 3], [2, 3, 7], alpha=level) for level in (0.05, levels[0]))
    assert wide.ci.lower < plain.ci.lower


def test_the_primary_opens_the_gate():
    """Nothing secondary counts when the primary does not, nor when it is missing."""
    assert [p.tolist() for p in gatekeep([[0.01], [0.04, 0.03]], "holm")] == [[0.01], [0.06, 0.06]]
    assert gatekeep([[0.2], [0.001]])[1].tolist() == [0.2]
    assert gatekeep([[None], [0.001]])[1].tolist() == [1.0]
    assert gatekeep([[0.01], [], [0.002]])[2].tolist() == [0.01]


@given(st.lists(PS, min_size=1, max_size=4), METHODS)
def test_no_family_is_better_than_the_gate(families, method):
    """Adjusted p-values never fall below those of the family before, nor below the family's own."""
    gate = 0.0
    for family, found in zip(families, gatekeep(families, method), strict=True):
        assert (found >= np.maximum(adjust(family, method), gate) - 1e-15).all()
        gate = max(gate, found.max())


def test_phases_with_their_own_shares():
    """A ramp from 9:1 to 1:1 is no mismatch, though the totals are; a mismatch in one phase shows."""
    assert check_srm([[900, 100], [500, 500]], [[9, 1], [1, 1]]).ok
    assert not check_srm([1400, 600], [1, 1]).ok
    found = check_srm([{"a": 9000, "b": 1000}, {"a": 5300, "b": 4700}], [{"a": 9, "b": 1}, {"b": 1, "a": 1}])
    assert not found.ok
    assert "2 phases" in found.method
    assert found.statistic == pytest.approx(36)


def test_phases_add_up_where_shares_stay():
    """Halves are halves: the same check as on the sum, exact ones too; empty phases do not count."""
    assert check_srm([[10, 4], [3, 9]]) == check_srm([13, 13])
    assert check_srm([[10, 4], [0, 0]], [[1, 1], [3, 1]]) == check_srm([10, 4])
    assert check_srm([[10, 4], [30, 90]], [[1, 1], [50, 50]]) == check_srm([40, 94])
    assert isinstance(check_srm([[0, 0], [0, 0]], [[1, 1], [3, 1]]), NotEstimable)
    assert isinstance(check_srm([[5, 0], [0, 5]], [[1, 0], [0, 1]]), NotEstimable)


def test_a_stray_unit_in_any_phase_is_an_alarm():
    """However well the others fit."""
    assert "share is zero" in check_srm([[500, 500, 0], [500, 500, 1]], [[1, 1, 1], [1, 1, 0]]).detail
    assert not check_srm([[500, 500, 500], [500, 500, 1]], [[1, 1, 1], [1, 1, 0]]).ok
    with pytest.raises(InvalidInput, match="2 phases of counts, 1 of shares"):
        check_srm([[1, 2], [1, 2]], [[1, 1]])


def test_ten_thousand_variants():
    """An answer in no time, with a message one can read; one missing arm is found."""
    fair = np.random.default_rng(1).multinomial(10**7, [1e-4] * 10_000).tolist()
    found = check_srm(fair)
    assert found.ok
    assert len(found.detail) < 1000
    fair[17] = 0
    assert not check_srm(fair).ok
    assert check_srm([0] * 9_999 + [3]).p_value < 1e-4


def test_the_segment_to_blame():
    """First, with its own p-value; without it the rest is fine."""
    counts = {"de": [5000, 5010], "fr": [4000, 3500], "it": [900, 910]}
    rows = blame_srm(counts)
    assert [row.ok for row in rows] == [False, True, True]
    assert (rows[0].segment, rows[0].units) == ("fr", 7500)
    assert rows[0].p_without > 0.5
    assert rows[1].p_without < 0.001
    named = blame_srm({k: {"a": a, "b": b} for k, (a, b) in counts.items()}, {"a": 1, "b": 1})
    assert named[0].p_value == rows[0].p_value
    assert blame_srm({"only": [10, 90]})[0].p_without == 1
    assert "no segments" in blame_srm({}).reason
    assert "No segment has units" in blame_srm({"de": [0, 0]}).reason


def test_units_that_saw_several_variants():
    """One in a hundred may, or a handful."""
    assert check_multiple_exposure(10_000, 99).ok
    assert check_multiple_exposure(50, 9).ok
    found = check_multiple_exposure(10_000, 150)
    assert (found.ok, found.name) == (False, "multiple_exposure")
    assert found.p_value < 0.001
    assert "No unit" in check_multiple_exposure(0, 0).reason
    with pytest.raises(InvalidInput, match="11 of 10"):
        check_multiple_exposure(10, 11)


def test_arms_alike_before_the_start():
    """The covariate that differs most is named."""
    rng = np.random.default_rng(2)
    before = [{"age": rng.normal(40, 10, 3000), "orders": rng.poisson(2, 3000)} for _ in range(2)]
    assert check_balance(*before).ok
    before[1]["age"] = before[1]["age"] + 2
    found = check_balance(*before)
    assert not found.ok
    assert "'age' differs most, by +0.2" in found.detail
    assert "do not vary" in check_balance({"x": [1, 1]}, {"x": [1, 1]}).reason
    with pytest.raises(InvalidInput, match="different covariates"):
        check_balance({"x": [1, 2]}, {"y": [1, 2]})
