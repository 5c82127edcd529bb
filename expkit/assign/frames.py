"""Assigning a whole frame at once, with the answers that one by one would give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from expkit.assign.conditions import attributes_read, compile_condition
from expkit.assign.ranges import split
from expkit.assign.units import is_missing, unit_text
from expkit.errors import InvalidInput, UnknownName, did_you_mean

if TYPE_CHECKING:
    import narwhals as nw

    from expkit.domain import Experiment

__all__ = ["VARIANT", "with_variants"]

Frame = TypeVar("Frame")

VARIANT = "variant"
IDS = ("user_id", "session_id")


def with_variants(frame: Frame, experiment: Experiment, *, closed: bool = False) -> Frame:
    """The frame with the column `variant`; a column of that name is replaced."""
    import narwhals as nw

    table = _read(frame)
    units = _units(table)
    eligible = _eligible(table, experiment)
    keys: Sequence[str | None] = [variant.key for variant in experiment.variants] + [None]
    answers: list[str | None] = [None] * len(units)
    if not closed:
        places = split(experiment, units).tolist()
        answers = [
            keys[place] if unit and welcome else None
            for place, unit, welcome in zip(places, units, eligible, strict=True)
        ]
    column = nw.new_series(VARIANT, answers, nw.String(), backend=table.implementation)
    result: Frame = table.with_columns(column).to_native()
    return result


def _read(frame: Any) -> nw.DataFrame[Any]:
    import narwhals as nw

    try:
        return nw.from_native(frame, eager_only=True)
    except TypeError:
        raise InvalidInput(
            f"This is a {type(frame).__name__}, not a frame.", hint="give a pandas, polars or pyarrow table."
        ) from None


def _units(table: nw.DataFrame[Any]) -> list[str]:
    """The id that is hashed in each row, empty where there is none."""
    columns = [list(_texts(name, table[name])) for name in IDS if name in table.columns]
    if not columns:
        raise UnknownName("The frame has neither a column user_id nor session_id.", hint=_nearest(IDS, table.columns))
    return [user or session for user, session in zip(*columns, strict=True)] if len(columns) > 1 else columns[0]


def _nearest(names: Iterable[str], columns: list[str]) -> str:
    for name in names:
        hint = did_you_mean(name, columns)
        if hint.startswith("did you mean"):
            return hint
    return f"rename the column that identifies the unit; there are {', '.join(map(repr, columns[:8])) or 'none'}."


def _texts(name: str, column: nw.Series[Any]) -> Iterable[str]:
    values = column.to_numpy().tolist()  # for pyarrow many times faster than to_list
    return values if set(map(type, values)) == {str} else (unit_text(value, name) for value in values)


def _eligible(table: nw.DataFrame[Any], experiment: Experiment) -> Iterable[bool]:
    read = sorted(attributes_read(experiment.eligibility))
    if not experiment.eligibility:
        return [True] * len(table)
    for name in read:
        if name not in table.columns:
            raise UnknownName(
                f"Column {name!r}, which the eligibility of {experiment.key!r} reads, is not in the frame.",
                hint=did_you_mean(name, table.columns),
            )
    columns = [[None if is_missing(value) else value for value in table[name].to_list()] for name in read]
    return _verdicts(zip(*columns, strict=True) if read else [()] * len(table), read, experiment)


def _verdicts(rows: Iterable[tuple[Any, ...]], names: list[str], experiment: Experiment) -> Iterator[bool]:
    """Each combination of attributes is judged once: there are few, however many rows."""
    holds = compile_condition(experiment.eligibility)
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
