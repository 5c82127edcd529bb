"""Factorial designs: full ones, and two-level fractions with what they cannot tell apart.

A fraction's generators make its defining relation; effects that differ by a word of it are aliases (Box, Hunter &
Hunter 2005, Statistics for Experimenters, ch. 6). Effects come from the cells' summaries, so no rows are needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Literal

from expkit.errors import InvalidInput, UnknownName
from expkit.stats.distributions import critical, p_value
from expkit.stats.estimate import Interval, NotEstimable
from expkit.stats.summary import Summary
from expkit.stats.terms import ALPHA, Values, probability

__all__ = ["FactorialDesign", "FactorialEffect", "factorial_design", "factorial_effects"]

MAX_RUNS = 4096
LEVELS = 2
Word = frozenset[str]


@dataclass(frozen=True, slots=True)
class FactorialDesign:
    """Runs (one level per factor each), and for fractions the words that equal one and the resolution."""

    factors: dict[str, tuple[Any, ...]]
    runs: tuple[dict[str, Any], ...]
    relation: tuple[str, ...] = ()
    resolution: int | None = None
    kind: Literal["factorial_design"] = "factorial_design"

    def aliases(self, effect: str) -> tuple[str, ...]:
        """The effects that cannot be told from this one, e.g. of `A:B`; shortest first."""
        own = self._word(effect)
        others = (own ^ frozenset(word.split(":")) for word in self.relation)
        return tuple(sorted((self._name(one) for one in others), key=lambda name: (name.count(":"), name)))

    def _word(self, effect: str) -> Word:
        parts = [part.strip() for part in effect.split(":")]
        for part in parts:
            if part not in self.factors:
                raise UnknownName.among("factor", part, self.factors, "the design")
        return frozenset(parts)

    def _name(self, word: Word) -> str:
        return ":".join(factor for factor in self.factors if factor in word) or "1"


@dataclass(frozen=True, slots=True)
class FactorialEffect:
    """How far the mean of the high level lies above that of the low one; `aliases` share this number."""

    name: str
    effect: float
    ci: Interval
    p_value: float
    se: float
    df: float
    aliases: tuple[str, ...]


def factorial_design(factors: Mapping[str, Sequence[Any]], generators: Sequence[str] = ()) -> FactorialDesign:
    """All combinations of the levels; or, with generators such as `D=A:B:C`, a fraction of two-level factors.

    >>> design = factorial_design({name: (-1, 1) for name in "ABCD"}, ["D=A:B:C"])
    >>> len(design.runs), design.resolution, design.aliases("A:B")
    (8, 4, ('C:D',))
    """
    levels = {str(name): tuple(values) for name, values in factors.items()}
    _check(levels)
    made = _generators(levels, generators)
    base = {name: values for name, values in levels.items() if name not in made}
    runs_count = math.prod(len(values) for values in base.values())
    if runs_count > MAX_RUNS:
        raise InvalidInput(f"The design has {runs_count:,} runs.", hint=f"at most {MAX_RUNS:,}; take a fraction.")
    runs = []
    for combination in product(*base.values()):
        run = dict(zip(base, combination, strict=True))
        for name, (sign, word) in made.items():
            high = sign * math.prod(1 if run[part] == levels[part][1] else -1 for part in word) > 0
            run[name] = levels[name][1 if high else 0]
        runs.append({name: run[name] for name in levels})
    relation = _relation(levels, made)
    return FactorialDesign(levels, tuple(runs), relation, min((w.count(":") + 1 for w in relation), default=None))


def factorial_effects(
    design: FactorialDesign,
    cells: Sequence[Summary | Values],
    effects: Sequence[str] | None = None,
    *,
    alpha: float = ALPHA,
) -> dict[str, FactorialEffect] | NotEstimable:
    """Main effects and interactions of a two-level design from one summary per run, in the runs' order.

    By default all main effects and all interactions of two factors, of aliases only the first. An effect asked for
    that is aliased with a shorter one, or with the mean, is refused: the number would be the other's.
    """
    level = probability("alpha", alpha)
    if any(len(values) != LEVELS for values in design.factors.values()):
        raise InvalidInput("A factor has more than two levels.", hint="use anova for those.")
    summaries = [cell if isinstance(cell, Summary) else Summary.of(cell) for cell in cells]
    if len(summaries) != len(design.runs):
        raise InvalidInput(f"{len(summaries)} cells for {len(design.runs)} runs.", hint="give one for every run.")
    for run, cell in zip(design.runs, summaries, strict=True):
        if cell.n < LEVELS:
            return NotEstimable(f"The cell {run} has {cell.n} units; an error needs 2.", "collect more units.")
    if not any(cell.var for cell in summaries):
        return NotEstimable("The values do not vary in any cell.", "check how the metric is computed.")
    names = _default_effects(design) if effects is None else [_asked(design, name) for name in effects]
    return {name: _effect(design, summaries, name, level) for name in names}


def _check(levels: Mapping[str, Sequence[Any]]) -> None:
    if not levels:
        raise InvalidInput("There are no factors.", hint="give levels by factor.")
    for name, values in levels.items():
        if len(values) < LEVELS:
            raise InvalidInput(f"Factor {name!r} has {len(values)} level.", hint="a factor has two levels or more.")
        if len(set(map(repr, values))) != len(values):
            raise InvalidInput(f"Factor {name!r} has a level twice.", hint="name each level once.")
        if ":" in name or "=" in name:
            raise InvalidInput(f"Factor {name!r} has ':' or '=' in its name.", hint="rename it.")


def _generators(
    levels: Mapping[str, Sequence[Any]], generators: Sequence[str]
) -> dict[str, tuple[int, tuple[str, ...]]]:
    made: dict[str, tuple[int, tuple[str, ...]]] = {}
    for generator in generators:
        name, _, right = (part.strip() for part in generator.partition("="))
        sign, right = (-1, right[1:]) if right.startswith("-") else (1, right)
        word = tuple(part.strip() for part in right.split(":"))
        for part in (name, *word):
            if part not in levels:
                raise UnknownName.among("factor", part, levels, f"the generator {generator!r}")
            if len(levels[part]) != LEVELS:
                raise InvalidInput(f"Factor {part!r} has {len(levels[part])} levels.", hint="fractions take two.")
        if name in made or name in word:
            raise InvalidInput(f"{name!r} is generated twice, or by itself.", hint="one generator per added factor.")
        made[name] = sign, word
    for name, (_, word) in made.items():
        if any(part in made for part in word):
            raise InvalidInput(f"{name!r} is generated from another generated factor.", hint="use the base factors.")
    return made


def _relation(levels: Mapping[str, Any], made: Mapping[str, tuple[int, tuple[str, ...]]]) -> tuple[str, ...]:
    words = [frozenset((name, *word)) for name, (_, word) in made.items()]
    found = set()
    for size in range(1, len(words) + 1):
        for chosen in combinations(words, size):
            together: Word = frozenset()
            for word in chosen:
                together = together ^ word
            found.add(":".join(name for name in levels if name in together))
    if any(word.count(":") < 1 for word in found):
        raise InvalidInput("Two factors have the same levels in every run.", hint="choose other generators.")
    return tuple(sorted(found, key=lambda word: (word.count(":"), word)))


def _asked(design: FactorialDesign, name: str) -> str:
    word = design._word(name)
    own = design._name(word)
    for alias in design.aliases(own):
        if alias == "1" or alias.count(":") < own.count(":"):
            raise InvalidInput(
                f"{own} cannot be told from {'the mean' if alias == '1' else alias} in this fraction.",
                hint="take another fraction, or the full design.",
            )
    return own


def _default_effects(design: FactorialDesign) -> list[str]:
    names: list[str] = []
    hidden: set[str] = set()
    for size in (1, 2):
        for parts in combinations(design.factors, size):
            name = ":".join(parts)
            if name not in hidden:
                names.append(name)
                hidden.update(design.aliases(name))
    return names


def _effect(design: FactorialDesign, cells: Sequence[Summary], name: str, alpha: float) -> FactorialEffect:
    half = len(cells) / 2
    signs = [
        math.prod(1 if run[part] == design.factors[part][1] else -1 for part in name.split(":")) for run in design.runs
    ]
    effect = math.fsum(sign * cell.mean for sign, cell in zip(signs, cells, strict=True)) / half
    parts = [cell.var / cell.n / half**2 for cell in cells]
    variance = math.fsum(parts)
    df = variance**2 / math.fsum(part**2 / (cell.n - 1) for part, cell in zip(parts, cells, strict=True))
    se = math.sqrt(variance)
    margin = critical(alpha, df, "two-sided") * se
    p = p_value(effect / se, df, "two-sided")
    return FactorialEffect(name, effect, Interval(effect - margin, effect + margin), p, se, df, design.aliases(name))
