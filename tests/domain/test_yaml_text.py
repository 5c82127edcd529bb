"""YAML text: the same on every machine, whichever emitter wrote it."""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from expkit.domain.yaml_text import _ORDINARY, _dumper, dump_yaml, load_yaml

LAYOUT = {"sort_keys": False, "allow_unicode": True, "width": 100}
WORDS = ["What", "we", "saw:", "in #", "- x", "'quoted'", '"dq"', "%", "  ", "1.0", "null", "größe", "–", "→", "日本語"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.text(max_size=150)
KEYS = st.text(max_size=12) | st.text("aü :", min_size=40, max_size=140)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


def slowly(data: dict[str, Any]) -> str:
    """As PyYAML's own emitter writes it, control characters escaped."""
    return str(yaml.dump(data, Dumper=_dumper(), **LAYOUT))


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_what_is_written_is_read_back(data: dict[str, Any]) -> None:
    """Every text, also one with control characters and the line breaks of other systems."""
    assert load_yaml(dump_yaml(data), "x") == data


def test_characters_from_all_of_unicode_are_read_back() -> None:
    """Alone, between digits, at both ends and next to a line break; surrogates are no characters."""
    every = [sign for sign in map(chr, range(sys.maxunicode + 1)) if not "\ud800" <= sign <= "\udfff"]
    assigned = [sign for sign in every if unicodedata.category(sign) not in {"Cn", "Co"}]
    assigned = [sign for number, sign in enumerate(assigned) if sign < "\u3400" or number % 20 == 0]  # CJK by samples
    for start in range(0, len(assigned), 2000):
        data = {f"{sign}k": [sign, f"0{sign}50", f"{sign} x {sign}\n{sign}"] for sign in assigned[start : start + 2000]}
        assert load_yaml(dump_yaml(data), "x") == data


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_the_text_is_the_same_with_and_without_libyaml(data: dict[str, Any]) -> None:
    """A file in git does not change because another machine wrote it."""
    assert dump_yaml(data) == slowly(data)


def test_every_character_that_libyaml_gets_is_written_alike() -> None:
    """Alone, within a word, and in a text that is folded; as a value, and in a key."""
    ordinary = [sign for sign in map(chr, range(sys.maxunicode + 1)) if _ORDINARY.fullmatch(sign)]
    assert len(ordinary) > 10_000
    for start in range(0, len(ordinary), 500):
        part = ordinary[start : start + 500]
        data = {f"k{number}": [sign, f"a{sign}b", f"a {sign} b {'word ' * 30}"] for number, sign in enumerate(part)}
        data |= {f"{sign}x": number for number, sign in enumerate(part)}
        assert dump_yaml(data) == slowly(data)


def test_an_ordinary_text_is_written_by_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is why a thousand files take a moment."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the slow emitter was asked")

    monkeypatch.setattr(yaml.emitter.Emitter, "emit", refuse)
    assert dump_yaml({"name": "Größe – klein", "tags": ["a"]}) == "name: Größe – klein\ntags:\n- a\n"
    with pytest.raises(AssertionError):
        dump_yaml({"name": "\N{GRINNING FACE}"})


def test_an_emoji_is_kept_as_it_is() -> None:
    """Nobody wants to read an escape in a pull request."""
    assert dump_yaml({"name": "\N{GRINNING FACE}"}) == "name: \N{GRINNING FACE}\n"
