"""Many requests as columns: a frame's ids and attributes, read once, hashed once for every seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from expkit.assign.columns import places
from expkit.assign.conditions import attributes_read
from expkit.assign.requests import MAX_ID, NO_MEMORY, Memory, Request, checked_id
from expkit.assign.units import is_missing, unit_text
from expkit.errors import UnknownName, did_you_mean

if TYPE_CHECKING:
    import narwhals as nw

    from expkit.domain import Experiment

__all__ = ["IDS", "Table"]

IDS = ("user_id", "session_id")
MAX_COMBINATIONS = 1_000_000


class Table:
    """The rows of one frame. What each step needs is worked out when it is first asked for, and kept."""

    def __init__(self, frame: nw.DataFrame[Any], memory: Memory = NO_MEMORY, at: datetime | None = None) -> None:
        self.frame, self.memory, self.at = frame, memory, at or datetime.now(UTC)
        if not any(name in frame.columns for name in IDS):
            raise UnknownName(
                "The frame has neither a column user_id nor session_id.", hint=_nearest(IDS, frame.columns)
            )
        self._places: dict[str, Any] = {}
        self._texts: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def nobody(self) -> Any:
        import numpy as np

        return np.full(len(self), -1, np.int16)

    @cached_property
    def has_unit(self) -> Any:
        masks = [self._given(name) for name in IDS if name in self.frame.columns]
        return masks[0] if len(masks) == 1 else masks[0] | masks[1]

    def lookup(self, seed: str, table: bytes) -> Any:
        """What a table of all buckets says of each row's unit."""
        import numpy as np

        if seed not in self._places:
            self._places[seed] = self._hash(seed)
        return np.frombuffer(table, np.uint8)[self._places[seed]]

    def decided(self, seed: str, arms: bytes) -> Any:
        """The variant's place in each row, -1 for none."""
        import numpy as np

        return self.lookup(seed, arms).astype(np.int16) - np.int16(1)

    def is_one_of(self, arms: Any, wanted: Sequence[int]) -> Any:
        import numpy as np

        return np.isin(arms, wanted)

    def rows_of(self, name: str, ids: Collection[str]) -> set[int]:
        """The rows with one of these ids."""
        if not ids or name not in self.frame.columns:
            return set()
        return {row for row, text in enumerate(self._text_list(name)) if text in ids}

    def request(self, row: int) -> Request:
        """One row as a request of its own."""
        ids = [checked_id(name, self._text_list(name)[row]) if name in self.frame.columns else None for name in IDS]
        values = {name: self.frame[name][row] for name in self.frame.columns if name not in IDS}
        attributes = {name: None if is_missing(value) else value for name, value in values.items()}
        return Request(ids[0], ids[1], attributes, memory=self.memory, at=self.at)

    def meets(self, experiment: Experiment, holds: Callable[[Any], bool]) -> Any:
        """Which rows meet a condition. Each combination of attributes is judged once: there are few of them."""
        import numpy as np

        read = sorted(attributes_read(experiment.eligibility))
        for name in read:
            if name not in self.frame.columns:
                raise UnknownName(
                    f"Column {name!r}, which the eligibility of {experiment.key!r} reads, is not in the frame.",
                    hint=did_you_mean(name, self.frame.columns),
                )
        if not read:
            return holds({})
        coded = [self._coded(name) for name in read]
        size = 1
        for _, values in coded:
            size *= len(values)
        if size > MAX_COMBINATIONS or not all(values for _, values in coded):
            columns = [self._values(name) for name in read]
            rows = _verdicts(zip(*columns, strict=True), read, holds)
            return np.fromiter(rows, bool, len(self))
        codes = np.zeros(len(self), np.int64)
        for own, values in coded:
            codes = codes * len(values) + own
        verdicts = np.zeros(size, bool)
        for code in np.flatnonzero(np.bincount(codes, minlength=size)).tolist():
            rest, attributes = code, {}
            for name, (_, values) in zip(reversed(read), reversed(coded), strict=True):
                rest, place = divmod(rest, len(values))
                attributes[name] = values[place]
            verdicts[code] = holds(attributes)
        return verdicts[codes]

    def _coded(self, name: str) -> tuple[Any, list[Any]]:
        """A column as numbers and what they stand for; no values where it cannot be had so."""
        import numpy as np

        try:
            column = self.frame[name].to_arrow()
            column = column.combine_chunks() if hasattr(column, "chunks") else column
            coded = column if str(column.type).startswith("dictionary") else column.dictionary_encode()
        except (ValueError, TypeError, NotImplementedError):  # of several types, or nested
            return None, []
        values = [None if is_missing(value) else value for value in coded.dictionary.to_pylist()]
        codes = coded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
        if name in IDS:
            values = [unit_text(value, name) or None for value in values]
        return codes.astype(np.int64), [*values, None]

    def _values(self, name: str) -> list[Any]:
        if name in IDS:
            return [text or None for text in self._text_list(name)]
        return [None if is_missing(value) else value for value in self.frame[name].to_list()]

    def _hash(self, seed: str) -> Any:
        import numpy as np

        names = [name for name in IDS if name in self.frame.columns]
        first = places(seed, self._column(names[0]))
        if len(names) == 1 or self._given(names[0]).all():
            return first
        return np.where(self._given(names[0]), first, places(seed, self._column(names[1])))

    def _given(self, name: str) -> Any:
        """In which rows there is such an id."""
        import numpy as np

        column = self._column(name)
        if isinstance(column, list):
            return np.fromiter(map(bool, column), bool, len(column))
        return self._texts[f"{name}?"]

    def _column(self, name: str) -> Any:
        """The ids as text: an Arrow array without nulls, or a list."""
        if name not in self._texts:
            self._texts[name] = self._arrow(name)
            if self._texts[name] is None:
                self._texts[name] = [checked_id(name, value) or "" for value in self.frame[name].to_list()]
        return self._texts[name]

    def _arrow(self, name: str) -> Any:
        import numpy as np

        try:
            column = self.frame[name].to_arrow()
        except (ValueError, TypeError):  # ids of several types
            return None
        column = column.combine_chunks() if hasattr(column, "chunks") else column
        kind = str(column.type)
        if kind.startswith(("int", "uint")):
            column = column.cast("string")
        elif kind not in {"string", "large_string"}:
            return None
        if column.null_count:
            column = column.fill_null("")
        offsets = np.frombuffer(column.buffers()[1] or b"", np.int32 if str(column.type) == "string" else np.int64)
        lengths = np.diff(offsets[column.offset : column.offset + len(column) + 1])
        for row in np.flatnonzero(lengths > MAX_ID).tolist():  # so many bytes; it may be fewer characters
            checked_id(name, column[row].as_py())
        self._texts[f"{name}?"] = lengths > 0
        return column

    def _text_list(self, name: str) -> list[str]:
        key = f"{name}[]"
        if key not in self._texts:
            column = self._column(name)
            self._texts[key] = column if isinstance(column, list) else column.to_pylist()
        found: list[str] = self._texts[key]
        return found


def _verdicts(rows: Iterable[tuple[Any, ...]], names: list[str], holds: Callable[[Any], bool]) -> Iterator[bool]:
    known: dict[tuple[Any, ...], bool] = {}
    for row in rows:
        key = (*row, *map(type, row))  # as keys, True and 1 would be one
        try:
            verdict = known.get(key)
        except TypeError:  # a list or a mapping among the values
            yield holds(dict(zip(names, row, strict=True)))
            continue
        if verdict is None:
            verdict = known[key] = holds(dict(zip(names, row, strict=True)))
        yield verdict


def _nearest(wanted: tuple[str, ...], columns: list[str]) -> str:
    for name in wanted:
        hint = did_you_mean(name, columns)
        if hint.startswith("did you mean"):
            return hint
    return f"rename the column that identifies the unit; there are {', '.join(map(repr, columns[:8])) or 'none'}."
