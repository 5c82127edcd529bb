"""What an explorer of factors shows: the design and its aliases, means by level, effects, the analysis of variance.

The numbers are those of `factorial_design`, `factorial_effects` and `anova`; means by level weigh all cells alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.errors import InvalidInput, UnknownName
from expkit.stats import (
    ALPHA,
    Anova,
    FactorialDesign,
    FactorialEffect,
    NotEstimable,
    Summary,
    anova,
    factorial_design,
    factorial_effects,
)
from expkit.stats.distributions import critical

if TYPE_CHECKING:
    import pandas as pd

    from expkit.analysis import Scorecard
    from expkit.domain import Experiment

__all__ = [
    "Cells",
    "LevelMean",
    "Measured",
    "cells_of_experiment",
    "cells_of_frame",
    "means",
    "measure",
    "parse_design",
]

MAX_CELLS = 512
MAX_LEVELS = 24
TWO = 2
Levels = tuple[str, ...]


class LevelMean(NamedTuple):
    """The mean over the cells that have these levels, with its interval."""

    levels: Levels
    mean: float
    lower: float
    upper: float
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One metric in every cell of the factors that has units; `rows` gives single values back, for the analysis."""

    factors: dict[str, Levels]
    metric: str
    summaries: dict[Levels, Summary]
    binary: bool
    values: Any = None
    levels: Any = None
    unit: str = ""

    def rows(self) -> tuple[Any, dict[str, Any]]:
        """Values and levels by unit; those of a conversion follow from its counts."""
        import numpy as np

        if self.values is not None:
            return self.values, self.levels
        values, levels = [], []
        for cell, found in self.summaries.items():
            n = int(found.n)
            values.append(np.arange(n) < round(found.mean * n))
            levels.append(np.repeat(np.array([cell], dtype=object), n, axis=0))
        table = np.concatenate(levels)
        return np.concatenate(values).astype(float), {name: table[:, at] for at, name in enumerate(self.factors)}


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One metric's answers; each may say instead why there is none."""

    cells: Cells
    design: FactorialDesign
    effects: dict[str, FactorialEffect] | NotEstimable
    anova: Anova | NotEstimable
    alpha: float

    @property
    def interactions(self) -> tuple[str, ...]:
        """The interactions that the analysis of variance finds, strongest first."""
        if isinstance(self.anova, NotEstimable):
            return ()
        found = [self.anova.terms[name] for name in self.anova.significant if ":" in name]
        return tuple(term.name for term in sorted(found, key=lambda term: term.p_value))


def parse_design(factors: str, generators: str = "") -> FactorialDesign:
    """A design from lines such as `headline: plain, question` and generators such as `D=A:B:C`."""
    found: dict[str, Levels] = {}
    for line in filter(None, map(str.strip, factors.splitlines())):
        name, colon, levels = line.partition(":")
        if not colon:
            raise InvalidInput(f"The line {line[:40]!r} has no ':'.", hint="write a factor as name: level, level.")
        if name.strip() in found:
            raise InvalidInput(f"Factor {name.strip()!r} stands twice.", hint="one line for each factor.")
        found[name.strip()] = tuple(filter(None, (level.strip() for level in levels.split(","))))
    return factorial_design(found, [one.strip() for one in generators.replace(";", ",").split(",") if one.strip()])


def cells_of_frame(frame: Any, factors: Sequence[str] | Mapping[str, Sequence[Any]], metric: str) -> Cells:
    """Every cell's summary, from one row per unit. The levels' order is that of the mapping, else the alphabet's."""
    import numpy as np
    import pandas as pd

    table = frame.to_pandas() if hasattr(frame, "to_pandas") else pd.DataFrame(frame)
    if not factors:
        raise InvalidInput("There are no factors.", hint="name the columns: factors=['headline', 'image'].")
    for name in (*factors, metric):
        if name not in table.columns:
            raise UnknownName.among("column", name, map(str, table.columns), "the frame")
    if metric in factors or len({*factors}) < len(factors):
        raise InvalidInput("A column is named twice.", hint="factors and the metric are different columns.")
    kept = table[[*factors, metric]].dropna()
    values = _numbers(kept[metric], metric)
    levels = {name: kept[name].astype(str).to_numpy(dtype=object) for name in factors}
    asked = factors if isinstance(factors, Mapping) else {}
    known = {name: _order(name, column, asked.get(name, ())) for name, column in levels.items()}
    for name, found in known.items():
        if not 1 < len(found) <= MAX_LEVELS:
            raise InvalidInput(
                f"Factor {name!r} has {len(found)} levels.", hint=f"a factor has 2 to {MAX_LEVELS}; merge some."
            )
    grouped = pd.Series(values).groupby([levels[name] for name in factors], sort=False)
    summaries = {tuple(map(str, cell)): Summary.of(part.to_numpy()) for cell, part in grouped}
    binary = bool(values.size) and bool(np.isin(values, (0, 1)).all())
    return Cells(known, metric, summaries, binary, values, levels)


def _order(name: str, column: Any, asked: Sequence[Any]) -> Levels:
    there, wanted = sorted(set(column.tolist())), tuple(map(str, asked))
    unknown = [level for level in there if level not in wanted] if wanted else []
    if unknown:
        raise UnknownName.among("level", unknown[0], wanted, f"the levels given for {name!r}")
    return tuple(level for level in wanted if level in there) or tuple(there)


def _numbers(column: pd.Series[Any], name: str) -> Any:
    import numpy as np

    try:
        found = column.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise InvalidInput(f"Column {name!r} does not hold numbers.", hint="name a column of values.") from None
    if not np.isfinite(found).all():
        raise InvalidInput(f"Column {name!r} is infinite somewhere.", hint="leave such units out, or cap them.")
    return found


def cells_of_experiment(experiment: Experiment, scorecard: Scorecard) -> list[Cells]:
    """The conversions of a registered experiment whose variants combine levels of its parameters."""
    factors = _factors(experiment)
    at = {variant.key: tuple(str(variant.params[name]) for name in factors) for variant in experiment.variants}
    found = []
    for metric in dict.fromkeys(row.metric for row in scorecard.estimates if row.kind == "conversion"):
        rows = [row for row in scorecard.estimates if row.metric == metric]
        arms: dict[str, Any] = {}
        for row in rows:
            if not isinstance(row.estimate, NotEstimable):
                arms |= {scorecard.control: row.estimate.control, row.variant: row.estimate.treatment}
        summaries = {at[key]: _binary(arm.n, arm.mean) for key, arm in arms.items() if key in at and arm.n}
        if summaries:
            found.append(Cells(factors, rows[0].title, summaries, binary=True))
    if not found:
        raise InvalidInput(
            f"Experiment {experiment.key!r} has no conversion that can be taken apart.",
            hint="other metrics need their values: FactorialExplorer(frame, factors=[...], metric=...).",
        )
    return found


def _factors(experiment: Experiment) -> dict[str, Levels]:
    every = [variant.params for variant in experiment.variants]
    names = [name for name in every[0] if all(name in params for params in every)]
    levels = {name: tuple(dict.fromkeys(str(params[name]) for params in every)) for name in names}
    found = {name: values for name, values in levels.items() if len(values) > 1}
    if len(found) < TWO:
        raise InvalidInput(
            f"Experiment {experiment.key!r} does not combine factors.",
            hint="a multivariate experiment gives every variant two params or more, such as headline and image.",
        )
    return found


def _binary(n: int, rate: float) -> Summary:
    return Summary(n, rate, rate * (1 - rate) * n / (n - 1) if n > 1 else 0.0)


def measure(cells: Cells, generators: Sequence[str] = (), *, alpha: float = ALPHA) -> Measured:
    """Effects and analysis of variance of one metric."""
    if math.prod(map(len, cells.factors.values())) > MAX_CELLS:
        raise InvalidInput("The factors have too many combinations.", hint=f"at most {MAX_CELLS}; leave one out.")
    design = factorial_design(cells.factors, generators)
    return Measured(cells, design, _effects(cells, design, alpha), _anova(cells, design, alpha), alpha)


def _effects(cells: Cells, design: FactorialDesign, alpha: float) -> dict[str, FactorialEffect] | NotEstimable:
    if any(len(levels) > TWO for levels in design.factors.values()):
        return NotEstimable("A factor has more than two levels.", "the analysis of variance below takes those.")
    runs = [tuple(str(run[name]) for name in cells.factors) for run in design.runs]
    missing = [run for run in runs if run not in cells.summaries]
    if missing:
        return NotEstimable(
            f"{len(missing)} of {len(runs)} cells have no units, such as {' · '.join(missing[0])}.",
            "where that is a planned fraction, name its generators, e.g. generators=['D=A:B:C'].",
        )
    return factorial_effects(design, [cells.summaries[run] for run in runs], alpha=alpha)


def _anova(cells: Cells, design: FactorialDesign, alpha: float) -> Anova | NotEstimable:
    values, levels = cells.rows()
    found = anova(values, levels, interactions=min(TWO, len(cells.factors)), alpha=alpha)
    if isinstance(found, NotEstimable) and design.relation:
        return anova(values, levels, interactions=1, alpha=alpha)
    return found


def means(cells: Cells, *names: str, alpha: float = ALPHA) -> list[LevelMean]:
    """The mean at every combination of these factors' levels, over all cells that have it."""
    places = [list(cells.factors).index(name) for name in names]
    groups: dict[Levels, list[Summary]] = {}
    for cell, found in cells.summaries.items():
        groups.setdefault(tuple(cell[place] for place in places), []).append(found)
    half = critical(alpha, None, "two-sided")
    answers = []
    for levels, parts in groups.items():
        mean = math.fsum(one.mean for one in parts) / len(parts)
        known = all(one.n > 1 for one in parts)
        se = math.sqrt(math.fsum(one.var / one.n for one in parts)) / len(parts) if known else math.nan
        answers.append(LevelMean(levels, mean, mean - half * se, mean + half * se, sum(int(one.n) for one in parts)))
    orders: Mapping[str, Levels] = cells.factors
    return sorted(
        answers, key=lambda one: [orders[name].index(level) for name, level in zip(names, one.levels, strict=True)]
    )
