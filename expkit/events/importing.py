"""An existing log as events: its columns mapped to ours, part by part, under ids that do not change.

An event's id is made of the log's name, the row's number and all that the row says; so importing the same file again
(after a crash, or with more rows at its end) adds nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from expkit.errors import InvalidInput, NotFound, UnknownName
from expkit.events.intake import Sheet, as_table
from expkit.events.schemas import COLUMNS, KINDS, Kind, names
from expkit.storage.memory import open_duckdb

__all__ = ["Mapped", "Part", "kind_named", "parts"]

PART_ROWS = 100_000
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_JSON: dict[Kind, str] = {"exposures": "attributes", "outcomes": "properties", "traces": "properties"}
_NUMBERS = {"number", "amount"}


class Mapped(NamedTuple):
    """How a foreign log becomes events."""

    columns: Mapping[str, str]
    """Our column: theirs. A column that has our name needs no entry."""
    constants: Mapping[str, Any]
    """Our column: what it is in all rows."""
    properties: Sequence[str]
    """Columns of theirs that go into `properties` (of exposures: `attributes`)."""
    time_unit: str
    """s, ms or us, where times are numbers since 1970."""


class Part(NamedTuple):
    """Rows in our columns, and the number of the first one in the log."""

    start: int
    sheet: Sheet


def kind_named(name: str) -> Kind:
    """`UnknownName` says which kinds there are."""
    for kind in KINDS:
        if kind == name:
            return kind
    raise UnknownName.among("kind of events", name, KINDS)


def parts(kind: Kind, source: Any, mapped: Mapped, name: str = "") -> Iterator[Part]:
    """The log in parts of at most `PART_ROWS` rows; what is wrong with the mapping is told before the first."""
    import pyarrow as pa

    if mapped.time_unit not in {"", *UNITS}:
        raise UnknownName.among("unit of time", mapped.time_unit, UNITS)
    name = name or (Path(source).name if isinstance(source, str | Path) else "")
    with open_duckdb() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET threads = 1")  # rows keep their order, and their text
        start = 0
        try:
            for table in _tables(source):
                connection.register("log", table)
                values = {f"c{place}": value for place, value in enumerate(mapped.constants.values())}
                places = _places(kind, table.schema, mapped)
                if "event_id" not in places:
                    places["event_id"] = "md5(concat_ws('|', $log, $row + row_number() OVER (), to_json(log)::VARCHAR))"
                    values |= {"log": name, "row": start}
                selected = ", ".join(f"{value} AS {_name(ours)}" for ours, value in places.items())
                query = f"SELECT {selected} FROM log"  # noqa: S608  # every name is quoted
                yield Part(start, _sheet(kind, connection.sql(query, params=values).to_arrow_table()))
                start += table.num_rows
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeDecodeError) as error:
            raise InvalidInput(
                f"The log cannot be read: {(str(error) or 'it is no text').splitlines()[0]}.",
                hint="mend it and import it again: what came before this place is logged, and nothing counts twice.",
            ) from None


def _places(kind: Kind, log: Any, mapped: Mapped) -> dict[str, str]:
    """SQL for each column of ours that the log can fill."""
    known, given = names(kind), log.names
    for ours in (*mapped.columns, *mapped.constants):
        if ours not in known:
            raise UnknownName.among("column", ours, known, kind)
    for theirs in (*mapped.columns.values(), *mapped.properties):
        if theirs not in given:
            raise UnknownName.among("column", theirs, given, "the log")
    found = {ours: _name(ours) for ours in known if ours in given}
    found |= {ours: _name(theirs) for ours, theirs in mapped.columns.items()}
    if "timestamp" in found and mapped.time_unit:
        micros = f"TRY_CAST({found['timestamp']} AS DOUBLE) * {UNITS[mapped.time_unit]}"
        found["timestamp"] = f"make_timestamp(TRY_CAST({micros} AS BIGINT))"
    found |= {ours: f"$c{place}" for place, ours in enumerate(mapped.constants)}
    if mapped.properties:
        fields = ", ".join(f"{_text(theirs)}, {_name(theirs)}" for theirs in mapped.properties)
        found[_JSON[kind]] = f"json_object({fields})::VARCHAR"
    needed = [column.name for column in COLUMNS[kind] if column.required and column.default is None] + ["timestamp"]
    for ours in needed:
        if ours not in found:
            raise InvalidInput(
                f"No column of the log is the {ours} of {kind}.",
                hint=f"say which one is, or give one value for all rows; the log has {', '.join(map(repr, given))}.",
            )
    return found


def _sheet(kind: Kind, table: Any) -> Sheet:
    """Numbers that a CSV file holds as text are read; what is none stays text, to be refused by name."""
    columns = dict(zip(table.column_names, table.columns, strict=True))
    for column in COLUMNS[kind]:
        if column.type in _NUMBERS and column.name in columns:
            columns[column.name] = _read_numbers(columns[column.name])
    return Sheet(table.num_rows, columns, needed=frozenset({"timestamp"}))


def _read_numbers(column: Any) -> Any:
    import pyarrow as pa

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid:
        return [_number(text) for text in column.to_pylist()]


def _number(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _tables(source: Any) -> Iterator[Any]:
    """Arrow tables of bearable size, from a file or a frame."""
    import pyarrow as pa

    batches = _batches_of_file(Path(source)) if isinstance(source, str | Path) else _batches_of_frame(source)
    for batch in batches:
        for begin in range(0, batch.num_rows, PART_ROWS):
            yield pa.Table.from_batches([batch.slice(begin, PART_ROWS)])


def _batches_of_frame(source: Any) -> Iterator[Any]:
    table = as_table(source)
    if table is None:
        raise InvalidInput(f"A {type(source).__name__} is no log.", hint="name a CSV or Parquet file, or give a frame.")
    return iter(table.to_batches(max_chunksize=PART_ROWS))


def _batches_of_file(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    if not path.is_file():
        raise NotFound(f"There is no file {path}.", hint="check the path.")
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return pq.ParquetFile(path).iter_batches(PART_ROWS)  # type: ignore[no-any-return]
    if path.suffix == ".csv":
        from pyarrow import csv

        # every value as text: what a column holds is not known from its first rows, and our columns say what it is
        with csv.open_csv(path) as reader:
            texts = dict.fromkeys(reader.schema.names, pa.string())
        options = csv.ConvertOptions(column_types=texts, strings_can_be_null=True, null_values=[""])
        return iter(csv.open_csv(path, convert_options=options))
    raise InvalidInput(f"{path} is neither Parquet nor CSV.", hint="name a file that ends in .parquet or .csv.")


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
