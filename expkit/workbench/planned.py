"""What applying a definition would do."""

from __future__ import annotations

from typing import Literal, NamedTuple

from expkit.domain.diff import Change

__all__ = ["Planned"]


class Planned(NamedTuple):
    """What `apply` would do with one definition."""

    key: str
    action: Literal["create", "update", "nothing"]
    changes: tuple[Change, ...] = ()
