"""The programme as a whole: learnings, calibration, velocity, calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from drafts import ask, create, do, move, read, soon

from expkit import registry
from expkit.domain.collaboration import Learning
from expkit.errors import InvalidInput
from expkit.registry.tables import moves
from expkit.storage import Store, read_audit


def learn(store: Store, key: str, outcome: str, text: str = "we learnt", **more: object) -> None:
    said = {"experiment": key, "text": text, "outcome": outcome, "author": "ann", "at": datetime.now(UTC), **more}
    do(store, lambda work: registry.learn(work, key, Learning.parse(said)))


def predict(store: Store, key: str, lift: float, confidence: float, **more: object) -> None:
    prediction = {"metric": "conversion", "lift": lift, "confidence": confidence}
    create(store, key, hypothesis={"text": "If, then", "prediction": prediction}, **more)


def test_calibration_by_hand(store: Store) -> None:
    """Brier: the mean of (confidence - came true)²; over judged predictions on the primary metric alone."""
    predict(store, "right", 0.1, 0.9)
    predict(store, "wrong", 0.1, 0.8)
    predict(store, "down", -0.1, 0.6, metrics=[{"key": "conversion", "direction": "decrease"}])
    predict(store, "open", 0.1, 0.5)
    predict(store, "other", 0.1, 0.5, metrics=["clicks", "conversion"])
    create(store, "none")
    for key, outcome in (("right", "positive"), ("wrong", "neutral"), ("down", "positive"), ("other", "positive")):
        learn(store, key, outcome)
    found = ask(store, registry.hypotheses)
    assert (found.predictions, found.hit_rate) == (3, pytest.approx(2 / 3))
    assert found.brier == pytest.approx((0.1**2 + 0.8**2 + 0.4**2) / 3)
    by_key = {item.experiment: item for item in found.items}
    assert [by_key[key].came_true for key in ("right", "wrong", "down", "open", "other", "none")] == [
        True, False, True, None, None, None,
    ]  # fmt: skip


def test_calibration_knows_more_than_the_page_shows(store: Store) -> None:
    """Items are the newest so many; the score is over all, those included who were sure of nothing."""
    for number, confidence in enumerate((1.0, 0.0, 0.5)):
        predict(store, f"e{number}", 0.1, confidence)
        learn(store, f"e{number}", "positive" if number else "negative")
    found = ask(store, lambda connection: registry.hypotheses(connection, limit=1))
    assert ([item.experiment for item in found.items], found.predictions) == (["e2"], 3)
    assert found.brier == pytest.approx((1.0 + 1.0 + 0.25) / 3)


def test_without_predictions_there_is_no_calibration(store: Store) -> None:
    """None, not zero."""
    create(store)
    found = ask(store, registry.hypotheses)
    assert (found.predictions, found.hit_rate, found.brier, len(found.items)) == (0, None, None, 1)


def test_a_learning_takes_the_place_of_an_older_one(store: Store) -> None:
    """The audit keeps both; filters find the outcome; a later look does not take it back."""
    create(store)
    learn(store, "checkout", "positive", "more is more", lift=0.1, look=1)
    learn(store, "checkout", "neutral", "it was the season")
    (item,) = ask(store, registry.hypotheses).items
    assert (item.outcome, item.learning, item.actual_lift) == ("neutral", "it was the season", None)
    entry = ask(store, read_audit)[0]
    assert ((entry.before or {})["text"], (entry.after or {})["text"]) == ("more is more", "it was the season")
    do(store, lambda work: registry.save_look(work, "checkout", 1, {"look": 2}, "positive", "significant"))
    assert ask(store, registry.hypotheses).items[0].outcome == "neutral"
    with pytest.raises(InvalidInput, match="needs words"):
        learn(store, "checkout", "neutral", " ")


def at(store: Store, key: str, **days: float) -> None:
    """Say that an experiment's moves were made so many days ago."""
    with store.begin(actor="clock") as work:
        for verb, ago in days.items():
            then = datetime.now(UTC) - timedelta(days=ago)
            work.connection.execute(
                sa.update(moves).where(moves.c.experiment == key, moves.c.verb == verb).values(at=then)
            )


def test_velocity_by_hand(store: Store) -> None:
    """Launched, completed, success rate, days, time to decision, learnings; over all time and over a month."""
    for key in ("old", "good", "bad", "runs"):
        create(store, key)
        move(store, "start", key=key)
    for key in ("old", "good", "bad"):
        move(store, "stop", key=key)
    move(store, "promote", key="good")
    at(store, "old", start=100, stop=90)
    at(store, "good", start=40, stop=20, promote=16)
    at(store, "bad", start=25, stop=15)
    learn(store, "good", "positive")
    learn(store, "bad", "negative")
    ever = ask(store, registry.velocity)
    assert (ever.launched, ever.completed, ever.success_rate, ever.learnings) == (4, 3, 0.5, 2)
    assert (ever.median_days, ever.days_to_decision) == (pytest.approx(10, abs=1e-3), pytest.approx(4, abs=1e-3))
    assert sum(ever.launched_by_month.values()) == 4
    month = ask(store, registry.velocity, datetime.now(UTC) - timedelta(days=30))
    assert (month.launched, month.completed) == (2, 2)
    assert month.median_days == pytest.approx(15, abs=1e-3)  # 20 days, begun before the month, and 10


def test_nothing_done_is_none_and_zero(store: Store) -> None:
    """No division by it."""
    found = ask(store, registry.velocity)
    assert found == (0, 0, None, None, None, 0, {})


def test_the_calendar_has_what_was_and_what_will_be(store: Store) -> None:
    """In order, between two times."""
    create(store, "a")
    create(store, "b")
    move(store, "start", "pause", key="a")
    stop = do(store, lambda work: registry.schedule_move(work, "a", "stop", soon(days=2)))
    do(store, lambda work: registry.schedule_move(work, "b", "start", soon(days=1)))
    do(store, lambda work: registry.schedule_move(work, "b", "stop", soon(days=90)))
    found = ask(store, registry.calendar, soon(days=-1), soon(days=30))
    assert [(entry.experiment, entry.what) for entry in found] == [
        ("a", "start"),
        ("b", "will start"),
        ("a", "will stop"),
    ]
    assert found[2].at == stop.at
    assert ask(store, registry.calendar, soon(days=-9), soon(days=-8)) == []


def test_the_newest_scorecards_of_a_page(store: Store) -> None:
    """Those that have one."""
    for key in ("a", "b"):
        create(store, key)
    for look in (1, 2):
        do(store, lambda work, look=look: registry.save_look(work, "a", 1, {"look": look}))  # type: ignore[misc]
    assert ask(store, registry.latest_scorecards, ["a", "b"]) == {"a": {"look": 2}}
    assert ask(store, registry.latest_scorecards, []) == {}
    assert read(store, "a").status == "draft"
