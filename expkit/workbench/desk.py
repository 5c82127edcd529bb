"""What every verb stands on: who asks, the unit of work, and what all views of one workbench share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from expkit import registry
from expkit.assign import Assigner
from expkit.domain import Experiment
from expkit.domain.permissions import EVERYWHERE
from expkit.settings import Settings
from expkit.storage import Store, Work

if TYPE_CHECKING:
    import sqlalchemy as sa

    from expkit.batch import Batches
    from expkit.events import Events
    from expkit.workbench.channels import Channels

__all__ = ["Desk", "compiled"]


class Desk:
    """An open store, used in somebody's name. Safe to share between threads."""

    def __init__(self, store: Store, settings: Settings, *, actor: str = "", correlation_id: str = "") -> None:
        self.settings = settings
        self.actor = actor or settings.actor
        self._store = store
        self._correlation_id = correlation_id
        self._shared = _Shared(store, settings)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        return cls(Store.open(settings.url, settings.audit_key), settings)

    def acting_as(self, actor: str, correlation_id: str = "") -> Self:
        """The same workbench in another's name; what a server does for each request."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, actor=actor or self.actor, _correlation_id=correlation_id)
        return other

    def close(self) -> None:
        self._shared.close()
        self._store.close()

    def ready(self) -> bool:
        """True when the database answers; the error says why not."""
        with self._store.read() as connection:
            registry.count(connection)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.settings.home)!r}, actor={self.actor!r})"

    @contextmanager
    def _begin(self, permission: str, *, key: str | None = None, project: str = EVERYWHERE) -> Iterator[Work]:
        """A unit of work, once the actor may; `key` looks the project up that the permission is asked for."""
        with self._work() as work:
            where = project if key is None else registry.project_of(work.connection, key)
            registry.require(work.connection, self.actor, permission, where, work.at)
            yield work

    @contextmanager
    def _work(self) -> Iterator[Work]:
        """A unit of work of a verb that has to look something up before it can ask whether the actor may."""
        with self._store.begin(actor=self.actor, correlation_id=self._correlation_id) as work:
            yield work

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with self._store.read() as connection:
            yield connection

    def _may(self, permission: str, *, key: str | None = None, project: str = EVERYWHERE) -> None:
        """The same check for what opens units of work of its own."""
        with self._store.read() as connection:
            where = project if key is None else registry.project_of(connection, key)
            registry.require(connection, self.actor, permission, where, datetime.now(UTC))


class _Shared:
    """What all views of one workbench share: events, batches and the compiled assigner, made when first asked for."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._events: Events | None = None
        self._batches: Batches | None = None
        self._compiled: tuple[int, Assigner] | None = None
        self.watched: dict[str, Any] = {}
        """When each running experiment was watched last."""
        self._channels: Channels | None = None

    @property
    def events(self) -> Events:
        if self._events is None:
            from expkit.events import Events

            self._events = Events(self._store, self._settings.lake_url)
        return self._events

    @property
    def batches(self) -> Batches:
        if self._batches is None:
            from expkit.batch import Batches

            self._batches = Batches(self._store, self._settings.home)
        return self._batches

    def channels(self) -> Channels:
        """Where people are told."""
        if self._channels is None:
            from expkit.workbench.channels import Channels

            self._channels = Channels(self._settings.notify)
        return self._channels

    def assigner(self) -> Assigner:
        """The snapshot of the newest revision; swapped whole, so that concurrent callers see old or new."""
        with self._store.read() as connection:
            revision = registry.revision(connection)
            known = self._compiled
            if known is None or known[0] > revision or registry.touched_since(connection, known[0]):
                known = revision, compiled(connection, registry.every(connection), at=datetime.now(UTC))
            self._compiled = revision, known[1]
            return known[1]

    def close(self) -> None:
        if self._batches is not None:
            self._batches.close()


def compiled(connection: sa.Connection, experiments: Iterable[Experiment], *, at: datetime) -> Assigner:
    """A snapshot of experiments with the groups, holdouts and overrides of a moment."""
    groups = {group.key: group.values for group in registry.groups(connection, at=at)}
    holdouts, overrides = registry.holdouts(connection, at=at), registry.overrides(connection, at=at)
    # what is revoked since then held at that moment
    held = [override.changed(revoked_at=None) if override.revoked_at else override for override in overrides]
    return Assigner.compile(experiments, groups=groups, holdouts=holdouts, overrides=held)
