"""The sample-size calculator as a widget: ipywidgets and SVG, so it runs wherever widgets do and fetches nothing."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets
import traitlets

from expkit.errors import InvalidInput
from expkit.stats import ALPHA, POWER
from expkit.view import format as fmt
from expkit.view.css import NOTEBOOK_CSS
from expkit.view.power import power_svg
from expkit.view.sizing import Sizing, SizingQuestion, solve

__all__ = ["SampleSizeCalculator"]

KINDS = {"Conversion rate": "conversion", "Mean per unit": "mean"}
SIDES = {"Two-sided": "two-sided", "Greater": "greater", "Less": "less"}
FIELD = {"width": "min(22rem, 98%)"}


class SampleSizeCalculator(widgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Ask for the units that an experiment takes; every change answers at once.

    Rates and lifts are given as shares here and shown in per cent. `design` holds the current answer, None while an
    input cannot be; observe it like any trait.

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
    ) -> None:
        scale = 100 if kind == "conversion" else 1
        self.kind = widgets.Dropdown(description="Metric", options=KINDS, value=kind, **_look())
        self.baseline = _number("Baseline rate, %", round(baseline * scale, 10))
        self.sd = _number("Standard deviation", sd)
        self.effect = _number("Smallest lift to find, %", round(effect * 100, 10))
        self.alpha = _number("Significance level α", alpha, step=0.01)
        self.power = _number("Power", power, step=0.05)
        self.side = widgets.Dropdown(description="Alternative", options=SIDES, value="two-sided", **_look())
        self.shares = widgets.Text(
            description="Allocation, control first", value=", ".join(f"{share:g}" for share in shares), **_look()
        )
        self.daily = _number("Units per day, 0 if unknown", daily_units, step=100)
        self._answer = widgets.HTML()
        inputs = [
            self.kind,
            self.baseline,
            self.sd,
            self.effect,
            self.alpha,
            self.power,
            self.side,
            self.shares,
            self.daily,
        ]
        form = widgets.VBox(inputs, layout={"flex": "1 1 20rem", "min_width": "0"})
        told = widgets.Box([self._answer], layout={"flex": "1 1 18rem", "min_width": "0"})
        super().__init__([widgets.Box([form, told], layout={"display": "flex", "flex_flow": "row wrap"})])
        self.kind.observe(self._change_kind, "value")
        for field in inputs:
            field.observe(self._answer_again, "value")
        self._name_baseline()
        self._answer_again()

    def question(self) -> SizingQuestion:
        """What the fields ask now."""
        conversion = self.kind.value == "conversion"
        return SizingQuestion(
            kind=self.kind.value,
            baseline=self.baseline.value / 100 if conversion else self.baseline.value,
            effect=self.effect.value / 100,
            sd=None if conversion else self.sd.value,
            alpha=self.alpha.value,
            power=self.power.value,
            shares=_shares(self.shares.value),
            daily_units=self.daily.value or None,
            alternative=self.side.value,
        )

    def _change_kind(self, _: Any) -> None:
        # the same number in the other unit, rather than a rate of 1000%
        factor = 0.01 if self.kind.value == "mean" else 100
        self._name_baseline()
        self.baseline.value = round(self.baseline.value * factor, 10)

    def _name_baseline(self) -> None:
        conversion = self.kind.value == "conversion"
        self.baseline.description = "Baseline rate, %" if conversion else "Baseline mean"
        self.sd.layout.display = "none" if conversion else ""

    def _answer_again(self, *_: Any) -> None:
        try:
            found = solve(self.question())
        except InvalidInput as error:
            self.design = None
            self._answer.value = _refusal(error)
        else:
            self.design = found
            self._answer.value = _told(found)


def _number(name: str, value: float, step: float | None = None) -> Any:
    return widgets.FloatText(description=name, value=value, step=step, continuous_update=True, **_look())


def _look() -> dict[str, Any]:
    return {"style": {"description_width": "11.5rem"}, "layout": dict(FIELD)}


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.replace(":", ",").replace("/", ",").split(",") if part.strip())
    except ValueError:
        raise InvalidInput(
            f"The allocation {text[:40]!r} is not a list of numbers.",
            hint="50, 50 is an even split; 80, 10, 10 has two treatments.",
        ) from None


def _told(found: Sizing) -> str:
    arms = " + ".join(map(fmt.count, found.per_arm))
    ran = f", {fmt.days(found.days)}" if found.days is not None else ""
    return (
        f'<style>{NOTEBOOK_CSS}</style><div role="status" aria-live="polite">'
        f'<strong style="font-size:1.25rem">{fmt.count(found.total)} units</strong>'
        f"{ran}<br><span>per arm: {arms}</span></div>{power_svg(found)}"
    )


def _refusal(error: InvalidInput) -> str:
    hint = f"<br>Hint: {escape(error.hint)}" if error.hint else ""
    return f'<div role="alert"><strong>This cannot be sized.</strong><br>{escape(error.message)}{hint}</div>'
