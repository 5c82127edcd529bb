"""Some fields of a noun, from a file and from `--set`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from expkit.cli.assign import named_value
from expkit.cli.files import read_text
from expkit.domain.noun import Noun
from expkit.errors import InvalidInput, shorten

__all__ = ["patched", "read_patch"]


class Patch(Noun):
    """Any fields at all: the noun that they are for checks them."""

    model_config = ConfigDict(extra="allow")


def read_patch(file: Path | None) -> dict[str, Any]:
    """The fields in a YAML or JSON file; none without a file."""
    if file is None:
        return {}
    text = read_text(file)
    found = Patch.from_json(text) if file.suffix == ".json" else Patch.from_yaml(text)
    return dict(found.model_extra or {})


def patched(
    noun: type[Noun], current: Mapping[str, Any], changes: Mapping[str, Any], settings: Sequence[str] | None
) -> dict[str, Any]:
    """The changes with those of `--set` on top; a dotted name changes one value of a mapping and keeps the rest."""
    found = dict(changes)
    for setting in settings or ():
        path, value = named_value(setting)
        first, *inner = path.split(".")
        if not inner and first in noun.model_fields and noun.model_fields[first].annotation is str:
            value = setting.partition("=")[2]  # a name may look like a number
        found[first] = _placed(found.get(first, current.get(first)), inner, value, path)
    if not found:
        raise InvalidInput("Change what?", hint="give --set FIELD=VALUE, or a file with -f.")
    return found


def _placed(whole: Any, path: Sequence[str], value: Any, told: str) -> Any:
    if not path:
        return value
    if whole is not None and not isinstance(whole, Mapping):
        raise InvalidInput(
            f"{shorten(told)} goes into a value that has no fields.", hint="set the whole, or give a file with -f."
        )
    inside = dict(whole or {})
    return {**inside, path[0]: _placed(inside.get(path[0]), path[1:], value, told)}
