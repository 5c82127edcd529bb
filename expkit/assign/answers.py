"""Answers, made quickly: everything that is the same for all units of an arm stands ready, and is copied.

An `Assignment` is put together by hand instead of by pydantic: all its values were checked when the experiment was,
and a request must be quick. `tests/assign` compares what is made here with what pydantic would make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from sys import intern
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from expkit.domain import Assignment

if TYPE_CHECKING:
    from expkit.assign.checks import Verdict
    from expkit.assign.requests import Request
    from expkit.domain import Experiment, Step

__all__ = ["NOTHING", "Answers", "assignment", "new_assignment", "set_values"]

new_assignment: Callable[[type[Assignment]], Assignment] = object.__new__
set_values: Callable[[Assignment, dict[str, Any]], None] = BaseModel.__dict__["__dict__"].__set__
NOTHING: dict[str, Any] = {
    name: None if info.is_required() else info.get_default() for name, info in Assignment.model_fields.items()
}


class Answers:
    """The answers of one experiment."""

    __slots__ = ("_no_variant", "_variants", "copied", "ready")

    def __init__(self, experiment: Experiment) -> None:
        told = {**NOTHING, "experiment": experiment.key, "version": experiment.version}
        self._no_variant = {**told, "variant": None, "params": _shared(experiment.default_params)}
        self._variants = [
            {**told, "variant": intern(arm.key), "params": _shared(arm.delivered)} for arm in experiment.variants
        ]
        every = [self._no_variant, *self._variants]
        nested = any(_is_nested(answer["params"]) for answer in every)
        self.copied: Callable[[dict[str, Any]], dict[str, Any]] = deepcopy if nested else dict.copy
        """So that whoever changes the params of an answer changes nobody else's."""
        outside = f"The unit is outside the {experiment.coverage:.6g} coverage of {experiment.key!r}."
        reasons = [outside, *(intern(f"The unit falls in {arm.key!r}.") for arm in experiment.variants)]
        rules = ["coverage", *("allocation" for _ in experiment.variants)]
        self.ready = [
            {**answer, "reason": reason, "rule": rule, "hash_attribute": "user_id"}
            for answer, reason, rule in zip(every, reasons, rules, strict=True)
        ]
        """For units that come as far as the allocation: outside the coverage, then each arm's."""

    def of(self, verdict: Verdict, request: Request, trace: tuple[Step, ...] = ()) -> Assignment:
        values = dict(self._no_variant if verdict.arm is None else self._variants[verdict.arm])
        values["params"] = deepcopy(values["params"])
        attribute = request.hash_attribute if verdict.hash_attribute is None else verdict.hash_attribute
        values.update(
            reason=verdict.reason, rule=verdict.rule, bucket=verdict.bucket, hash_attribute=attribute,
            forced=verdict.forced, sticky=verdict.sticky, trace=trace,
            user_id=request.user_id, session_id=request.session_id,
        )  # fmt: skip
        return assignment(values)


def assignment(values: Mapping[str, Any]) -> Assignment:
    """An answer from checked values; what is left out has its default."""
    answer = new_assignment(Assignment)
    set_values(answer, {**NOTHING, **values})
    return answer


def _shared(params: Mapping[str, Any]) -> dict[str, Any]:
    """With the texts that other experiments have, too: a request for many of them then touches less memory."""
    return {intern(name): intern(value) if type(value) is str else value for name, value in params.items()}


def _is_nested(params: Mapping[str, Any]) -> bool:
    return any(isinstance(value, dict | list) for value in params.values())
