from __future__ import annotations

import re
from datetime import date, timedelta

import numpy as np
import pytest

from expkit.errors import InvalidInput
from expkit.stats import group_sequential, size_means, size_non_inferiority_proportions, size_proportions
from expkit.view import SampleSizeCalculator
from expkit.view.power import power_svg
from expkit.view.sizing import SizingQuestion, size_curve, solve


def test_answers_as_the_statistics_do() -> None:
    """The widget's numbers are those of `expkit.stats`."""
    calculator = SampleSizeCalculator(baseline=0.1, effect=0.05, daily_units=5_000)
    expected = size_proportions(0.1, 0.05, relative=True)
    assert calculator.design is not None
    assert calculator.design.per_arm == expected.per_arm
    assert calculator.design.total == expected.total
    assert calculator.design.days == -(-expected.total // 5_000)


def test_a_mean_with_uneven_arms() -> None:
    """Standard deviation, allocation and one-sidedness reach the formula."""
    calculator = SampleSizeCalculator("mean", baseline=20, effect=0.02, sd=15, shares=(2, 1, 1), power=0.9)
    calculator.side.value = "greater"
    expected = size_means(20, 15, 0.02, relative=True, power=0.9, shares=(2, 1, 1), alternative="greater")
    assert calculator.design is not None
    assert calculator.design.per_arm == expected.per_arm


def test_every_change_answers_at_once() -> None:
    """Half the effect takes about four times the units, and observers hear of it."""
    calculator, heard = SampleSizeCalculator(), []
    calculator.observe(lambda change: heard.append(change["new"].total), "design")
    before = calculator.design.total  # type: ignore[union-attr]
    calculator.effect.value /= 2
    assert heard[-1] / before == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("baseline", 0.0, "baseline"), ("effect", 0.0, "mde"), ("power", 1.5, "power"), ("shares", "half", "allocation"),
     ("shares", "", "Hint"), ("daily", -3.0, "per day"), ("alpha", 0.0, "alpha"), ("effect", 5000.0, "out of 0 to 1"),
     ("baseline", float("nan"), "baseline")],
)  # fmt: skip
def test_bad_input_is_told_inside(field: str, value: object, told: str) -> None:
    """An alert with a hint instead of a traceback; the next good value answers again."""
    calculator = SampleSizeCalculator()
    good = getattr(calculator, field).value
    getattr(calculator, field).value = value
    assert calculator.design is None
    assert 'role="alert"' in calculator._answer.value
    assert told in calculator._answer.value
    getattr(calculator, field).value = good
    assert calculator.design is not None


def test_user_text_is_escaped() -> None:
    """What is typed comes back as text."""
    calculator = SampleSizeCalculator()
    calculator.shares.value = "<img src=x onerror=alert(1)>"
    assert "<img" not in calculator._answer.value


def test_switching_to_a_mean_asks_for_its_spread() -> None:
    """The standard deviation appears, and the baseline is no longer a percentage."""
    calculator = SampleSizeCalculator()
    assert calculator.sd.layout.display == "none"
    calculator.kind.value = "mean"
    assert calculator.sd.layout.display == ""
    assert calculator.baseline.description == "Baseline mean"
    assert calculator.design is not None


def test_fields_are_labelled_and_nothing_is_fetched() -> None:
    """Every input has a description, which ipywidgets turn into its label; the curve is inline."""
    calculator = SampleSizeCalculator()
    assert all(field.description for field in calculator.fields)
    assert "<svg" in calculator._answer.value
    assert "http" not in calculator._answer.value


def test_the_curve_leaves_out_what_cannot_be() -> None:
    """A lift that takes a rate beyond 100% has no sample size."""
    points = size_curve(SizingQuestion(baseline=0.6, effect=0.5))
    assert 0 < len(points) < 33
    assert max(point.effect for point in points) <= 2 / 3


def test_a_mean_without_a_spread_is_refused() -> None:
    """The hint says where to take it from."""
    with pytest.raises(ValueError, match=r"standard deviation.*history"):
        solve(SizingQuestion(kind="mean", baseline=3))


def test_any_one_is_found_from_the_others() -> None:
    """Units, then the effect and the power that these units have; fields without a use are gone."""
    calculator = SampleSizeCalculator("mean", baseline=20, effect=0.05, sd=15)
    units = calculator.design.per_arm[0]  # type: ignore[union-attr]
    calculator.units.value = units
    calculator.find.value = "power"
    assert calculator.design.power == pytest.approx(0.8, abs=1e-3)  # type: ignore[union-attr]
    assert (calculator.power.layout.display, calculator.units.layout.display) == ("none", "")
    calculator.find.value = "effect"
    assert calculator.design.effect == pytest.approx(0.05, rel=1e-3)  # type: ignore[union-attr]
    assert "is the smallest lift to find" in calculator._answer.value


def test_no_harm_asks_for_a_margin() -> None:
    """Non-inferiority of a proportion, which has a direction and no alternative."""
    calculator = SampleSizeCalculator(baseline=0.4, effect=0.05)
    calculator.goal.value = "no-harm"
    expected = size_non_inferiority_proportions(0.4, 0.05, relative=True)
    assert calculator.design.per_arm == expected.per_arm  # type: ignore[union-attr]
    assert calculator.effect.description == "Harm that would still do, %"
    assert (calculator.side.layout.display, calculator.better.layout.display) == ("none", "")


def test_covariates_clusters_tests_and_weeks() -> None:
    """What the drawer holds reaches the formula and the calendar."""
    calculator = SampleSizeCalculator("ratio", baseline=0.4, sd=1.2, daily_units=1000)
    calculator.rho.value, calculator.icc.value, calculator.cluster_size.value = 0.6, 0.01, 20
    calculator.comparisons.value = 2
    expected = size_means(0.4, 1.2, 0.05, relative=True, rho=0.6, icc=0.01, cluster_size=20, comparisons=2)
    assert calculator.design.per_arm == expected.per_arm  # type: ignore[union-attr]
    plain = calculator.design.days  # type: ignore[union-attr]
    calculator.week.value, calculator.coverage.value = "5, 5, 5, 5, 5, 2, 2", 50
    calculator.start.value = date(2026, 11, 23)
    found = calculator.design
    assert found is not None
    assert found.days == pytest.approx(2 * plain, abs=7)
    assert found.end == date(2026, 11, 22) + timedelta(weeks=found.weeks or 0)
    assert f"up to Sunday, {found.end}" in calculator._answer.value


def test_looks_are_paid_for() -> None:
    """The units of a plan that is looked at; the number of looks is asked for only where there are several."""
    calculator = SampleSizeCalculator("mean", baseline=20, effect=0.05, sd=15)
    assert calculator.looks.layout.display == "none"
    plain = calculator.design.per_arm[0]  # type: ignore[union-attr]
    calculator.method.value, calculator.looks.value = "group_sequential", 5
    paid = calculator.design.per_arm[0] / plain  # type: ignore[union-attr]
    assert paid == pytest.approx(group_sequential(5).plan().inflation, rel=1e-3)
    assert "at most so many: 5 looks, group sequential" in calculator._answer.value
    assert "5 looks" in calculator.static()
    calculator.looks.value = float("inf")
    assert "whole number" in calculator._answer.value


def test_history_fills_in_and_is_drawn_from() -> None:
    """Baseline, spread and correlation of past values; a simulation checks the formula."""
    rng = np.random.default_rng(1)
    past = rng.exponential(10, 4000)
    calculator = SampleSizeCalculator(history=past, covariates=past + rng.normal(0, 5, 4000))
    assert (calculator.kind.value, calculator.baseline.value) == ("mean", pytest.approx(past.mean()))
    assert calculator.rho.value == pytest.approx(0.89, abs=0.02)
    calculator.rho.value = 0
    drawn = re.search(r"power ([\d.]+)%", calculator._answer.value)
    assert drawn is not None
    assert float(drawn[1]) == pytest.approx(80, abs=5)
    assert SampleSizeCalculator(history=[0, 1, 1, 0]).kind.value == "conversion"
    with pytest.raises(InvalidInput, match="do not vary"):
        SampleSizeCalculator(history=[3, 3, 3])


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("rho", 1.0, "rho"), ("icc", -0.1, "icc"), ("cluster_size", 0.0, "cluster_size"), ("comparisons", 0.0, "alpha"),
     ("week", "1, 2", "Monday to Sunday"), ("week", "a week", "not a list"), ("coverage", 0.0, "coverage")],
)  # fmt: skip
def test_bad_input_in_the_drawer_is_told(field: str, value: object, told: str) -> None:
    """As everywhere else: a reason and a hint."""
    calculator = SampleSizeCalculator(daily_units=100)
    getattr(calculator, field).value = value
    assert calculator.design is None
    assert told in calculator._answer.value


def test_words_at_the_ends_of_the_axis_stay_inside() -> None:
    """The first tick begins where the curve does, rather than half outside."""
    drawn = power_svg(solve(SizingQuestion(effect=0.04)))
    anchors = re.findall(r'x="([\d.]+)%" y="91%" text-anchor="(\w+)"', drawn)
    assert all(anchor == "start" for at, anchor in anchors if float(at) < 6)
    assert {"start", "middle", "end"} == {anchor for _, anchor in anchors}
