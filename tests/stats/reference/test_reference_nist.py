"""NIST Statistical Reference Datasets: certified means, standard deviations and F statistics.

The data of NumAcc and SmLs are made by rule; those of Michelson and SiRstv are written out. Where doubles
cannot hold the data, the tolerance is what their rounding leaves.
"""

import math
from itertools import cycle, islice

import numpy as np
import pytest

from expkit.stats import Summary, compare_arms


def alternating(first: float, low: float, high: float, pairs: int) -> list[float]:
    return [first, *islice(cycle([low, high]), 2 * pairs)]


# Michelson's speed of light in 1879, less 299,000 km/s (R: morley), as 299.0 + value / 1000
MICHELSON = """
850 740 900 1070 930 850 950 980 980 880 1000 980 930 650 760 810 1000 1000 960 960
960 940 960 940 880 800 850 880 900 840 830 790 810 880 880 830 800 790 760 800
880 880 880 860 720 720 620 860 970 950 880 910 850 870 840 840 850 840 840 840
890 810 810 820 800 770 760 740 750 760 910 920 890 860 880 720 840 850 850 780
890 840 780 810 760 810 790 810 820 850 870 870 810 740 810 940 950 800 810 870
"""

UNIVARIATE = [
    ("NumAcc1", [10000001, 10000003, 10000002], 10000002, 1, 1e-15),
    ("NumAcc2", alternating(1.2, 1.1, 1.3, 500), 1.2, 0.1, 1e-14),
    ("NumAcc3", alternating(1000000.2, 1000000.1, 1000000.3, 500), 1000000.2, 0.1, 1e-9),
    ("NumAcc4", alternating(10000000.2, 10000000.1, 10000000.3, 500), 10000000.2, 0.1, 1e-8),
    ("Michelso", [299 + int(x) / 1000 for x in MICHELSON.split()], 299.8524, 0.0790105478190518, 1e-12),
]


@pytest.mark.parametrize(("name", "values", "mean", "sd", "tolerance"), UNIVARIATE, ids=[u[0] for u in UNIVARIATE])
def test_univariate(name, values, mean, sd, tolerance):
    """Certified mean and standard deviation, from all values, in parts, and from shifted sums."""
    whole = Summary.of(values)
    parts = sum((Summary.of(part) for part in np.array_split(np.array(values, dtype=float), 7) if part.size), 0)
    off = np.array(values, dtype=float) - values[0]
    sums = Summary.from_sums(len(values), math.fsum(off), math.fsum(off * off), values[0])
    for found in (whole, parts, sums):
        assert found.mean == pytest.approx(mean, rel=1e-14)
        assert math.sqrt(found.var) == pytest.approx(sd, rel=tolerance)


def small_ls(base: float, replicates: int) -> list[list[float]]:
    """SmLs: nine treatments; values alternate by a tenth around means that alternate by a tenth."""
    centres = [0.4, 0.3, 0.5, 0.3, 0.5, 0.3, 0.5, 0.3, 0.5]
    half = (replicates - 1) // 2
    return [alternating(base + c, base + round(c - 0.1, 1), base + round(c + 0.1, 1), half) for c in centres]


# certified F; the last column is what rounding to doubles leaves of the data
SMALL_LS = [
    ("SmLs01", 1, 21, 21, 1e-13),
    ("SmLs02", 1, 201, 201, 1e-13),
    ("SmLs03", 1, 2001, 2001, 1e-12),
    ("SmLs04", 1e6, 21, 21, 1e-8),
    ("SmLs05", 1e6, 201, 201, 1e-8),
    ("SmLs06", 1e6, 2001, 2001, 1e-8),
    ("SmLs07", 1e12, 21, 21, 2e-2),
    ("SmLs08", 1e12, 201, 201, 2e-2),
    ("SmLs09", 1e12, 2001, 2001, 2e-2),
]


@pytest.mark.parametrize(("name", "base", "replicates", "f", "tolerance"), SMALL_LS, ids=[s[0] for s in SMALL_LS])
def test_analysis_of_variance(name, base, replicates, f, tolerance):
    """The certified F, and p = 0 only where it underflows."""
    found = compare_arms(small_ls(base, replicates), method="fisher")
    assert found.statistic == pytest.approx(f, rel=tolerance)
    assert found.df == (8, 9 * (replicates - 1))


SIRSTV = [
    [196.3052, 196.1240, 196.1890, 196.2569, 196.3403],
    [196.3042, 196.3825, 196.1669, 196.3257, 196.0422],
    [196.1303, 196.2005, 196.2889, 196.0343, 196.1811],
    [196.2795, 196.1748, 196.1494, 196.1485, 195.9885],
    [196.2119, 196.1051, 196.1850, 196.0052, 196.2090],
]


def test_resistivity_of_silicon():
    """SiRstv: F = 1.18046237440255."""
    assert compare_arms(SIRSTV, method="fisher").statistic == pytest.approx(1.18046237440255, rel=1e-10)
