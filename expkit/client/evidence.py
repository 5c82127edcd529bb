"""The verbs of doubt, asked of a service: A/A replay, overlap."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from expkit.client.shapes import told
from expkit.client.transport import Transport, route
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.design import AAReplay
    from expkit.stats import Check, NotEstimable

__all__ = ["RemoteEvidence"]


class RemoteEvidence:
    _service: Transport

    def replay_aa(
        self, key: str, *, log: str | None = None, frame: Any = None, unit: str = "user_id", rehashes: int = 1000,
        seed: str = "aa",
    ) -> AAReplay:  # fmt: skip
        """How often an experiment's analysis would find a difference where there is none; frames stay at home."""
        from expkit.design import AAReplay

        if frame is not None:
            raise InvalidInput(
                f"A frame with the column {unit!r} is not sent to a service.",
                hint="replay it with expkit.open(), or name log=...",
            )
        wanted = {"log": log, "rehashes": rehashes, "seed": seed}
        return AAReplay.parse(self._service.post(route("experiments", key, "aa"), wanted))

    def check_overlap(self, key: str, other: str) -> builtins.list[Check | NotEstimable]:
        """Whether another experiment on the same units changes the effect of this one, or still acts."""
        from expkit.stats import Check, NotEstimable

        shapes: dict[str, Any] = {"check": Check, "not_estimable": NotEstimable}
        items = self._service.get(route("experiments", key, "overlap", other))["items"]
        return [told(shapes[item["kind"]], item) for item in items]
