"""How much memory this process may have, and what DuckDB gets of it; what does not fit goes to disk.

`EXPKIT_MEMORY` (`2GiB`, `800MB`) says it. Else it is the least of the machine's memory, the limits of the process and
those of its control group and all groups above (version 2, or version 1 as old kernels have it).
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from expkit.errors import InvalidInput

__all__ = ["allowed_bytes", "duckdb_config", "open_duckdb"]

SHARE = 0.5
"""DuckDB's part of it: Python, Arrow and the rest need some, and DuckDB itself a little more than it counts."""
LEAST = 128 * 1024**2
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_GROUPS = Path("/sys/fs/cgroup")


def duckdb_config(scratch: str) -> dict[str, str | bool | int | float | list[str]]:
    """What every DuckDB of ours is opened with; `scratch` is the folder for what does not fit."""
    limit = max(int(SHARE * allowed_bytes()), LEAST)
    return {"autoinstall_known_extensions": "false", "memory_limit": f"{limit}B", "temp_directory": scratch}


@contextmanager
def open_duckdb() -> Iterator[Any]:
    """An empty one in memory, for as long as the context."""
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="expkit-", ignore_cleanup_errors=True) as scratch,
        duckdb.connect(config=duckdb_config(scratch)) as connection,
    ):
        connection.execute("SET enable_progress_bar = false")
        yield connection


def allowed_bytes(given: str = "") -> int:
    """What is said, here or in the environment; else what is found."""
    given = given or os.environ.get("EXPKIT_MEMORY", "").strip()
    return _parsed(given) if given else min(_found())


def _parsed(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", text.lower())
    if found is None or found[2] not in _UNITS or float(found[1]) <= 0:
        raise InvalidInput(f"EXPKIT_MEMORY is {text!r}, which is no amount of memory.", hint="2GiB, 800MB, ...")
    return int(float(found[1]) * _UNITS[found[2]])


def _found() -> Iterator[int]:
    yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY:
            yield soft
    yield from _group_limits(Path("/proc/self/cgroup"), _GROUPS)


def _group_limits(membership: Path, groups: Path) -> Iterator[int]:
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        root, name = (groups / "memory", "memory.limit_in_bytes") if kinds else (groups, "memory.max")
        own = PurePosixPath(path.lstrip("/"))
        for group in (own, *own.parents):
            try:
                yield int((root / group / name).read_text())
            except (OSError, ValueError):  # no such file here, or "max"
                continue
