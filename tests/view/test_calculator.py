from __future__ import annotations

import pytest

from expkit.stats import size_means, size_proportions
from expkit.view import SampleSizeCalculator
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
    form = calculator.children[0].children[0]
    assert all(field.description for field in form.children)
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
