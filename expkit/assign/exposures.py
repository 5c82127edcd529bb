"""From an answer to an exposure: whether the unit is triggered, and what is recorded of how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expkit.assign.conditions import Groups, compile_condition
from expkit.domain import Exposure

if TYPE_CHECKING:
    from expkit.domain import Assignment, Experiment

__all__ = ["RECORD", "exposure", "untriggered"]

RECORD = "assignment"
"""The attribute of an exposure that says how the assignment came about."""


def untriggered(experiment: Experiment, event: str, context: Mapping[str, Any], groups: Groups) -> str:
    """Why a unit does not count as exposed; empty when it does."""
    rule, here = experiment.exposure_rule, (context.get("placement"), context.get("page_type"))
    if rule.event and event != rule.event:
        return f"{experiment.key!r} is triggered by the event {rule.event!r}."
    if rule.placements and not any(place in rule.placements for place in here):
        return f"{experiment.key!r} is triggered at {' or '.join(map(repr, rule.placements))}."
    if rule.condition and not compile_condition(rule.condition, groups)(context):
        return f"The unit does not meet the exposure rule of {experiment.key!r}."
    return ""


def exposure(
    experiment: Experiment, answer: Assignment, event: str, context: Mapping[str, Any], groups: Groups
) -> Exposure | None:
    """The event to log, with both ids and how the answer came about; None where nothing is to be logged."""
    if answer.variant is None or untriggered(experiment, event, context, groups):
        return None
    names = ("rule", "version", "bucket", "hash_attribute", "forced", "sticky")
    record = {name: value for name in names if (value := getattr(answer, name)) not in (None, False, "")}
    own = {name: value for name, value in context.items() if name not in {"user_id", "session_id", "placement"}}
    return Exposure.parse({
        "experiment": answer.experiment, "variant": answer.variant, "user_id": answer.user_id,
        "session_id": answer.session_id, "placement": context.get("placement") or context.get("page_type") or "",
        "attributes": {**own, RECORD: {**record, **({"event": event} if event else {})}},
    })  # fmt: skip
