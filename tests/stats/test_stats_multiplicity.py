"""Adjusted p-values against statsmodels, in the order given."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from expkit.errors import InvalidInput
from expkit.stats import adjust

PEERS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "bh": "fdr_bh",
    "by": "fdr_by",
}
P_VALUES = st.lists(st.floats(0, 1) | st.sampled_from([0.01, 0.05]), min_size=1, max_size=15)


@pytest.mark.parametrize("method", PEERS)
@settings(max_examples=25)  # the peer collects garbage at every call
@given(P_VALUES)
def test_agrees_with_statsmodels(method, p_values):
    """All six methods, ties and unsorted input included."""
    peer = multipletests(p_values, method=PEERS[method])[1]
    assert adjust(p_values, method) == pytest.approx(peer, rel=1e-9, abs=1e-300)


@given(P_VALUES, st.sampled_from(list(PEERS)), st.randoms())
def test_order_does_not_matter(p_values, method, random):
    """Each p-value keeps its place."""
    order = list(range(len(p_values)))
    random.shuffle(order)
    shuffled = adjust([p_values[i] for i in order], method)
    assert shuffled.tolist() == adjust(p_values, method)[order].tolist()


@given(P_VALUES)
def test_sharper_methods_are_never_larger(p_values):
    """P <= hommel <= hochberg <= holm <= bonferroni, and bh <= by."""
    steps = [np.array(p_values), *(adjust(p_values, m) for m in ("hommel", "hochberg", "holm", "bonferroni"))]
    assert all((a <= b + 1e-12).all() for a, b in itertools.pairwise(steps))
    assert (adjust(p_values, "bh") <= adjust(p_values, "by")).all()


def test_missing_p_values_stay_missing():
    """They take no part of alpha; the case of the method's name does not matter."""
    found = adjust([0.01, None, 0.04, float("nan")], "Bonferroni")
    assert found[[0, 2]].tolist() == [0.02, 0.08]
    assert np.isnan(found[[1, 3]]).all()
    assert adjust([0.01, 0.04], "BH").tolist() == adjust([0.01, 0.04], "bh").tolist()
    assert adjust([], "by").tolist() == []


def test_the_input_is_left_alone():
    """A caller's array is not written to."""
    p_values = np.array([0.04, 0.01])
    adjust(p_values)
    assert p_values.tolist() == [0.04, 0.01]


def test_impossible_input_is_refused():
    """A p-value above one, an unknown method."""
    with pytest.raises(InvalidInput, match=r"p-value is 1\.5"):
        adjust([0.5, 1.5])
    with pytest.raises(InvalidInput, match="did you mean 'holm'"):
        adjust([0.5], "hlm")
