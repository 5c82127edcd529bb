"""Experiments as people keep them: YAML files with one or several documents, JSON, and folders of both."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from expkit.cli.asking import tracked
from expkit.cli.files import read_text
from expkit.domain import Experiment
from expkit.errors import Conflict, ExpkitError, InvalidDefinition, InvalidInput

__all__ = ["definition_files", "read_definitions"]

SUFFIXES = (".yaml", ".yml", ".json")
DOCUMENT = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
"""YAML lets this stand at the beginning of a line for nothing but a new document."""
SAYS_NOTHING = re.compile(rb"(?:\s|#[^\n]*+|^(?:---|\.\.\.)(?=\s|\Z))*+\Z", re.MULTILINE)
MAX_TOLD = 5


def read_definitions(paths: Sequence[Path]) -> list[Experiment]:
    """All experiments in the files, in the files' order. Every file that is wrong is named at once."""
    files = [file for path in paths for file in _files(path)]
    found: list[Experiment] = []
    where: dict[str, Path] = {}
    wrong: list[ExpkitError] = []
    for file in tracked(files, "Reading"):
        try:
            for experiment in _read(file):
                _refuse_a_twin(experiment, file, where)
                found.append(experiment)
        except ExpkitError as error:
            wrong.append(error)
    if wrong:
        raise _told(wrong, len(files))
    return found


def definition_files(folder: Path) -> Iterator[Path]:
    """What lies in the folder and below; what begins with a dot is git's or an editor's."""
    for place, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if name.endswith(SUFFIXES) and name[0] != ".")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = list(definition_files(path))
    if not found:
        raise InvalidInput(f"No definition is in {path}.", hint=f"files end in {', '.join(SUFFIXES)}.")
    return found


def _read(file: Path) -> Iterator[Experiment]:
    text = read_text(file)
    try:
        yield from _json(text) if file.suffix == ".json" else _yaml(text)
    except InvalidDefinition as error:
        raise InvalidDefinition(f"{file}: {error.message}", hint=error.hint, problems=error.problems) from None


def _yaml(text: bytes) -> Iterator[Experiment]:
    """One document after the other, each moved down to its own lines, so that errors name the file's."""
    starts = [0, *(found.start() for found in DOCUMENT.finditer(text) if found.start())]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        document = text[start:end]
        if len(starts) == 1 or not SAYS_NOTHING.match(document):
            yield Experiment.from_yaml(b"\n" * text.count(b"\n", 0, start) + document if start else document)


def _json(text: bytes) -> Iterator[Experiment]:
    """An object, or a list of them."""
    if not text.lstrip().startswith(b"["):
        yield Experiment.from_json(text)
        return
    try:
        items = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidDefinition(f"this is not JSON: {error}.", hint="check the text at that place.") from None
    for item in items:
        yield Experiment.parse(item)


def _refuse_a_twin(experiment: Experiment, file: Path, where: dict[str, Path]) -> None:
    if experiment.key in where:
        raise Conflict(
            f"{file}: the experiment {experiment.key!r} stands in {where[experiment.key]} already.",
            hint="keep one of them, or give one another key.",
        )
    where[experiment.key] = file


def _told(wrong: Sequence[ExpkitError], files: int) -> ExpkitError:
    if len(wrong) == 1:
        return wrong[0]
    more = [f"and {len(wrong) - MAX_TOLD} more"] if len(wrong) > MAX_TOLD else []
    lines = [error.message for error in wrong[:MAX_TOLD]] + more
    return InvalidDefinition(
        f"{len(wrong)} of {files} files are not valid: {' '.join(lines)}", hint=wrong[0].hint, problems=lines
    )
