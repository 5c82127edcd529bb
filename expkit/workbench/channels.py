"""Channels on which people are told: webhooks, Slack, e-mail and a hundred more, by Apprise's addresses."""

from __future__ import annotations

import logging
import re
from collections.abc import Container
from itertools import chain, count
from typing import Any

from expkit.errors import InvalidInput, MissingDependency

__all__ = ["Channels"]

log = logging.getLogger(__name__)


class Channels:
    """The channels of a text with their addresses, separated by spaces or commas before the next address."""

    def __init__(self, addresses: str) -> None:
        self._known: dict[str, Any] = {}
        for name, channel in map(_channel, dict.fromkeys(_split(addresses))):
            self._known[_numbered(name, self._known)] = channel

    def __bool__(self) -> bool:
        return bool(self._known)

    def __iter__(self) -> Any:
        return iter(self._known)

    def send(self, channel: str, title: str, body: str) -> str:
        """Nothing when it has arrived, else why not."""
        if channel not in self._known:
            return "this channel is not set up here any more"
        try:
            arrived = bool(self._known[channel].notify(body=body, title=title))
        except Exception as error:  # a hundred services' clients, each with errors of its own
            log.warning("%s could not be told: %s", channel, type(error).__name__)
            return f"{type(error).__name__} in the channel's client"
        return "" if arrived else "the channel did not take it"


def _split(addresses: str) -> list[str]:
    """An address may have commas inside: only one before another address separates."""
    return [part for part in re.split(r"[\s,]+(?=[A-Za-z][\w+.-]*://)|\s+", addresses.strip()) if part.strip(",")]


def _numbered(name: str, taken: Container[str]) -> str:
    """Two addresses may differ in their secrets alone."""
    return next(one for one in chain([name], (f"{name} ({i})" for i in count(2))) if one not in taken)


def _channel(address: str) -> tuple[str, Any]:
    try:
        import apprise
    except ImportError:
        raise MissingDependency("Telling people needs Apprise.", hint="pip install 'expkit[notify]'") from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # what it logs may hold tokens
    found: Any = apprise.Apprise.instantiate(address)
    if found is None:
        scheme = address.split("://", maxsplit=1)[0][:30]
        raise InvalidInput(
            f"EXPKIT_NOTIFY has an address ({scheme}://...) that no channel understands.",
            hint="for example json://host/path, slack://token/..., mailto://user:password@host?to=team@example.com",
        )
    return str(found.url(privacy=True))[:490], found
