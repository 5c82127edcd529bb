"""Where the state of an experiment's units is kept between looks: a folder beside the lake's tables.

It is a cache. What is in it can be computed from the events at any time, and is, whenever something about it is in
doubt: another definition or version, a file that is not as it was written, rows that left the lake. One process at a
time uses it; whoever finds it taken does without.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from expkit.errors import StorageUnavailable

__all__ = ["Part", "State", "StateFolder", "drop_all"]

FOLDER = "units"
_META, _LOCK = "state.json", "lock"


class Part(NamedTuple):
    """One Parquet file; a unit's row in a later part of the units stands for those in earlier ones."""

    name: str
    rows: int
    size: int


class State(NamedTuple):
    """What there is: computed by which definition, from which versions of the lake's tables."""

    digest: str
    versions: dict[str, int]
    units: list[Part]
    hits: list[Part]
    numbered: int
    """Units have the numbers up to this one."""
    tallies: list[Part]
    plan: list[Any]
    """Of which numbers the tallies are the sums, as who wrote them understands it."""
    first: int | None
    last: int | None
    end: int | None
    """The first exposure, the last one, and the last thing that a unit did."""

    @property
    def files(self) -> list[Part]:
        return [*self.units, *self.hits, *self.tallies]


class StateFolder:
    def __init__(self, lake: Path, experiment: str) -> None:
        self.path = lake / FOLDER / experiment

    @contextmanager
    def taken(self, *, wait: bool = False) -> Iterator[bool]:
        """Whether it is ours for as long as the context; who dies holds nothing.

        What cannot be written is nobody's. Files that the state does not name are deleted at the end.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            yield False
            return
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            try:
                yield True
            finally:
                self._tidy()
        finally:
            os.close(handle)

    def read(self, digest: str) -> State | None:
        """The state of this definition; None where there is none that is whole."""
        state = self._state()
        return state if state is not None and state.digest == digest else None

    def file(self, name: str) -> Path:
        return self.path / name

    def new_file(self, kind: str) -> Path:
        return self.path / f"{kind}-{uuid4().hex}.parquet"

    def part(self, file: Path, rows: int) -> Part:
        return Part(file.name, rows, file.stat().st_size)

    def write(self, state: State) -> None:
        """Make it the state, all at once."""
        for part in state.files:
            _sync(self.file(part.name))
        draft = self.path / f"{_META}.{uuid4().hex}"
        draft.write_text(json.dumps(state._asdict()))
        _sync(draft)
        draft.replace(self.path / _META)

    @property
    def used_at(self) -> float:
        """When a look wrote it; 0 where none did."""
        try:
            return self.file(_META).stat().st_mtime
        except OSError:
            return 0.0

    def clear(self) -> None:
        """Forget the state; its files go at the end of the context."""
        self.file(_META).unlink(missing_ok=True)

    def _state(self) -> State | None:
        try:
            found = json.loads(self.file(_META).read_text())
            for kind in ("units", "hits", "tallies"):
                found[kind] = [Part(*part) for part in found[kind]]
            state = State(**found)
            whole = all(self.file(part.name).stat().st_size == part.size for part in state.files)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return state if whole else None

    def _tidy(self) -> None:
        state = self._state()
        named = {_LOCK} if state is None else {_LOCK, _META, *(part.name for part in state.files)}
        for file in self.path.iterdir():
            if file.name not in named:
                file.unlink(missing_ok=True)


def drop_all(lake: Path | None, *, days: float = 0) -> None:
    """Forget what is kept of all units, as erasure and retention want it; or what no look has used for so many days."""
    if lake is None or not (lake / FOLDER).is_dir():
        return
    before = time.time() - days * 86_400
    for folder in filter(Path.is_dir, (lake / FOLDER).iterdir()):
        state = StateFolder(lake, folder.name)
        with state.taken(wait=True) as ours:
            if not ours:
                raise StorageUnavailable(
                    f"{folder} cannot be written.", hint="check the folder's permissions, and repeat this."
                )
            if not days or state.used_at < before:
                state.clear()


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
