from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
import pytest

from expkit.apps import calculator_page, experiment_page, fleet_page, results_page, srm_page
from expkit.errors import NotFound
from expkit.workbench import Workbench, open_workbench


def words(page: Any) -> str:
    return "".join(str(pane.object) for pane in page.select(pn.pane.HTML))


def test_the_fleet_shows_every_experiment(workbench: Workbench) -> None:
    """Cards with status, progress and advice; names are escaped."""
    told = words(fleet_page(workbench))
    newest = workbench.scorecard("reco_ymal_v1")
    smallest = min(arm.n for arm in newest.arms)
    assert newest.recommendation.headline in told
    assert f"{smallest:,} of 4,000 units per variant" in told
    assert told.count('class="expkit-card"') == 3
    assert "&lt;b&gt;draft&lt;/b&gt;" in told
    assert "<b>draft" not in told


def test_the_fleet_is_filtered(workbench: Workbench) -> None:
    """By status and by text; when nothing is left it says how to get back."""
    page = fleet_page(workbench)
    status, text = page.select(pn.widgets.Select)[0], page.select(pn.widgets.TextInput)[0]
    status.value = "draft"
    assert words(page).count('class="expkit-card"') == 1
    text.value = "no such thing"
    assert "Clear the filters" in words(page)
    status.value, text.value = "all", "ymal"
    assert words(page).count('class="expkit-card"') == 1


def test_progress_is_drawn_when_there_is_something_to_compare(workbench: Workbench) -> None:
    """Two running experiments with a plan, drawn for light and dark hosts."""
    plots = [pane.object for pane in fleet_page(workbench).select(pn.pane.Bokeh)]
    assert [plot.name for plot in plots] == ["fleet", "fleet"]
    assert all(":host{display:var(--expkit-in-" in plot.stylesheets[-1] for plot in plots)


def test_an_empty_workbench_teaches(tmp_path: Path) -> None:
    """The first visitor learns what to do next."""
    with open_workbench(tmp_path) as workbench:
        assert "expkit demo" in words(fleet_page(workbench))
        with pytest.raises(NotFound, match="no experiment yet"):
            experiment_page(workbench)


def test_an_experiment_shows_its_newest_scorecard(workbench: Workbench) -> None:
    """Advice, table, checks and timeline; the dashboard computes nothing."""
    before = workbench.scorecard("reco_ymal_v1")
    page = experiment_page(workbench, "reco_ymal_v1")
    told = words(page)
    assert before.recommendation.headline in told
    assert all(row.title in told for row in before.estimates)
    assert "draft → active" in told
    drawn = [pane.object.name for pane in page.select(pn.pane.Bokeh)]
    assert drawn == ["scorecard", "scorecard", "progress", "progress"]
    assert workbench.scorecard("reco_ymal_v1").look == before.look


def test_an_experiment_without_a_look_says_how_to_take_one(workbench: Workbench) -> None:
    """The hint is the command itself."""
    told = words(experiment_page(workbench, "runs"))
    assert "has not been analysed yet" in told
    assert "expkit analyze runs" in told


def test_without_a_key_the_newest_is_shown(workbench: Workbench) -> None:
    """An address without a query still shows something."""
    assert "<code>draft</code>" in words(experiment_page(workbench))


def test_an_unknown_key_is_told(workbench: Workbench) -> None:
    """With the error of the registry, which knows the nearest key."""
    with pytest.raises(NotFound, match="reco_ymal"):
        experiment_page(workbench, "reco_ymal")


def test_the_calculator_needs_no_workbench() -> None:
    """It is a widget tree with a heading."""
    page = calculator_page()
    assert "<h1>Sample size</h1>" in page.children[0].value
    assert page.children[1].design.total > 0


def test_every_day_can_be_looked_at(workbench: Workbench) -> None:
    """The explorer of the chosen experiment, held against its planned size; nothing is kept."""
    before = workbench.scorecard("reco_ymal_v1")
    head, explorer = results_page(workbench, "reco_ymal_v1").children
    assert "<h1>You may also like" in head.value
    assert explorer.found.label(9) == "day 9"
    assert not explorer.found.finished
    assert workbench.scorecard("reco_ymal_v1").look == before.look


def test_the_split_is_checked_on_a_page(workbench: Workbench) -> None:
    """Days, segments and the verdict of the chosen experiment."""
    doctor = srm_page(workbench, "reco_ymal_v1").children[1]
    assert not doctor.diagnosis.mismatch
    assert len(doctor.diagnosis.days) == 14


def test_without_a_key_the_newest_that_started_is_looked_at(workbench: Workbench, tmp_path: Path) -> None:
    """A draft has nothing to show; without any the visitor learns what to do."""
    assert "<h1>&lt;b&gt;runs" in srm_page(workbench).children[0].value
    with open_workbench(tmp_path) as empty, pytest.raises(NotFound, match="has started yet"):
        results_page(empty)
