"""The verbs of standing side by side, asked of a service."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from expkit.client.transport import Transport
from expkit.domain import Guardrail
from expkit.domain.canary import Told
from expkit.domain.collaboration import Learning

if TYPE_CHECKING:
    from expkit.analysis.canary import VersionComparison
    from expkit.analysis.wins import Wins

__all__ = ["RemoteBoards"]


class RemoteBoards:
    _service: Transport

    def compare_versions(
        self, control: str, treatment: str, *, by: Told = "version",
        guardrails: Iterable[Guardrail | Mapping[str, Any] | str] = (), experiment: str | None = None,
        days: float | None = None,
    ) -> VersionComparison:  # fmt: skip
        """Two versions (models, prompts) by their calls, with verdicts and guardrails that hold at any moment."""
        from expkit.analysis.canary import VersionComparison

        given = [one.to_dict() if isinstance(one, Guardrail) else one for one in guardrails]
        body = {
            "control": control, "treatment": treatment, "by": by, "guardrails": given, "experiment": experiment,
            "days": days,
        }  # fmt: skip
        return VersionComparison.parse(self._service.post("/versions/compare", body))

    def wins(self, by: str = "owner", *, project: str | None = None) -> Wins:
        """How many ended experiments each owner, model, prompt or version has won and lost."""
        from expkit.analysis.wins import Wins

        return Wins.parse(self._service.get("/wins", by=by, project=project))

    def learnings(
        self, text: str = "", *, outcome: str | None = None, project: str | None = None, limit: int = 100
    ) -> builtins.list[Learning]:
        """What was learnt, the newest first: where every word of the text stands in the learning or its experiment."""
        found = self._service.get("/learnings", text=text, outcome=outcome, project=project, limit=limit)
        return [Learning.parse(item) for item in found["items"]]
