"""What came to a local lake's table between two versions: the files that hold it, and those that held the rest.

Compaction writes old rows into new files, and says so in the log. Its files are passed over, and what was appended is
read from the files that it was appended in, as long as they are there.
"""

from __future__ import annotations

import json
import os
from typing import NamedTuple
from urllib.parse import unquote

from expkit.events.lake import Lake
from expkit.events.schemas import PARTITIONS, Kind

__all__ = ["Changes", "changes"]


class Changes(NamedTuple):
    """Files with the rows of the earlier version, and files with those that came since."""

    old: list[str]
    new: list[str]


def changes(lake: Lake, kind: Kind, since: int | None, until: int | None, experiment: str) -> Changes | None:
    """None where rows were taken away, files have gone, or it cannot be told; a version is None before the table was.

    Of the exposures, the files of one experiment.
    """
    if lake.folder is None or (since is not None and (until is None or until < since)):
        return None
    old = [] if since is None else lake.files(lake.table(kind, since), experiment if kind == "exposures" else None)
    added: list[str] = []
    for version in range(-1 if since is None else since, -1 if until is None else until):
        found = _added(lake, kind, version + 1, experiment)
        if found is None:
            return None
        added += found
    return Changes(old, added) if all(map(os.path.exists, [*old, *added])) else None


def _added(lake: Lake, kind: Kind, version: int, experiment: str) -> list[str] | None:
    """The files that one commit added rows in; None where it removed some."""
    folder = lake.folder / kind if lake.folder else None
    if folder is None:
        return None
    try:
        lines = (folder / "_delta_log" / f"{version:020}.json").read_text().splitlines()
        actions = [json.loads(line) for line in lines]
    except (OSError, ValueError):  # gone, or torn by a power cut
        return None
    files = []
    for action in actions:
        if action.get("remove", {}).get("dataChange"):
            return None
        added = action.get("add", {})
        if added.get("dataChange") and _is_of(kind, added.get("partitionValues", {}), experiment):
            files.append(str(folder / unquote(added["path"])))
    return files


def _is_of(kind: Kind, values: dict[str, str], experiment: str) -> bool:
    return PARTITIONS[kind] != "experiment" or values.get("experiment") == experiment
