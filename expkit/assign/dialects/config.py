"""Our own bundle: the snapshot that an `Assigner` needs, and nothing that it does not.

Names, hypotheses, metrics and plans stay at home; of an experiment that gives no variants only its keys and the
default params are told. An override's code travels as its SHA-256, so that reading the bundle lets nobody use it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from expkit.assign.assigner import Assigner
from expkit.domain import Experiment, Group, Holdout, Override
from expkit.domain.assignment import AtLogin, Layer, Prerequisite, RampStep, Rollout
from expkit.domain.events import Timestamp
from expkit.domain.lifecycle import Status
from expkit.domain.noun import Json, Key, Noun, Text
from expkit.domain.planning import ExposureRule, Schedule
from expkit.errors import InvalidInput

__all__ = ["Config", "Delivered", "DeliveredVariant", "canonical", "code_digest", "read_config"]

LIVE = frozenset({"active", "paused", "rolling_out", "rolled_out"})


class DeliveredVariant(Noun):
    key: Key
    weight: float
    params: dict[str, Json] = {}


class Delivered(Noun):
    """One experiment, as far as assignment asks for it."""

    key: Key
    status: Status
    version: int
    project: Text = "default"
    phase: int | None = None
    """Which allocation holds: it grows when coverage or weights change on a running experiment."""
    variants: Annotated[tuple[DeliveredVariant, ...], Field(min_length=2)]
    default_params: dict[str, Json] = {}
    """What units without a variant get."""
    coverage: float = 1.0
    eligibility: dict[str, Json] = {}
    placements: tuple[Text, ...] = ()
    priority: int = 0
    seed: Text = ""
    exposure_rule: ExposureRule = ExposureRule()
    bucket_order: tuple[Key, ...] = ()
    layer: Layer | None = None
    prerequisites: tuple[Prerequisite, ...] = ()
    ramp: tuple[RampStep, ...] = ()
    at_login: AtLogin = "rebucket"
    sticky: bool = False
    bucket_version: int = 0
    min_bucket_version: int = 0
    schedule: Schedule = Schedule()
    rollout: Rollout | None = None
    started_at: Timestamp | None = None

    @classmethod
    def of(cls, experiment: Experiment, phase: int | None = None, *, forced: bool = False) -> Delivered:
        """`forced` says that somebody's override names it: then all of it is told, whatever its status."""
        told: dict[str, Any] = {"phase": phase, "default_params": experiment.default_params}
        told |= {name: getattr(experiment, name) for name in ("key", "status", "version", "project")}
        whole = forced or experiment.status in LIVE
        told["variants"] = tuple(
            DeliveredVariant(key=arm.key, weight=arm.weight or 0.0, params=arm.delivered if whole else {})
            for arm in experiment.variants
        )
        if whole:
            told |= {name: getattr(experiment, name) for name in _WHOLE}
        return cls(**told)

    def experiment(self) -> Experiment:
        """The noun again. What was not told is filled in with its own key, and asked by nobody who assigns."""
        shared = {name: getattr(self, name) for name in ("key", "status", "version", "project", *_WHOLE)}
        variants = [{"key": arm.key, "weight": arm.weight, "params": arm.params} for arm in self.variants]
        unknown = {"name": self.key, "hypothesis": self.key, "metrics": ["conversion"]}
        made = Experiment.parse({**shared, **unknown, "variants": variants})
        return _WithDefaults.model_construct(**dict(made), told_defaults=self.default_params)


_WHOLE = (
    "coverage", "eligibility", "placements", "priority", "seed", "exposure_rule", "bucket_order", "layer",
    "prerequisites", "ramp", "at_login", "sticky", "bucket_version", "min_bucket_version", "schedule", "rollout",
    "started_at",
)  # fmt: skip


class _WithDefaults(Experiment):
    """An experiment whose default params were worked out where its params' types are known."""

    told_defaults: dict[str, Json] = {}

    @property
    def default_params(self) -> dict[str, Any]:
        return self.told_defaults


class Config(Noun):
    """Everything that decides over assignments at one moment."""

    format: Literal[1] = 1
    revision: int
    """Grows with every change that decides over assignments; the same on every server of one database."""
    experiments: tuple[Delivered, ...] = ()
    groups: tuple[Group, ...] = ()
    holdouts: tuple[Holdout, ...] = ()
    overrides: tuple[Override, ...] = ()

    @classmethod
    def of(
        cls,
        experiments: Iterable[Experiment],
        *,
        revision: int,
        at: datetime,
        phases: Mapping[str, int],
        groups: Iterable[Group] = (),
        holdouts: Iterable[Holdout] = (),
        overrides: Iterable[Override] = (),
    ) -> Config:
        held = [_without_secrets(one) for one in overrides if one.revoked_at is None and one.expires_at > at]
        forced = {one.experiment for one in held}
        told = tuple(Delivered.of(one, phases.get(one.key), forced=one.key in forced) for one in experiments)
        return cls(
            revision=revision, experiments=told, groups=tuple(groups), overrides=tuple(held),
            holdouts=tuple(holdout for holdout in holdouts if not holdout.ended),
        )  # fmt: skip

    def assigner(self) -> Assigner:
        """The compiled snapshot. Codes of overrides are asked for by `code_digest`."""
        return Assigner.compile(
            [told.experiment() for told in self.experiments],
            groups={group.key: group.values for group in self.groups},
            holdouts=self.holdouts,
            overrides=self.overrides,
        )


def canonical(config: Config) -> bytes:
    """The bytes that are delivered and signed: JSON with sorted names, no blanks, UTF-8."""
    told = {"format": config.format, **config.to_dict()}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_config(body: bytes) -> Config:
    """What `canonical` wrote, or an error that says what is wrong with it."""
    try:
        known = json.loads(body)
        fits = isinstance(known, dict) and known.get("format", 1) == 1
    except ValueError:
        raise InvalidInput("This is no config: it is not JSON.", hint="fetch it from /experiments/config.") from None
    if not fits:
        raise InvalidInput("This config is of a format that is not known here.", hint="bring expkit up to date.")
    return Config.parse(known)


def code_digest(code: str | None) -> str | None:
    return None if code is None else hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def _without_secrets(override: Override) -> Override:
    told = {"reason": "", "created_by": "", "code": code_digest(override.code)}
    return override.model_copy(update=told)
