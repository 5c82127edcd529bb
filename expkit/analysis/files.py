"""Parquet and CSV files as the DuckDB view `frame`: one file, a folder of them, or a pattern."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from expkit.errors import InvalidInput, NotFound, UnknownName, did_you_mean, shorten

__all__ = ["refuse_damage", "register_file"]

_PARQUET_HINT = "is it complete? Give a Parquet or CSV file, or a data frame."
_TEXTS = {".csv", ".tsv"}


def register_file(
    connection: Any, path: str | os.PathLike[str], columns: Sequence[str], names: Sequence[str] = ()
) -> frozenset[str]:
    """Make the view; the columns of which the files themselves say that they have no nulls.

    What the columns `names` hold are names, also where they look like numbers or dates: `01` is not `1`.
    """
    name = os.fspath(path)
    files = _files(name)
    texts = {Path(file).suffix.lower() in _TEXTS for file in files}
    if len(texts) > 1:
        raise InvalidInput(
            f"{shorten(name)} has Parquet and CSV files.", hint="name those of one kind, e.g. *.parquet."
        )
    with refuse_damage(name, " as CSV" if texts == {True} else " as Parquet"):
        source = _read_text(connection, files, names) if texts == {True} else connection.read_parquet(files)
        for column in columns:
            if column not in source.columns:
                raise UnknownName.among("column", column, source.columns, "the frame")
        source.create_view("frame")
        return frozenset() if texts == {True} else _whole(connection, files)


@contextmanager
def refuse_damage(name: str, what: str = "") -> Iterator[None]:
    """Data that cannot be read is the caller's to mend: a reason instead of a traceback."""
    import duckdb

    try:
        yield
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.InternalException):
        raise  # ours to mend
    except (duckdb.Error, OSError) as error:
        raise InvalidInput(f"{shorten(name)} cannot be read{what}: {_first_line(error)}.", hint=_PARQUET_HINT) from None


def _files(name: str) -> list[str]:
    """Existing files only, each by its own name: one that is called `[x].parquet` is no pattern."""
    path = Path(name)
    if path.is_file():
        found = [name]
    elif path.is_dir():
        found = sorted(str(file) for ending in ("parquet", "csv", "tsv") for file in path.rglob(f"*.{ending}"))
    else:
        found = sorted(file for file in glob.glob(name, recursive=True) if Path(file).is_file())  # noqa: PTH207  # absolute patterns too
    if not found:
        raise _nothing(path)
    for file in found:
        if not Path(file).stat().st_size:
            raise InvalidInput(f"{shorten(file)} cannot be read: it is empty.", hint=_PARQUET_HINT)
    return ["".join(f"[{letter}]" if letter in "*?[" else letter for letter in file) for file in found]


def _nothing(path: Path) -> NotFound:
    if path.is_dir():
        return NotFound(f"The folder {shorten(str(path))} has no Parquet or CSV file.", hint="name another one.")
    near = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, near) if near else "give a Parquet or CSV file, or a data frame."
    return NotFound(f"There is no file {shorten(str(path))}.", hint=hint)


def _read_text(connection: Any, files: list[str], names: Sequence[str]) -> Any:
    """All rows decide on a column's type: a word in the last one makes it a column of words."""
    there = set(connection.read_csv(files, header=True, all_varchar=True).columns)
    types = {name: "VARCHAR" for name in names if name in there}
    return connection.read_csv(files, header=True, sample_size=-1, dtype=types or None)


def _whole(connection: Any, files: list[str]) -> frozenset[str]:
    rows = connection.execute(
        "SELECT path_in_schema FROM parquet_metadata($files) GROUP BY path_in_schema "
        "HAVING bool_and(coalesce(stats_null_count = 0, false))",
        {"files": files},
    ).fetchall()
    return frozenset(row[0] for row in rows)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")
