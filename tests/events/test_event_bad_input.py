"""Bad rows are refused one by one, with a reason and counts; the rest is kept."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from expkit.errors import InvalidInput, UnknownName
from expkit.events import sift

NOW = datetime.now(UTC)
KNOWN = {"checkout": {"control", "treatment"}}
GOOD = {
    "exposures": {"event_id": "good", "experiment": "checkout", "variant": "control", "user_id": "u"},
    "outcomes": {"event_id": "good", "event": "buy", "user_id": "u"},
}


def sifted(kind, *bad):
    return sift(kind, [*bad, GOOD[kind]], at=NOW, known=KNOWN)


@pytest.mark.parametrize(
    ("kind", "change", "rule"),
    [
        ("exposures", {"experiment": "chekout"}, "there is no such experiment"),
        ("exposures", {"variant": "blue"}, "the experiment has no such variant"),
        ("exposures", {"experiment": None}, "experiment is missing"),
        ("exposures", {"variant": 1.5}, "variant is not text"),
        ("outcomes", {"timestamp": NOW + timedelta(days=3)}, "timestamp is in the future"),
        ("outcomes", {"timestamp": "9999-12-31T23:00:00"}, "timestamp is in the future"),
        ("outcomes", {"timestamp": "1970-01-01"}, "timestamp is before 2000"),
        ("outcomes", {"timestamp": "yesterday"}, "timestamp is not a time (ISO 8601, or a datetime)"),
        ("outcomes", {"value": float("nan")}, "value is not a finite number"),
        ("outcomes", {"value": "many"}, "value is not a finite number"),
        ("outcomes", {"value": None}, "value is missing"),
        ("outcomes", {"properties": {"blob": "x" * 10_000_000}}, "properties is larger than 65,536 characters"),
        ("outcomes", {"properties": {"rate": float("nan")}}, "properties is not a JSON object"),
        ("outcomes", {"properties": [1]}, "properties is not a JSON object"),
        ("outcomes", {"user_id": None}, "neither user_id nor session_id is given"),
        ("outcomes", {"user_id": ""}, "neither user_id nor session_id is given"),
        ("outcomes", {"event": None}, "event is missing"),
        ("outcomes", {"event_id": "x" * 501}, "event_id is longer than 500 characters"),
    ],
)
def test_one_bad_row_costs_nobody_else(kind, change, rule):
    """The bad row is told with its number and counted by its rule; the good one is there."""
    table, logged, kept = sifted(kind, {**GOOD[kind], **change, "event_id": change.get("event_id", "bad")})
    assert table.column("event_id").to_pylist() == ["good"]
    assert (logged, logged.refused, logged.reasons) == (1, 1, {rule: 1})
    assert (logged.examples[0].row, kept.tolist()) == (0, [1])
    assert len(logged.told()) < 400


def test_what_is_no_row_is_counted_too():
    """Something between the dicts that is none."""
    table, logged, _ = sifted("outcomes", 7, "row")
    assert (table.num_rows, logged.refused, logged.examples[0].reason) == (
        1,
        2,
        "Row 0 of the outcomes is 7. Hint: give a dict or Outcome(...). Rows are counted from 0.",
    )


def test_a_clock_that_is_a_little_ahead_is_fine():
    """An hour, for time zones and clocks that nobody has set; late is never too late."""
    table, logged, _ = sifted(
        "outcomes",
        {**GOOD["outcomes"], "timestamp": NOW + timedelta(minutes=59)},
        {**GOOD["outcomes"], "timestamp": NOW - timedelta(days=5000)},
    )
    assert (table.num_rows, logged.refused) == (3, 0)


def test_many_are_counted_and_a_few_shown():
    """Counts are by rule and add up: a row with two faults counts by the first."""
    frame = pd.DataFrame({"event": ["buy"] * 100, "user_id": ["u"] * 100, "value": [1.0] * 100})
    frame.loc[:29, "value"] = float("inf")
    frame.loc[20:39, "event"] = None
    _, logged, _ = sift("outcomes", frame, at=NOW)
    assert (logged, logged.refused) == (60, 40)
    assert logged.reasons == {"event is missing": 20, "value is not a finite number": 20}
    assert len(logged.examples) == 5
    assert logged.told().endswith("and 35 more.")


def test_when_no_row_is_good_it_is_an_error():
    """Nothing to keep: the error tells all of it, as one that a program can catch."""
    with pytest.raises(InvalidInput, match="is in the future"):
        sift("outcomes", [{**GOOD["outcomes"], "timestamp": "2030-01-01"}], at=NOW)
    with pytest.raises(UnknownName, match="did you mean 'user_id'"):
        sift("outcomes", [{"event": "buy", "usr_id": "u"}], at=NOW)


def test_good_rows_of_a_bad_batch_are_read_again(events, log, ids):
    """Through inbox and lake; the answer is a number and more."""
    logged = log("outcomes", [GOOD["outcomes"], {"event": "buy"}])
    assert (ids(), events.move(), ids()) == (["good"], 1, ["good"])
    again = pickle.loads(pickle.dumps(logged))  # noqa: S301
    assert (again, again.refused, again.examples) == (1, 1, logged.examples)
