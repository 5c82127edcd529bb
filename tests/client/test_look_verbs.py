"""Looking back, embedded and over HTTP: the same days, the same arrivals."""

from __future__ import annotations

import pytest

from expkit.client import RemoteWorkbench
from expkit.datasets import recommender, srm_fault
from expkit.errors import InvalidInput, NotFound
from expkit.view import ResultExplorer, SrmDoctor
from expkit.workbench import Workbench

AnyWorkbench = Workbench | RemoteWorkbench


@pytest.fixture
def logged(wb: AnyWorkbench) -> str:
    """A recommender experiment of 14 days."""
    simulation = recommender(users=2_000, seed=7)
    key = wb.create(simulation.experiment).key
    wb.start(key)
    wb.log_exposures(simulation.exposures)
    wb.log_outcomes(simulation.outcomes)
    return key


def test_every_day_has_its_scorecard(wb: AnyWorkbench, logged: str) -> None:
    """Units grow, the last day is what an analysis finds, and nothing was kept."""
    looks = wb.looks(logged)
    assert 13 <= len(looks) <= 16
    units = [sum(arm.n for arm in look.arms) for look in looks]
    assert units == sorted(units)
    with pytest.raises(NotFound, match="not been analysed"):
        wb.scorecard(logged)
    assert looks[-1].estimate("add_to_cart") == wb.analyze(logged).estimate("add_to_cart")


def test_an_explorer_opens_on_a_workbench(wb: AnyWorkbench, logged: str) -> None:
    """Days as looks, numbers as in the scorecards."""
    explorer = ResultExplorer(wb, logged)
    explorer.look = 9
    assert explorer.found.label(9) == "day 9"
    assert explorer.found.path.effect[8] == pytest.approx(wb.looks(logged)[8].estimate("add_to_cart").effect)


def test_arrivals_add_up(wb: AnyWorkbench, logged: str) -> None:
    """By day and by every attribute, the units of the scorecard."""
    arrivals, arms = wb.arrivals(logged), {arm.key: arm.n for arm in wb.analyze(logged).arms}
    assert arrivals.by_phase() == [arms]
    for segments in arrivals.segments.values():
        assert {arm: sum(units[arm] for units in segments.values()) for arm in arms} == arms
    assert {"placement", "device", "country"} <= set(arrivals.segments)


def test_effects_by_segment(wb: AnyWorkbench, logged: str) -> None:
    """By any attribute, drilled down; the units are those of the scorecard, and nothing was kept."""
    (by_device,) = wb.breakdown(logged, "device")
    arms = {arm.key: arm.n for arm in wb.looks(logged)[-1].arms}
    assert {arm: sum(one.units[arm] for one in by_device.segments) for arm in arms} == arms
    value = by_device.segments[0].value
    inside, weekday = wb.breakdown(
        logged, ["country", "weekday"], within={"device": value}, metrics=["add_to_cart"], values=2
    )
    assert inside.within == {"device": value}
    assert len([one for one in inside.segments if one.what == "value"]) == 2
    assert len(weekday.segments) == 7
    assert sum(one.units["control"] for one in inside.segments) == by_device.segments[0].units["control"]
    with pytest.raises(InvalidInput, match="0 attributes"):
        wb.breakdown(logged, [])
    with pytest.raises(NotFound, match="not been analysed"):
        wb.scorecard(logged)


def test_kept_looks_side_by_side(wb: AnyWorkbench, logged: str) -> None:
    """Both p-values of every look; nothing before the first one."""
    assert wb.look_series(logged) == []
    cards = [wb.analyze(logged), wb.analyze(logged)]
    series = {one.metric: one for one in wb.look_series(logged)}
    assert {row.metric for row in cards[0].estimates if row.estimate} == set(series)
    first, second = series["add_to_cart"].points
    assert (first.look, second.look) == (1, 2)
    assert second.fixed_p_value == pytest.approx(cards[1].estimate("add_to_cart").p_value, rel=1e-3)
    assert second.any_look_p_value >= second.fixed_p_value


def test_what_it_is_worth(wb: AnyWorkbench, logged: str) -> None:
    """By the newest look, with its costs; before the first one there is none."""
    with pytest.raises(NotFound, match="not been analysed"):
        wb.worth(logged)
    wb.analyze(logged)
    found = wb.worth(logged, value=2.0, traffic=10_000, build=100, metric="add_to_cart")
    assert (found.metric, found.cost, found.look) == ("add_to_cart", 100, 1)
    assert found.net == pytest.approx(found.gain - 100)
    with pytest.raises(InvalidInput, match="days"):
        wb.worth(logged, days=-1)


def test_the_doctor_agrees_with_the_scorecard(wb: AnyWorkbench) -> None:
    """The same check, from the same units."""
    simulation = srm_fault(users=4_000, seed=3, lost=0.2)
    key = wb.create(simulation.experiment).key
    wb.start(key)
    wb.log_exposures(simulation.exposures)
    found = SrmDoctor(wb, key).diagnosis
    check = next(check for check in wb.analyze(key).checks if check.name == "srm")
    assert found.check.p_value == pytest.approx(check.p_value, rel=1e-9)
    assert found.mismatch
    assert found.missing == pytest.approx(simulation.facts["lost"], rel=0.35)


def test_nothing_logged_yet(wb: AnyWorkbench) -> None:
    """No day, no unit; the widgets say what to wait for."""
    key = wb.create(recommender(users=2).experiment).key
    assert wb.looks(key) == []
    assert wb.arrivals(key).days == ()
    assert "no looks" in ResultExplorer(wb, key)._body.value
    assert "wait for exposures" in SrmDoctor(wb, key)._lead.value


def test_an_unknown_key_is_told(wb: AnyWorkbench) -> None:
    """By the verbs as an error, by the widgets inside."""
    with pytest.raises(NotFound, match="nothing"):
        wb.looks("nothing")
    assert 'role="alert"' in ResultExplorer(wb, "nothing")._body.value
    assert 'role="alert"' in SrmDoctor(wb, "nothing")._lead.value
