"""Why an answer is what it is: the same checks in the same order, with what each of them saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expkit.domain import Step

if TYPE_CHECKING:
    from expkit.assign.items import Item
    from expkit.assign.requests import Request
    from expkit.domain import Assignment

__all__ = ["explained"]


def explained(item: Item, request: Request) -> Assignment:
    """The answer with its trace: what let the unit through, up to what decided."""
    steps = [Step(check="config", ok=True, detail=_config(item))]
    for check in item.checks:
        verdict = check(request)
        if verdict is not None:
            break
        steps.append(Step(check=check.name, ok=True, detail=check.passed(request)[:500]))
    else:
        verdict = item.last(request)
    detail = verdict.reason if verdict.bucket is None else f"{verdict.reason} Its bucket is {verdict.bucket:.4f}."
    steps.append(Step(check=verdict.rule, ok=verdict.arm is not None, detail=detail[:500]))
    return item.answers.of(verdict, request, tuple(steps))


def _config(item: Item) -> str:
    experiment = item.experiment
    return (
        f"{experiment.key} version {experiment.version}, {experiment.status}, seed {item.seed!r}, "
        f"coverage {experiment.coverage:.6g}"
    )[:500]
