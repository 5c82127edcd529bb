"""Regular expressions that cannot hang a request: each is tried only on texts short enough for its worst case.

Python's `re` goes back over every choice that an expression leaves open. So many choices are counted when it is
compiled: a repeat may end at every place of the text, an alternative is one of its branches, and what repeats inside
a repeat multiplies with every round. The longest text for which the product stays below `STEPS` is the bound, and a
longer one does not match. Unlike a time-out, that is the same answer on every machine and every day.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

__all__ = ["longest", "searcher"]

sre, parser = import_module("re._constants"), import_module("re._parser")  # what `re` itself compiles from, untyped

STEPS = 1_000_000
MAX_LENGTH = 10_000
NESTED = 16
"""2^16 ways through a repeat inside a repeat are soon tried."""
_REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT}


class _Choices:
    """How many a pattern leaves open: fixed ones multiply, open ends grow with the text."""

    def __init__(self) -> None:
        self.fixed = 1
        self.open = 0
        self.nested = False


def searcher(pattern: Any, flags: re.RegexFlag) -> Callable[[Any], bool]:
    """Whether a text contains what the pattern describes; raises `re.error` when it is none."""
    search = re.compile(pattern, flags).search
    limit = longest(pattern)
    return lambda value: isinstance(value, str) and len(value) <= limit and search(value) is not None


@lru_cache(maxsize=1024)
def longest(pattern: str) -> int:
    """So many characters may a text have to be tried."""
    tree = parser.parse(pattern)
    found = _Choices()
    _count(tree, found, inside=False)
    if found.nested:
        return NESTED
    anchored = bool(len(tree)) and tree[0] == (sre.AT, sre.AT_BEGINNING)
    ends = found.open + (not anchored)
    length = MAX_LENGTH
    while length > NESTED and math.comb(length + ends, ends) * found.fixed > STEPS:
        length = max(NESTED, int(length * 0.9))
    return length


def _count(tree: Any, found: _Choices, *, inside: bool) -> None:
    for kind, detail in tree:
        if kind in _REPEATS:
            low, high, body = detail
            varies = low != high
            found.nested |= inside and varies
            if high == sre.MAXREPEAT:
                found.open += 1
            else:
                found.fixed *= high - low + 1
            _count(body, found, inside=inside or high > 1)
        elif kind is sre.BRANCH:
            branches = detail[1]
            found.nested |= inside
            found.fixed *= len(branches)
            for branch in branches:
                _count(branch, found, inside=inside)
        else:
            for part in detail if isinstance(detail, tuple | list) else ():
                if isinstance(part, parser.SubPattern):
                    _count(part, found, inside=inside)
