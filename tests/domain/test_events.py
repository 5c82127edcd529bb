"""Events belong to somebody, and times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from expkit.domain import Assignment, Decision, Exposure, Guardrail, Metric, Outcome, PriceBand, Rice, Trace
from expkit.errors import InvalidDefinition


def test_an_event_belongs_to_somebody() -> None:
    """Without a user and a session there is no unit."""
    with pytest.raises(InvalidDefinition, match="neither user_id nor session_id"):
        Outcome(event="click")


def test_user_goes_before_session() -> None:
    """Both are kept; the unit is the user when there is one."""
    assert Exposure(experiment="e", variant="v", user_id="u", session_id="s").unit == "u"
    assert Trace(model="m", session_id="s").unit == "s"
    assert Assignment(experiment="e", variant=None, session_id="s").unit == "s"


def test_times_are_utc() -> None:
    """A time with a zone is converted, one without is read as UTC, none is now."""
    plus_two = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert Outcome(event="e", user_id="u", timestamp=plus_two).timestamp == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert Outcome(event="e", user_id="u", timestamp="2026-01-01T12:00:00").timestamp.tzinfo == UTC  # type: ignore[arg-type]
    assert abs(Outcome(event="e", user_id="u").timestamp - datetime.now(UTC)) < timedelta(minutes=1)


def test_event_ids_are_unique_by_default() -> None:
    """Two events without an id are two events."""
    assert Outcome(event="e", user_id="u").event_id != Outcome(event="e", user_id="u").event_id


def test_a_value_is_finite() -> None:
    """NaN is no value."""
    with pytest.raises(InvalidDefinition, match="value"):
        Outcome(event="e", user_id="u", value=float("nan"))


def test_rice_with_and_without_reach() -> None:
    """Reach x impact x confidence / effort, and the three-factor form."""
    assert Rice(reach=1000, impact=2, confidence=0.5, effort=4).score == 250
    assert Rice(impact=2, confidence=0.5, effort=4).score == 0.25


def test_metric_names_its_events() -> None:
    """A metric's own key is its event; a ratio's denominator defaults to its numerator's event."""
    assert Metric(key="page_load", kind="ratio").denominator_event == "page_load"
    assert Metric(key="ctr", kind="ratio", event="click", denominator="impression").denominator_event == "impression"
    assert (Metric(key="add_to_cart").title, Metric(key="x", name="X!").title) == ("Add to cart", "X!")


def test_a_guardrail_takes_a_metric_or_its_name() -> None:
    """The name alone is that event's conversion."""
    assert Guardrail.parse({"metric": "error", "limit": 0.05}).metric == Metric(key="error")


def test_a_price_band_is_in_order() -> None:
    """Its upper end is not below its lower one."""
    with pytest.raises(InvalidDefinition, match="upper end 1 lies below its lower end 2"):
        PriceBand(lower=2, upper=1)


def test_a_decision_says_who_and_why() -> None:
    """Reason and actor are required."""
    with pytest.raises(InvalidDefinition, match="reason is missing; actor is missing"):
        Decision(experiment="e", action="stop")  # type: ignore[call-arg]
