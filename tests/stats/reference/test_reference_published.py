# ruff: noqa: E501  # a row of the table is a line
"""Printed results: papers, textbooks and the examples of R's documentation, to the digits printed.

Each row: where it is printed, the question, the answer, and half a unit of the last digit printed.
"""

import math

import pytest

from expkit.stats import (
    adjust,
    barnard,
    check_srm,
    cochran_mantel_haenszel,
    compare_arms,
    compare_means,
    compare_pairs,
    compare_proportions,
    compare_rates,
    compare_shares,
    fisher,
    mcnemar,
    power_means,
    power_proportions,
    proportion_interval,
    rank_test,
    size_means,
    size_non_inferiority,
    size_proportions,
)

# Student (1908, Biometrika 6): hours of sleep gained under two drugs, the same ten patients (R: sleep)
SLEEP = ([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
PLANTS = {  # R: PlantGrowth (Dobson 1983)
    "ctrl": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    "trt2": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
}
SPRAYS = {  # R: InsectSprays (Beall 1942)
    "A": [10, 7, 20, 14, 14, 12, 10, 23, 17, 20, 14, 13],
    "B": [11, 17, 21, 11, 16, 14, 17, 17, 19, 21, 7, 13],
    "C": [0, 1, 7, 2, 3, 1, 2, 1, 3, 0, 1, 4],
    "D": [3, 5, 12, 6, 4, 3, 5, 5, 5, 5, 2, 4],
    "E": [3, 5, 3, 5, 3, 6, 1, 1, 3, 2, 6, 4],
    "F": [11, 9, 15, 22, 15, 16, 13, 10, 26, 26, 24, 13],
}
MUCUS = [[2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0]]  # Hollander & Wolfe (1973), 116
TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]  # Hollander & Wolfe (1973), 69
EARLY = [1.15, 0.88, 0.90, 0.74, 1.21]
PAIN = ([1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1], [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4])  # Brunner & Munzel (2000)
# Bickel, Hammel & O'Connell (1975), Science 187: admissions to Berkeley by department, women then men
BERKELEY = [
    (89, 108, 512, 825), (17, 25, 353, 560), (202, 593, 120, 325), (131, 375, 138, 417), (94, 393, 53, 191),
    (24, 341, 22, 373),
]  # fmt: skip
# Benjamini & Hochberg (1995), JRSS B 57, 289-300: fifteen p-values of a trial of thrombolysis
BH = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]

NEWCOMBE_1998_A = "Newcombe (1998), Statistics in Medicine 17, 857-872, Table I"
FAGERLAND_2014 = "Fagerland, Lydersen & Laake (2014), Statistics in Medicine 33: airways before and after"
NEWCOMBE_1998_B = "Newcombe (1998), Statistics in Medicine 17, 873-890, Table II"


def difference(method, x_t, n_t, x_c, n_c):
    return lambda: compare_proportions(x_c, n_c, x_t, n_t, method=method).ci


def single(method, x, n):
    return lambda: proportion_interval(x, n, method=method)


CASES = [
    # --- means
    ("R t.test(extra ~ group, sleep)", lambda: compare_means(*SLEEP).statistic, 1.8608, 5e-5),
    ("R t.test(extra ~ group, sleep): df", lambda: compare_means(*SLEEP).df, 17.776, 5e-4),
    ("R t.test(extra ~ group, sleep): p", lambda: compare_means(*SLEEP).p_value, 0.07939, 5e-6),
    ("R t.test(extra ~ group, sleep): interval", lambda: compare_means(*SLEEP).ci, (-0.2054832, 3.3654832), 5e-8),
    ("R t.test(var.equal)", lambda: compare_means(*SLEEP, method="student").p_value, 0.07919, 5e-6),
    ("R t.test(paired): t", lambda: compare_means(*SLEEP, method="paired").statistic, 4.0621, 5e-5),
    ("R t.test(paired): p", lambda: compare_means(*SLEEP, method="paired").p_value, 0.002833, 5e-7),
    ("R t.test(paired): interval", lambda: compare_means(*SLEEP, method="paired").ci, (0.7001142, 2.4598858), 5e-8),
    ("R t.test(less): upper", lambda: compare_means(*SLEEP, alternative="less").ci.upper, 3.053381, 5e-7),
    # --- several arms
    ("R oneway.test(sleep): F", lambda: compare_arms(SLEEP).statistic, 3.4626, 5e-5),
    ("R oneway.test(sleep): p", lambda: compare_arms(SLEEP).p_value, 0.07939, 5e-6),
    ("R oneway.test(sleep, var.equal): F", lambda: compare_arms(SLEEP, method="fisher").statistic, 3.4626, 5e-5),
    ("R aov(PlantGrowth): F", lambda: compare_arms(PLANTS, method="fisher").statistic, 4.846, 5e-4),
    ("R aov(PlantGrowth): p", lambda: compare_arms(PLANTS, method="fisher").p_value, 0.0159, 5e-5),
    ("R oneway.test(PlantGrowth): F", lambda: compare_arms(PLANTS).statistic, 5.181, 5e-4),
    ("R oneway.test(PlantGrowth): p", lambda: compare_arms(PLANTS).p_value, 0.01739, 5e-6),
    ("R kruskal.test(PlantGrowth)", lambda: compare_arms(PLANTS, method="kruskal").statistic, 7.9882, 5e-5),
    ("R kruskal.test(PlantGrowth): p", lambda: compare_arms(PLANTS, method="kruskal").p_value, 0.01842, 5e-6),
    ("R aov(InsectSprays): F", lambda: compare_arms(SPRAYS, method="fisher").statistic, 34.7, 0.05),
    ("R oneway.test(InsectSprays): F", lambda: compare_arms(SPRAYS).statistic, 36.065, 5e-4),
    ("R oneway.test(InsectSprays): df", lambda: compare_arms(SPRAYS).df[1], 30.043, 5e-4),
    ("R oneway.test(InsectSprays): p", lambda: compare_arms(SPRAYS).p_value, 7.999e-12, 5e-16),
    ("R kruskal.test(InsectSprays)", lambda: compare_arms(SPRAYS, method="kruskal").statistic, 54.691, 5e-4),
    ("R kruskal.test(InsectSprays): p", lambda: compare_arms(SPRAYS, method="kruskal").p_value, 1.511e-10, 5e-14),
    ("R kruskal.test(mucociliary)", lambda: compare_arms(MUCUS, method="kruskal").statistic, 0.77143, 5e-6),
    ("R kruskal.test(mucociliary): p", lambda: compare_arms(MUCUS, method="kruskal").p_value, 0.68, 5e-3),
    ("R TukeyHSD(PlantGrowth) trt1-ctrl", lambda: compare_pairs(PLANTS)["ctrl", "trt1"].ci, (-1.0622161, 0.3202161), 5e-8),
    ("R TukeyHSD(PlantGrowth) trt1-ctrl: p", lambda: compare_pairs(PLANTS)["ctrl", "trt1"].p_value, 0.3908711, 5e-7),
    ("R TukeyHSD(PlantGrowth) trt2-ctrl", lambda: compare_pairs(PLANTS)["ctrl", "trt2"].ci, (-0.1972161, 1.1852161), 5e-8),
    ("R TukeyHSD(PlantGrowth) trt2-ctrl: p", lambda: compare_pairs(PLANTS)["ctrl", "trt2"].p_value, 0.1979960, 5e-7),
    ("R TukeyHSD(PlantGrowth) trt2-trt1", lambda: compare_pairs(PLANTS)["trt1", "trt2"].ci, (0.1737839, 1.5562161), 5e-8),
    ("R TukeyHSD(PlantGrowth) trt2-trt1: p", lambda: compare_pairs(PLANTS)["trt1", "trt2"].p_value, 0.0120064, 5e-7),
    # --- one proportion
    (NEWCOMBE_1998_A + ": Wilson 81/263", single("wilson", 81, 263), (0.2553, 0.3662), 5e-5),
    (NEWCOMBE_1998_A + ": Wilson 15/148", single("wilson", 15, 148), (0.0624, 0.1605), 5e-5),
    (NEWCOMBE_1998_A + ": Wilson 0/20", single("wilson", 0, 20), (0.0000, 0.1611), 5e-5),
    (NEWCOMBE_1998_A + ": Wilson 1/29", single("wilson", 1, 29), (0.0061, 0.1718), 5e-5),
    (NEWCOMBE_1998_A + ": Clopper-Pearson 81/263", single("clopper-pearson", 81, 263), (0.2527, 0.3676), 5e-5),
    (NEWCOMBE_1998_A + ": Clopper-Pearson 15/148", single("clopper-pearson", 15, 148), (0.0578, 0.1617), 6e-5),
    (NEWCOMBE_1998_A + ": Clopper-Pearson 0/20", single("clopper-pearson", 0, 20), (0.0000, 0.1684), 5e-5),
    (NEWCOMBE_1998_A + ": Clopper-Pearson 1/29", single("clopper-pearson", 1, 29), (0.0009, 0.1776), 5e-5),
    (NEWCOMBE_1998_A + ": Wald 81/263", single("wald", 81, 263), (0.2522, 0.3638), 5e-5),
    (NEWCOMBE_1998_A + ": Wald 15/148", single("wald", 15, 148), (0.0527, 0.1500), 5e-5),
    ("R binom.test(682, 925): lower", lambda: proportion_interval(682, 925, method="clopper-pearson").lower, 0.7076683, 5e-8),
    ("R binom.test(682, 925): upper", lambda: proportion_interval(682, 925, method="clopper-pearson").upper, 0.7654066, 5e-8),
    ("R binom.test(682, 925, p = 0.75)", lambda: check_srm([682, 243], [3, 1]).p_value, 0.3825, 5e-5),
    # --- two proportions
    (NEWCOMBE_1998_B + ": Wald 56/70 v 48/80", difference("wald", 56, 70, 48, 80), (0.0575, 0.3425), 5e-5),
    (NEWCOMBE_1998_B + ": Mee 56/70 v 48/80", difference("score", 56, 70, 48, 80), (0.0533, 0.3377), 5e-5),
    (NEWCOMBE_1998_B + ": Mee 9/10 v 3/10", difference("score", 9, 10, 3, 10), (0.1821, 0.8370), 5.1e-5),
    (NEWCOMBE_1998_B + ": Mee 6/7 v 2/7", difference("score", 6, 7, 2, 7), (0.0544, 0.8478), 5.1e-5),
    (NEWCOMBE_1998_B + ": MN 56/70 v 48/80", difference("miettinen-nurminen", 56, 70, 48, 80), (0.0528, 0.3382), 5e-5),
    (NEWCOMBE_1998_B + ": MN 9/10 v 3/10", difference("miettinen-nurminen", 9, 10, 3, 10), (0.1700, 0.8406), 5.1e-5),
    (NEWCOMBE_1998_B + ": MN 6/7 v 2/7", difference("miettinen-nurminen", 6, 7, 2, 7), (0.0342, 0.8534), 5.1e-5),
    (NEWCOMBE_1998_B + ": MN 5/56 v 0/29", difference("miettinen-nurminen", 5, 56, 0, 29), (-0.0326, 0.1933), 5.1e-5),
    (NEWCOMBE_1998_B + ": score 56/70 v 48/80", difference("newcombe", 56, 70, 48, 80), (0.0524, 0.3339), 5e-5),
    (NEWCOMBE_1998_B + ": score 9/10 v 3/10", difference("newcombe", 9, 10, 3, 10), (0.1705, 0.8090), 5e-5),
    (NEWCOMBE_1998_B + ": score 6/7 v 2/7", difference("newcombe", 6, 7, 2, 7), (0.0582, 0.8062), 5.1e-5),
    (NEWCOMBE_1998_B + ": score 5/56 v 0/29", difference("newcombe", 5, 56, 0, 29), (-0.0381, 0.1926), 5e-5),
    (NEWCOMBE_1998_B + ": score 10/10 v 0/20", difference("newcombe", 10, 10, 0, 20), (0.6791, 1.0000), 5e-5),
    ("Koopman (1984), Biometrics 40: 36/40 v 16/80", lambda: compare_proportions(16, 80, 36, 40).lift_ci, (1.94, 6.15), 5e-3),
    ("R prop.test(smokers): chi-square", lambda: compare_shares([83, 90, 129, 70], [86, 93, 136, 82]).statistic, 12.6, 5e-2),
    ("R prop.test(smokers): p", lambda: compare_shares([83, 90, 129, 70], [86, 93, 136, 82]).p_value, 0.005585, 5e-7),
    # --- exact tests
    ("Fisher (1935), R fisher.test(TeaTasting, greater)", lambda: fisher(1, 4, 3, 4, alternative="greater").p_value, 0.2429, 5e-5),
    ("R fisher.test(TeaTasting)", lambda: fisher([[1, 3], [3, 1]]).p_value, 0.4857, 5e-5),
    ("R fisher.test(Convictions, less)", lambda: fisher(15, 18, 2, 12, alternative="less").p_value, 0.0004652, 5e-8),
    ("R fisher.test(Convictions)", lambda: fisher(15, 18, 2, 12).p_value, 0.0005367, 5e-8),
    ("scipy docs: barnard_exact([[7, 12], [8, 3]])", lambda: barnard(12, 15, 7, 15, alternative="less").p_value, 0.0341, 5e-5),
    ("Agresti (1990), p. 350: McNemar's z squared", lambda: mcnemar(794, 150, 86, 570).statistic ** 2, 17.36, 5e-3),
    (FAGERLAND_2014 + ": Tango's interval", lambda: mcnemar(1, 7, 1, 12).ci, (-0.517, -0.026), 5e-4),
    (FAGERLAND_2014 + ": score interval of the ratio", lambda: [1 + end for end in mcnemar(1, 7, 1, 12).lift_ci], (0.065, 0.907), 5e-4),
    ("R mantelhaen.test(UCBAdmissions, correct = FALSE)", lambda: cochran_mantel_haenszel(BERKELEY).statistic ** 2, 1.5246, 5e-5),
    ("R mantelhaen.test(UCBAdmissions): odds ratio", lambda: cochran_mantel_haenszel(BERKELEY).effect, 0.9046968, 5e-8),
    # --- ranks
    ("R wilcox.test(permeability, greater): W", lambda: rank_test(EARLY, TERM, alternative="greater").statistic, 35, 0),
    ("R wilcox.test(permeability, greater): p", lambda: rank_test(EARLY, TERM, alternative="greater").p_value, 0.1272, 5e-5),
    ("R wilcox.test(permeability): shift", lambda: rank_test(EARLY, TERM).effect, 0.305, 5e-4),
    ("R lawstat: brunner.munzel.test: statistic", lambda: rank_test(*PAIN, method="brunner-munzel").statistic, 3.1375, 5e-5),
    ("R lawstat: brunner.munzel.test: df", lambda: rank_test(*PAIN, method="brunner-munzel").df, 17.683, 5e-4),
    ("R lawstat: brunner.munzel.test: p", lambda: rank_test(*PAIN, method="brunner-munzel").p_value, 0.005786, 5e-7),
    ("R lawstat: brunner.munzel.test: P + .5", lambda: rank_test(*PAIN, method="brunner-munzel").effect + 0.5, 0.788961, 5e-7),
    ("R lawstat: brunner.munzel.test: interval", lambda: rank_test(*PAIN, method="brunner-munzel").ci, (0.0952169, 0.4827052), 6e-8),
    # --- rates
    ("R poisson.test(c(11, 21), c(800, 3011)): p", lambda: compare_rates(21, 3011, 11, 800, method="exact").p_value, 0.07967, 5e-6),
    ("R poisson.test(c(11, 21), c(800, 3011)): ratio", lambda: compare_rates(21, 3011, 11, 800).lift + 1, 1.971488, 5e-7),
    # --- many p-values
    ("Benjamini & Hochberg (1995): rejected by BH", lambda: int((adjust(BH, "bh") <= 0.05).sum()), 4, 0),
    ("Benjamini & Hochberg (1995): rejected by Bonferroni", lambda: int((adjust(BH, "bonferroni") <= 0.05).sum()), 3, 0),
    ("Benjamini & Hochberg (1995): rejected by Hochberg", lambda: int((adjust(BH, "hochberg") <= 0.05).sum()), 3, 0),
    ("Holm (1979) on the same: rejected", lambda: int((adjust(BH, "holm") <= 0.05).sum()), 3, 0),
    # --- sizing
    ("R power.t.test(n = 20, delta = 1): power", lambda: power_means(0, 1, 1, 20), 0.8689528, 5e-7),
    ("R power.t.test(power = .90, delta = 1): n", lambda: size_means(0, 1, 1, power=0.9).exact[0], 22.02110, 1e-4),
    ("R power.t.test(power = .90, delta = 1, one.sided)", lambda: size_means(0, 1, 1, power=0.9, alternative="greater").exact[0], 17.84713, 1e-4),
    ("R power.prop.test(n = 50, .50, .75): power", lambda: power_proportions(0.5, 0.25, 50), 0.7401659, 2e-6),
    ("R power.prop.test(.50, .75, power = .90): n", lambda: size_proportions(0.5, 0.25, power=0.9).exact[0], 76.7, 0.05),
    ("Cohen (1988), Table 2.4.1: d = .20", lambda: size_means(0, 1, 0.2).per_arm[0], 394, 0),
    ("Cohen (1988), Table 2.4.1: d = .50", lambda: size_means(0, 1, 0.5).per_arm[0], 64, 0),
    ("Cohen (1988), Table 2.4.1: d = .80", lambda: size_means(0, 1, 0.8).per_arm[0], 26, 0),
    ("Chow, Shao & Wang (2008), ch. 3.2: non-inferiority of means, z", lambda: size_non_inferiority(0, 0.1, 0.05).exact[0], 49.5, 1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "ask", "expected", "tolerance"), CASES, ids=[case[0] for case in CASES])
def test_printed(source, ask, expected, tolerance):
    """The answer, to the digits printed there."""
    assert ask() == pytest.approx(expected, abs=tolerance * (1 + 1e-9), rel=0)


def test_every_source_is_named():
    """And none twice; no answer is NaN by accident."""
    assert len({case[0] for case in CASES}) == len(CASES) >= 90
    assert not any(isinstance(case[2], float) and math.isnan(case[2]) for case in CASES)
