"""The lake: one Delta table per kind of event, written by appends that are signed, so that none happens twice.

delta-rs writes data files and commits without fsync (seen with strace, deltalake 1.6, local files). So after every
append to a local lake the new files, the log and their folders are synced here, before anybody deletes the inbox
rows; a power cut in between may leave the last commit torn, and then the inbox still has its rows. Object stores
acknowledge only what is durable, and are left alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from expkit.errors import StorageUnavailable
from expkit.events.locks import sharing
from expkit.events.schemas import KINDS, PARTITIONS, Kind, arrow_schema

__all__ = ["Lake"]

COMMIT_TRIES = 5
_UNREACHABLE = set("[]^|%")  # it panics on them, or decodes them
_CONFIGURATION = {
    # a look names the version it was computed from, so that versions stay until retention removes them
    "delta.enableExpiredLogCleanup": "false",
    "delta.dataSkippingStatsColumns": "timestamp",
}


class Lake:
    """Where the tables are: a local folder, or an address such as `s3://bucket/lake`.

    `append` promises: when it returns, the rows are in the table once and durable, whoever else tried the same
    move at the same time; when it raises, they are in the table once or not at all, and `moved` says which.
    """

    def __init__(self, url: str) -> None:
        self.folder = _local(url)
        self.url = str(self.folder) if self.folder else url.rstrip("/")
        if self.folder and (odd := sorted(set(str(self.folder)) & _UNREACHABLE)):
            raise StorageUnavailable(
                f"The lake cannot be at {self.url}: delta-rs cannot open a folder with {' '.join(odd)} in its path.",
                hint="set EXPKIT_LAKE to another folder.",
            )

    def table(self, kind: Kind, version: int | None = None) -> Any | None:
        """The Delta table, or None when nothing was ever moved into it."""
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        with self._failures("read"):
            try:
                return DeltaTable(f"{self.url}/{kind}", version=version)
            except TableNotFoundError:
                return None

    def versions(self) -> dict[str, int]:
        return {kind: table.version() for kind in KINDS if (table := self.table(kind)) is not None}

    def files(self, table: Any, experiment: str | None = None) -> list[str]:
        """The data files of a local table; those of one experiment, where the table is partitioned so."""
        pruned = None if experiment is None else [("experiment", "=", experiment)]
        uris = table.file_uris(file_pruning_predicate=pruned)
        # delta-rs tells the folder percent-encoded, which is not how it is called on disk
        root = urlsplit(table.table_uri).path
        return [os.fspath(Path(unquote(root), uri.removeprefix(root))) for uri in uris]

    def moved(self, kind: Kind, app_id: str) -> int:
        """The number of the last move that has arrived; 0 when none has."""
        table = self.table(kind)
        return 0 if table is None else table.transaction_version(app_id) or 0

    def append(self, kind: Kind, rows: Any, app_id: str, move: int) -> None:
        """Write the rows of one move, unless they are there already."""
        with self._failures("written"), sharing(self.folder):
            for _ in range(COMMIT_TRIES):
                written = self._try_append(kind, rows, app_id, move)
                if written is not None:
                    break
            else:
                raise OSError(f"other writers were faster {COMMIT_TRIES} times")
            if self.folder:
                _sync(self.folder / kind, written)

    def change(self, kind: Kind, act: Callable[[Any], int]) -> int:
        """Let `act` commit to a table that is there, durably; tried again where another commit came first."""
        from deltalake.exceptions import CommitFailedError

        with self._failures("written"), sharing(self.folder):
            for _ in range(COMMIT_TRIES):
                table = self.table(kind)
                if table is None:
                    return 0
                before = table.version()
                try:
                    done = act(table)
                except CommitFailedError:
                    continue
                if self.folder:
                    _sync(self.folder / kind, range(before + 1, table.version() + 1))
                return done
        raise StorageUnavailable(
            f"The table {kind} cannot be changed: other writers were faster {COMMIT_TRIES} times.", hint="try again."
        )

    def delete(self, kind: Kind, before: datetime, experiment: str | None = None) -> int:
        """Remove older rows from the newest version; how many went. What held them is left to `upkeep.sweep`."""
        where = f"timestamp < '{before.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"
        if experiment is not None:
            where += f" AND experiment = '{experiment}'"  # a key: letters, digits, '.', '_' and '-'
        return self.change(kind, lambda table: int(table.delete(where)["num_deleted_rows"]))

    def refuses(self, kind: Kind, rows: Any) -> str:
        """Why a table like ours would not take these rows, whatever the disk; empty when it would."""
        from deltalake import write_deltalake

        try:
            write_deltalake("memory:///trial", _with_partition(kind, rows), partition_by=PARTITIONS[kind])
        except BaseException as error:  # delta-rs panics with an exception that is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return f"the table cannot take it: {(str(error) or type(error).__name__).splitlines()[0][:300]}"
        return ""

    def _try_append(self, kind: Kind, rows: Any, app_id: str, move: int) -> range | None:
        """The versions that have to be durable before the move counts; None when another commit came first."""
        from deltalake import CommitProperties, Transaction, write_deltalake
        from deltalake.exceptions import CommitFailedError

        table = self._made(kind)
        before = table.version()
        if (table.transaction_version(app_id) or 0) >= move:
            return range(before + 1)  # somebody wrote it and may have died before syncing
        signed = CommitProperties(app_transactions=[Transaction(app_id, move)])
        rows = _with_partition(kind, rows)
        # an older version's table gets the columns it lacks; merging is slower, so only then
        grows: Literal["merge"] | None = (
            "merge" if set(rows.column_names) - {field.name for field in table.schema().fields} else None
        )
        try:
            write_deltalake(table, rows, mode="append", schema_mode=grows, commit_properties=signed)
        except CommitFailedError:
            return None
        return range(before, table.version() + 1)

    def _made(self, kind: Kind) -> Any:
        import pyarrow as pa
        from deltalake import DeltaTable

        found = self.table(kind)
        if found is not None:
            return found
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
        schema = arrow_schema(kind)
        if PARTITIONS[kind] == "date":
            schema = schema.append(pa.field("date", pa.date32()))
        return DeltaTable.create(
            f"{self.url}/{kind}",
            schema=schema,
            partition_by=PARTITIONS[kind],
            mode="ignore",
            configuration=_CONFIGURATION,
        )

    @contextmanager
    def _failures(self, verb: str) -> Iterator[None]:
        from deltalake.exceptions import DeltaError

        try:
            yield
        except BaseException as error:
            panicked = type(error).__name__ == "PanicException"  # delta-rs's, and no Exception
            if isinstance(error, StorageUnavailable) or not (panicked or isinstance(error, OSError | DeltaError)):
                raise
            told = _told(error)
            raise StorageUnavailable(
                f"The lake at {self.url} cannot be {verb}: {told}.",
                hint="check the folder's permissions and free space, or EXPKIT_LAKE; "
                "nothing is lost: events that have not moved stay in the inbox.",
            ) from error


def _told(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return "the disk is full" if "No space left" in text else text.splitlines()[0][:300]


def _local(url: str) -> Path | None:
    if url.startswith("file://"):
        from urllib.request import url2pathname

        return Path(url2pathname(url.removeprefix("file://"))).absolute()
    return None if "://" in url else Path(url).expanduser().absolute()


def _with_partition(kind: Kind, rows: Any) -> Any:
    import pyarrow as pa

    if PARTITIONS[kind] != "date":
        return rows
    return rows.append_column("date", rows["timestamp"].cast(pa.date32()))


def _sync(folder: Path, versions: range) -> None:
    """Fsync the files of these commits, the log and every folder above them."""
    log = folder / "_delta_log"
    files = [file for version in versions for file in log.glob(f"{version:020}*")]
    data = [folder / path for file in files if file.suffix == ".json" for path in _added(file)]
    places = {log, folder, folder.parent, folder.parent.parent, *(path.parent for path in data)}
    for path in [*data, *files, *log.glob("_last_checkpoint"), *places]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _added(commit: Path) -> Iterator[str]:
    for line in commit.read_text().splitlines():
        action = json.loads(line)
        if "add" in action:
            yield unquote(action["add"]["path"])
