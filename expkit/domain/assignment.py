"""What decides over an assignment besides the variants: layers, holdouts, groups, overrides; and the answer."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from expkit.domain.events import Timestamp
from expkit.domain.noun import Json, Key, LongText, Noun, Text

__all__ = [
    "Assignment",
    "AtLogin",
    "Finding",
    "Group",
    "Holdout",
    "Layer",
    "Override",
    "Prerequisite",
    "RampStep",
    "Rollout",
    "RolloutStep",
    "Step",
]

AtLogin = Literal["rebucket", "keep", "exclude"]
"""What becomes of a unit that had a variant by its session and now comes with a user id."""

Share = Annotated[float, Field(ge=0, le=1)]
Part = tuple[Share, Share]


class Layer(Noun):
    """A bucket space that experiments share: units in `ranges` of it may come in, so that no unit is in two."""

    name: Key
    ranges: Annotated[tuple[Part, ...], Field(min_length=1, max_length=100)] = ((0.0, 1.0),)
    """Parts of [0, 1), each from its start up to, and without, its end. Gaps are free for others."""

    @field_validator("ranges")
    @classmethod
    def _in_order(cls, ranges: tuple[Part, ...]) -> tuple[Part, ...]:
        reached = 0.0
        for start, end in sorted(ranges):
            if end <= start:
                raise ValueError(f"the range from {start:g} to {end:g} is empty")
            if start < reached:
                raise ValueError(f"the ranges overlap at {start:g}")
            reached = end
        return tuple(sorted(ranges))

    @property
    def share(self) -> float:
        return sum(end - start for start, end in self.ranges)

    def overlap(self, other: Layer) -> float:
        """The share of the bucket space that both take; layers of different names are different spaces."""
        if self.name != other.name:
            return 0.0
        pairs = ((mine, theirs) for mine in self.ranges for theirs in other.ranges)
        return sum(max(0.0, min(mine[1], theirs[1]) - max(mine[0], theirs[0])) for mine, theirs in pairs)

    def excludes(self, other: Layer) -> bool:
        """One space, and no unit in both."""
        return self.name == other.name and not self.overlap(other)

    @property
    def seed(self) -> str:
        """What is hashed together with the unit for its place in the layer."""
        return f"layer:{self.name}"


class Prerequisite(Noun):
    """Only units that have one of these variants in another experiment; any variant of it when none is named."""

    experiment: Key
    variants: tuple[Key, ...] = ()


class RampStep(Noun):
    """From so many hours after the start, coverage may be so high."""

    after_hours: float = Field(ge=0, le=24 * 3660)
    coverage: Share


class RolloutStep(Noun):
    """So many hours after the promotion, the winner's share."""

    after_hours: float = Field(ge=0, le=24 * 3660)
    share: Share


class Rollout(Noun):
    """Which variant won, and which share of the eligible units gets it."""

    variant: Key
    share: Share = 1.0
    steps: Annotated[tuple[RolloutStep, ...], Field(max_length=100)] = ()
    """The shares that are planned; whoever watches takes the next one when its hours have passed and nothing broke."""

    @field_validator("steps")
    @classmethod
    def _rise(cls, steps: tuple[RolloutStep, ...]) -> tuple[RolloutStep, ...]:
        for before, after in pairwise(steps):
            if after.after_hours <= before.after_hours or after.share <= before.share:
                raise ValueError("the steps of a rollout follow each other in time, and each reaches more units")
        return steps

    def due(self, hours: float) -> float:
        """The share that is planned for so many hours after the promotion; never less than it has now."""
        return max([self.share, *(step.share for step in self.steps if step.after_hours <= hours)])


class Holdout(Noun):
    """Units that stay out of all experiments (of some projects), so that the sum of all changes can be measured."""

    key: Key
    share: Annotated[float, Field(gt=0, le=0.5)]
    projects: tuple[Text, ...] = ()
    """Whose experiments; all projects' when empty."""
    name: Text = ""
    releases: bool = True
    """Held-out units get what has been rolled out to everybody; without it they keep the default there, too."""
    seed: Text = ""
    """What is hashed together with the unit; made of the key when empty."""
    ended: bool = False

    @property
    def hash_seed(self) -> str:
        return self.seed or f"holdout:{self.key}"

    def holds(self, project: str) -> bool:
        return not self.ended and (not self.projects or project in self.projects)


class Group(Noun):
    """A saved list of values, for the operators `$inGroup` and `$notInGroup`."""

    key: Key
    values: Annotated[tuple[str | int | float, ...], Field(max_length=100_000)] = ()
    name: Text = ""


class Override(Noun):
    """QA's forced variant: of one user, of one session, or of whoever comes with its `code`, until it expires.

    Exposures of forced units stay out of the analysis.
    """

    id: int = Field(ge=1)
    experiment: Key
    variant: Key
    user_id: Text | None = None
    session_id: Text | None = None
    code: Text | None = None
    """For links: `?expkit=<code>`. Made when neither a user nor a session is named."""
    reason: LongText = ""
    created_by: Text = ""
    created_at: Timestamp
    expires_at: Timestamp
    revoked_at: Timestamp | None = None

    @model_validator(mode="after")
    def _of_somebody(self) -> Self:
        if sum(value is not None for value in (self.user_id, self.session_id, self.code)) != 1:
            raise ValueError("an override is for one user_id, or one session_id, or one code")
        return self


class Step(Noun):
    """One thing that was looked at on the way to an answer."""

    check: Text
    ok: bool
    detail: Text = ""


class Assignment(Noun):
    """The deterministic answer to "which variant?". `variant` is None when there is none, and `reason` says why."""

    experiment: Key | None
    variant: Key | None
    params: dict[str, Json] = {}
    reason: Text = ""
    user_id: Text | None = None
    session_id: Text | None = None
    hash_attribute: Text = ""
    """Which id was hashed: user_id, else session_id."""
    bucket: float | None = None
    """Where in [0, 1) the unit falls."""
    version: int | None = None
    """The experiment's version that answered."""
    rule: Text = ""
    """What decided: allocation, coverage, eligibility, state, unit, override, sticky, login, schedule, holdout,
    layer, prerequisite, rollout or none."""
    forced: bool = False
    """By an override: exposures of it stay out of the analysis."""
    sticky: bool = False
    """Remembered from before, not worked out anew."""
    trace: tuple[Step, ...] = ()
    """What was looked at, in its order; only when an explanation was asked for."""

    @property
    def unit(self) -> str:
        return self.user_id or self.session_id or ""

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """The assigner makes answers by the million and sets nothing but their values; what pydantic asks for
            besides is told here: all fields are set, and there is nothing more.
            """
            if name == "__pydantic_fields_set__":
                return set(type(self).model_fields)
            if name in {"__pydantic_extra__", "__pydantic_private__"}:
                return None
            return super().__getattr__(name)


class Finding(Noun):
    """One thing that the linter found in the experiments that run."""

    code: Literal["hash", "weights", "layer", "unreachable", "params", "prerequisite", "group", "eligibility"]
    severity: Literal["error", "warning"]
    experiment: Key
    message: LongText
    hint: LongText = ""
    others: tuple[Key, ...] = ()
