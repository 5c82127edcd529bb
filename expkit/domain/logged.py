"""What logging events answers: how many rows are durable, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self

__all__ = ["SHOWN_OF_IMPORT", "Logged", "Refusal", "joined"]


TOLD = 5
SHOWN_OF_IMPORT = 10_000
"""So many refused rows of an imported log are named one by one; all are counted."""


class Refusal(NamedTuple):
    """One refused row, counted from 0, and why."""

    row: int
    reason: str


class Logged(int):
    """The number of rows that are durable, as a number; `refused` more were not taken.

    `reasons` counts them by rule, and `examples` names the first of them.
    """

    refused: int
    reasons: dict[str, int]
    examples: tuple[Refusal, ...]

    def __new__(
        cls, count: int, refused: int = 0, reasons: Mapping[str, int] | None = None, examples: Iterable[Refusal] = ()
    ) -> Self:
        made = super().__new__(cls, count)
        made.refused = refused
        made.reasons = dict(reasons or {})
        made.examples = tuple(examples)
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return (Logged, (int(self), self.refused, self.reasons, self.examples))

    def told(self) -> str:
        """`3 of 10 rows were refused: row 2: ...`, or nothing."""
        if not self.refused:
            return ""
        lines = [f"row {row}: {reason}" for row, reason in self.examples[:TOLD]]
        if self.refused > len(lines):
            lines.append(f"and {self.refused - len(lines):,} more")
        return f"{self.refused:,} of {self + self.refused:,} rows were refused: {'; '.join(lines).rstrip('.')}."


def joined(parts: Iterable[tuple[int, Logged]]) -> Logged:
    """What was logged part by part, as one; each part comes with the number of its first row."""
    count = refused = 0
    reasons: dict[str, int] = {}
    examples: list[Refusal] = []
    for start, part in parts:
        count += part
        refused += part.refused
        for rule, number in part.reasons.items():
            reasons[rule] = reasons.get(rule, 0) + number
        examples += (Refusal(start + row, reason) for row, reason in part.examples[: SHOWN_OF_IMPORT - len(examples)])
    return Logged(count, refused, reasons, examples)
