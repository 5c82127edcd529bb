"""The filters of every list of experiments, with the words that people see and the words that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator

from expkit.domain.experiment import EXPERIMENT_TYPES, ExperimentType
from expkit.domain.lifecycle import STATUSES, Status
from expkit.domain.noun import Noun, Text
from expkit.domain.registry_view import STAGES, Stage
from expkit.errors import did_you_mean

__all__ = ["OUTCOMES", "SIGNIFICANCE", "TIME_RANGES", "Filters", "Outcome", "Significance"]

Outcome = Literal["positive", "negative", "neutral", "in_progress"]
Significance = Literal["significant", "not_significant", "insufficient"]

TIME_RANGES = {"7d": 7.0, "30d": 30.0, "90d": 90.0, "all": None}
OUTCOMES: dict[str, Outcome] = {
    "Positive": "positive", "Negative": "negative", "Neutral": "neutral", "In Progress": "in_progress",
}  # fmt: skip
SIGNIFICANCE: dict[str, Significance] = {
    "Statistically Significant": "significant",
    "Not Significant": "not_significant",
    "Insufficient Data": "insufficient",
}
_ALL = {"", "all", "any"}


class Filters(Noun):
    """Any of them may be left out, or be "All". Labels as people see them ("Prompt A/B Test") are understood."""

    text: Text = ""
    status: Status | None = None
    stage: Stage | None = None
    """Several statuses in one word: Proposed, Running, Completed."""
    type: ExperimentType | None = None
    department: Text | None = None
    significance: Significance | None = None
    outcome: Outcome | None = None
    days: float | None = Field(default=None, gt=0)
    """Changed in the last so many days; `7d`, `30d`, `90d` are understood."""
    project: Text | None = None
    owner: Text | None = None
    tag: Text | None = None

    @classmethod
    def of_the_view(cls, status: str | None, others: Mapping[str, Any]) -> Self:
        """The registry view's filters: its `status` is one of the three stages, or a status as everywhere."""
        plain = {name: value for name, value in others.items() if value is not None}
        known = "stage" if str(status).strip().capitalize() in STAGES else "status"
        return cls.parse(plain if status is None else {**plain, known: status})

    @field_validator(
        "status", "stage", "type", "department", "significance", "outcome", "project", "owner", "tag", mode="before"
    )
    @classmethod
    def _all_is_none(cls, value: Any) -> Any:
        return None if _is_all(value) else value

    @field_validator("status", mode="before")
    @classmethod
    def _status_label(cls, value: Any) -> Any:
        return _known("status", value, {name.replace("_", " "): name for name in STATUSES})

    @field_validator("stage", mode="before")
    @classmethod
    def _stage_label(cls, value: Any) -> Any:
        return _known("stage", value, {stage: stage for stage in STAGES})

    @field_validator("type", mode="before")
    @classmethod
    def _type_label(cls, value: Any) -> Any:
        return _known("type", value, {title: key for key, title in EXPERIMENT_TYPES.items()})

    @field_validator("significance", mode="before")
    @classmethod
    def _significance_label(cls, value: Any) -> Any:
        return _known("significance", value, SIGNIFICANCE)

    @field_validator("outcome", mode="before")
    @classmethod
    def _outcome_label(cls, value: Any) -> Any:
        return _known("outcome", value, OUTCOMES)

    @field_validator("days", mode="before")
    @classmethod
    def _range_label(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip().lower().removesuffix(" time")
        if _is_all(text):
            return None
        try:
            return float(text.removesuffix("d"))
        except ValueError:
            raise ValueError(f"a time range is {', '.join(TIME_RANGES)} or a number of days, not {value!r}") from None


def _is_all(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in _ALL


def _known(what: str, value: Any, labels: dict[str, Any]) -> Any:
    """The stored word for a label or a stored word, in any case, with spaces, `_` or `-`."""
    if not isinstance(value, str):
        return value
    if _is_all(value):
        return None
    plain = value.strip().lower().replace("-", " ").replace("_", " ")
    for label, stored in labels.items():
        if plain in {label.lower().replace("-", " "), str(stored).replace("_", " ")}:
            return stored
    raise ValueError(
        f"there is no {what} {value[:100]!r}; {did_you_mean(value, [*labels, *map(str, labels.values())])}"
    )
