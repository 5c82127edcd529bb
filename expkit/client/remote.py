"""The workbench's verbs, asked of a service: same names, same arguments, same answers, same errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from expkit.analysis.elsewhere import WarehouseVerb
from expkit.client.assignment import RemoteAssignment
from expkit.client.batches import RemoteBatches
from expkit.client.boards import RemoteBoards
from expkit.client.catalogue import RemoteCatalogue
from expkit.client.delivery import RemoteDelivery
from expkit.client.events import RemoteEvents
from expkit.client.evidence import RemoteEvidence
from expkit.client.experiments import RemoteExperiments
from expkit.client.files import RemoteFiles
from expkit.client.governance import RemoteGovernance
from expkit.client.overview import RemoteOverview
from expkit.client.people import RemotePeople
from expkit.client.transport import Transport, route
from expkit.client.watch import RemoteWatch
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.analysis.leaderboard import Leaderboard

__all__ = ["RemoteWorkbench"]


class RemoteWorkbench(
    WarehouseVerb,
    RemoteAssignment,
    RemoteEvents,
    RemoteEvidence,
    RemoteExperiments,
    RemoteBatches,
    RemoteBoards,
    RemoteDelivery,
    RemotePeople,
    RemoteCatalogue,
    RemoteOverview,
    RemoteFiles,
    RemoteGovernance,
    RemoteWatch,
):
    """`expkit.connect(url, token)`. Without a token `EXPKIT_TOKEN` is used. Safe to share between threads."""

    def __init__(self, url: str, token: str = "") -> None:
        self._service = Transport(url, token)

    def close(self) -> None:
        self._service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"RemoteWorkbench({self._service.url!r})"

    # -- analysis

    def analyze(self, key: str | None = None, *, frame: Any = None, at: int | None = None, **options: Any) -> Scorecard:
        """One look at an experiment, taken and kept by the service; or at a frame, which stays here."""
        if (key is None) == (frame is None):
            raise InvalidInput("Analyze what?", hint="give an experiment's key, or frame=..., not both.")
        if key is None:
            from expkit.analysis import analyze_frame

            return analyze_frame(frame, **options)
        if options:
            raise InvalidInput(
                f"{', '.join(sorted(options))} cannot be given for a registered experiment: its own plan says how.",
                hint="change the experiment, or analyze a frame.",
            )
        asked = {} if at is None else {"at": at}
        return self._scorecard(self._service.send("POST", route("experiments", key, "analyze"), params=asked).json())

    def scorecard(self, key: str, *, look: int | None = None) -> Scorecard:
        """The scorecard of the newest look, or of the one of that number, as it was kept."""
        return self._scorecard(self._service.get(route("experiments", key, "results"), look=look))

    def leaderboard(
        self, by: str = "model", *, experiment: str | None = None, days: float | None = None
    ) -> Leaderboard:
        """Models by quality, cost and latency per call, and which of them nobody beats."""
        from expkit.analysis.leaderboard import Leaderboard

        return Leaderboard.parse(self._service.get("/leaderboard", by=by, experiment=experiment, days=days))

    def figure(self, key: str, theme: str = "light") -> dict[str, Any]:
        """The newest scorecard's figure as BokehJS embeds it."""
        item: dict[str, Any] = self._service.get(route("experiments", key, "figure"), theme=theme)
        return item

    def report(self, key: str, format: str = "html") -> str:  # noqa: A002  # the contract's word
        """The newest scorecard as a document of one file."""
        return self._service.send("GET", route("experiments", key, "report"), params={"format": format}).text

    def ready(self) -> bool:
        """True when the service's database answers; the error says why not."""
        self._service.get("/readyz")
        return True

    # -- the inside

    def _scorecard(self, body: Any) -> Scorecard:
        from expkit.analysis import Scorecard

        return Scorecard.parse(body)
