"""When units first came, to which arm, and who they were: what a doctor of sample ratios needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from expkit.domain.noun import Noun, Text
from expkit.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from expkit.domain import Experiment
    from expkit.events import Reader
    from expkit.registry import Phase

__all__ = ["ArrivalDay", "ArrivalPhase", "Arrivals", "count_arrivals"]

MAX_ATTRIBUTES = 30
MAX_VALUES = 50
Counts = dict[str, int]


class ArrivalPhase(Noun):
    """A stretch of time with one allocation."""

    name: Text
    shares: dict[str, float]


class ArrivalDay(Noun):
    """New units per arm on one day, in one phase; a day on which the shares changed stands twice."""

    day: Text
    phase: int = Field(default=0, ge=0)
    counts: dict[str, int]


class Arrivals(Noun):
    """New units per arm by day, the phases' shares, and units per arm by attribute and segment."""

    phases: tuple[ArrivalPhase, ...]
    days: tuple[ArrivalDay, ...]
    segments: dict[str, dict[str, dict[str, int]]] = {}

    @model_validator(mode="after")
    def _fit(self) -> Arrivals:
        if not self.phases:
            raise ValueError("arrivals have one phase or more, with its shares")
        for day in self.days:
            if day.phase >= len(self.phases):
                raise ValueError(f"day {day.day!r} is in phase {day.phase}, and there are {len(self.phases)}")
        return self

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(arm for phase in self.phases for arm in phase.shares))

    def by_phase(self) -> list[Counts]:
        """All units per arm, phase by phase."""
        found = [dict.fromkeys(self.arms, 0) for _ in self.phases]
        for day in self.days:
            for arm, n in day.counts.items():
                found[day.phase][arm] = found[day.phase].get(arm, 0) + n
        return found

    @classmethod
    def of_frame(
        cls,
        frame: Any,
        *,
        variant: str = "variant",
        day: str | None = None,
        segments: Sequence[str] = (),
        shares: Mapping[str, float] | None = None,
    ) -> Arrivals:
        """Units, one row each, as a pandas, polars or Arrow frame; equal shares when left out."""
        import pandas as pd

        units = frame.to_pandas() if hasattr(frame, "to_pandas") else pd.DataFrame(frame)
        for name in (variant, *([day] if day else []), *segments):
            if name not in units.columns:
                raise UnknownName.among("column", name, map(str, units.columns), "the frame")
        there = units[units[variant].notna()]
        arms = there[variant].astype(str)
        promised = dict(shares) if shares else dict.fromkeys(sorted(arms.unique()), 1.0)
        if not promised:
            raise InvalidInput("No row has a variant.", hint=f"check column {variant!r}.")
        when = there[day].map(_day) if day else pd.Series("all", index=there.index)
        return cls(
            phases=(ArrivalPhase(name="", shares=promised),),
            days=tuple(
                ArrivalDay(day=str(one), counts={**dict.fromkeys(promised, 0), **_counted(part)})
                for one, part in arms.groupby(when)
            ),
            segments={
                name: {
                    str(value): {**dict.fromkeys(promised, 0), **_counted(part)}
                    for value, part in arms.groupby(there[name].astype(str))
                }
                for name in segments
            },
        )


def _counted(arms: Any) -> Counts:
    return {str(arm): int(n) for arm, n in arms.value_counts().items()}


def _day(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)


def count_arrivals(experiment: Experiment, reader: Reader, history: Sequence[Phase] = ()) -> Arrivals:
    """The units of an experiment as they first came; those that saw several variants are left out."""
    connection = reader.connection
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE arrivals AS
        SELECT coalesce(user_id, session_id) AS unit, min(variant) AS variant, min(epoch_us(timestamp)) AS seen,
               arg_min(attributes, timestamp) AS attributes, arg_min(placement, timestamp) AS placement
        FROM exposures_received WHERE experiment = $experiment
        GROUP BY 1 HAVING min(variant) = max(variant) AND list_contains($variants, min(variant))
        """,
        {"experiment": experiment.key, "variants": [variant.key for variant in experiment.variants]},
    )
    phases = _phases(experiment, history)
    starts = [phase.started_at for phase in history][1:] if len(phases) > 1 else []
    return Arrivals(
        phases=phases,
        days=tuple(_days(connection, experiment, starts)),
        segments=dict(_segments(connection, experiment)),
    )


def _phases(experiment: Experiment, history: Sequence[Phase]) -> tuple[ArrivalPhase, ...]:
    """Every stretch of time with its shares; one phase where they never changed."""
    keys = [variant.key for variant in experiment.variants]
    shares = [{key: phase.shares.get(key, 0.0) for key in keys} for phase in history]
    if all(one == shares[0] for one in shares):
        return (ArrivalPhase(name="", shares=shares[0] if shares else dict(experiment.shares)),)
    return tuple(
        ArrivalPhase(name=f"phase {phase.phase}, from {phase.started_at:%Y-%m-%d}", shares=one)
        for phase, one in zip(history, shares, strict=True)
    )


def _days(connection: Any, experiment: Experiment, starts: Sequence[datetime]) -> Iterator[ArrivalDay]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    later = [f"(seen >= {round((start - epoch).total_seconds() * 1e6)})::INTEGER" for start in starts]
    rows = connection.execute(
        f"SELECT CAST(make_timestamp(seen) AS DATE)::VARCHAR AS day, {' + '.join(['0', *later])} AS phase, variant, "  # noqa: S608
        "count(*) FROM arrivals GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for (day, phase), group in groupby(rows, key=lambda row: row[:2]):
        counts = dict.fromkeys((variant.key for variant in experiment.variants), 0)
        yield ArrivalDay(day=day, phase=phase, counts={**counts, **{variant: n for _, _, variant, n in group}})


def _segments(connection: Any, experiment: Experiment) -> Iterator[tuple[str, dict[str, Counts]]]:
    for name, sql, parameters in _attributes(connection):
        rows = connection.execute(
            f"SELECT {sql} AS value, variant, count(*) FROM arrivals GROUP BY ALL ORDER BY ALL",  # noqa: S608
            parameters,
        ).fetchall()
        found: dict[str, Counts] = {}
        for value, variant, n in rows:
            named = "missing" if value is None else str(value)
            found.setdefault(named, {one.key: 0 for one in experiment.variants})[variant] = n
        if 1 < len(found) <= MAX_VALUES:
            yield name, found


def _attributes(connection: Any) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Name, SQL and parameters of what units are told apart by, as the first thousand have them."""
    yield "placement", "placement", {}
    names: dict[str, None] = {}
    for (text,) in connection.execute("SELECT attributes FROM arrivals ORDER BY hash(unit) LIMIT 1000").fetchall():
        names |= dict.fromkeys(json.loads(text or "{}"))
    for name in list(names)[:MAX_ATTRIBUTES]:
        path = "/" + name.replace("~", "~0").replace("/", "~1")
        yield name, "json_extract_string(attributes, $path)", {"path": path}
