"""A remote workbench that assigns by itself: the same verbs, and the service is asked for all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from expkit.client.local import LocalAssigner
from expkit.client.remote import RemoteWorkbench
from expkit.domain import Assignment
from expkit.errors import Unreachable

if TYPE_CHECKING:
    from expkit.assign import Memory

__all__ = ["LocalWorkbench"]


class LocalWorkbench(RemoteWorkbench):
    """`expkit.connect(url, token, local=True)`. `local` is its assigner, and says how fresh it is.

    Experiments that remember their units are asked of the service, which alone knows whom it remembers; while it is
    away the answer is what a new unit would get, or what the caller's `sticky` says.
    """

    def __init__(self, url: str, token: str = "", **options: Any) -> None:
        super().__init__(url, token)
        try:
            self.local = LocalAssigner(url, token, **options)
        except BaseException:
            super().close()
            raise

    def close(self) -> None:
        self.local.close()
        super().close()

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
        """Which variant a unit gets. Nothing is recorded: log an exposure when the unit has seen it."""
        if self.local.remembers(experiment):
            try:
                return super().assign(
                    user_id=user_id, session_id=session_id, attributes=attributes, experiment=experiment,
                    page_type=page_type, placement=placement, sticky=sticky, url=url, explain=explain,
                )  # fmt: skip
            except Unreachable:
                pass
        return self.local.assign(
            user_id=user_id, session_id=session_id, attributes=attributes, experiment=experiment,
            page_type=page_type, placement=placement, sticky=sticky, url=url, explain=explain,
        )  # fmt: skip

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
        keys = None if experiments is None else list(experiments)
        if any(self.local.remembers(key) for key in (keys if keys is not None else [None])):
            try:
                return super().assign_all(
                    user_id=user_id, session_id=session_id, attributes=attributes, experiments=keys,
                    page_type=page_type, placement=placement, sticky=sticky, url=url,
                )  # fmt: skip
            except Unreachable:
                pass
        return self.local.assign_all(
            user_id=user_id, session_id=session_id, attributes=attributes, experiments=keys,
            page_type=page_type, placement=placement, sticky=sticky, url=url,
        )  # fmt: skip

    def assign_frame(self, frame: Any, *, experiment: str) -> Any:
        """The caller's frame with a column `variant`. The rows stay here."""
        if self.local.remembers(experiment):
            return super().assign_frame(frame, experiment=experiment)
        return self.local.assign_frame(frame, experiment=experiment)
