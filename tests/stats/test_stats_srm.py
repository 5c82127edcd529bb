"""Sample ratio mismatch: peers, exactness, shares that are not there."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from expkit.errors import InvalidInput, UnknownName
from expkit.stats import Check, NotEstimable, check_srm

COUNTS = st.lists(st.tuples(st.integers(0, 5000), st.floats(0.1, 10)), min_size=2, max_size=5)


@pytest.mark.parametrize(
    ("counts", "shares"), [([5165, 4835], [0.5, 0.5]), ([900, 1100, 2100], [1, 1, 2]), ([10**9, 10**9 + 10**5], [1, 1])]
)
def test_agrees_with_scipy_chi_square(counts, shares):
    """Statistic and p-value of chisquare, to 1e-9."""
    from scipy.stats import chisquare

    found = check_srm(counts, shares)
    expected = np.array(shares) / sum(shares) * sum(counts)
    peer = chisquare(counts, expected)
    assert (found.statistic, found.p_value) == pytest.approx((peer.statistic, peer.pvalue), rel=1e-9)
    assert found.method == "chi-square"
    assert found.ok == (peer.pvalue >= 0.001)


@pytest.mark.parametrize(
    ("x", "n", "share"), [(30, 50, 0.5), (0, 20, 0.3), (450, 999, 0.5), (7, 9, 0.9), (999, 999, 0.5)]
)
def test_two_small_arms_get_the_binomial(x, n, share):
    """Two-sided as in scipy and R: all outcomes no likelier than this one."""
    from scipy.stats import binomtest

    found = check_srm([x, n - x], [share, 1 - share])
    assert found.p_value == pytest.approx(binomtest(x, n, share).pvalue, rel=1e-9)
    assert found.method == "binomial"


def test_three_small_arms_get_the_multinomial():
    """Five units all in one of three equal arms: 3 such outcomes of 3^5."""
    found = check_srm([5, 0, 0])
    assert found.p_value == pytest.approx(3 / 3**5)
    assert found.method == "multinomial"


@given(COUNTS, st.floats(0.001, 1000))
def test_only_the_ratios_of_shares_count(arms, factor):
    """Halves, percent or weights: the same check."""
    counts, shares = zip(*arms, strict=True)
    assume(sum(counts))
    a, b = check_srm(counts, shares), check_srm(counts, [share * factor for share in shares])
    assert b.p_value == pytest.approx(a.p_value, rel=1e-6)
    assert b.statistic == pytest.approx(a.statistic, rel=1e-6)


@given(COUNTS, st.integers(1, 3))
def test_arms_without_a_share_add_no_degrees_of_freedom(arms, empty):
    """An alarm is not silenced by arms that nobody should be in."""
    counts, shares = (list(column) for column in zip(*arms, strict=True))
    assume(sum(counts))
    assert check_srm(counts + [0] * empty, shares + [0] * empty).p_value == check_srm(counts, shares).p_value


def test_a_unit_where_none_belongs_is_an_alarm():
    """However well the other arms fit, and even if they are empty."""
    found = check_srm([5000, 5000, 1], [1, 1, 0])
    assert (found.ok, found.p_value) == (False, 0.0)
    assert "share is zero" in found.detail
    assert not check_srm([0, 0, 3], [1, 1, 0])
    assert not check_srm([10, 3], [1, 0]).ok


def test_the_detail_tells_observed_and_expected():
    """A person can read what went wrong."""
    found = check_srm({"control": 5165, "treatment": 4835}, {"treatment": 1, "control": 1})
    assert found.detail == "observed 4,835 / 5,165, expected 5,000.0 / 5,000.0"
    assert (found.name, found.alpha, found.ok) == ("srm", 0.001, False)
    assert isinstance(found, Check)
    assert check_srm({"a": 5165, "b": 4835}, alpha=0.0001).ok


def test_what_cannot_be_checked_says_so():
    """No units yet; only one arm."""
    assert "No arm has units" in check_srm([0, 0], [1, 1]).reason
    only = check_srm([10, 0], [1, 0])
    assert isinstance(only, NotEstimable)
    assert "Only one arm" in only.reason


@pytest.mark.parametrize(
    ("counts", "shares", "message"),
    [
        ([1, 2], [1, 1, 1], "2 counts and 3 shares"),
        ([1], [1], "1 counts"),
        ([], None, "0 counts"),
        ([1, 2], [1, -1], "at least 0"),
        ([1, 2], [0, 0], "not all 0"),
        ([1, 2], [1, float("nan")], "share is nan"),
        ([-1, 2], [1, 1], "count is -1"),
        ([1.5, 2], [1, 1], "count is 1.5"),
        ({"a": 1, "b": 2}, [1, 1], "has names"),
    ],
)
def test_impossible_input_is_refused(counts, shares, message):
    """With the value at fault."""
    with pytest.raises(InvalidInput, match=message):
        check_srm(counts, shares)


def test_an_arm_without_a_promised_share_is_unknown():
    """Its name is probably misspelt."""
    with pytest.raises(UnknownName, match="did you mean 'control'"):
        check_srm({"contrl": 1, "b": 2}, {"control": 1, "b": 1})
    assert check_srm({"b": 2}, {"control": 1, "b": 1}).p_value == pytest.approx(0.5)


def test_fair_splits_rarely_alarm():
    """20,000 fair splits of 5,000 units at alpha 0.05; tolerance four standard errors (0.0062)."""
    units = np.random.default_rng(4).multinomial(5000, [0.5, 0.3, 0.2], 20_000)
    alarms = [not check_srm(row.tolist(), [5, 3, 2], alpha=0.05).ok for row in units]
    assert abs(np.mean(alarms) - 0.05) < 0.0062
