"""Reading: the lake and what is still in the inbox as three DuckDB views, each event once."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

from expkit.events.changes import changes
from expkit.events.lake import Lake
from expkit.events.schemas import KINDS, PARTITIONS, SCHEMA_VERSION, Kind, names
from expkit.storage.memory import duckdb_config

__all__ = ["Grown", "Reader"]


class Grown(NamedTuple):
    """Relations in SQL: the rows that an earlier version had, and those that came since."""

    old: str
    new: str


class Reader:
    """`reader.connection` is an in-memory DuckDB with the views `exposures`, `outcomes` and `traces`.

    Two events with one event_id are one: the earlier counts. Each view stands on `<kind>_received`, which may hold
    an event twice and lets filters reach the files. A reader belongs to one thread; what is logged after it was
    opened is not in it.
    """

    def __init__(self, lake: Lake, waiting: Mapping[Kind, Any], tables: Mapping[Kind, Any], experiment: str | None):
        import duckdb

        self.versions = {str(kind): table.version() for kind, table in tables.items()}
        self.table_ids = {str(kind): str(table.metadata().id) for kind, table in tables.items()}
        self._lake = lake
        self._scratch = tempfile.TemporaryDirectory(prefix="expkit-", ignore_cleanup_errors=True)
        self.connection = duckdb.connect(config=duckdb_config(self._scratch.name))
        self.connection.execute("SET enable_progress_bar = false")
        for kind in KINDS:
            self.connection.register(f"{kind}_waiting", waiting[kind])
            self._make_views(kind, _source(lake, kind, tables.get(kind), experiment), experiment)

    def _make_views(self, kind: Kind, source: Any, experiment: str | None) -> None:
        columns = ", ".join(names(kind))
        places = [f"{kind}_waiting"]
        if isinstance(source, list) and source:
            places.append(_parquet(kind, source))
        elif not isinstance(source, list):
            self.connection.register(f"{kind}_lake", source)
            places.append(f"{kind}_lake")
        where = f" WHERE experiment = {_quoted(experiment)}" if kind == "exposures" and experiment is not None else ""
        # what waits has all columns, and an older table null where it lacks one
        received = " UNION ALL BY NAME ".join(f"SELECT * FROM {place}" for place in places)  # noqa: S608
        self.connection.execute(f"CREATE VIEW {kind}_received AS SELECT {columns} FROM ({received}){where}")  # noqa: S608
        self.connection.execute(
            f"CREATE VIEW {kind} AS SELECT * FROM {kind}_received "  # noqa: S608  # names of our own
            "QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY timestamp) = 1"
        )

    def since(self, versions: Mapping[str, int], experiment: str) -> dict[Kind, Grown] | None:
        """What these versions of the tables held, and what came since; None where rows went, or it cannot be told."""
        found: dict[Kind, Grown] = {}
        for kind in KINDS:
            parts = changes(self._lake, kind, versions.get(kind), self.versions.get(kind), experiment)
            if parts is None:
                return None
            found[kind] = Grown(self._part(kind, parts.old), self._part(kind, parts.new))
        return found

    def only_grew(self) -> bool:
        """Whether no row has left the lake since this reader's versions."""
        for kind in KINDS:
            table = self._lake.table(kind)
            newest = None if table is None else table.version()
            if changes(self._lake, kind, self.versions.get(kind), newest, "") is None:
                return False
        return True

    def _part(self, kind: Kind, files: list[str]) -> str:
        columns = ", ".join(names(kind))
        if not files:
            return f"(SELECT {columns} FROM {kind}_waiting WHERE false)"  # noqa: S608  # names of our own
        empty = f"SELECT * FROM {kind}_waiting WHERE false"  # noqa: S608  # older files may lack a column
        return f"(SELECT {columns} FROM ({empty} UNION ALL BY NAME SELECT * FROM {_parquet(kind, files)}))"  # noqa: S608

    def close(self) -> None:
        self.connection.close()
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _source(lake: Lake, kind: Kind, table: Any | None, experiment: str | None) -> Any:
    """Files for DuckDB to read; an Arrow dataset where DuckDB could not reach them without an extension."""
    if table is None:
        return []
    if lake.folder is None:
        return table.to_pyarrow_dataset()
    return lake.files(table, experiment if kind == "exposures" else None)


def _parquet(kind: Kind, files: list[str]) -> str:
    """`read_parquet` over exactly these files; the partition's value stands in their folder's name."""
    types = {"experiment": "VARCHAR"} if PARTITIONS[kind] == "experiment" else {"date": "DATE"}
    hive = ", ".join(f"{name}: {kind_}" for name, kind_ in types.items())
    listed = ", ".join(_quoted(_no_glob(file)) for file in files)
    older = ", union_by_name = true" if SCHEMA_VERSION > 1 else ""  # files of older versions have fewer columns
    return f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{{hive}}}{older})"


def _no_glob(path: str) -> str:
    """A folder called `[x]` is not a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def _quoted(text: str | None) -> str:
    return "'" + str(text).replace("'", "''") + "'"
