"""Models, prompts or versions side by side: quality, cost, latency, errors per call; and which of them nobody beats.

A unit makes many calls that are alike, so errors are those of ratios of totals over units (delta method: Deng, Knoblich
& Lu 2018). One is on the front when no other is at least as good in everything and better in something; the probability
of that is simulated from the joint normal law of the means, as far as they have been measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from expkit.domain.events import Timestamp
from expkit.domain.noun import Noun, Text
from expkit.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    import numpy as np

    from expkit.events import Reader

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["GROUPINGS", "Leaderboard", "Level", "Ranked", "leaderboard"]

GROUPINGS = ("model", "prompt", "version", "variant")
MEASURES = ("quality", "cost", "latency")
SIGNS = {"quality": 1.0, "cost": -1.0, "latency": -1.0}
"""Which way is better."""
MOST = 200
DRAWS, PARTS = 4000, 20
_VALUES = {"quality": "quality", "cost": "cost", "latency": "latency_ms", "error": "(error <> '')::INTEGER::DOUBLE"}


class Level(Noun):
    """A mean per call with its standard error over units; None of one unit."""

    mean: float
    se: float | None = None
    calls: int


class Ranked(Noun):
    """One model, prompt or version."""

    name: Text
    calls: int
    units: int
    quality: Level | None = None
    cost: Level | None = None
    latency: Level | None = None
    """In milliseconds."""
    latency_p95: float | None = None
    error_rate: Level
    on_front: bool
    front_probability: float | None = None
    """None where nothing can be said, for want of units."""


class Leaderboard(Noun):
    """The best first: those on the front, by the probability of being there."""

    by: Literal["model", "prompt", "version", "variant"]
    since: Timestamp | None = None
    compared: tuple[Literal["quality", "cost", "latency"], ...]
    """What is known of all of them, and so decides over the front."""
    rows: tuple[Ranked, ...]


def leaderboard(
    reader: Reader, by: str = "model", *, experiment: str | None = None, since: datetime | None = None
) -> Leaderboard:
    """Of all model calls, or of one experiment's; the `MOST` with most calls."""
    import numpy as np

    if by not in GROUPINGS:
        raise UnknownName.among("grouping", by, GROUPINGS)
    if by == "variant" and experiment is None:
        raise InvalidInput("Variants of which experiment?", hint="name it: experiment=...")
    _make_units(reader.connection, by, experiment, since)
    totals = _totals(reader.connection)
    compared = tuple(name for name in MEASURES if totals and all(row[f"{name}_n"] for row in totals))
    of = _covariances(reader.connection)
    spreads = [of[row["name"]] for row in totals]
    picked = [list(_VALUES).index(name) for name in compared]
    means = np.array([[SIGNS[name] * row[name] for name in compared] for row in totals], dtype=float)
    front = _front(means) if compared else np.zeros(len(totals), dtype=bool)
    chances = _chances(
        means, [spread[np.ix_(picked, picked)] for spread in spreads], [SIGNS[name] for name in compared]
    )
    rows = [
        _ranked(row, spread, bool(on), chance)
        for row, spread, on, chance in zip(totals, spreads, front, chances, strict=True)
    ]
    rows.sort(key=lambda row: (not row.on_front, -(row.front_probability or 0.0), -row.calls, row.name))
    return Leaderboard(by=by, since=since, compared=compared, rows=tuple(rows))


def _make_units(connection: Any, by: str, experiment: str | None, since: datetime | None) -> None:
    """The tables `calls`, the totals of each unit and name, and `slowest`."""
    sums = ", ".join(
        f"coalesce(sum({value}), 0) AS {name}_s, count({value}) AS {name}_n" for name, value in _VALUES.items()
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE seen AS
        WITH named AS (
            SELECT {by} AS name, coalesce(user_id, session_id) AS unit, quality, cost, latency_ms, error FROM traces
            WHERE ($experiment IS NULL OR experiment = $experiment) AND ($since IS NULL OR timestamp >= $since)
              AND coalesce({by}, '') <> ''
        )
        SELECT * FROM named
        SEMI JOIN (SELECT name FROM named GROUP BY ALL ORDER BY count(*) DESC, name LIMIT {MOST}) USING (name)
        """,  # noqa: S608  # names of our own; values are parameters
        {"experiment": experiment, "since": since},
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE calls AS SELECT name, unit, count(*) AS calls, {sums} FROM seen GROUP BY ALL"  # noqa: S608
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE slowest AS "
        "SELECT name, quantile_cont(latency_ms, 0.95) AS p95 FROM seen GROUP BY ALL"
    )


def _totals(connection: Any) -> list[dict[str, Any]]:
    parts = ", ".join(f"sum({name}_s) / nullif(sum({name}_n), 0) AS {name}, sum({name}_n)::BIGINT AS {name}_n"
                      for name in _VALUES)  # fmt: skip
    found = connection.execute(
        f"SELECT name, sum(calls)::BIGINT AS calls, count(*) AS units, any_value(p95) AS p95, {parts} "  # noqa: S608
        "FROM calls JOIN slowest USING (name) GROUP BY name ORDER BY name"
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _covariances(connection: Any) -> dict[str, Floats]:
    """Of the means of all values of each name; NaN where a value is unknown or there are fewer than two units."""
    import numpy as np

    names = list(_VALUES)
    means = ", ".join(f"sum({name}_s) / nullif(sum({name}_n), 0) AS {name}" for name in names)
    rests = ", ".join(f"({name}_s - {name}_n * {name}) AS r{i}" for i, name in enumerate(names))
    pairs = [(i, j) for i in range(len(names)) for j in range(i, len(names))]
    # of sums over n units n times the covariance, by the counts of both
    asked = ", ".join(
        f"covar_samp(r{i}, r{j}) * count(*) / (sum({names[i]}_n) * sum({names[j]}_n)::DOUBLE)" for i, j in pairs
    )
    found = connection.execute(
        f"SELECT name, {asked} FROM (SELECT *, {rests} FROM calls "  # noqa: S608  # names of our own
        f"JOIN (SELECT name, {means} FROM calls GROUP BY ALL) USING (name)) GROUP BY name"
    ).fetchall()
    spreads = {}
    for name, *values in found:
        spread = np.full((len(names), len(names)), math.nan)
        for (i, j), value in zip(pairs, values, strict=True):
            spread[i, j] = spread[j, i] = math.nan if value is None else value
        spreads[name] = spread
    return spreads


def _front(means: Floats) -> Any:
    """Which of the names (axis -2) is beaten by no other, more being better in every column."""
    others, own = means[..., None, :, :], means[..., :, None, :]
    beaten = (others >= own).all(axis=-1) & (others > own).any(axis=-1)
    found: Any = ~beaten.any(axis=-1)
    return found


def _chances(means: Floats, spreads: Sequence[Floats], signs: Sequence[float]) -> list[float | None]:
    """How often each is on the front when the means are drawn anew; those with one unit stay where they are."""
    import numpy as np

    k, rng, on = len(signs), np.random.default_rng(0), np.zeros(len(spreads))
    known = [at for at, spread in enumerate(spreads) if k and np.isfinite(spread).all()]
    for _ in range(PARTS if known else 0):
        drawn = np.repeat(means[None], DRAWS // PARTS, axis=0)
        for at in known:
            spread = spreads[at] * np.outer(signs, signs)
            drawn[:, at] = rng.multivariate_normal(means[at], spread, DRAWS // PARTS, method="eigh")
        on += _front(drawn).sum(axis=0)
    return [float(on[at] / DRAWS) if at in known else None for at in range(len(spreads))]


def _ranked(row: dict[str, Any], spread: Floats, on_front: bool, chance: float | None) -> Ranked:
    order = list(_VALUES)

    def level(name: str) -> Level | None:
        if not row[f"{name}_n"]:
            return None
        var = float(spread[order.index(name), order.index(name)])
        return Level(
            mean=row[name], se=math.sqrt(max(var, 0.0)) if math.isfinite(var) else None, calls=row[f"{name}_n"]
        )

    return Ranked(
        name=row["name"],
        calls=row["calls"],
        units=row["units"],
        quality=level("quality"),
        cost=level("cost"),
        latency=level("latency"),
        latency_p95=row["p95"],
        error_rate=level("error") or Level(mean=0.0, calls=0),
        on_front=on_front,
        front_probability=chance,
    )
