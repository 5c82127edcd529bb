"""Columns of a frame in SQL: names, numbers, and what the first rows tell of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from expkit.analysis.sources import Source
from expkit.analysis.sums import close_value
from expkit.errors import InvalidInput

__all__ = ["FLOATS", "Facts", "look", "quoted", "text"]

FLOATS = frozenset({"DOUBLE", "FLOAT"})
_NUMBERS = ("TINYINT", "SMALLINT", "INT", "BIGINT", "HUGEINT", "U", "DOUBLE", "FLOAT", "DECIMAL", "BOOL", "NULL")
_LOOKALIKES = ("UNION", "UUID", "INTERVAL")
_PER_COLUMN = 6


class Facts(NamedTuple):
    """One column: its name and its number in SQL, a value close to it, whether it may be binary, or have NaN.

    `whole` ones surely have no nulls.
    """

    name: str
    sql: str
    type: str
    whole: bool = False
    shift: float = 0.0
    binary: bool = False
    odd: bool = False

    @property
    def floating(self) -> bool:
        return self.type in FLOATS

    @property
    def clean(self) -> str:
        """Null where it is no number."""
        return f"CASE WHEN isnan({self.sql}) THEN NULL ELSE {self.sql} END" if self.masked else self.sql

    @property
    def masked(self) -> bool:
        return self.odd and self.floating

    @property
    def gaps(self) -> bool:
        return self.masked or not self.whole


def look(source: Source, groups: Sequence[str], columns: Sequence[str]) -> tuple[list[int], dict[str, Facts]]:
    """How many different values the groups' columns have in the first rows, and the facts of the numbers."""
    facts = {column: _facts(source, column) for column in dict.fromkeys(columns)}
    asked = [f"count(DISTINCT {quoted(name)})" for name in groups]
    for one in facts.values():
        asked += _questions(one)
    row = list(source.ask(f"SELECT {', '.join(asked)} FROM {source.head}")[0])  # noqa: S608  # quoted names
    answers = row[len(groups) :]
    for at, (column, one) in enumerate(facts.items()):
        facts[column] = _answered(one, answers[at * _PER_COLUMN : (at + 1) * _PER_COLUMN], source.once)
    return [int(n) for n in row[: len(groups)]], facts


def quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def text(column: str) -> str:
    return f"CAST({quoted(column)} AS VARCHAR)"


def _facts(source: Source, column: str) -> Facts:
    kind, name = source.types[column], quoted(column)
    if "[" in kind or kind.startswith(_LOOKALIKES) or not kind.strip('"').startswith(_NUMBERS):
        raise InvalidInput(
            f"Column {column!r} holds {kind.lower()} values, not numbers.",
            hint="a metric is a column of numbers, or of true and false; leave missing ones empty.",
        )
    return Facts(name, name if kind == "DOUBLE" else f"CAST({name} AS DOUBLE)", kind, column in source.whole)


def _questions(one: Facts) -> list[str]:
    sql = one.sql
    within = f"FILTER (WHERE isfinite({sql}) AND abs({sql}) < 1e100)"
    return [
        f"avg({sql}) {within}", f"stddev_samp({sql}) {within}", f"min({sql}) {within}", f"max({sql}) {within}",
        f"count_if({sql} NOT IN (0, 1))", f"count_if(NOT isfinite({sql}))",
    ]  # fmt: skip


def _answered(one: Facts, answers: Sequence[Any], once: bool) -> Facts:
    mean, spread, least, most, neither, odd = answers
    if not neither:
        return one._replace(binary=True, odd=once)
    constant = least == most
    shift = close_value(least if constant else mean, 0.0 if constant else spread)
    return one._replace(shift=shift if math.isfinite(shift) else 0.0, odd=once or bool(odd))
