"""What is kept how long: shown before it goes, gone for good, and told; summaries stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hosting import CHECKOUT

from expkit.batch.tables import batches
from expkit.domain import Experiment
from expkit.errors import NotFound
from expkit.registry.tables import experiments
from expkit.workbench import Workbench

EXPERIMENT = Experiment.parse(CHECKOUT)
LONG_AGO = datetime.now(UTC) - timedelta(days=400)


def run(wb: Workbench, key: str, project: str = "default", *, stop: bool) -> None:
    """An experiment of long ago with sixty units, analysed; perhaps stopped then."""
    wb.create(EXPERIMENT.changed(key=key, project=project))
    wb.start(key)
    units = [f"{key}-{number}" for number in range(60)]
    shown = [
        {"event_id": f"x-{unit}", "experiment": key, "variant": ("control", "treatment")[number % 2], "user_id": unit,
         "timestamp": LONG_AGO}
        for number, unit in enumerate(units)
    ]  # fmt: skip
    wb.log_exposures(shown)
    bought = [{"event_id": f"o-{unit}", "event": "conversion", "user_id": unit} for unit in units[::4]]
    wb.log_outcomes([{**row, "timestamp": LONG_AGO + timedelta(hours=1)} for row in bought])
    wb.analyze(key)
    if stop:
        wb.stop(key, reason="done")
        backdate(wb, key, stopped_at=LONG_AGO + timedelta(days=14))


def backdate(wb: Workbench, key: str, **moments: datetime) -> None:
    with wb._store.begin(actor="clock") as work:
        work.connection.execute(sa.update(experiments).where(experiments.c.key == key).values(**moments))


def planned(wb: Workbench) -> list[tuple[str, str, int]]:
    return sorted((item.kind, item.subject, item.items) for item in wb.retention_plan())


def test_without_rules_everything_is_kept(wb: Workbench) -> None:
    """However old it is."""
    run(wb, "ended", stop=True)
    assert (wb.retention_plan(), wb.apply_retention()) == ([], [])
    assert wb.analyze("ended").arms[0].n == 30


def test_events_of_ended_experiments_go_and_what_was_found_stays(wb: Workbench) -> None:
    """The plan changes nothing; applied, the rows are gone, each removal is audited, the scorecard is there."""
    run(wb, "ended", stop=True)
    wb.log_traces([{"event_id": "t1", "model": "m", "user_id": "u", "timestamp": LONG_AGO}])
    wb.set_policy({"retention": {"events_days": 30, "traces_days": 30}})
    before = wb.scorecard("ended")
    expected = [("exposures", "ended", 60), ("outcomes", "*", 15), ("traces", "*", 1)]
    assert planned(wb) == planned(wb) == expected
    gone = wb.apply_retention("yearly")
    assert sorted((item.kind, item.subject, item.items) for item in gone) == expected
    assert wb.retention_plan() == []
    assert wb.scorecard("ended") == before
    told = [entry for entry in wb.audit() if entry["action"] == "retention.apply"]
    assert sorted((entry["after"]["kind"], entry["after"]["items"], entry["reason"]) for entry in told) == [
        ("exposures", 60, "yearly"), ("outcomes", 15, "yearly"), ("traces", 1, "yearly"),
    ]  # fmt: skip
    assert wb.verify_audit().ok


def test_what_still_runs_keeps_what_it_needs(wb: Workbench) -> None:
    """Its exposures, and all outcomes since the first of them, however old."""
    run(wb, "ended", stop=True)
    run(wb, "running", stop=False)
    wb.set_policy({"retention": {"events_days": 30}})
    assert planned(wb) == [("exposures", "ended", 60)]
    wb.apply_retention()
    before, found = wb.scorecard("running"), wb.analyze("running")
    assert [arm.n for arm in found.arms] == [30, 30]
    effect = found.estimate("conversion", "treatment").effect
    assert effect == before.estimate("conversion", "treatment").effect != 0


def test_rules_hold_by_project(wb: Workbench) -> None:
    """A project's own rule is its; where it has none, the organisation's."""
    run(wb, "theirs", "shop", stop=True)
    run(wb, "ours", stop=True)
    wb.set_policy({"project": "shop", "retention": {"events_days": 30}})
    assert planned(wb) == [("exposures", "theirs", 60)]
    wb.set_policy({"retention": {"events_days": 1000}})
    assert planned(wb) == [("exposures", "theirs", 60)]


def test_a_draft_that_was_taken_up_again_stays(wb: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the plan and its removal somebody worked on it, or started it."""
    for key in ("forgotten", "edited", "started"):
        wb.create(EXPERIMENT.changed(key=key))
        backdate(wb, key, updated_at=LONG_AGO)
    wb.set_policy({"retention": {"drafts_days": 90}})
    plan = wb.retention_plan()
    assert [item.subject for item in plan] == ["started", "edited", "forgotten"]
    wb.update("edited", {"name": "Not forgotten"})
    wb.start("started")
    monkeypatch.setattr(Workbench, "retention_plan", lambda _: plan)
    assert [item.subject for item in wb.apply_retention()] == ["forgotten"]
    with pytest.raises(NotFound):
        wb.get("forgotten")
    assert wb.audit(subject="forgotten", limit=1)[0]["before"]["definition"]["key"] == "forgotten"


def test_the_notebooks_of_old_batches_go(wb: Workbench) -> None:
    """Their results stay in the database."""
    batch = wb.run_batch(template="simulate_ab", parameters=[{"users_per_arm": 200}], limits={"workers": 1})
    wb.wait(batch.job_id, timeout=300)
    folder = Path(wb.settings.home) / "batches" / batch.job_id
    assert folder.is_dir()
    wb.set_policy({"retention": {"batches_days": 30}})
    assert wb.retention_plan() == []
    with wb._store.begin(actor="clock") as work:
        work.connection.execute(sa.update(batches).values(finished_at=LONG_AGO))
    assert planned(wb) == [("batch", batch.job_id, 1)]
    wb.apply_retention()
    assert not folder.exists()
    assert wb.results(batch.job_id).trials[0].status == "succeeded"
    assert wb.retention_plan() == []
