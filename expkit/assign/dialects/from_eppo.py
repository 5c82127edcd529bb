"""Eppo's flag configuration (UFC), read. It hashes with MD5 over shards, so that units get their variants anew."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from expkit.assign.dialects.foreign import Draft, Imported, NotCarried, listed, mapped, number, read_each, text
from expkit.errors import InvalidInput, shorten

__all__ = ["read_eppo"]

COMPARISONS = {"GTE": "gte", "GT": "gt", "LTE": "lte", "LT": "lt"}
VERSION = re.compile(r"\d+\.\d+(\.\d+.*)?$")
Shards = dict[str, tuple[tuple[int, int], ...]]


def read_eppo(payload: object) -> list[Imported]:
    """Every flag of a UFC document."""
    body = mapped(payload, "The payload", top=True)
    if "data" in body and "flags" not in body:
        body = mapped(mapped(body["data"], "data", top=True).get("attributes", body["data"]), "data", top=True)
    if "flags" not in body:
        raise InvalidInput("The payload has no flags.", hint="is it Eppo's flag configuration (UFC)?")
    return read_each(mapped(body["flags"], "flags", top=True), _flag)


def _flag(name: str, flag: object) -> Imported:
    known = mapped(flag, "the flag")
    allocations = [mapped(one, "an allocation") for one in listed(known.get("allocations") or [], "allocations")]
    first = next((at for at, one in enumerate(allocations) if len(one.get("splits") or []) > 1), None)
    if first is None:
        raise NotCarried("no allocation of it splits: a switch, no experiment")
    draft = Draft(name, "Eppo")
    if known.get("enabled") is not True:
        draft.remarks.append("it is switched off there")
    if rest := len(allocations) - first - 1:
        draft.changes.append(f"{rest} allocations after the experiment are not carried")
    conditions = [{"$not": _before(one, draft)} for one in allocations[:first]]
    own = allocations[first]
    if rules := _rules(own):
        conditions.append(rules)
    if conditions:
        draft.fields["eligibility"] = conditions[0] if len(conditions) == 1 else {"$and": conditions}
    total = int(number(known.get("totalShards", 10_000), "totalShards", 1, 1e9))
    _splits(draft, own, mapped(known.get("variations") or {}, "variations"), str(known.get("variationType")), total)
    window = {ours: own[theirs] for ours, theirs in {"start": "startAt", "end": "endAt"}.items() if own.get(theirs)}
    if window:
        draft.fields["schedule"] = window
    draft.hashed_anew("MD5 over shards")
    return draft.done()


def _before(allocation: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
    """Whom an allocation before the experiment takes; only where it takes all that meet its rules."""
    splits = listed(allocation.get("splits") or [], "splits")
    partial = any(mapped(one, "a split").get("shards") for one in splits)
    rules = _rules(allocation)
    if partial or allocation.get("startAt") or allocation.get("endAt") or not rules:
        raise NotCarried("an allocation before the experiment takes units in a way that a condition cannot say")
    draft.changes.append("units that an earlier allocation takes are left out, and get the default")
    return rules


def _splits(draft: Draft, allocation: Mapping[str, Any], variations: Mapping[str, Any], kind: str, total: int) -> None:
    """One salt parts the units among the variations; all others are the same everywhere: the coverage."""
    splits = [mapped(one, "a split") for one in listed(allocation["splits"], "splits")]
    shards = [_shards(one) for one in splits]
    keys = [text(one.get("variationKey"), "variationKey") for one in splits]
    shared = {salt for salt in shards[0] if all(own.get(salt) == shards[0][salt] for own in shards)}
    parting = {salt for own in shards for salt in own} - shared
    if len(parting) != 1 or any(parting - own.keys() for own in shards) or len(set(keys)) < len(keys):
        raise NotCarried("its shards are not one traffic share and one split")
    salt = parting.pop()
    spans = sorted(span for own in shards for span in own[salt])
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        raise NotCarried("the shards of its variations overlap")
    sizes = [sum(end - start for start, end in own[salt]) for own in shards]
    coverage = sum(sizes) / total
    for other in shared:
        coverage *= sum(end - start for start, end in shards[0][other]) / total
    if not 0 < coverage <= 1:
        raise NotCarried("its shards let nobody in")
    arms = [(key, size, _value(variations, key, kind)) for key, size in zip(keys, sizes, strict=True)]
    draft.variants(arms)
    draft.fields["coverage"] = coverage
    if left := sorted(variations.keys() - set(keys)):
        draft.remarks.append(f"variations that the split does not give are not carried: {', '.join(left)}")


def _shards(split: Mapping[str, Any]) -> Shards:
    found: Shards = {}
    for one in listed(split.get("shards") or [], "shards"):
        shard = mapped(one, "a shard")
        salt = text(shard.get("salt"), "salt")
        if salt in found:
            raise NotCarried("a split has two shards of one salt")
        spans = [mapped(span, "a range") for span in listed(shard.get("ranges") or [], "ranges")]
        found[salt] = tuple(
            (int(number(span.get("start"), "start")), int(number(span.get("end"), "end"))) for span in spans
        )
    return found


def _value(variations: Mapping[str, Any], key: str, kind: str) -> Any:
    if key not in variations:
        raise NotCarried(f"its variation {shorten(key)} is not defined")
    value = mapped(variations[key], "a variation").get("value")
    if kind != "JSON" or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise NotCarried(f"the value of variation {shorten(key)} is not JSON") from None


def _rules(allocation: Mapping[str, Any]) -> dict[str, Any]:
    """Any of the rules, all of a rule's conditions; empty where everybody is meant."""
    rules = [mapped(one, "a rule") for one in listed(allocation.get("rules") or [], "rules")]
    found = []
    for rule in rules:
        conditions = [
            _condition(mapped(one, "a condition")) for one in listed(rule.get("conditions") or [], "conditions")
        ]
        if not conditions:
            return {}
        found.append(conditions[0] if len(conditions) == 1 else {"$and": conditions})
    return {} if not found else found[0] if len(found) == 1 else {"$or": found}


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    """Of a missing attribute nothing holds but that it is missing."""
    name, operator = text(condition.get("attribute"), "attribute"), condition.get("operator")
    if "." in name or name.startswith("$"):
        raise NotCarried(f"the attribute {shorten(name)} would be read as a path here")
    path, value = "user_id" if name == "id" else name, condition.get("value")
    if operator == "IS_NULL":
        return {path: {"$exists": not value}}
    if operator in {"ONE_OF", "NOT_ONE_OF"}:
        spelled = [spelling for item in listed(value, "value") for spelling in _spellings(item)]
        return {path: {"$exists": True, "$in" if operator == "ONE_OF" else "$nin": spelled}}
    if operator in {"MATCHES", "NOT_MATCHES"}:
        pattern = {"$regex": text(value, "value")}
        return {path: {"$exists": True, **(pattern if operator == "MATCHES" else {"$not": pattern})}}
    if operator in COMPARISONS:
        versions = isinstance(value, str) and VERSION.match(value) is not None
        bound = value if versions else number(value, "value", float("-inf"))
        return {path: {"$exists": True, f"${'v' if versions else ''}{COMPARISONS[str(operator)]}": bound}}
    raise NotCarried(f"its rules use {shorten(operator)}, which we have not")


def _spellings(item: Any) -> list[Any]:
    """Eppo compares as text what the caller may hold as a number or a truth value."""
    said = text(item, "value")
    if said in {"true", "false"}:
        return [said, said == "true"]
    try:
        found = float(said)
    except ValueError:
        return [said]
    whole = found.is_integer() and abs(found) < 2**53
    return [said, int(found) if whole else found] if str(int(found) if whole else found) == said else [said]
