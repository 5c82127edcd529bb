"""Moves to come: exactly once, at the time that was meant, and never silently not."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from drafts import ask, create, do, move, read, soon

from expkit import registry
from expkit.domain.collaboration import ScheduledMove
from expkit.errors import Conflict, IllegalMove, InvalidInput, NotFound, UnknownName
from expkit.storage import Store, read_audit


def schedule(store: Store, verb: str = "start", key: str = "checkout", **distance: float) -> ScheduledMove:
    return do(store, lambda work: registry.schedule_move(work, key, verb, soon(**distance)))


def planned(store: Store, state: str | None = "pending") -> list[ScheduledMove]:
    return ask(store, registry.scheduled, "checkout", state=state)


def later(store: Store, **distance: float) -> int:
    """What a process fires whose clock is so far ahead."""
    at = soon(**distance)
    return sum(registry.fire(store, due, now=at) for due in ask(store, registry.due, at))


def test_a_start_is_scheduled_and_made(store: Store) -> None:
    """In the name of who planned it, with the move and its mark together."""
    create(store)
    schedule(store)
    assert (read(store).status, later(store, minutes=30)) == ("scheduled", 0)
    assert later(store, hours=2) == 1
    assert (read(store).status, planned(store), planned(store, "fired")[0].verb) == ("active", [], "start")
    fired, started, *_ = ask(store, read_audit)
    assert [(entry.action, entry.actor) for entry in (started, fired)] == [
        ("experiment.start", "ann"), ("schedule.fire", "ann"),
    ]  # fmt: skip
    assert len(ask(store, registry.phases, "checkout")) == 1


def test_the_past_is_refused(store: Store) -> None:
    """Nothing is changed."""
    create(store)
    with pytest.raises(InvalidInput, match=r"has passed.*start it now"):
        schedule(store, hours=-1)
    with pytest.raises(UnknownName, match="did you mean 'start'"):
        schedule(store, "stat")
    assert read(store).status == "draft"


def test_a_second_schedule_takes_the_place_of_the_first(store: Store) -> None:
    """One pending move per verb."""
    create(store)
    schedule(store, hours=1)
    schedule(store, "stop", hours=9)
    newer = schedule(store, hours=5)
    assert (planned(store)[0].verb, planned(store)[0].at) == ("start", newer.at)
    assert (len(planned(store)), len(planned(store, "cancelled"))) == (2, 1)
    assert later(store, hours=2) == 0


def test_what_was_scheduled_is_taken_back(store: Store) -> None:
    """The experiment is a draft again; nothing fires."""
    create(store)
    schedule(store)
    schedule(store, "stop", hours=2)
    assert do(store, lambda work: registry.unschedule(work, "checkout", "stop")) == 1
    assert read(store).status == "scheduled"
    assert do(store, lambda work: registry.unschedule(work, "checkout")) == 1
    assert (read(store).status, later(store, days=1)) == ("draft", 0)
    with pytest.raises(NotFound, match="Nothing is scheduled"):
        do(store, lambda work: registry.unschedule(work, "checkout"))
    with pytest.raises(UnknownName, match="did you mean 'start'"):
        do(store, lambda work: registry.unschedule(work, "checkout", "strat"))


def test_schedules_at_once_leave_one(store: Store) -> None:
    """Six people plan the start; the last one's time holds."""
    create(store)
    threads = [threading.Thread(target=schedule, args=(store,), kwargs={"hours": n + 1}) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(planned(store)), len(planned(store, "cancelled"))) == (1, 5)


def test_four_threads_fire_once(store: Store) -> None:
    """Whoever is first; the others learn that it is done."""
    create(store)
    due, fired = schedule(store), []
    act = lambda: fired.append(registry.fire(store, due, now=soon(hours=2)))  # noqa: E731
    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fired) == [False, False, False, True]
    assert [entry.action for entry in ask(store, read_audit)].count("experiment.start") == 1


TICKING = """
import sys, time
from expkit import registry
from expkit.storage import Store
store, made = Store.open(sys.argv[1]), 0
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    with store.read() as connection:
        due = registry.due(connection, registry.now())
    made += sum(registry.fire(store, planned) for planned in due)
    time.sleep(0.02)
print(made)
"""


def test_two_processes_fire_each_move_once(store: Store, database_url: str) -> None:
    """Twelve starts that come due while both are ticking."""
    for number in range(12):
        create(store, f"e{number}")
        schedule(store, key=f"e{number}", seconds=60)
    past = datetime.now(UTC)  # as if the minute were over
    with store.begin(actor="clock") as work:
        from expkit.registry.people_tables import scheduled_moves

        work.connection.execute(scheduled_moves.update().values(at=past))
    words = [sys.executable, "-c", TICKING, database_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    programs = [subprocess.Popen(words, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for program in programs:
        assert program.stdout.readline() == "ready\n"
    counts = [int(program.communicate("go\n", timeout=120)[0]) for program in programs]
    assert sum(counts) == 12
    actions = [entry.action for entry in ask(store, read_audit)]
    assert (actions.count("experiment.start"), actions.count("schedule.fire")) == (12, 12)


def test_a_move_that_became_illegal_fails_once_and_says_why(store: Store) -> None:
    """It is neither retried nor forgotten."""
    create(store)
    schedule(store, "stop", hours=1)
    move(store, "start", "stop")
    assert (later(store, hours=2), later(store, hours=3)) == (0, 0)
    (failed,) = planned(store, "failed")
    assert "Cannot stop 'checkout': it is stopped" in failed.detail
    assert [entry.action for entry in ask(store, read_audit)].count("schedule.fail") == 1
    with pytest.raises(IllegalMove):
        schedule(store, "stop")


def test_what_is_not_ready_does_not_start_and_can_go_back_to_draft(store: Store) -> None:
    """The reason is kept; it does not hang in `scheduled`."""
    create(store)
    due = schedule(store)

    def refuse(*_: object) -> None:
        raise Conflict("no approval")

    assert registry.fire(store, due, now=soon(hours=2), ready=refuse) is False
    assert (read(store).status, planned(store, "failed")[0].detail) == ("scheduled", "no approval")
    assert do(store, lambda work: registry.unschedule(work, "checkout")) == 0
    assert read(store).status == "draft"


def test_a_deleted_draft_takes_its_schedule_along(store: Store) -> None:
    """Nothing is left to fail."""
    create(store)
    schedule(store, "stop", hours=1)
    do(store, lambda work: registry.delete_draft(work, "checkout"))
    assert later(store, hours=2) == 0


def test_clocks_that_disagree_fire_once(store: Store) -> None:
    """The process whose clock is ahead fires; the one behind finds it done, and its own clock back fires nothing."""
    create(store)
    due = schedule(store, hours=1)
    behind, ahead = soon(minutes=1), soon(minutes=61)
    assert registry.fire(store, due, now=behind) is False
    assert registry.fire(store, due, now=ahead) is True
    for clock in (behind, ahead, ahead - timedelta(days=400), ahead + timedelta(days=400)):
        assert registry.fire(store, due, now=clock) is False
        assert ask(store, registry.due, clock) == []


@pytest.mark.parametrize(("offset", "utc"), [("", "00:30"), ("+02:00", "00:30"), ("+01:00", "01:30")])
def test_in_an_hour_that_occurs_twice_it_starts_once(store: Store, offset: str, utc: str) -> None:
    """At the first half past two unless the second is named, and not again at the other."""
    create(store)
    at = registry.local_time(f"2100-10-31T02:30{offset}", "Europe/Berlin")
    due = do(store, lambda work: registry.schedule_move(work, "checkout", "start", at))
    day = datetime(2100, 10, 31, tzinfo=UTC)
    quarters = [day + timedelta(minutes=15 * number) for number in range(12)]
    fired = [clock for clock in quarters if registry.fire(store, due, now=clock)]
    assert [f"{clock:%H:%M}" for clock in fired] == [utc]


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-12-01T09:00", "UTC", "2026-12-01T09:00"),
        ("2026-12-01T09:00", "Europe/Berlin", "2026-12-01T08:00"),
        ("2026-12-01T09:00+05:30", "Europe/Berlin", "2026-12-01T03:30"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),  # occurs twice: the first is meant
        ("2026-10-25T02:30+01:00", "Europe/Berlin", "2026-10-25T01:30"),  # the second, said by its offset
        ("2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00"),
    ],
)
def test_local_times_are_what_people_mean(text: str, zone: str, utc: str) -> None:
    """In their zone, unless an offset says otherwise."""
    assert registry.local_time(text, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_time_that_does_not_exist_is_refused() -> None:
    """Clocks are put forward over it; so are odd texts and zones."""
    with pytest.raises(InvalidInput, match=r"02:30 does not exist in Europe/Berlin.*03:30 is meant"):
        registry.local_time("2026-03-29T02:30", "Europe/Berlin")
    with pytest.raises(InvalidInput, match="no date and time"):
        registry.local_time("tomorrow")
    with pytest.raises(UnknownName, match="Europe/Berlin"):
        registry.local_time("2026-01-01T00:00", "Europe/Berlim")
