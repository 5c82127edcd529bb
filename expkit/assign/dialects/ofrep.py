"""OpenFeature's remote evaluation (OFREP 0.2): a context in, an evaluation or an error code out; no I/O.

The flag is the experiment's key, its value the params, its variant the variant's key. `targetingKey` is the user,
unless the context has `user_id`; `session_id` alone is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.errors import ExpkitError, InvalidInput, NotFound, shorten

if TYPE_CHECKING:
    from expkit.domain import Assignment

__all__ = ["Asked", "OfrepError", "error_code", "evaluation", "read_context"]

REASONS = {
    "allocation": "SPLIT", "coverage": "SPLIT", "sticky": "SPLIT", "layer": "SPLIT", "holdout": "SPLIT",
    "rollout": "SPLIT", "override": "TARGETING_MATCH", "state": "DISABLED", "schedule": "DISABLED",
}  # fmt: skip
"""By the rule that decided; where the unit was not the right one it is DEFAULT."""
MAX_DEPTH = 32


class OfrepError(InvalidInput):
    """A request that OFREP has a code for."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class Asked(NamedTuple):
    """An evaluation context, as `assign` takes it."""

    user_id: str | int | None
    session_id: str | int | None
    attributes: dict[str, Any]
    page_type: str | None
    placement: str | None


def read_context(body: object) -> Asked:
    """What the body of an evaluation says of the unit, or the error that OFREP has for it."""
    if not isinstance(body, Mapping):
        raise OfrepError("PARSE_ERROR", "The body is no JSON object.", hint='send {"context": {"targetingKey": ...}}.')
    context = body.get("context", {})
    if context is None:
        context = {}
    if not isinstance(context, Mapping):
        raise OfrepError("INVALID_CONTEXT", f"The context is {shorten(context)}, no object.", hint="send {...}.")
    _refuse_deep(context)
    attributes = {name: value for name, value in context.items() if name not in {"targetingKey", "user_id"}}
    user_id = _id(context, "user_id") if context.get("user_id") not in (None, "") else _id(context, "targetingKey")
    session_id = _id(attributes, "session_id")
    if user_id in (None, "") and session_id in (None, ""):
        hint = "send targetingKey (or user_id), or session_id, in the context."
        raise OfrepError("TARGETING_KEY_MISSING", "The context has no targetingKey.", hint=hint)
    attributes.pop("session_id", None)
    return Asked(user_id, session_id, attributes, _text(attributes, "page_type"), _text(attributes, "placement"))


def evaluation(answer: Assignment) -> dict[str, Any]:
    """The success document of one flag."""
    known: dict[str, Any] = {
        "experiment_version": answer.version, "bucket": answer.bucket, "hash_attribute": answer.hash_attribute or None,
        "rule": answer.rule or None, "explanation": answer.reason or None, "forced": answer.forced or None,
    }  # fmt: skip
    return {
        "key": answer.experiment,
        "value": answer.params,
        "variant": answer.variant,
        "reason": REASONS.get(answer.rule, "DEFAULT"),
        "metadata": {name: value for name, value in known.items() if value is not None},
    }


def error_code(error: ExpkitError) -> str:
    if isinstance(error, OfrepError):
        return error.code
    if isinstance(error, NotFound):
        return "FLAG_NOT_FOUND"
    return "INVALID_CONTEXT" if isinstance(error, InvalidInput) else "GENERAL"


def _id(context: Mapping[str, Any], name: str) -> Any:
    value = context.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise OfrepError("INVALID_CONTEXT", f"{name} is {shorten(value)}, not an id.", hint="an id is a text.")
    return value


def _text(attributes: Mapping[str, Any], name: str) -> str | None:
    value = attributes.get(name)
    return value if isinstance(value, str) else None


def _refuse_deep(context: object) -> None:
    waiting = [(context, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise OfrepError("INVALID_CONTEXT", f"The context is nested deeper than {MAX_DEPTH}.", hint="flatten it.")
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        waiting.extend((item, depth + 1) for item in inner)
