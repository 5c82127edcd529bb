"""Upkeep of the lake: few large files instead of many small ones, and no more of the past than is wanted.

Each move adds a file to every partition that it touches. `tidy` bounds them: a partition with `MANY` small files, or
a table with `TOO_MANY`, is compacted. Compaction keeps the old files, because past looks are recomputed from them;
`sweep` removes those that no version young enough needs.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from expkit.events.locks import excluding
from expkit.events.schemas import KINDS, PARTITIONS, Kind

if TYPE_CHECKING:
    from expkit.events.lake import Lake

__all__ = ["MANY", "TOO_MANY", "compact", "small_files", "sweep", "tidy"]

SMALL_BYTES = 32 * 1024 * 1024
TARGET_BYTES = 128 * 1024 * 1024
MANY = 32
"""So many small files in one partition are compacted by the mover."""
TOO_MANY = 1_000
"""So many small files that have a neighbour to join, in a whole table, are compacted by the mover."""
_ABANDONED_HOURS = 24


def small_files(lake: Lake, kind: Kind) -> dict[str, int]:
    """How many small files each partition has."""
    import pyarrow as pa

    table = lake.table(kind)
    if table is None:
        return {}
    files = pa.table(table.get_add_actions(flatten=True))
    sizes = files.column("size_bytes").to_pylist()
    places = files.column(f"partition.{PARTITIONS[kind]}").to_pylist()
    return Counter(str(place) for place, size in zip(places, sizes, strict=True) if size < SMALL_BYTES)


def compact(lake: Lake, kind: Kind, places: list[str] | None = None) -> int:
    """Join the small files of these partitions, or of all; how many files fewer there are."""
    table = lake.table(kind)
    if table is None:
        return 0
    filters = None if places is None else [(PARTITIONS[kind], "in", places)]

    def join(table: Any) -> int:
        done = table.optimize.compact(partition_filters=filters, target_size=TARGET_BYTES)
        return int(done["numFilesRemoved"]) - int(done["numFilesAdded"])

    return lake.change(kind, join)


def tidy(lake: Lake) -> int:
    """Compact what has too many small files; what the mover does after each move."""
    return sum(compact(lake, kind, places) for kind in KINDS if (places := _crowded(small_files(lake, kind))))


def sweep(lake: Lake, kind: Kind, days: float) -> int:
    """Delete files that only versions older than so many days need, and files that a crash left; how many."""
    table = lake.table(kind)
    if table is None:
        return 0
    with excluding(lake.folder):
        before = _on_disk(lake, kind)
        gone = _vacuum(table, days * 24, full=False)
        # nobody writes to a local lake now, so what no version knows is abandoned; in a bucket only age can tell
        gone |= _vacuum(table, max(days * 24, 0 if lake.folder else _ABANDONED_HOURS), full=True)
        after = _on_disk(lake, kind)
    # what delta-rs tells has files of earlier sweeps in it
    return len(gone) if before is None or after is None else before - after


def _on_disk(lake: Lake, kind: Kind) -> int | None:
    return None if lake.folder is None else sum(1 for _ in (lake.folder / kind).rglob("*.parquet"))


def _vacuum(table: Any, hours: float, *, full: bool) -> set[str]:
    gone = table.vacuum(retention_hours=int(hours), dry_run=False, enforce_retention_duration=False, full=full)
    return {path.rsplit("/", 1)[-1] for path in gone}  # the two ways tell paths differently, and names are unique


def _crowded(small: dict[str, int]) -> list[str]:
    joinable = {place: count for place, count in small.items() if count > 1}
    if sum(joinable.values()) >= TOO_MANY:
        return sorted(joinable)
    return sorted(place for place, count in joinable.items() if count >= MANY)
