"""Who asks for a variant, where and when: one request, and many of them as a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from expkit.assign.units import unit_text
from expkit.errors import InvalidInput, shorten

__all__ = [
    "CODE",
    "MAX_ID",
    "NO_ATTRIBUTES",
    "NO_MEMORY",
    "REQUEST_NAMES",
    "Memory",
    "Request",
    "checked_id",
    "code_in",
]

Memory = Mapping[str, Mapping[str, str]]
"""What units were remembered by: `{"user_id||u1": {"checkout__0": "treatment"}}`, as GrowthBook's sticky buckets."""

MAX_ID = 500  # as long as an event's user_id may be
NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})
NO_MEMORY: Memory = MappingProxyType({})
REQUEST_NAMES = frozenset({"user_id", "session_id", "page_type", "placement"})
"""What a condition may read besides the attributes; an attribute of the same name goes first."""
CODE = "expkit"
"""The name of the query parameter that carries an override's code."""


def checked_id(name: str, value: object) -> str | None:
    """An id as it is hashed: text, unchanged. Whole numbers are written out, as GrowthBook does."""
    text = unit_text(value, name)
    if len(text) > MAX_ID:
        raise InvalidInput(
            f"{name} {shorten(text, 30)} is too long.", hint=f"an id has at most {MAX_ID} characters; send a digest."
        )
    return text or None


def code_in(url: str | None) -> str | None:
    """The override's code in a page's address: `https://shop.example/cart?expkit=...`."""
    if not url or CODE not in url:
        return None
    try:
        found = parse_qs(urlsplit(url).query, max_num_fields=100).get(CODE)
    except ValueError:  # no address at all
        return None
    return found[-1] if found else None


class Request:
    """One request; what few of the checks need is worked out when it is first asked for."""

    __slots__ = ("_at", "_context", "attributes", "code", "memory", "page_type", "placement", "session_id", "user_id")

    def __init__(
        self,
        user_id: str | None,
        session_id: str | None,
        attributes: Mapping[str, Any],
        page_type: str | None = None,
        placement: str | None = None,
        memory: Memory = NO_MEMORY,
        code: str | None = None,
        at: datetime | None = None,
    ) -> None:
        self.user_id, self.session_id, self.attributes = user_id, session_id, attributes
        self.page_type, self.placement = page_type, placement
        self.memory, self.code, self._at = memory, code, at
        self._context: Mapping[str, Any] | None = None

    @property
    def unit(self) -> str | None:
        return self.user_id or self.session_id

    @property
    def hash_attribute(self) -> str:
        return "user_id" if self.user_id else "session_id" if self.session_id else ""

    @property
    def at(self) -> datetime:
        if self._at is None:
            self._at = datetime.now(UTC)
        return self._at

    @property
    def context(self) -> Mapping[str, Any]:
        """The attributes, with the ids and the place of the request among them."""
        if self._context is None:
            known = {name: value for name in REQUEST_NAMES if (value := getattr(self, name)) is not None}
            self._context = known | dict(self.attributes)
        return self._context
