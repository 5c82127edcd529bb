"""ANOVA, factorial designs, segments and interactions."""

import math

import numpy as np
import pytest

from expkit.errors import InvalidInput
from expkit.stats import (
    NotEstimable,
    Significance,
    Summary,
    anova,
    check_interaction,
    compare_arms,
    compare_means,
    compare_segments,
    factorial_design,
    factorial_effects,
    simple_effects,
)  # fmt: skip

# tooth length of guinea pigs by supplement and dose (R's ToothGrowth; Crampton 1947)
TEETH = {
    ("VC", 0.5): [4.2, 11.5, 7.3, 5.8, 6.4, 10, 11.2, 11.2, 5.2, 7],
    ("VC", 1): [16.5, 16.5, 15.2, 17.3, 22.5, 17.3, 13.6, 14.5, 18.8, 15.5],
    ("VC", 2): [23.6, 18.5, 33.9, 25.5, 26.4, 32.5, 26.7, 21.5, 23.3, 29.5],
    ("OJ", 0.5): [15.2, 21.5, 17.6, 9.7, 14.5, 10, 8.2, 9.4, 16.5, 9.7],
    ("OJ", 1): [19.7, 23.3, 23.6, 26.4, 20, 25.2, 25.8, 21.2, 14.5, 27.3],
    ("OJ", 2): [25.5, 26.4, 22.4, 24.5, 24.8, 30.9, 26.4, 27.3, 29.4, 23],
}
# breaks of yarn by wool and tension (R's warpbreaks; Tippett 1950)
BREAKS = {
    ("A", "L"): [26, 30, 54, 25, 70, 52, 51, 26, 67],
    ("A", "M"): [18, 21, 29, 17, 12, 18, 35, 30, 36],
    ("A", "H"): [36, 21, 24, 18, 10, 43, 28, 15, 26],
    ("B", "L"): [27, 14, 29, 19, 29, 31, 41, 20, 44],
    ("B", "M"): [42, 26, 19, 16, 39, 28, 21, 39, 29],
    ("B", "H"): [20, 21, 24, 17, 13, 15, 15, 16, 28],
}


def long(cells, *names):
    rows = [(x, key) for key, values in cells.items() for x in values]
    return [x for x, _ in rows], {name: [key[i] for _, key in rows] for i, name in enumerate(names)}


@pytest.mark.parametrize(
    ("cells", "term", "f", "p"),
    [
        (TEETH, "first", 15.572, 0.0002312),
        (TEETH, "second", 92.000, 4.046291e-18),
        (TEETH, "first:second", 4.107, 0.0218603),
        (BREAKS, "first", 3.7653, 0.0582130),
        (BREAKS, "second", 8.4980, 0.0006926),
        (BREAKS, "first:second", 4.1891, 0.0210442),
    ],
)
@pytest.mark.parametrize("sums", [2, 3])
def test_tables_are_r_s(cells, term, f, p, sums):
    """As summary(aov(...)) prints them in R; balanced, so that all types of sums agree."""
    values, factors = long(cells, "first", "second")
    found = anova(values, factors, sums=sums).terms[term]
    assert found.statistic == pytest.approx(f, abs=6e-4)
    assert found.p_value == pytest.approx(p, rel=1e-4)


def test_shares_and_robust_variances():
    """Partial eta squared of the dose is 2426.4 / (2426.4 + 712.1) (R's table); HC3 moves the statistics a little."""
    values, factors = long(TEETH, "supp", "dose")
    plain, robust = anova(values, factors), anova(values, factors, robust=True)
    assert plain.terms["dose"].share == pytest.approx(2426.4 / (2426.4 + 712.1), abs=1e-4)
    assert plain.significant == ("supp", "dose", "supp:dose")
    assert robust.method == "type II, hc3"
    assert robust.terms["dose"].statistic == pytest.approx(plain.terms["dose"].statistic, rel=0.25)
    assert anova(values, factors, interactions=1).terms.keys() == {"supp", "dose"}


def test_missing_units_and_levels_do_not_count():
    """Neither a missing value nor a missing level."""
    values, factors = long(TEETH, "supp", "dose")
    more = anova([*values, None, 3.0], {"supp": [*factors["supp"], "VC", None], "dose": [*factors["dose"], 1, 1]})
    assert more == anova(values, factors)


@pytest.mark.parametrize(
    ("factors", "reason"),
    [
        ({"a": list("xxxxxx")}, "one level"),
        ({"a": list("xxxyyy"), "b": list("uuuvvv")}, "without units"),
        ({"a": list("uvwxyz")}, "Nothing is left"),
    ],
)
def test_factors_that_say_nothing_come_with_a_reason(factors, reason):
    """One level, empty cells, a level per unit."""
    found = anova([1, 2, 4, 5, 7, 9], factors)
    assert isinstance(found, NotEstimable)
    assert reason in found.reason


def test_more_reasons():
    """Aliased main effects; values that do not vary."""
    two = {"a": list("xxxyyy"), "b": list("uuuvvv")}
    assert "aliased" in anova([1, 2, 4, 5, 7, 9], two, interactions=1).reason
    assert "vary" in anova([1] * 6, {"a": list("xyxyxy")}).reason


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], {}), "no factors"),
        (([1, 2], {"a": ["x"]}), "1 levels for 2 values"),
    ],
)
def test_bad_tables_are_refused(arguments, message):
    """With a reason."""
    with pytest.raises(InvalidInput, match=message):
        anova(*arguments)
    with pytest.raises(InvalidInput, match="type 2 or 3"):
        anova([1, 2], {"a": ["x", "y"]}, sums=1)
    with pytest.raises(InvalidInput, match="main effects"):
        anova([1, 2], {"a": ["x", "y"]}, interactions=0)


def test_simple_effects_compare_within():
    """Supplements differ at the doses 0.5 and 1, not at 2; one level alone is no comparison."""
    values, factors = long(TEETH, "supp", "dose")
    found = simple_effects(values, factors, "supp", within="dose")
    assert [found[dose]["OJ", "VC"].significant for dose in ("0.5", "1", "2")] == [True, True, False]
    alone = simple_effects([1, 2, 3, 4, 5], {"a": list("xyxyx"), "b": list("uuuuv")}, "a", within="b")
    assert isinstance(alone["v"], NotEstimable)
    with pytest.raises(InvalidInput, match="supp"):
        simple_effects(values, factors, "suppp", within="dose")


# Box, Hunter & Hunter (1978), ch. 10: yields of a pilot plant by temperature, concentration, catalyst
PLANT = dict(zip(
    [(-1, -1, -1), (1, -1, -1), (-1, 1, -1), (1, 1, -1), (-1, -1, 1), (1, -1, 1), (-1, 1, 1), (1, 1, 1)],
    [60, 72, 54, 68, 52, 83, 45, 80], strict=True,
))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "effect"),
    [("T", 23), ("C", -5), ("K", 1.5), ("T:C", 1.5), ("T:K", 10), ("C:K", 0), ("T:C:K", 0.5)],
)
def test_the_pilot_plant(name, effect):
    """Effects as printed, with the standard error 1.4 of two runs per cell and variance 8."""
    design = factorial_design(dict.fromkeys("TCK", (-1, 1)))
    cells = [Summary(2, PLANT[tuple(run.values())], 8.0) for run in design.runs]
    found = factorial_effects(design, cells, [name])[name]
    assert found.effect == pytest.approx(effect)
    assert found.se == pytest.approx(math.sqrt(2), abs=0.02)


FILTRATION = [45, 75, 45, 80, 100, 60, 65, 96]  # Montgomery, Design and Analysis of Experiments: half of a 2^4


@pytest.mark.parametrize(
    ("name", "effect"), [("A", 19), ("B", 1.5), ("C", 14), ("D", 16.5), ("A:B", -1), ("A:C", -18.5), ("A:D", 19)]
)
def test_the_filtration_rate(name, effect):
    """The half fraction D = ABC gives the printed effects, each with its alias."""
    design = factorial_design(dict.fromkeys("ABCD", (-1, 1)), ["D=A:B:C"])
    order = {(-1, -1, -1): 45, (1, -1, -1): 100, (-1, 1, -1): 45, (1, 1, -1): 65, (-1, -1, 1): 75, (1, -1, 1): 60,
             (-1, 1, 1): 80, (1, 1, 1): 96}  # fmt: skip
    cells = [Summary(10, order[run["A"], run["B"], run["C"]], 1.0) for run in design.runs]
    found = factorial_effects(design, cells, [name])[name]
    assert found.effect == pytest.approx(effect)
    assert len(found.aliases) == 1


@pytest.mark.parametrize(
    ("factors", "generators", "runs", "resolution"),
    [
        ("ABC", ["C=A:B"], 4, 3),
        ("ABCD", ["D=A:B:C"], 8, 4),
        ("ABCDE", ["D=A:B", "E=A:C"], 8, 3),
        ("ABCDE", ["E=A:B:C:D"], 16, 5),
        ("ABCDEF", ["E=A:B:C", "F=B:C:D"], 16, 4),
        ("ABCDEFG", ["D=A:B", "E=A:C", "F=B:C", "G=A:B:C"], 8, 3),
        ("ABCDEFGH", ["E=B:C:D", "F=A:C:D", "G=A:B:C", "H=A:B:D"], 16, 4),
    ],
)
def test_resolutions_are_the_printed_ones(factors, generators, runs, resolution):
    """Box, Hunter & Hunter's table of two-level fractions."""
    design = factorial_design(dict.fromkeys(factors, (0, 1)), generators)
    assert (len(design.runs), design.resolution) == (runs, resolution)
    assert len(design.relation) == 2 ** len(generators) - 1
    columns = np.array([[run[name] for name in factors] for run in design.runs])
    assert (columns.mean(axis=0) == 0.5).all()


def test_aliases_and_signs():
    """D = -ABC is the other half; words of a relation tell the aliases, shortest first."""
    design = factorial_design(dict.fromkeys("ABCDE", (0, 1)), ["D=A:B", "E=A:C"])
    assert design.aliases("A") == ("B:D", "C:E", "A:B:C:D:E")
    other = factorial_design(dict.fromkeys("ABCD", (-1, 1)), ["D=-A:B:C"])
    assert all(math.prod(run.values()) == -1 for run in other.runs)
    mixed = factorial_design({"colour": ["red", "green", "blue"], "size": [1, 2]})
    assert len(mixed.runs) == 6
    assert mixed.resolution is None


def test_effects_that_cannot_be_told_apart_are_refused():
    """An interaction aliased with a main effect is that main effect's number; by default it is left out."""
    design = factorial_design(dict.fromkeys("ABC", (0, 1)), ["C=A:B"])
    cells = [Summary(10, m, 1.0) for m in (1, 2, 3, 5)]
    assert factorial_effects(design, cells).keys() == {"A", "B", "C"}
    with pytest.raises(InvalidInput, match="cannot be told from C"):
        factorial_effects(design, cells, ["A:B"])
    with pytest.raises(InvalidInput, match="the mean"):
        factorial_effects(design, cells, ["A:B:C"])


@pytest.mark.parametrize(
    ("factors", "generators", "message"),
    [
        ({}, [], "no factors"),
        ({"a": [1]}, [], "1 level"),
        ({"a": [1, 1]}, [], "level twice"),
        ({"a:b": [1, 2]}, [], "rename"),
        ({f"f{i}": [0, 1] for i in range(13)}, [], "take a fraction"),
        ({"a": [0, 1], "b": [0, 1]}, ["b=c"], "Factor 'c'"),
        ({"a": [0, 1, 2], "b": [0, 1]}, ["b=a"], "3 levels"),
        ({"a": [0, 1], "b": [0, 1]}, ["b=a:b"], "by itself"),
        ({"a": [0, 1], "b": [0, 1]}, ["b=a"], None),
        (dict.fromkeys("abcd", (0, 1)), ["c=a:b", "d=b:c"], "another generated"),
        (dict.fromkeys("abcd", (0, 1)), ["c=a:b", "d=a:b"], None),
    ],
)
def test_designs_that_cannot_be_are_refused(factors, generators, message):
    """With a reason; two factors that always change together are visible in the resolution."""
    if message is None:
        assert factorial_design(factors, generators).resolution == 2
        return
    with pytest.raises(InvalidInput, match=message):
        factorial_design(factors, generators)


def test_cells_that_cannot_be():
    """Wrong numbers, empty and constant cells, factors of three levels."""
    design = factorial_design(dict.fromkeys("AB", (0, 1)))
    with pytest.raises(InvalidInput, match="3 cells for 4 runs"):
        factorial_effects(design, [[1, 2]] * 3)
    assert "units" in factorial_effects(design, [[1, 2]] * 3 + [[]]).reason
    assert "vary" in factorial_effects(design, [[1, 1]] * 4).reason
    with pytest.raises(InvalidInput, match="anova"):
        factorial_effects(factorial_design({"a": [1, 2, 3]}), [[1, 2]] * 3)


def test_segments_that_agree_and_one_that_does_not():
    """Ten countries with one effect and one without: the interaction is seen, and the odd one named."""
    names = [f"c{i}" for i in range(11)]
    control = {name: Summary(2000, 10.0, 25.0) for name in names}
    treatment = {name: Summary(2000, 11.0 if name != "c3" else 9.5, 25.0) for name in names}
    found = compare_segments(control, treatment)
    assert isinstance(found.interaction, Significance)
    assert found.interaction.significant
    flagged = [name for name, one in found.segments.items() if one.against_rest_p < 0.05]
    assert flagged == ["c3"]
    odd = found.segments["c3"]
    assert odd.shrunken.effect > odd.estimate.effect
    assert odd.against_rest == pytest.approx(-1.5)
    assert odd.adjusted_p >= odd.estimate.p_value


def test_interaction_is_cochran_s_q():
    """By hand: sum of squared z about the pooled effect."""
    control = {name: Summary(100, 0.0, 1.0) for name in "abc"}
    treatment = {name: Summary(100, m, 1.0) for name, m in zip("abc", (0.1, 0.2, 0.6), strict=True)}
    found = compare_segments(control, treatment).interaction
    assert found.statistic == pytest.approx((0.2**2 + 0.1**2 + 0.3**2) / 0.02)
    assert found.df == pytest.approx((2.0, 396.0))


def test_few_units_are_corrected_for_as_welch_does():
    """Where the control is known, segments are groups: the p-value is that of Welch's analysis of variance."""
    groups = {"a": [1.0, 3, 2, 5], "b": [4.0, 9, 6], "c": [2.0, 2.5, 1, 0, 3]}
    known = {name: Summary(10**6, 0.0, 1e-12) for name in groups}
    found = compare_segments(known, groups).interaction
    peer = compare_arms(groups)
    assert found.p_value == pytest.approx(peer.p_value, rel=1e-6)
    assert found.df == pytest.approx(peer.df, rel=1e-6)


def test_the_error_rate_of_the_interaction_with_few_units():
    """2,000 A/A experiments of 8 segments of 6 + 6 units; tolerance four standard errors."""
    rng, alarms = np.random.default_rng(8), 0
    for _ in range(2000):
        arms = [{str(i): rng.normal(size=6) for i in range(8)} for _ in range(2)]
        alarms += compare_segments(*arms).interaction.significant
    assert alarms / 2000 < 0.0695


def test_empty_segments_say_so():
    """They neither count nor stop the others; alone they leave no interaction."""
    control = {"a": [1.0, 2, 3, 4], "b": [], "c": [2.0, 3, 4, 6]}
    found = compare_segments(control, {"a": [2.0, 3, 4, 6], "b": [1.0, 2.0]})
    assert isinstance(found.segments["b"].estimate, NotEstimable)
    assert isinstance(found.segments["c"].estimate, NotEstimable)
    assert found.segments["a"].estimate == compare_means(control["a"], [2.0, 3, 4, 6])
    assert found.segments["a"].against_rest is None
    assert isinstance(found.interaction, NotEstimable)
    assert isinstance(found.segments["a"].shrunken, NotEstimable)
    assert isinstance(compare_segments({"a": []}, {"a": []}).interaction, NotEstimable)


def test_false_discoveries_among_segments():
    """120 experiments of 20 segments, 5 of them with an effect: at most 5 % of the discoveries are false on average."""
    rng, shares, alarms = np.random.default_rng(13), [], 0
    for _ in range(120):
        z = rng.normal(0, 1, 20) + np.where(np.arange(20) < 5, 3.0, 0.0)
        control = {str(i): Summary(500, 0.0, 1.0) for i in range(20)}
        treatment = {str(i): Summary(500, m, 1.0) for i, m in enumerate((z * math.sqrt(2 / 500)).tolist())}
        found = compare_segments(control, treatment).segments
        seen = [int(name) for name, one in found.items() if one.adjusted_p < 0.05]
        shares.append(sum(i >= 5 for i in seen) / max(len(seen), 1))
        alarms += len(seen)
    assert np.mean(shares) <= 0.05 + 3 * np.std(shares) / math.sqrt(120)
    assert alarms > 120


def test_segments_with_other_names_are_refused():
    """A segment that only the treatment has; none at all."""
    with pytest.raises(InvalidInput, match="web"):
        compare_segments({"web": [1, 2]}, {"wbe": [1, 2]})
    with pytest.raises(InvalidInput, match="no segments"):
        compare_segments({}, {})


def test_interacting_experiments():
    """The difference of differences, and its refusals."""
    cells = {(a, b): Summary(400, m, 1.0) for (a, b), m in zip(
        [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")], (1.0, 2.0, 1.5, 2.5), strict=True)}  # fmt: skip
    assert check_interaction(cells).ok
    assert check_interaction(cells).statistic == pytest.approx(0.0)
    apart = check_interaction(cells | {("b", "y"): Summary(400, 3.0, 1.0)})
    assert apart.statistic == pytest.approx(0.5 / math.sqrt(4 / 400))
    assert "Within" in check_interaction(cells | {("b", "y"): []}).reason
    with pytest.raises(InvalidInput, match="two by two"):
        check_interaction({("a", "x"): [1, 2]})
