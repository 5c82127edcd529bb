"""The workbench's verbs, asked of a service: same names, same arguments, same answers, same errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from expkit.client.assignment import RemoteAssignment
from expkit.client.batches import RemoteBatches
from expkit.client.catalogue import RemoteCatalogue
from expkit.client.delivery import RemoteDelivery
from expkit.client.evidence import RemoteEvidence
from expkit.client.experiments import RemoteExperiments
from expkit.client.files import RemoteFiles
from expkit.client.governance import RemoteGovernance
from expkit.client.overview import RemoteOverview
from expkit.client.people import RemotePeople
from expkit.client.rows import bodies, together
from expkit.client.transport import Transport, route
from expkit.domain.logged import Logged
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.events import Kind

__all__ = ["RemoteWorkbench"]


class RemoteWorkbench(
    RemoteAssignment,
    RemoteEvidence,
    RemoteExperiments,
    RemoteBatches,
    RemoteDelivery,
    RemotePeople,
    RemoteCatalogue,
    RemoteOverview,
    RemoteFiles,
    RemoteGovernance,
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

    # -- events

    def log_exposures(self, rows: Any) -> Logged:
        """Durable when it returns: how many rows. Bad rows are refused one by one, and `.refused` counts them."""
        return self._log("exposures", rows)

    def log_outcomes(self, rows: Any) -> Logged:
        return self._log("outcomes", rows)

    def log_traces(self, rows: Any) -> Logged:
        return self._log("traces", rows)

    # -- analysis

    def analyze(self, key: str | None = None, *, frame: Any = None, **options: Any) -> Scorecard:
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
        return self._scorecard(self._service.post(route("experiments", key, "analyze")))

    def scorecard(self, key: str) -> Scorecard:
        """The scorecard of the newest look."""
        return self._scorecard(self._service.get(route("experiments", key, "results")))

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

    def _log(self, kind: Kind, rows: Any) -> Logged:
        from expkit.events import sift

        sifted = sift(kind, rows, at=datetime.now(UTC))
        answers = [
            self._service.send("POST", f"/experiments/{kind}", content=body, headers=_JSON).json()
            for count, body in bodies(kind, sifted.table)
            if count
        ]
        return together(sifted.logged, sifted.kept, answers)

    def _scorecard(self, body: Any) -> Scorecard:
        from expkit.analysis import Scorecard

        return Scorecard.parse(body)


_JSON = {"Content-Type": "application/json"}
