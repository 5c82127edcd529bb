"""The verbs of telling: what happens is told on the channels of EXPKIT_NOTIFY."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from expkit import registry
from expkit.domain.notice import Notice
from expkit.errors import InvalidInput, UnknownName
from expkit.registry import notices as outbox
from expkit.workbench.desk import Desk
from expkit.workbench.watch import HOLDER

if TYPE_CHECKING:
    from expkit.workbench.channels import Channels

__all__ = ["NoticeVerbs"]

STATES = ("pending", "sent", "failed")
PATIENCE = 60.0
"""Seconds after which another process takes over from one that sends: a channel may be slow."""


class NoticeVerbs(Desk):
    def notify(self) -> int:
        """Tell what has happened since the last time; how many notices arrived. Servers call it every second."""
        channels = self._shared.channels()
        if not channels or not registry.hold(self._store, "notify", HOLDER, registry.now(), PATIENCE):
            return 0
        with self._read() as connection:
            behind = outbox.is_behind(connection)
        if behind:
            with self._store.begin(actor="expkit") as work:
                outbox.collect_notices(work, channels)
        with self._read() as connection:
            due = outbox.pending_notices(connection, registry.now())
        return sum(self._send(channels, notice) for notice in due)

    def notices(self, *, state: str | None = None, limit: int = 100) -> builtins.list[Notice]:
        """What was told, or is to be, the newest first."""
        if limit < 1:
            raise InvalidInput(f"limit is {limit}.", hint="limit starts at 1.")
        if state is not None and state not in STATES:
            raise UnknownName.among("state", state, STATES)
        with self._read() as connection:
            return outbox.notices(connection, state=state, limit=min(limit, 1000))

    def try_channels(self) -> dict[str, str]:
        """Send a word on every channel now: by channel nothing when it arrived, else why not."""
        self._may("channels.try")
        channels = self._shared.channels()
        if not channels:
            raise InvalidInput("No channel is set up.", hint="set EXPKIT_NOTIFY to one or more of Apprise's addresses.")
        return {name: channels.send(name, "expkit", f"This channel works, says {self.actor}.") for name in channels}

    def _send(self, channels: Channels, notice: Notice) -> bool:
        fault = channels.send(notice.channel, notice.title, notice.body)
        with self._store.begin(actor="expkit") as work:
            outbox.mark_notice(work, notice, fault)
        return not fault
