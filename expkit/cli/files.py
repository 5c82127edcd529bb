"""Files that a user names: read whole or not at all, and written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from expkit.errors import InvalidInput, NotFound, TooLarge, shorten

__all__ = ["open_text", "read_frame", "read_json", "read_rows", "read_text", "write_frame", "write_text"]

MEGABYTE = 2**20
MAX_DEFINITION = 2 * MEGABYTE
MAX_JSON = 64 * MEGABYTE
FRAMES = (".parquet", ".csv")


def read_text(path: Path, limit: int = MAX_DEFINITION) -> bytes:
    """The file's bytes; `-` is standard input."""
    if str(path) == "-":
        data = sys.stdin.buffer.read(limit + 1)
    else:
        with _there(path).open("rb") as file:
            data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(
            f"{path} has more than {limit // MEGABYTE} MiB.", hint="a definition is a few kilobytes of text."
        )
    return data


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path, MAX_JSON))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is not JSON: {error}.", hint="check the text at that place.") from None


def read_rows(path: Path) -> Any:
    """Event rows: a pyarrow table from Parquet or CSV, else a list with one mapping per JSON line."""
    if path.suffix in FRAMES:
        return read_frame(path)
    if str(path) == "-":
        return [_row(line, number, path) for number, line in enumerate(sys.stdin, 1) if line.strip()]
    return [_row(line, number, path) for number, line in enumerate(open_text(path), 1) if line.strip()]


def open_text(path: Path) -> Iterator[str]:
    """The file's lines, without holding them all."""
    with _there(path).open(encoding="utf-8") as file:
        yield from _decoded(file, path)


def read_frame(path: Path) -> Any:
    """A pyarrow table from a Parquet or CSV file."""
    import pyarrow as pa

    if path.suffix not in FRAMES:
        raise InvalidInput(
            f"{path} is neither Parquet nor CSV.", hint=f"name a file that ends in {' or '.join(FRAMES)}."
        )
    try:
        return _read(_there(path))
    except pa.ArrowInvalid as error:
        raise InvalidInput(f"{path} cannot be read: {str(error).splitlines()[0]}.", hint="is it complete?") from None


def write_frame(path: Path, table: Any) -> None:
    """A pyarrow table as Parquet or CSV, whole or not at all."""
    from pyarrow import csv, parquet

    if path.suffix not in FRAMES:
        raise InvalidInput(
            f"{path} is neither Parquet nor CSV.", hint=f"name a file that ends in {' or '.join(FRAMES)}."
        )
    half = path.with_name(f".{path.name}.half")
    try:
        (parquet.write_table if path.suffix == ".parquet" else csv.write_csv)(table, half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """The whole text, or the file as it was: a full disk leaves no half of a report."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines([text] if isinstance(text, str) else text)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _read(path: Path) -> Any:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_table(path)
    import pyarrow as pa
    from pyarrow import csv

    # ids are names, also where they look like numbers
    texts = {name: pa.string() for name in ("event_id", "user_id", "session_id", "experiment", "variant")}
    return csv.read_csv(
        path, convert_options=csv.ConvertOptions(column_types=texts, strings_can_be_null=True, null_values=[""])
    )


def _there(path: Path) -> Path:
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder.", hint="name a file in it.")
    if not path.exists():
        from expkit.errors import did_you_mean

        near = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, near) if near else "check the path."
        raise NotFound(f"There is no file {shorten(str(path))}.", hint=hint)
    return path


def _decoded(file: Any, path: Path) -> Any:
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 at byte {error.start}.", hint="save the file as UTF-8.") from None


def _row(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"{path}, line {number}: this is not JSON: {error.msg}.",
            hint="write one JSON object per line; .csv and .parquet files are read too.",
        ) from None
    if not isinstance(row, dict):
        raise InvalidInput(f"{path}, line {number}: {shorten(row)} is no object.", hint="write {...} on each line.")
    return row


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
