"""YAML as people keep it in git: written the same everywhere, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from expkit.errors import InvalidDefinition

__all__ = ["dump_yaml", "load_yaml"]

MAX_KEY_BYTES = 100
_ORDINARY = re.compile(
    r"[\n -~\u00a1-\u00ac\u00ae-\u037f\u0384-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u23ff"
    r"\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]*"
)
"""Characters that PyYAML and libyaml lay out alike: letters, punctuation and signs, no emoji, no control characters."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
"""Control characters and the line breaks of other systems, which YAML keeps only when they are escaped."""


def dump_yaml(data: Mapping[str, Any]) -> str:
    """The text, one for all machines: libyaml's emitter, ten times as fast, where it writes what PyYAML's own would."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper) if _alike(data) else _dumper()
    text: str = yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def load_yaml(text: str | bytes, label: str) -> object:
    """What stands there, or an error that says at which line it is no YAML."""
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506  # a SafeLoader that also refuses repeated keys
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or "unreadable characters"
        raise InvalidDefinition(
            f"{label}: this is not YAML{place}: {what}.", hint="indent with spaces, quote odd text."
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidDefinition(f"{label}: not UTF-8 at byte {error.start}.", hint="save the file as UTF-8.") from None


def _alike(value: Any) -> bool:
    """The two differ about empty and long keys (one counts bytes, one characters) and about unusual characters."""
    if isinstance(value, str):
        return _ORDINARY.fullmatch(value) is not None
    if isinstance(value, Mapping):
        return all(map(_alike_key, value)) and all(map(_alike, value.values()))
    return all(map(_alike, value)) if isinstance(value, list | tuple) else True


def _alike_key(key: Any) -> bool:
    return isinstance(key, str) and _alike(key) and "\n" not in key and 0 < len(key.encode()) <= MAX_KEY_BYTES


@cache
def _dumper() -> Any:
    import yaml

    class LosslessDumper(yaml.SafeDumper):
        """PyYAML's own writer folds at a NEL in single quotes, and reads another text back; so these are escaped."""

    def represent(dumper: Any, text: str) -> Any:
        style = '"' if _UNSEEN.search(text) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    LosslessDumper.add_representer(str, represent)
    return LosslessDumper


@cache
def _loader() -> Any:
    import yaml

    class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # ten times as fast
        """YAML silently keeps the last of two equal keys; here that would lose a user's words."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[object] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if not isinstance(key, str | int | float | bool):
                    continue
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} stands twice", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep)

    return StrictLoader
