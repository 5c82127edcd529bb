"""Unleash's features, read: an export of a project, or what its clients fetch. It hashes with MurmurHash3, so that
units get their variants anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from expkit.assign.dialects.foreign import Draft, Imported, NotCarried, listed, mapped, number, read_each, text
from expkit.errors import InvalidInput, shorten

__all__ = ["read_unleash"]

ROLLOUTS = {"flexibleRollout": "rollout", "gradualRolloutUserId": "percentage", "gradualRolloutSessionId": "percentage"}
NAMES = {"userId": "user_id", "sessionId": "session_id"}
NUMBERS = {"NUM_EQ": "$eq", "NUM_GT": "$gt", "NUM_GTE": "$gte", "NUM_LT": "$lt", "NUM_LTE": "$lte"}
VERSIONS = {"SEMVER_EQ": "$veq", "SEMVER_GT": "$vgt", "SEMVER_LT": "$vlt"}
PATTERNS = {"STR_CONTAINS": "{}", "STR_STARTS_WITH": "^{}", "STR_ENDS_WITH": "{}$"}
Segments = dict[str, list[Any]]


def read_unleash(payload: object) -> list[Imported]:
    """Every feature toggle of the document."""
    body = mapped(payload, "The payload", top=True)
    if "features" not in body:
        raise InvalidInput("The payload has no features.", hint="is it an export of Unleash?")
    features = {}
    for one in listed(body["features"], "features", top=True):
        feature = mapped(one, "a feature", top=True)
        name = feature.get("name")
        if not isinstance(name, str) or name in features:
            raise InvalidInput(f"A feature's name is {shorten(name)}.", hint="each has one of its own.")
        features[name] = feature
    segments: Segments = {}
    for one in listed(body.get("segments") or [], "segments", top=True):
        segment = mapped(one, "a segment", top=True)
        segments[str(segment.get("id"))] = listed(segment.get("constraints") or [], "constraints", top=True)
    return read_each(features, lambda name, feature: _feature(name, _whole(body, name, feature), segments))


def _whole(body: Mapping[str, Any], name: str, feature: Mapping[str, Any]) -> Mapping[str, Any]:
    """An export keeps strategies and environments in lists of their own."""
    if "featureStrategies" not in body:
        return feature
    mine = [one for one in listed(body["featureStrategies"], "featureStrategies") if _names(one, "featureName") == name]
    places = [one for one in listed(body.get("featureEnvironments") or [], "featureEnvironments")
              if _names(one, "featureName") == name]  # fmt: skip
    if len(places) > 1:
        raise NotCarried("it is defined for several environments: export one")
    here = places[0] if places else {}
    return {"strategies": mine, "enabled": here.get("enabled", True), "variants": here.get("variants"), **feature}


def _names(one: object, field: str) -> Any:
    return mapped(one, "a strategy").get(field)


def _feature(name: str, feature: Mapping[str, Any], segments: Segments) -> Imported:
    draft = Draft(name, "Unleash")
    strategies = [mapped(one, "a strategy") for one in listed(feature.get("strategies") or [], "strategies")]
    if len(strategies) > 1:
        raise NotCarried("it has several strategies, of which any one lets a unit in")
    strategy = strategies[0] if strategies else {"name": "default"}
    variants = strategy.get("variants") or feature.get("variants") or []
    if feature.get("dependencies"):
        raise NotCarried("it depends on other features")
    if feature.get("enabled") is False:
        draft.remarks.append("it is switched off there")
    _variants(draft, [mapped(one, "a variant") for one in listed(variants, "variants")])
    draft.fields["coverage"] = _coverage(strategy)
    constraints = listed(strategy.get("constraints") or [], "constraints")
    for segment in listed(strategy.get("segments") or [], "segments"):
        if str(segment) not in segments:
            raise NotCarried(f"its segment {shorten(segment)} is not in the payload")
        constraints += segments[str(segment)]
    conditions = [_condition(mapped(one, "a constraint")) for one in constraints]
    if conditions:
        draft.fields["eligibility"] = conditions[0] if len(conditions) == 1 else {"$and": conditions}
    draft.hashed_anew("MurmurHash3")
    return draft.done()


def _coverage(strategy: Mapping[str, Any]) -> float:
    name = strategy.get("name", strategy.get("strategyName"))
    if name == "default":
        return 1.0
    if name not in ROLLOUTS:
        raise NotCarried(f"its strategy {shorten(name)} cannot be said in coverage and conditions")
    parameters = mapped(strategy.get("parameters") or {}, "parameters")
    _refuse_stickiness(parameters.get("stickiness") or "default")
    return number(parameters.get(ROLLOUTS[name], 100), "the rollout", 0, 100) / 100


def _variants(draft: Draft, variants: list[Mapping[str, Any]]) -> None:
    arms = []
    for one in variants:
        _refuse_stickiness(one.get("stickiness") or "default")
        if one.get("overrides"):
            draft.changes.append(f"the overrides of variant {shorten(one.get('name'))} are not carried")
        name = text(one.get("name"), "a variant's name")
        arms.append((name, number(one.get("weight"), "a weight", 0, 1000), _value(one.get("payload"))))
    draft.variants(arms)


def _refuse_stickiness(stickiness: object) -> None:
    """By user, else by session, is how we hash; chance is no assignment at all."""
    if stickiness not in {"default", "userId"}:
        raise NotCarried(f"its units stick by {shorten(stickiness)}, not by user")


def _value(payload: object) -> Any:
    if payload is None:
        return {}
    known = mapped(payload, "a payload")
    said, kind = text(known.get("value"), "a payload's value"), known.get("type")
    if kind == "csv":
        return {"value": said.split(",")}
    if kind not in {"json", "number"}:
        return said
    try:
        return json.loads(said)
    except ValueError:
        raise NotCarried(f"a payload is no {kind}: {shorten(said)}") from None


def _condition(constraint: Mapping[str, Any]) -> dict[str, Any]:
    name = text(constraint.get("contextName"), "contextName")
    if "." in name or name.startswith("$"):
        raise NotCarried(f"the context field {shorten(name)} would be read as a path here")
    condition = {NAMES.get(name, name): _operator(constraint)}
    return {"$not": condition} if constraint.get("inverted") else condition


def _operator(constraint: Mapping[str, Any]) -> dict[str, Any]:
    """Of a missing field nothing holds but NOT_IN."""
    operator, blind = constraint.get("operator"), bool(constraint.get("caseInsensitive"))
    if operator in {"IN", "NOT_IN"}:
        values = [text(item, "a value") for item in listed(constraint.get("values") or [], "values")]
        return {"$in" if operator == "IN" else "$nin": [spelling for item in values for spelling in _spellings(item)]}
    if operator in PATTERNS:
        values = [text(item, "a value") for item in listed(constraint.get("values") or [], "values")]
        if not values:
            return {"$in": []}
        pattern = "|".join(PATTERNS[operator].format(re.escape(item)) for item in values)
        return {"$type": "string", "$regexi" if blind else "$regex": pattern}
    if operator in NUMBERS:
        return {"$exists": True, NUMBERS[operator]: number(constraint.get("value"), "a value", float("-inf"))}
    if operator in VERSIONS:
        return {"$exists": True, VERSIONS[operator]: text(constraint.get("value"), "a value")}
    raise NotCarried(f"its constraints use {shorten(operator)}, which we have not")


def _spellings(item: str) -> list[Any]:
    """Unleash's context holds texts; the caller here may hold the number."""
    return [item, int(item)] if item.isascii() and item.isdigit() and str(int(item)) == item else [item]
