"""What is wrong with rows, collected over all columns and told once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from expkit.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Findings"]

SHOWN = 5


class Findings:
    """`add` takes the bad rows of one rule; `refuse` raises one error for all of them, or does nothing."""

    def __init__(self, kind: str, rows: int) -> None:
        self._kind = kind
        self._rows = rows
        self._found: list[tuple[np.ndarray[Any, Any], Callable[[int], str], str]] = []

    def add(self, bad: Any, tell: Callable[[int], str] | str, hint: str = "") -> None:
        """`bad` is a mask over all rows (null counts as fine) or a list of row numbers."""
        import numpy as np

        rows = np.flatnonzero(_mask(bad)) if not isinstance(bad, list) else np.array(bad, dtype=np.int64)
        if rows.size:
            self._found.append((rows, tell if callable(tell) else lambda _: tell, hint))

    def refuse(self) -> None:
        if self._found:
            self._raise()

    def _raise(self) -> NoReturn:
        import numpy as np

        bad = np.unique(np.concatenate([rows for rows, _, _ in self._found]))
        lines = [f"row {row}: {self._told(row)}" for row in bad[:SHOWN].tolist()]
        if bad.size > SHOWN:
            lines.append(f"and {bad.size - SHOWN:,} more rows")
        verb = "is" if bad.size == 1 else "are"
        hints = dict.fromkeys(hint for _, _, hint in self._found if hint)
        raise InvalidInput(
            f"{bad.size:,} of {self._rows:,} {self._kind} {verb} not valid, so none was logged: {'; '.join(lines)}.",
            hint=" ".join([*hints, "rows are counted from 0."]),
        )

    def _told(self, row: int) -> str:
        return ", ".join(tell(row) for rows, tell, _ in self._found if (rows == row).any())


def _mask(bad: Any) -> Any:
    """A NumPy mask from an Arrow one; null is fine."""
    import pyarrow.compute as pc

    return pc.fill_null(bad, False).to_numpy(zero_copy_only=False) if hasattr(bad, "null_count") else bad
