from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.analysis import Scorecard
from expkit.stats import (
    NormalPrior,
    Summary,
    compare_means,
    compare_methods,
    compare_proportions,
    confidence_sequence,
    decisions_by_look,
    group_sequential,
    prior_sensitivity,
)
from expkit.view import ResultExplorer
from expkit.view.hindsight import SIMULATIONS, hindsight
from expkit.view.looks import COLUMNS, paths_of

METHODS = ["fixed", "naive", "obrien-fleming", "pocock", "confidence-sequence"]
DAYS = 28


def frame(seed: int = 5, lift: float = 0.0, days: int = DAYS, daily: int = 500) -> pd.DataFrame:
    """Conversions so far, day by day; with seed 5 a test at every look stops on day 5, and the end finds nothing."""
    rng = np.random.default_rng(seed)
    control, treatment = (np.cumsum(rng.binomial(daily, rate, days)) for rate in (0.1, 0.1 * (1 + lift)))
    look = np.arange(1, days + 1)
    return pd.DataFrame(
        {"look": look, "n_control": look * daily, "n_treatment": look * daily, "successes_control": control,
         "successes_treatment": treatment}
    )  # fmt: skip


@pytest.fixture
def explorer() -> ResultExplorer:
    return ResultExplorer(frame())


def test_it_opens_at_the_last_look(explorer: ResultExplorer) -> None:
    """All three scrubbers agree on it."""
    assert (explorer.look, explorer.slider.value, explorer.named.value, explorer.play.value) == (DAYS,) * 4


def test_conversions_are_those_of_the_score_test() -> None:
    """At every look the p-value is `compare_proportions`'."""
    path, table = paths_of(frame())[0], frame()
    for place in (0, 8, 27):
        row = table.loc[place]
        found = compare_proportions(*(int(row[c]) for c in ("successes_control", "n_control", "successes_treatment",
                                                            "n_treatment")))  # fmt: skip
        assert path.p_value[place] == pytest.approx(found.p_value, rel=1e-10)
        assert path.effect[place] == pytest.approx(found.effect)


def test_means_are_those_of_welch() -> None:
    """Effect, interval and p-value are `compare_means`'."""
    looks = pd.DataFrame(
        {"n_control": [30, 60], "n_treatment": [19, 70], "mean_control": [2.0, 2.1], "mean_treatment": [3.0, 2.6],
         "var_control": [3.0, 3.2], "var_treatment": [9.0, 8.0]}
    )  # fmt: skip
    path, found = paths_of(looks)[0], compare_means(Summary(60, 2.1, 3.2), Summary(70, 2.6, 8.0))
    assert path.p_value[1] == pytest.approx(found.p_value, rel=1e-10)
    assert (path.lower[1], path.upper[1]) == pytest.approx(tuple(found.ci))


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.3]))
def test_decisions_are_those_of_the_statistics(seed: int, lift: float) -> None:
    """Whatever the path: where each method stops is what `decisions_by_look` says."""
    found = hindsight(paths_of(frame(seed, lift))[0])
    assert found.stops == decisions_by_look(found.path.z.tolist(), DAYS, methods=METHODS)


def test_bounds_sequence_and_belief_are_those_of_the_statistics(explorer: ResultExplorer) -> None:
    """Number for number."""
    found, path = explorer.found, explorer.found.path
    times = np.arange(1, DAYS + 1) / DAYS
    sequence = confidence_sequence(path.effect, path.se, times, tuned_for=0.5)
    assert found.bounds["obrien-fleming"] == pytest.approx(group_sequential(DAYS).bounds)
    assert found.bounds["pocock"] == pytest.approx(group_sequential(DAYS, spending="pocock").bounds)
    assert found.lower == pytest.approx(sequence.lower)
    (view,) = prior_sensitivity(path.effect[8], path.se[8], [NormalPrior()])
    assert found.better[8] == pytest.approx(view.probability_better)
    (naive,) = compare_methods(DAYS, methods=["naive"], simulations=SIMULATIONS)
    assert found.false_alarms == naive.false_positives


def test_on_day_9(explorer: ResultExplorer) -> None:
    """The peeker has stopped and may not; the methods made for looking go on; the fixed test waits."""
    explorer.look = 9
    told = {row.method: (row.decision, row.final) for row in explorer.decisions}
    assert told["naive"] == ("stopped on day 5: better", False)
    assert told["fixed"] == ("wait for day 28", False)
    assert told["obrien-fleming"] == told["confidence-sequence"] == ("go on", False)
    assert "What each method decides on day 9" in explorer._body.value
    assert "stopped wrongly on day 5" in explorer._body.value


def test_before_anybody_stops(explorer: ResultExplorer) -> None:
    """Nothing is said that was not known on that day."""
    explorer.look = 4
    assert "By day 4 nobody would have stopped" in explorer._body.value
    assert "day 5" not in explorer._body.value.split("expkit-looks")[0]


def test_a_true_effect_is_final_for_the_honest() -> None:
    """With a large effect the group-sequential design stops, and that decision stands."""
    explorer = ResultExplorer(frame(5, 0.3))
    row = next(row for row in explorer.decisions if row.method == "obrien-fleming")
    assert row.final
    assert row.verdict == "better"
    assert "and may" in explorer._body.value


def test_lower_may_be_better(scorecard: Scorecard) -> None:
    """A metric that is to fall is better below zero, and so is its probability."""
    row = scorecard.row("errors", "treatment")
    falling = scorecard.model_copy(update={"estimates": (row.model_copy(update={"metric": "errors"}),)})
    found = hindsight(paths_of(falling)[0])
    assert row.direction == "decrease"
    assert found.better[0] < 0.01


def test_a_running_experiment_waits_for_its_planned_end() -> None:
    """Half of the planned units: the fixed test decides nothing yet, and nobody knows whether peeking erred."""
    explorer = ResultExplorer(frame(), planned_units=56_000)
    assert not explorer.found.finished
    assert explorer.decisions[0].decision == "wait for the planned end"
    assert "nobody can know yet" in explorer._body.value


def test_scorecards_and_their_metrics(scorecard: Scorecard) -> None:
    """One scorecard is one look; its metrics can be picked, and one without an estimate says why."""
    explorer = ResultExplorer(scorecard)
    explorer.metric.value = "conversion"
    assert explorer.found.path.p_value[0] == pytest.approx(scorecard.estimate("conversion").p_value)
    explorer.metric.value = "revenue"
    assert 'role="alert"' in explorer._body.value
    assert "Hint" in explorer._body.value
    explorer.metric.value = "clicks"
    assert explorer.decisions


def test_segments_can_be_drilled_into() -> None:
    """Each segment has its path, and the table its adjusted p-values; text is escaped."""
    parts = [frame(seed).assign(attribute="device", segment=name) for seed, name in enumerate(["<b>", "tablet"])]
    explorer = ResultExplorer(pd.concat([frame().assign(attribute=None, segment=None), *parts]))
    assert "By device" in explorer._body.value
    assert "&lt;b&gt;" in explorer._body.value
    explorer.part.value = ("device", "tablet")
    assert explorer.found.path.part == ("device", "tablet")


def test_changing_what_is_compared_keeps_the_look() -> None:
    """From metric to metric on the same day."""
    both = pd.concat([frame(5).assign(metric="a"), frame(6).assign(metric="b")])
    explorer = ResultExplorer(both)
    explorer.look = 9
    explorer.metric.value = "b"
    assert (explorer.look, explorer.named.value) == (9, 9)


def test_a_look_without_an_estimate_is_left_out() -> None:
    """No conversions on the first day: no estimate there, and the rest is as if that look had not been."""
    table = frame()
    table.loc[0, ["successes_control", "successes_treatment"]] = 0
    found = ResultExplorer(table).found
    assert math.isnan(found.lower[0])
    assert found.usable[0] == 1
    assert found.rows(1)[0].sees == "no estimate yet"


def test_playing_starts_again_from_the_first_look(explorer: ResultExplorer) -> None:
    """At the end, Play means from the start; the steps stay within the looks."""
    explorer.playing.value = True
    assert (explorer.look, explorer.play.playing, explorer.playing.description) == (1, True, "Pause")
    explorer.play.playing = False
    assert not explorer.playing.value
    explorer.earlier.click()
    explorer.later.click()
    assert explorer.look == 2


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (3, "cannot be read from"),
        (pd.DataFrame(), "no looks"),
        (pd.DataFrame({"n_control": [1]}), "lacks columns"),
        (frame().assign(n_control="many"), "does not hold numbers"),
        (frame().assign(n_control=-1), "below 0"),
        (frame().assign(successes_control=math.inf), "infinite"),
        (frame().assign(successes_control=0, successes_treatment=0), "no estimate at any look"),
    ],
)
def test_bad_input_is_told_inside(source: object, told: str) -> None:
    """An alert with a hint, never a traceback."""
    explorer = ResultExplorer(source)
    assert 'role="alert"' in explorer._body.value
    assert told in explorer._body.value
    assert "Hint" in explorer._body.value
    assert explorer.decisions == ()


def test_without_anything_it_teaches() -> None:
    """What it would show, and how to call it."""
    assert "ResultExplorer(wb" in ResultExplorer()._body.value
    assert "Nothing here yet" in ResultExplorer().static()


def test_without_a_kernel_a_true_picture_is_left(explorer: ResultExplorer) -> None:
    """The last look, where each method stopped, no script and no address."""
    told = explorer.static()
    assert "Where each method stopped" in told
    assert "stopped on day 5: better" in told
    assert "<script" not in told
    assert "http" not in told


def test_a_frame_says_which_columns_it_needs() -> None:
    """The message names them all."""
    told = ResultExplorer(pd.DataFrame({"x": [1]}))._body.value
    assert all(name in told for name in COLUMNS["effect, se"].split() if name in {"effect", "se"})
    assert "mean_control" in told
