"""The sample-size calculator as a widget: ipywidgets and SVG, so it runs wherever widgets do and fetches nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import traitlets

from expkit.errors import InvalidInput
from expkit.stats import ALPHA, POWER
from expkit.view import format as fmt
from expkit.view.sized import answer_html, asked_html
from expkit.view.sizing import Sizing, SizingQuestion, solve
from expkit.view.widget import Explorer, alert, html, row

if TYPE_CHECKING:
    from expkit.stats import Values

__all__ = ["SampleSizeCalculator"]

KINDS = {"Conversion rate": "conversion", "Mean per unit": "mean", "Ratio of totals": "ratio", "Quantile": "quantile"}
FINDS = {"Units": "units", "Smallest effect": "effect", "Power": "power"}
GOALS = {"A difference": "difference", "No harm (non-inferiority)": "no-harm"}
BETTER = {"Higher is better": "increase", "Lower is better": "decrease"}
SIDES = {"Two-sided": "two-sided", "Greater": "greater", "Less": "less"}
LOOKS = {"One, at the end": "fixed", "Group-sequential": "group_sequential", "Always valid": "always_valid"}
WEEK = 7
FIELD = {"width": "min(22rem, 98%)"}


class SampleSizeCalculator(Explorer):
    """Ask for the units that an experiment takes, or for what so many units find; every change answers at once.

    Rates and lifts are given as shares here and shown in per cent. `design` holds the current answer, None while an
    input cannot be; observe it like any trait. `history`, one past value per unit, fills in baseline and spread - with
    `covariates` also what CUPED saves - and whole experiments drawn from it check the power of a mean.

    >>> calculator = SampleSizeCalculator(baseline=0.1, effect=0.05, daily_units=5_000)
    >>> calculator.design.per_arm
    (57763, 57763)
    """

    design = traitlets.Instance(Sizing, allow_none=True)

    def __init__(
        self,
        kind: str = "conversion",
        baseline: float = 0.1,
        effect: float = 0.05,
        *,
        sd: float = 1.0,
        alpha: float = ALPHA,
        power: float = POWER,
        shares: tuple[float, ...] = (1, 1),
        daily_units: float = 0,
        history: Values | None = None,
        covariates: Values | None = None,
    ) -> None:
        rho, self._history = 0.0, history
        if history is not None:
            kind, baseline, sd, rho = _from(history, covariates)
        scale = 100 if kind == "conversion" else 1
        self.kind = _choice("Metric", KINDS, kind)
        self.goal = _choice("To show", GOALS, "difference")
        self.find = _choice("Find", FINDS, "units")
        self.baseline = _number("Baseline rate, %", round(baseline * scale, 10))
        self.sd = _number("Standard deviation", sd)
        self.effect = _number("Smallest lift to find, %", round(effect * 100, 10))
        self.units = _number("Units in control", 10_000, step=1000)
        self.alpha = _number("Significance level α", alpha, step=0.01)
        self.power = _number("Power", power, step=0.05)
        self.side = _choice("Alternative", SIDES, "two-sided")
        self.better = _choice("Direction", BETTER, "increase")
        self.shares = _text("Allocation, control first", ", ".join(f"{share:g}" for share in shares))
        self.daily = _number("Units per day, 0 if unknown", daily_units, step=100)
        self.rho = _number("Correlation with covariates", round(rho, 4), step=0.1)
        self.cluster_size = _number("Units per cluster", 1, step=1)
        self.icc = _number("Likeness within clusters", 0, step=0.01)
        self.comparisons = _number("Tests that share α", 1, step=1)
        self.method = _choice("Looks", LOOKS, "fixed")
        self.looks = _number("Number of looks", 7, step=1)
        self.week = _text("Traffic Mon to Sun", "", "7 numbers, e.g. 5, 5, 5, 5, 5, 2, 2")
        self.coverage = _number("Share of units let in, %", 100, step=5)
        self.start = widgets.DatePicker(description="First day", value=None, **_look())
        self._answer = html()
        first = [
            self.kind, self.goal, self.find, self.baseline, self.sd, self.effect, self.units, self.alpha, self.power,
            self.side, self.better, self.shares, self.daily,
        ]  # fmt: skip
        rest = [
            self.rho, self.cluster_size, self.icc, self.comparisons, self.method, self.looks,
            self.week, self.coverage, self.start,
        ]  # fmt: skip
        self.fields = (*first, *rest)
        self.more = widgets.ToggleButton(
            description="Covariates, clusters, several tests, looks, traffic",
            layout={"width": "min(24rem, 98%)", "margin": "8px 2px"},
        )
        self._drawer = row(*rest)
        form = widgets.VBox(first, layout={"flex": "1 1 20rem", "min_width": "0"})
        told = widgets.Box([self._answer], layout={"flex": "1 1 18rem", "min_width": "0"})
        both = widgets.Box([form, told], layout={"display": "flex", "flex_flow": "row wrap"})
        super().__init__([both, self.more, self._drawer])
        self.more.observe(self._open, "value")
        self._open()
        self.kind.observe(self._change_kind, "value")
        for field in (self.kind, self.goal, self.find, self.method):
            field.observe(self._name_fields, "value")
        for field in self.fields:
            field.observe(self._answer_again, "value")
        self._name_fields()
        self._answer_again()

    def question(self) -> SizingQuestion:
        """What the fields ask now."""
        conversion = self.kind.value == "conversion"
        return SizingQuestion(
            kind=self.kind.value,
            goal=self.goal.value,
            find=self.find.value,
            baseline=self.baseline.value / 100 if conversion else self.baseline.value,
            effect=self.effect.value / 100,
            sd=None if conversion else self.sd.value,
            units=self.units.value,
            alpha=self.alpha.value,
            power=self.power.value,
            shares=_numbers("allocation", self.shares.value, "50, 50 is an even split; 80, 10, 10 has two treatments."),
            daily_units=_daily(self.daily.value, self.week.value),
            coverage=self.coverage.value / 100,
            start=self.start.value if isinstance(self.start.value, date) else None,
            alternative=self.side.value,
            better=self.better.value,
            rho=self.rho.value,
            icc=self.icc.value,
            cluster_size=self.cluster_size.value,
            comparisons=_whole("tests that share α", self.comparisons.value),
            method=self.method.value,
            looks=1 if self.method.value == "fixed" else _whole("looks", self.looks.value),
        )

    def static(self) -> str:
        """The question and its answer, as they stood when the cell ran."""
        return (asked_html(self.design) if self.design else "") + str(self._answer.value)

    def _open(self, *_: Any) -> None:
        _show(self._drawer, self.more.value, "flex")

    def _change_kind(self, change: Mapping[str, Any]) -> None:
        # the same number in the other unit, rather than a rate of 1000%
        if "conversion" in (change["old"], change["new"]):
            factor = 100 if change["new"] == "conversion" else 0.01
            self.baseline.value = round(self.baseline.value * factor, 10)

    def _name_fields(self, *_: Any) -> None:
        """Fields that the question has no use for are gone; the others say what they are for it."""
        conversion, harmless = self.kind.value == "conversion", self.goal.value == "no-harm"
        self.baseline.description = "Baseline rate, %" if conversion else f"Baseline {self.kind.value}"
        self.effect.description = "Harm that would still do, %" if harmless else "Smallest lift to find, %"
        _show(self.sd, not conversion)
        _show(self.effect, self.find.value != "effect")
        _show(self.units, self.find.value != "units")
        _show(self.power, self.find.value != "power")
        _show(self.side, not harmless)
        _show(self.better, harmless)
        _show(self.looks, self.method.value != "fixed")

    def _answer_again(self, *_: Any) -> None:
        try:
            found = solve(self.question())
        except InvalidInput as error:
            self.design = None
            self._answer.value = alert(error, "This cannot be sized.")
        else:
            self.design = found
            self._answer.value = answer_html(found, self._checked(found))

    def _checked(self, found: Sizing) -> str:
        """The power for these units by drawing experiments from the history, where that is what is asked."""
        asked = found.question
        if self._history is None or asked.kind != "mean" or asked.goal != "difference" or asked.looks > 1:
            return ""
        from expkit.stats import NotEstimable, simulate_power

        units = found.per_arm[0], min(found.per_arm[1:])
        level = asked.alpha / asked.comparisons
        drawn = simulate_power(
            self._history, units, lift=found.effect, experiments=SIMULATED, alpha=level, alternative=asked.alternative
        )
        if isinstance(drawn, NotEstimable):
            return ""
        return (
            f"Drawn from history, without covariates and clusters: power {fmt.share(drawn.power)} "
            f"({fmt.share(drawn.ci.lower)} to {fmt.share(drawn.ci.upper)})"
        )


SIMULATED = 1000
"""Experiments drawn to check an answer: few enough for every keystroke."""


def _from(history: Values, covariates: Values | None) -> tuple[str, float, float, float]:
    import numpy as np

    from expkit.stats import NotEstimable, history_of_means

    found = history_of_means(history, covariates)
    if isinstance(found, NotEstimable):
        raise InvalidInput(found.reason, hint=found.hint)
    values = np.asarray(history, dtype=float)
    binary = bool(np.isin(values[~np.isnan(values)], (0, 1)).all())
    return ("conversion" if binary else "mean"), found.baseline, found.sd, found.rho


def _show(field: Any, wanted: bool, how: str = "") -> None:
    field.layout.display = how if wanted else "none"


def _choice(name: str, options: Mapping[str, str], value: str) -> Any:
    return widgets.Dropdown(description=name, options=options, value=value, **_look())


def _text(name: str, value: str, placeholder: str = "") -> Any:
    return widgets.Text(description=name, value=value, placeholder=placeholder, **_look())


def _number(name: str, value: float, step: float | None = None) -> Any:
    return widgets.FloatText(description=name, value=value, step=step, continuous_update=True, **_look())


def _look() -> dict[str, Any]:
    return {"style": {"description_width": "11.5rem"}, "layout": dict(FIELD)}


def _daily(mean: float, week: str) -> float | tuple[float, ...] | None:
    """One number, or the week's pattern about it."""
    if not week.strip():
        return mean or None
    pattern = _numbers("week", week, "seven numbers, from Monday to Sunday; their proportions count.")
    if len(pattern) != WEEK or not mean or not sum(pattern) > 0:
        raise InvalidInput(
            f"The week has {len(pattern)} days, and {mean:g} units per day.",
            hint="give seven numbers from Monday to Sunday, and the units of an average day.",
        )
    return tuple(mean * WEEK * part / sum(pattern) for part in pattern)


def _whole(name: str, value: float) -> int:
    if not math.isfinite(value):
        raise InvalidInput(f"The {name} are {value}.", hint="give a whole number, 1 or more.")
    return round(value)


def _numbers(name: str, text: str, hint: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.replace(":", ",").replace("/", ",").split(",") if part.strip())
    except ValueError:
        raise InvalidInput(f"The {name} {text[:40]!r} is not a list of numbers.", hint=hint) from None
