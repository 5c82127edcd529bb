"""The look scrubber: what would each method have decided on day 9? ipywidgets and SVG, so nothing is fetched."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets
import traitlets

from expkit.errors import ExpkitError
from expkit.stats import ALPHA, NormalPrior
from expkit.view import format as fmt
from expkit.view.decisions import decision_table, segment_table, stop_table
from expkit.view.hindsight import THRESHOLD, Hindsight, Seen, hindsight
from expkit.view.look_svg import LOOK_CSS, legend, look_svg, strip_svg
from expkit.view.looks import ALL, LookPath, choose, paths_of
from expkit.view.widget import Explorer, alert, field, html, row, teach

__all__ = ["ResultExplorer"]

PLAY_MS = 700
WHOLE = "All units"


class ResultExplorer(Explorer):
    """Scrub through the looks of an experiment: estimate, intervals, and what each method decides there.

    Give a workbench and an experiment's key (every day so far), scorecards, or a frame with one row per look, whose
    columns `expkit.view.looks.COLUMNS` names. `planned_units` is the planned end, both arms together; without it the
    last look counts as the end. `look` is the look that is shown, counted from 1, and may be set.

    >>> explorer = ResultExplorer(wb, "checkout")
    >>> explorer.look = 9
    >>> [(row.method, row.decision) for row in explorer.decisions]
    """

    look = traitlets.Int(1)

    def __init__(
        self,
        source: Any = None,
        key: str | None = None,
        *,
        planned_units: float | None = None,
        alpha: float = ALPHA,
        prior: NormalPrior | None = None,
        threshold: float = THRESHOLD,
    ) -> None:
        self._how = {"planned_units": planned_units, "prior": prior, "threshold": threshold}
        self._paths: list[LookPath] = []
        self._kept: dict[tuple[str, str, tuple[str, str]], Hindsight] = {}
        self.found: Hindsight | None = None
        self._body = html()
        try:
            self._paths = [] if source is None else paths_of(source, key, alpha=alpha)
        except ExpkitError as error:
            self._body.value = alert(error, "These looks cannot be shown.")
        else:
            if not self._paths:
                self._body.value = teach("There are no looks yet.", _ABOUT, _CODE)
        super().__init__([*(self._controls() if self._paths else ()), self._body], LOOK_CSS)
        if self._paths:
            self._choose_again()
            self.look = self.slider.max

    @property
    def decisions(self) -> tuple[Seen, ...]:
        """What each method decides at the look that is shown."""
        return self.found.rows(self.look) if self.found else ()

    def static(self) -> str:
        """The last look, and where each method stopped."""
        if self.found is None:
            return str(self._body.value)
        last = len(self.found.path.labels)
        note = "<p><em>The picture as it stood when the cell ran. Run it to move through the looks.</em></p>"
        return f"{self._pictures(last)}{_lead(self.found, last)}{stop_table(self.found)}{note}"

    def _controls(self) -> list[Any]:
        every = self._paths
        self.metric = field(widgets.Dropdown, "Metric", options=[*dict.fromkeys((p.title, p.metric) for p in every)])
        self.variant = field(widgets.Dropdown, "Treatment", options=[*dict.fromkeys(p.variant for p in every)])
        parts = [*dict.fromkeys(p.part for p in every)]
        self.part = field(widgets.Dropdown, "Segment", options=[(_part(part), part) for part in parts])
        for picker in (self.metric, self.variant, self.part):
            picker.observe(self._choose_again, "value")
            picker.layout.display = "" if len(picker.options) > 1 else "none"
        self.slider = widgets.IntSlider(
            min=1,
            max=1,
            readout=False,
            continuous_update=True,
            tooltip="Look",
            layout={"flex": "1 1 14rem", "margin": "2px 14px 2px 8px"},
        )
        self.named = field(widgets.Dropdown, "Look", wide="13rem", options=[("–", 1)])
        self.play = widgets.Play(min=1, max=1, interval=PLAY_MS, layout={"display": "none"})
        self.playing = widgets.ToggleButton(description="Play", tooltip="Move through the looks", layout=_BUTTON)
        self.earlier = widgets.Button(description="Earlier", tooltip="One look earlier", layout=_BUTTON)
        self.later = widgets.Button(description="Later", tooltip="One look later", layout=_BUTTON)
        self.earlier.on_click(lambda _: self._step(-1))
        self.later.on_click(lambda _: self._step(1))
        self.playing.observe(self._start_or_stop, "value")
        self.play.observe(lambda change: setattr(self.playing, "value", change["new"]), "playing")
        for scrubber in (self.slider, self.named, self.play):
            scrubber.observe(lambda change: setattr(self, "look", change["new"]), "value")
        scrub = row(self.earlier, self.playing, self.later, self.slider, self.named, self.play)
        return [row(self.metric, self.variant, self.part), scrub]

    def _choose_again(self, *_: Any) -> None:
        asked = (self.metric.value, self.variant.value, self.part.value or ALL)
        try:
            if asked not in self._kept:
                self._kept[asked] = hindsight(choose(self._paths, *asked), **self._how)  # type: ignore[arg-type]
        except ExpkitError as error:
            self.found = None
            self._body.value = alert(error, "This comparison cannot be shown.")
            return
        self.found = self._kept[asked]
        labels = self.found.path.labels
        look = min(self.look, len(labels))
        self.slider.max = self.play.max = len(labels)
        self.named.options = [(label, number) for number, label in enumerate(labels, 1)]  # which resets its value
        self.look = look
        self._show()

    def _step(self, by: int) -> None:
        if self.found:
            self.look = min(max(self.look + by, 1), len(self.found.path.labels))

    def _start_or_stop(self, change: Any) -> None:
        if change["new"] and self.found and self.look == len(self.found.path.labels):
            self.look = 1
        self.play.playing = change["new"]
        self.playing.description = "Pause" if change["new"] else "Play"

    @traitlets.validate("look")
    def _within(self, proposal: Any) -> int:
        return min(max(int(proposal["value"]), 1), len(self.found.path.labels)) if self.found else 1

    @traitlets.observe("look")
    def _show(self, *_: Any) -> None:
        if self.found is None:
            return
        self.slider.value = self.named.value = self.play.value = self.look
        self._body.value = (
            f"{_lead(self.found, self.look)}{self._pictures(self.look)}"
            f"{decision_table(self.found, self.look)}{self._segments()}{_note(self.found)}"
        )

    def _pictures(self, look: int) -> str:
        if self.found is None:
            return ""
        return (
            f'<div class="expkit-looks">{legend()}{look_svg(self.found, look)}'
            f"<h3>Probability that the treatment is better</h3>{strip_svg(self.found, look)}</div>"
        )

    def _segments(self) -> str:
        same = [p for p in self._paths if (p.metric, p.variant) == (self.metric.value, self.variant.value)]
        attributes = [*dict.fromkeys(path.part[0] for path in same if path.part != ALL)]
        tables = "".join(segment_table(same, self.look, name) for name in attributes)
        return f"<details open><summary>Segments at this look</summary>{tables}</details>" if tables else ""


_BUTTON = {"width": "5.5rem"}
_ABOUT = (
    "With looks to move through, it shows for every day what a test, a group-sequential design, a confidence sequence "
    "and a Bayesian would have decided, and whether one may act on it."
)
_CODE = """ResultExplorer(wb, "checkout")              # every day of an experiment
ResultExplorer([monday, friday])            # scorecards of several looks
ResultExplorer(frame, planned_units=20_000) # a frame with one row per look"""


def _part(part: tuple[str, str]) -> str:
    return WHOLE if part == ALL else f"{part[0]}: {part[1]}"


def _lead(found: Hindsight, look: int) -> str:
    path, place = found.path, look - 1
    effect = fmt.amount(float(path.effect[place]), path.kind, path.unit, signed=True)
    label, units = escape(found.label(look)), fmt.count(float(path.units[place]))
    return (
        f'<div role="status" aria-live="polite"><p class="expkit-lead">On <strong>{label}</strong>, with {units} '
        f"units: <strong>{escape(effect)}</strong> ({escape(path.title)}, {escape(path.variant)}). "
        f"{escape(found.sentence(look))}</p></div>"
    )


def _note(found: Hindsight) -> str:
    end = "The last look counts as the planned end" if found.finished else "The planned end is still to come"
    return (
        f'<p class="expkit-note">{end}; boundaries and the confidence sequence (tightest half way) are those of '
        f"<code>expkit.stats</code> at alpha {found.path.alpha:g}, two-sided.</p>"
    )
