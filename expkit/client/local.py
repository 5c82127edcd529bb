"""Assignment without asking: the service's signed config, kept here and brought up to date in the background.

While the service is away the last good config goes on answering, also after a restart: it is kept on disk. What is
fetched is checked (signature, format, compiled) before it replaces what there is, whole and at once.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

import httpx

from expkit.assign import Memory, code_in
from expkit.assign.dialects import code_digest
from expkit.client.current import Current, Standing, compiled
from expkit.client.snapshots import Shelf, Snapshot, default_folder
from expkit.client.transport import Transport
from expkit.domain import Assignment
from expkit.errors import ExpkitError, InvalidInput, Unreachable

__all__ = ["LocalAssigner", "Standing"]

log = logging.getLogger(__name__)

PATH = "/experiments/config"
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
STREAM_TIMEOUT = httpx.Timeout(60.0, connect=3.0)  # the service says something every quarter of a minute
LATE = 3  # so many rounds without word from the service, and the config is called stale


class LocalAssigner:
    """`assign`, `assign_all` and `assign_frame` as the workbench has them. Safe to share between threads.

    `token` is the service's, a person's or a client key. `updates`: "poll" asks every `every` seconds, "stream"
    is told at once, "none" waits for `refresh()`. The service's key is believed on first sight and kept with the
    config; give `public_key` to know it beforehand.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        updates: Literal["poll", "stream", "none"] = "poll",
        every: float = 30.0,
        cache: str | os.PathLike[str] | None = None,
        public_key: str = "",
    ) -> None:
        if updates not in {"poll", "stream", "none"} or not every > 0:
            raise InvalidInput(
                f"Updates {updates!r} every {every!r} seconds cannot be.",
                hint="updates is 'poll', 'stream' or 'none', and every a number of seconds above 0.",
            )
        self._service = Transport(url, token, TIMEOUT)
        self._shelf = Shelf(Path(cache) if cache is not None else default_folder(), self._service.url)
        self._every, self._public_key = every, public_key
        self._lock, self._stopping, self._fault = threading.Lock(), threading.Event(), ""
        self._current: Current | None = self._from_disk()
        try:
            self.refresh()
        except ExpkitError:
            if self._current is None:
                self._service.close()
                raise
        self._thread: threading.Thread | None = None
        if updates != "none":
            work = self._poll if updates == "poll" else self._follow
            self._thread = threading.Thread(target=work, name="expkit-config", daemon=True)
            self._thread.start()

    def assign(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiment: str | None = None,
        page_type: str | None = None,
        placement: str | None = None,
        sticky: Memory | None = None,
        url: str | None = None,
        explain: bool = False,
    ) -> Assignment:
        """Which variant a unit gets, without asking anybody."""
        code = code_digest(code_in(url))
        return self._known().assigner.assign(
            user_id, session_id, attributes, experiment, page_type, placement, sticky, code, None, explain
        )

    def assign_all(
        self,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        experiments: Iterable[str] | None = None,
        page_type: str | None = None,
        placement: str | None = None,
        sticky: Memory | None = None,
        url: str | None = None,
    ) -> dict[str, Assignment]:
        """What `assign` answers for each of these experiments; by default for all that are active or rolled out."""
        return self._known().assigner.assign_all(
            user_id, session_id, attributes, page_type, placement, experiments=experiments, sticky=sticky,
            code=code_digest(code_in(url)),
        )  # fmt: skip

    def assign_frame(self, frame: Any, *, experiment: str, sticky: Memory | None = None) -> Any:
        """The caller's frame with a column `variant`, null where there is none."""
        return self._known().assigner.assign_frame(frame, experiment, sticky=sticky)

    def remembers(self, experiment: str | None = None) -> bool:
        """Whether units may be remembered, which the service alone knows; in one experiment, or in any."""
        known = self._known()
        if experiment is None or experiment not in known.assigner.experiments:
            return bool(known.remembering)
        return not known.remembering.isdisjoint(known.assigner.needs(experiment))

    def refresh(self) -> bool:
        """Ask the service now; True when something has changed. Any failure leaves what there is."""
        try:
            with self._lock:
                return self._fetch()
        except ExpkitError as error:
            self._note(str(error))
            raise
        except OSError as error:  # the disk is full: what was fetched holds, only a restart will not find it
            self._note(f"The config cannot be kept: {error}.")
            return True

    @property
    def standing(self) -> Standing:
        known, fault = self._known(), self._fault
        late = datetime.now(UTC) - known.confirmed_at > timedelta(seconds=LATE * self._every)
        return Standing(known.revision, known.snapshot.etag, known.confirmed_at, known.source, late, fault)

    def close(self) -> None:
        self._stopping.set()
        self._service.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LocalAssigner({self._service.url!r}, revision={self._known().revision})"

    # -- the inside

    def _known(self) -> Current:
        if self._current is None:
            raise Unreachable("No config has been fetched yet.", hint="refresh() once the service answers.")
        return self._current

    def _fetch(self) -> bool:
        known = self._current
        answer = self._service.newer(PATH, known.snapshot.etag if known else "")
        now = datetime.now(UTC)
        if answer is None and known is not None:
            self._current = known._replace(confirmed_at=now, source="service")
            self._note("")
            return False
        if answer is None:
            raise Unreachable(f"{self._service.url} sent no config.", hint="try again.")
        names = ("etag", "expkit-signature", "expkit-public-key", "expkit-key-endorsements")
        etag, signature, public_key, endorsements = (answer.headers.get(name, "") for name in names)
        body = answer.content.decode("utf-8", "replace")
        snapshot = Snapshot(body, etag, signature, public_key, now, endorsements)
        self._current = compiled(snapshot.checked(self._key(snapshot)), "service")
        self._note("")
        self._shelf.write(snapshot)
        return True

    def _from_disk(self) -> Current | None:
        snapshot = self._shelf.read()
        if snapshot is None:
            return None
        try:
            return compiled(snapshot.checked(self._public_key or snapshot.public_key), "disk")
        except ExpkitError as error:
            self._note(str(error))
            return None

    def _key(self, snapshot: Snapshot) -> str:
        """Whose signature is wanted: the given key's, else the one that was seen before, else this first one's."""
        known = self._current.snapshot.public_key if self._current else ""
        return self._public_key or known or snapshot.public_key

    def _poll(self) -> None:
        while not self._stopping.wait(self._every):
            self._try()

    def _follow(self) -> None:
        """Every event is a reason to look, and so is every broken stream."""
        while not self._stopping.is_set():
            try:
                headers = {"Accept": "text/event-stream", "Last-Event-ID": self._known().snapshot.etag}
                for line in self._service.lines(PATH, headers=headers, timeout=STREAM_TIMEOUT):
                    if self._stopping.is_set():
                        return
                    if line.startswith("data:"):
                        self._try()
                    elif line.startswith(":") and not self._fault:  # nothing new, says the service
                        self._current = self._known()._replace(confirmed_at=datetime.now(UTC))
            except (ExpkitError, RuntimeError) as error:  # a closed client is a RuntimeError
                self._note(str(error))
            if not self._stopping.wait(min(self._every, 5.0)):
                self._try()

    def _try(self) -> None:
        try:
            self.refresh()
        except (ExpkitError, RuntimeError) as error:
            self._note(str(error))

    def _note(self, fault: str) -> None:
        """A failure is logged once, until it goes away or becomes another one."""
        if fault and fault != self._fault and not self._stopping.is_set():
            log.warning("The config is not brought up to date: %s", fault)
        self._fault = fault
