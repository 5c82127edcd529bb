"""What is wrong with rows, collected over all columns and told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from expkit.domain.logged import Logged, Refusal
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

__all__ = ["SHOWN", "Findings"]

SHOWN = 5


class Findings:
    """`add` takes the bad rows of one rule; `refuse` raises one error for all of them, or does nothing.

    `logged` counts them instead, for callers that keep the other rows.
    """

    def __init__(self, kind: str, rows: int) -> None:
        self._kind = kind
        self._rows = rows
        self._found: list[_Finding] = []

    def add(self, bad: Any, tell: Callable[[int], str] | str, hint: str = "", *, rule: str = "") -> None:
        """`bad` is a mask over all rows (null counts as fine) or a list of row numbers; `rule` is what it counts as."""
        import numpy as np

        rows = np.flatnonzero(_mask(bad)) if not isinstance(bad, list) else np.array(bad, dtype=np.int64)
        if rows.size:
            rule = rule or (tell if isinstance(tell, str) else "")
            self._found.append(_Finding(rows, tell if callable(tell) else lambda _: tell, hint, rule))

    def refuse(self) -> None:
        if self._found:
            self._raise()

    def rows(self) -> np.ndarray[Any, Any]:
        """The numbers of all bad rows."""
        import numpy as np

        return np.unique(np.concatenate([np.array([], dtype=np.int64), *(found.rows for found in self._found)]))

    def logged(self, shown: int = SHOWN) -> Logged:
        """The good rows counted as logged, and what was wrong with the others; each counts once, by its first fault."""
        import numpy as np

        bad = self.rows()
        reasons: dict[str, int] = {}
        unseen = np.ones(self._rows, dtype=bool)
        for found in self._found:
            if fresh := int(unseen[found.rows].sum()):
                reasons[found.rule] = reasons.get(found.rule, 0) + fresh
            unseen[found.rows] = False
        named = bad[:shown]
        first: dict[int, str] = {}
        for found in self._found:
            for row in np.intersect1d(found.rows, named).tolist():
                if row not in first:
                    first[row] = found.tell(row)
        examples = [Refusal(row, first[row]) for row in named.tolist()]
        return Logged(self._rows - bad.size, int(bad.size), reasons, examples)

    def _raise(self) -> NoReturn:
        bad = self.rows()
        lines = [f"row {row}: {self._told(row)}" for row in bad[:SHOWN].tolist()]
        if bad.size > SHOWN:
            lines.append(f"and {bad.size - SHOWN:,} more rows")
        verb = "is" if bad.size == 1 else "are"
        hints = dict.fromkeys(found.hint for found in self._found if found.hint)
        raise InvalidInput(
            f"{bad.size:,} of {self._rows:,} {self._kind} {verb} not valid, so none was logged: {'; '.join(lines)}.",
            hint=" ".join([*hints, "rows are counted from 0."]),
        )

    def _told(self, row: int) -> str:
        return ", ".join(self._faults(row))

    def _faults(self, row: int) -> Iterator[str]:
        return (found.tell(row) for found in self._found if (found.rows == row).any())


class _Finding(NamedTuple):
    rows: np.ndarray[Any, Any]
    tell: Callable[[int], str]
    hint: str
    rule: str


def _mask(bad: Any) -> Any:
    """A NumPy mask from an Arrow one; null is fine."""
    import pyarrow.compute as pc

    return pc.fill_null(bad, False).to_numpy(zero_copy_only=False) if hasattr(bad, "null_count") else bad
