"""GrowthBook's feature payload, read: the same hash, so that an experiment that fits keeps every unit's variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from expkit.assign.dialects.foreign import Draft, Imported, NotCarried, listed, mapped, number, read_each, text
from expkit.assign.dialects.growthbook import NO_USER
from expkit.assign.operators import OPERATORS
from expkit.errors import InvalidInput, shorten

__all__ = ["read_growthbook"]

EXACT = 1e-9
KNOWN_OPERATORS = {*OPERATORS, "$and", "$or", "$nor", "$not", "$size", "$elemMatch", "$all", "$alli"}
SAME = frozenset({
    "variations", "weights", "coverage", "ranges", "hashAttribute", "hashVersion", "seed", "key", "condition", "meta",
    "filters", "bucketVersion", "minBucketVersion", "disableStickyBucketing", "fallbackAttribute", "phase", "id",
    "name", "contextualVariations",
})  # fmt: skip
LAYER = "layer:"


def read_growthbook(payload: object) -> list[Imported]:
    """Every feature of an SDK payload, or of a bare mapping of features."""
    body = mapped(payload, "The payload", top=True)
    if "encryptedFeatures" in body and not body.get("features"):
        raise InvalidInput("The payload is encrypted.", hint="export it without encryption.")
    features = mapped(body.get("features", body), "features", top=True)
    groups = body.get("savedGroups") or {}
    return read_each(features, lambda name, feature: _feature(name, feature, groups))


def _feature(name: str, feature: object, groups: object) -> Imported:
    known = mapped(feature, "the feature")
    rules = [mapped(rule, "a rule") for rule in listed(known.get("rules") or [], "rules")]
    first = next((at for at, rule in enumerate(rules) if "variations" in rule and "force" not in rule), None)
    if first is None:
        raise NotCarried("no rule of it is an experiment")
    draft, rule = Draft(name, "GrowthBook"), rules[first]
    rest = rules[first + 1 :]
    if rest and _is_its_session_twin(rule, rest[0]):
        rest = rest[1:]
    if rest:
        draft.changes.append(f"{len(rest)} rules after the experiment are not carried")
    conditions = [*_not_before(rules[:first], draft), *_own_condition(rule, groups)]
    if conditions:
        draft.fields["eligibility"] = conditions[0] if len(conditions) == 1 else {"$and": conditions}
    _read_rule(draft, name, rule, known.get("defaultValue"))
    return draft.done()


def _read_rule(draft: Draft, name: str, rule: Mapping[str, Any], default: Any) -> None:
    for field, why in {
        "namespace": "it shares a namespace, which hashes in a way that we have not",
        "parentConditions": "it depends on other features",
        "contextualBanditRef": "it is a bandit",
    }.items():
        if rule.get(field):
            raise NotCarried(why)
    if more := sorted(rule.keys() - SAME - {"namespace", "parentConditions", "contextualBanditRef"}):
        draft.changes.append(f"not carried: {', '.join(more)}")
    values = listed(rule["variations"], "variations")
    if len(values) < 2:
        raise NotCarried("it has fewer than two variants: a switch, no experiment")
    shares, coverage = _shares(rule, len(values), draft)
    meta = [mapped(one, "meta") for one in listed(rule.get("meta") or [{} for _ in values], "meta")]
    if len(meta) != len(values):
        raise NotCarried(f"it has {len(values)} variations and {len(meta)} names for them")
    if any(one.get("passthrough") for one in meta):
        raise NotCarried("it is a holdout: a variation passes on to the next rule")
    names = [
        text(one.get("key") or ("control" if not at else f"variation-{at}"), "a key") for at, one in enumerate(meta)
    ]
    draft.variants(list(zip(names, shares, values, strict=True)), default)
    draft.fields["coverage"] = coverage
    _hash(draft, name, rule)
    _filters(draft, listed(rule.get("filters") or [], "filters"))
    for ours, theirs in {"bucket_version": "bucketVersion", "min_bucket_version": "minBucketVersion"}.items():
        if rule.get(theirs):
            draft.fields[ours] = int(number(rule[theirs], theirs, 0, 1000))


def _shares(rule: Mapping[str, Any], count: int, draft: Draft) -> tuple[list[float], float]:
    """Weights and coverage; ranges, where there are any, say it for themselves."""
    if rule.get("ranges"):
        return _of_ranges(rule["ranges"], count)
    coverage = number(rule.get("coverage", 1), "coverage", -1e9, 1e9)
    weights = [number(weight, "a weight") for weight in listed(rule.get("weights") or [1 / count] * count, "weights")]
    if len(weights) != count or not 0.99 <= sum(weights) <= 1.01:
        draft.remarks.append("its weights do not add up, so that all variants weigh the same, as in GrowthBook")
        weights = [1 / count] * count
    elif abs(sum(weights) - 1) > EXACT:
        draft.changes.append(f"its weights add up to {sum(weights):.6g}: they are scaled to 1, which moves some units")
    return weights, min(max(coverage, 0.0), 1.0)


def _of_ranges(ranges: object, count: int) -> tuple[list[float], float]:
    """Where each starts at the weights before it and is coverage x weight long; any others are not ours to express."""
    parts = [[number(edge, "a range", 0, 1) for edge in listed(part, "a range")] for part in listed(ranges, "ranges")]
    if len(parts) != count or any(len(part) != 2 for part in parts):
        raise NotCarried("its ranges are not one for each variation")
    starts = [part[0] for part in parts]
    weights = [after - before for before, after in pairwise([*starts, 1.0])]
    lengths = [end - start for start, end in parts]
    covered = [length / weight for length, weight in zip(lengths, weights, strict=True) if weight > 0]
    coverage = covered[0] if covered else 0.0
    fits = starts[0] == 0 and all(weight >= 0 for weight in weights) and coverage <= 1 + EXACT
    wanted = [coverage * weight for weight in weights]
    if not fits or any(abs(one - two) > EXACT for one, two in zip(lengths, wanted, strict=True)):
        raise NotCarried("its ranges leave gaps that coverage and weights cannot say")
    return weights, min(coverage, 1.0)


def _hash(draft: Draft, name: str, rule: Mapping[str, Any]) -> None:
    version = rule.get("hashVersion", 1)
    if version != 2:
        draft.hashed_anew(f"GrowthBook's version {shorten(version)}")
    attribute = text(rule.get("hashAttribute") or "id", "hashAttribute")
    if attribute not in {"user_id", "session_id"}:
        draft.changes.append(f"{attribute!r}, which it hashes, is our user_id: pass it as that")
    elif attribute == "session_id":
        draft.changes.append("it hashes session_id; here that is for units without a user_id only")
    seed = text(rule.get("seed") or rule.get("key") or name, "seed")
    if seed != draft.key:
        draft.fields["seed"] = seed


def _filters(draft: Draft, filters: list[Any]) -> None:
    """A filter with a layer's seed is that layer; other bucket spaces we have not."""
    for one in filters:
        known = mapped(one, "a filter")
        seed = text(known.get("seed", ""), "a filter's seed")
        ours = seed.startswith(LAYER) and known.get("hashVersion", 2) == 2 and "layer" not in draft.fields
        if not ours:
            raise NotCarried(f"it shares the bucket space {shorten(seed)}, which cannot be expressed as a layer")
        draft.fields["layer"] = {"name": seed.removeprefix(LAYER), "ranges": known.get("ranges", [])}


def _own_condition(rule: Mapping[str, Any], groups: object) -> Iterator[dict[str, Any]]:
    if condition := rule.get("condition"):
        yield _readable(mapped(condition, "the condition"), groups)


def _not_before(rules: list[Mapping[str, Any]], draft: Draft) -> Iterator[dict[str, Any]]:
    """Whom earlier rules force never comes to the experiment."""
    for rule in rules:
        whole = "force" in rule and not rule.keys() & {"filters", "parentConditions", "range", "namespace"}
        if not whole or rule.get("coverage", 1) != 1 or not rule.get("condition"):
            raise NotCarried("a rule before the experiment takes units in a way that a condition cannot say")
        draft.changes.append("units that an earlier rule forces are left out, and get the default")
        yield {"$not": _readable(mapped(rule["condition"], "the condition"), {})}


def _is_its_session_twin(rule: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """The second of the two rules that we write: the same for units without a user."""
    if rule.get("hashAttribute") != "user_id" or other.get("hashAttribute") != "session_id":
        return False
    own = rule.get("condition")
    guarded = NO_USER if not own else {"$and": [NO_USER, own]}
    flat = {"$and": [NO_USER, *own["$and"]]} if isinstance(own, Mapping) and list(own) == ["$and"] else guarded
    different = {"hashAttribute", "condition", "filters", "fallbackAttribute"}
    same = all(rule.get(name) == other.get(name) for name in (rule.keys() | other.keys()) - different)
    return same and other.get("condition") in (guarded, flat) and _spaces(rule) == _spaces(other)


def _spaces(rule: Mapping[str, Any]) -> list[Any]:
    return [(one.get("seed"), one.get("ranges")) for one in rule.get("filters") or [] if isinstance(one, Mapping)]


def _readable(condition: Any, groups: object) -> Any:
    """The condition with saved groups written out; an operator that we have not keeps the experiment out."""
    if isinstance(condition, list | tuple):
        return [_readable(item, groups) for item in condition]
    if not isinstance(condition, Mapping):
        return condition
    found: dict[str, Any] = {}
    for name, operand in condition.items():
        if name in {"$inGroup", "$notInGroup"}:
            found["$in" if name == "$inGroup" else "$nin"] = _members(operand, groups)
        elif name.startswith("$") and name not in KNOWN_OPERATORS:
            raise NotCarried(f"its condition uses {name}, which we have not")
        else:
            found[name] = operand if name in {"$in", "$nin", "$ini", "$nini"} else _readable(operand, groups)
    return found


def _members(name: object, groups: object) -> list[Any]:
    entry = groups.get(name) if isinstance(groups, Mapping) and isinstance(name, str) else None
    values = entry.get("values") if isinstance(entry, Mapping) else entry
    if not isinstance(values, list):
        raise NotCarried(f"the saved group {shorten(name)} is not in the payload")
    return values
