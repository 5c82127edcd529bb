"""What was agreed to is what is applied: the plan and the change are one unit of work."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from expkit.domain import Experiment
from expkit.errors import Conflict, Overtaken
from expkit.workbench import Workbench

BANNER = Experiment.parse({
    "key": "banner", "name": "Banner", "hypothesis": "If, then", "metrics": ["click"],
    "variants": [{"key": "control"}, {"key": "blue"}],
})  # fmt: skip


def at_once(*acts: object) -> list[str]:
    """What came of each: "done", or the name of its error; all of them set out together."""
    said: list[str] = []
    ready = threading.Barrier(len(acts))

    def run(act: object) -> None:
        ready.wait()
        try:
            act()  # type: ignore[operator]
            said.append("done")
        except Conflict as error:
            said.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


def test_of_two_who_agreed_to_one_plan_one_applies_it(wb: Workbench) -> None:
    """The other one's plan does not hold any more; each of ten times, and no version is made twice."""
    wb.create(BANNER)
    for number in range(10):
        wanted = [BANNER.changed(coverage=0.05 * (number + 1))]
        plan = wb.plan(wanted)
        both = [partial(wb.acting_as(who).apply, wanted, plan=plan) for who in ("ann", "bo")]
        assert at_once(*both) == ["Overtaken", "done"]
        assert wb.get("banner").version == number + 2
    assert wb.verify_audit().ok


def test_of_two_who_make_the_same_one_does(wb: Workbench) -> None:
    """Also when nothing is there yet that could be locked."""
    for number in range(5):
        wanted = [BANNER.changed(key=f"e{number}-{part}") for part in "cab"]
        plan = wb.plan(wanted)
        said = at_once(*[partial(wb.apply, wanted, plan=plan)] * 2)
        assert said[-1] == "done"
        assert said[0] in {"Conflict", "Overtaken"}
        assert wb.count(text=f"e{number}-") == 3


def test_a_change_in_between_is_not_overwritten(wb: Workbench) -> None:
    """Nothing of the files is applied, not even what nobody has touched; the error names what was."""
    wb.create(BANNER)
    wanted = [BANNER.changed(name="From a file"), BANNER.changed(key="other")]
    plan = wb.plan(wanted)
    wb.acting_as("bo").update("banner", {"coverage": 0.5})
    with pytest.raises(Overtaken, match=r"another one by now: somebody has changed 'banner'. Nothing was applied"):
        wb.apply(wanted, plan=plan)
    assert (wb.count(), wb.get("banner").coverage) == (1, 0.5)
    assert [done.action for done in wb.apply(wanted, plan=wb.plan(wanted))] == ["update", "create"]


def test_a_plan_of_something_else_is_refused(wb: Workbench) -> None:
    """One that lacks a definition, or has another."""
    for plan in (wb.plan([BANNER, BANNER.changed(key="other")]), []):
        with pytest.raises(Overtaken, match="Nothing was applied"):
            wb.apply([BANNER], plan=plan)
    assert wb.count() == 0


def test_the_first_version_says_where_it_came_from(wb: Workbench) -> None:
    """The reason that was given, else that it was a file."""
    wb.apply([BANNER], reason="merge 41")
    wb.apply([BANNER.changed(key="other")])
    assert [wb.versions(key)[0].reason for key in ("banner", "other")] == ["merge 41", "applied from a file"]
    assert wb.timeline("banner")[0].detail == "version 1: merge 41"
