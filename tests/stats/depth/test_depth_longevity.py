"""Effects that fade, and experiments that still act."""

from __future__ import annotations

import numpy as np
import pytest

from expkit.errors import InvalidInput
from expkit.stats import Check, NotEstimable, Summary, check_carry_over, check_novelty
from expkit.stats.longevity import day_weights


def table(seed: int, fade: float, units: int = 2000, days: int = 7) -> np.ndarray:
    """Units that differ from one another on all of their days, and an effect that fades."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(units, 1)) + rng.normal(size=(units, days)) + fade * np.arange(days)[::-1]


def test_the_slope_is_that_of_least_squares():
    """Each unit's slope is what a regression on its days gives."""
    rows = table(1, 0.1, units=3)
    slopes = [np.polyfit(range(7), row, 1)[0] for row in rows]
    assert rows @ day_weights(7) == pytest.approx(slopes)


def test_an_effect_that_fades_is_found_and_one_that_lasts_is_not():
    """A constant effect, however large, has no slope."""
    assert not check_novelty(table(1, 0), table(2, 0.1)).ok
    lasting = check_novelty(table(1, 0), table(2, 0) + 5)
    assert lasting.ok
    assert "shrinks" in check_novelty(table(1, 0), table(2, 0.1)).detail


def test_units_whose_days_hang_together_cause_no_false_alarm():
    """Of 400 experiments without novelty about one in a hundred is blamed."""
    alarms = sum(not check_novelty(table(2 * i, 0, 200), table(2 * i + 1, 0, 200)).ok for i in range(400))
    assert alarms <= 12


def test_summaries_of_slopes_are_as_good():
    """What a database adds up is enough."""
    control, treatment = table(1, 0), table(2, 0.05)
    sums = [Summary.of(one @ day_weights(7)) for one in (control, treatment)]
    assert check_novelty(*sums).p_value == pytest.approx(check_novelty(control, treatment).p_value)


def cells(shift: float, seed: int = 1, n: int = 1000) -> dict:
    rng = np.random.default_rng(seed)
    return {
        (here, before): rng.normal(size=n) + (here == "t") + shift * (before == "t")
        for here in ("c", "t", "u")
        for before in ("c", "t")
    }


def test_an_earlier_arm_that_still_acts_is_found():
    """By what is left of it, over all arms of this experiment, whose own effects do not disturb."""
    assert check_carry_over(cells(0)).ok
    found = check_carry_over(cells(0.2))
    assert not found.ok
    assert "differ by +0.1" in found.detail or "differ by +0.2" in found.detail


def test_carry_over_is_the_stratified_comparison():
    """Weighted by precision over the arms of this experiment."""
    made = cells(0.1)
    effects = [made[a, "t"].mean() - made[a, "c"].mean() for a in "ctu"]
    variances = [made[a, "t"].var(ddof=1) / 1000 + made[a, "c"].var(ddof=1) / 1000 for a in "ctu"]
    w = 1 / np.array(variances)
    assert check_carry_over(made).statistic == pytest.approx((w @ effects) / np.sqrt(w.sum()))


@pytest.mark.parametrize(
    ("arms", "error"),
    [
        (([[1.0, np.nan]], [[1.0, 2.0]]), "no full table"),
        (([1, 2], [3, 4]), "no full table"),
        (([[1], [2]], [[1], [2]]), "1 days"),
        (([[1, 2], [2, 4]], [[1, 2, 3], [2, 1, 0]]), "2 and 3 days"),
    ],
)
def test_bad_tables_are_refused(arms, error):
    """With the shape that is needed."""
    with pytest.raises(InvalidInput, match=error):
        check_novelty(*arms)


def test_nothing_to_compare_says_so():
    """Too few units, and experiments without a unit in common."""
    assert isinstance(check_novelty([[1, 2]], [[1, 2]]), NotEstimable)
    empty = {(a, b): Summary(0, 0.0, 0.0) for a in "ct" for b in "ct"}
    assert isinstance(check_carry_over(empty), NotEstimable)
    assert isinstance(check_carry_over(cells(0)), Check)
    with pytest.raises(InvalidInput, match="3 earlier arms"):
        check_carry_over({("c", b): [1.0, 2.0] for b in "abc"})
