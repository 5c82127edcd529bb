"""The shapes of an answer: an estimate, a check, or the reason why there is none.

All are frozen and hold plain values only, so they can be stored, compared and sent as JSON; `kind`
tells them apart when they are read back.
"""

# Annotations stay real objects here: pydantic reads them when these are fields of a model.

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from expkit.stats.terms import Alternative

__all__ = ["Arm", "Check", "Estimate", "Interval", "NotEstimable", "SampleSize"]


class Interval(NamedTuple):
    """A confidence interval. A one-sided one has an infinite end, which is null in JSON."""

    lower: float
    upper: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.lower <= value <= self.upper

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        # JSON has no infinity, and pydantic's null for it could not be read back
        from pydantic_core import core_schema as schema

        end = schema.nullable_schema(schema.float_schema(allow_inf_nan=True))
        pair = schema.tuple_schema([end, end])
        as_null = schema.plain_serializer_function_ser_schema(_ends, return_schema=pair, when_used="json")
        return schema.no_info_after_validator_function(_interval, pair, serialization=as_null)


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """There is no answer, and why. Falsy, so `if estimate:` asks whether there is one."""

    reason: str
    hint: str = ""
    kind: Literal["not_estimable"] = "not_estimable"

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"{self.reason} Hint: {self.hint}" if self.hint else self.reason


@dataclass(frozen=True, slots=True)
class Arm:
    """What was seen in one arm: units that count, and their plain mean (for a ratio, the ratio)."""

    n: int
    mean: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A comparison of treatment with control.

    `effect` and `ci` are absolute (treatment minus control); `lift` and `lift_ci` are relative to the
    size of the control, and each may be missing on its own. `df` is None where the statistic is normal.
    """

    effect: float
    ci: Interval
    lift: float | NotEstimable
    lift_ci: Interval | NotEstimable
    p_value: float
    statistic: float
    se: float
    df: float | None
    alpha: float
    alternative: Alternative
    method: str
    control: Arm
    treatment: Arm
    variance_saved: float | None = None
    """Share of the effect's variance that covariates or strata took away; None where there are none."""
    kind: Literal["estimate"] = "estimate"

    @property
    def significant(self) -> bool:
        """Whether no effect is rejected at `alpha`."""
        return self.p_value < self.alpha


@dataclass(frozen=True, slots=True)
class Check:
    """A question put to the health of the data. `ok` is False when the answer is alarming."""

    name: str
    ok: bool
    p_value: float
    statistic: float
    alpha: float
    method: str
    detail: str
    kind: Literal["check"] = "check"

    def __bool__(self) -> bool:
        return self.ok


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Units an experiment needs, control first. `exact` is before rounding up; `effect` is absolute."""

    per_arm: tuple[int, ...]
    total: int
    exact: tuple[float, ...]
    effect: float
    alpha: float
    power: float
    alternative: Alternative
    kind: Literal["sample_size"] = "sample_size"


def _interval(ends: tuple[float | None, float | None]) -> Interval:
    lower, upper = ends
    return Interval(-math.inf if lower is None else lower, math.inf if upper is None else upper)


def _ends(interval: Interval) -> tuple[float | None, float | None]:
    lower, upper = (end if math.isfinite(end) else None for end in interval)
    return lower, upper
