"""Strata, clusters and caps."""

import numpy as np
import pytest

from expkit.errors import InvalidInput
from expkit.stats import (
    Caps,
    Summary,
    cap_values,
    cochran_mantel_haenszel,
    compare_clustered,
    compare_means,
    compare_stratified,
    find_caps,
    summarize_capped,
    summarize_strata,
)


def _strata(rng, shift=0.0, n=400):
    labels = rng.choice(3, n)
    return rng.normal(10.0 * labels + shift, 1, n), labels.tolist()


def test_strata_save_what_lies_between_them():
    """The error is that within strata; one stratum alone is Welch's test."""
    rng = np.random.default_rng(1)
    arms = [summarize_strata(*_strata(rng, shift)) for shift in (0, 0.3)]
    found = compare_stratified(*arms)
    assert found.variance_saved > 0.9
    assert found.effect == pytest.approx(0.3, abs=0.4)
    assert found.significant == (0 not in found.ci) == (0 not in found.lift_ci)
    one = [{"all": arm[0]} for arm in arms]
    plain = compare_means(arms[0][0], arms[1][0])
    single = compare_stratified(*one)
    assert (single.effect, single.p_value, single.df) == pytest.approx((plain.effect, plain.p_value, plain.df))


def test_covariates_within_strata():
    """Each stratum's own comparison is adjusted."""
    rng = np.random.default_rng(2)
    arms = []
    for _ in range(2):
        values, labels = _strata(rng)
        arms.append(summarize_strata(values + 3 * (x := rng.normal(0, 1, 400)), labels, x))
    assert (
        compare_stratified(*arms).se
        < 0.5 * compare_stratified(*({k: Summary(s.n, s.mean, s.var) for k, s in arm.items()} for arm in arms)).se
    )


def test_strata_that_cannot_be_compared():
    """Missing in an arm, too small, constant, none at all; a missing label is a stratum of its own."""
    assert "'b' has fewer than 2" in compare_stratified({"a": [1, 2], "b": [1, 2]}, {"a": [1, 3]}).reason
    assert "do not vary" in compare_stratified({"a": [1, 1]}, {"a": [2, 2]}).reason
    assert "no strata" in compare_stratified({}, {}).reason
    assert set(summarize_strata([1, 2, 3], ["a", None, float("nan")])) == {"a", None}
    with pytest.raises(InvalidInput, match="mapping of strata"):
        compare_stratified([1, 2], [2, 3])
    with pytest.raises(InvalidInput, match="3 values but 2 strata"):
        summarize_strata([1, 2, 3], ["a", "b"])


def test_one_constant_stratum_is_known():
    """It adds no error of its own."""
    found = compare_stratified({"a": [0, 0], "b": [1, 2, 3]}, {"a": [0, 0], "b": [2, 3, 5]}, weights="mantel-haenszel")
    assert found.se > 0


def test_clusters_count_and_rows_do_not():
    """Every row twice changes nothing."""
    rng = np.random.default_rng(3)
    values, ids = rng.normal(0, 1, (2, 60)), np.arange(60) % 12
    once = compare_clustered((values[0], ids), (values[1], ids + 50), method="cr0")
    twice = compare_clustered((np.repeat(values[0], 2), np.repeat(ids, 2)), (np.repeat(values[1], 2), np.repeat(ids + 50, 2)), method="cr0")  # fmt: skip  # noqa: E501
    assert twice.se == pytest.approx(once.se)
    assert twice.p_value == pytest.approx(once.p_value)


def test_clusters_that_cannot_be_compared():
    """In both arms, one only, no label for a row, no variation; missing values are not counted."""
    with pytest.raises(InvalidInput, match="1 clusters are in both arms"):
        compare_clustered(([1, 2], ["a", "b"]), ([1, 2], ["a", "c"]))
    with pytest.raises(InvalidInput, match="2 values but 1 clusters"):
        compare_clustered(([1, 2], ["a"]), ([1, 2], ["b", "c"]))
    assert "has 1 clusters" in compare_clustered(([1, 2], ["a", "a"]), ([1, 2], ["b", "c"])).reason
    assert "has 0 clusters" in compare_clustered(([], []), ([1, 2], ["b", "c"])).reason
    assert "do not vary" in compare_clustered(([1, 1], ["a", "d"]), ([2, 2], ["b", "c"])).reason
    found = compare_clustered(([1, 2, None], ["a", "d", "e"]), ([1, 4], ["b", "c"]))
    assert found.control.n == 2


def test_one_cap_for_both_arms():
    """The 99.9% quantile of what is not zero, in both arms together."""
    rng = np.random.default_rng(4)
    arms = [np.where(rng.random(5000) < 0.2, rng.lognormal(3, 1, 5000), 0) for _ in range(2)]
    caps = find_caps(*arms)
    together = np.concatenate(arms)
    assert caps.upper == np.quantile(together[together != 0], 0.999, method="inverted_cdf")
    assert caps.lower == -np.inf
    control, treatment = summarize_capped(*arms)
    assert control == Summary.of(np.minimum(arms[0], caps.upper))
    assert treatment.var < Summary.of(arms[1]).var
    assert find_caps(*arms, nonzero=False).upper < caps.upper


def test_caps_leave_the_missing_missing():
    """And where there are no values there is no cap."""
    assert np.isnan(cap_values([1, None, 9], Caps(2, 5))).tolist() == [False, True, False]
    assert find_caps([0, 0]) == (-np.inf, np.inf)
    assert find_caps([1, 2, 3], upper=None, lower=0.4) == (2, np.inf)
    with pytest.raises(InvalidInput, match="not below the upper"):
        find_caps([1, 2, 3], upper=0.4, lower=0.6)
    with pytest.raises(InvalidInput, match="no values"):
        find_caps()


def test_cochran_mantel_haenszel_refuses_empty_strata():
    """Strata of which nothing is learnt."""
    assert "both outcomes" in cochran_mantel_haenszel([(0, 10, 0, 12), (0, 0, 1, 2)]).reason
    assert cochran_mantel_haenszel({"a": (5, 20, 12, 22), "b": (0, 0, 1, 2)}).p_value < 0.1
    assert cochran_mantel_haenszel([(0, 10, 5, 10)]).effect is None


def test_clusters_of_unequal_size_are_worth_fewer():
    """Bell and McCaffrey's degrees of freedom, from the projection matrix, are near; G - 1 where all are alike."""
    alike = np.repeat(np.arange(12), 5)
    rng = np.random.default_rng(4)
    plain = compare_clustered((rng.normal(size=60), alike), (rng.normal(size=60), alike + 50))
    assert 11 <= plain.df <= 22
    sizes = np.array([40, 40, 5, 5, 5, 5, 5, 5])
    ids = np.repeat(np.arange(8), sizes)
    n, members = ids.size, ids[:, None] == np.arange(8)
    within = np.eye(n) - 1 / n
    # one column per cluster: what its residual's sum is of the errors, freed of its bias
    forms = within @ members / np.sqrt(1 - sizes / n)
    gram = forms.T @ forms
    satterthwaite = np.trace(gram) ** 2 / (gram**2).sum()
    same = rng.normal(size=n)
    found = compare_clustered((same, ids), (same + 1, ids + 50))
    assert found.df / 2 == pytest.approx(satterthwaite, rel=0.25)
    assert found.df / 2 < 7


def test_the_error_rate_with_unequal_clusters():
    """2,000 experiments of 10 + 10 clusters of 1, 5 or 100 rows without an effect; tolerance four standard errors."""
    rng, alarms = np.random.default_rng(6), 0
    for _ in range(2000):
        arms = []
        for side in (0, 100):
            sizes = rng.choice([1, 5, 100], 10)
            ids = np.repeat(np.arange(10) + side, sizes)
            arms.append((np.repeat(rng.normal(0, 0.7, 10), sizes) + rng.normal(0, 1, ids.size), ids))
        found = compare_clustered(*arms)
        alarms += found.p_value < 0.05
    assert alarms / 2000 < 0.0695
