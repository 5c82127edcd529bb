"""The hash spreads units evenly, independently between experiments, and as GrowthBook's own SDK does."""

from __future__ import annotations

import numpy as np

from expkit.assign import Assigner, buckets
from expkit.domain import Experiment

UNITS = [f"user-{number}" for number in range(100_000)]


def test_near_identical_keys_are_uniform() -> None:
    """Chi-square over the tenths of the buckets for 50 keys that differ by a digit, corrected for their number.

    The benchmark does the same for 200 keys over a million units.
    """
    from scipy.stats import chi2

    counts = [np.bincount((buckets(f"checkout-{key}", UNITS) * 10).astype(int), minlength=10) for key in range(50)]
    statistics = ((np.array(counts) - 10_000) ** 2 / 10_000).sum(axis=1)
    assert chi2.sf(statistics, 9).min() > 0.001 / 50


def test_near_identical_keys_are_independent() -> None:
    """No pair of 50 experiments shares more of its units than chance gives, corrected for the 1,225 pairs."""
    from scipy.stats import norm

    halves = np.stack([(buckets(f"checkout-{key}", UNITS) < 0.5).astype(np.float32) * 2 - 1 for key in range(50)])
    strength = np.abs(halves @ halves.T)[np.triu_indices(50, 1)] / np.sqrt(len(UNITS))
    assert strength.max() < norm.isf(0.001 / len(strength) / 2)


def test_growthbooks_python_sdk_agrees_on_ten_thousand_users() -> None:
    """Coverage, weights, a condition, a layer as filter, ids beyond ASCII: the same variant, the same bucket."""
    from growthbook import GrowthBook

    found = Experiment.parse({
        "key": "checkout", "name": "c", "hypothesis": "If, then.", "metrics": ["m"], "status": "active",
        "coverage": 0.7,
        "variants": [{"key": "control", "weight": 0.2}, {"key": "a", "weight": 0.5}, {"key": "b", "weight": 0.3}],
        "eligibility": {"country": {"$in": ["DE", "FR"]}, "age": {"$gte": 18}},
        "layer": {"name": "shop", "ranges": [[0.1, 0.6], [0.7, 1.0]]},
    })  # fmt: skip
    rule = {
        "key": "checkout", "variations": [0, 1, 2], "weights": [0.2, 0.5, 0.3], "coverage": 0.7, "hashVersion": 2,
        "hashAttribute": "user_id", "seed": "checkout", "condition": found.eligibility,
        "meta": [{"key": "control"}, {"key": "a"}, {"key": "b"}],
        "filters": [
            {"attribute": "user_id", "seed": "layer:shop", "hashVersion": 2, "ranges": [[0.1, 0.6], [0.7, 1.0]]},
        ],
    }  # fmt: skip
    theirs = GrowthBook(features={"checkout": {"defaultValue": None, "rules": [rule]}})
    ours = Assigner.compile([found])
    seen = set()
    for number in range(10_000):
        unit = f"{'ü😀я'[number % 3] if number % 5 == 0 else 'u'}{number}"
        attributes = {"country": ("DE", "FR", "IT")[number % 3], "age": 15 + number % 50}
        theirs.set_attributes({"user_id": unit, **attributes})
        result = theirs.eval_feature("checkout").experimentResult
        expected = (result.key, result.bucket) if result is not None and result.inExperiment else (None, None)
        answer = ours.assign(unit, attributes=attributes, experiment="checkout")
        assert (answer.variant, answer.bucket if answer.variant else None) == expected
        seen.add(answer.variant)
    assert seen == {None, "control", "a", "b"}
