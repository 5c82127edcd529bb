"""The workbench: one short method per verb. The only room that wires the others together.

Permission check, unit of work and correlation id are opened here, once (`desk`); a verb either asks one room or
hands what one room gave to the next.
"""

from __future__ import annotations

import os

from expkit.analysis.elsewhere import WarehouseVerb
from expkit.settings import Settings
from expkit.workbench.analysis import AnalysisVerbs
from expkit.workbench.assignment import AssignmentVerbs
from expkit.workbench.batches import BatchVerbs
from expkit.workbench.boards import BoardVerbs
from expkit.workbench.catalogue import CatalogueVerbs
from expkit.workbench.delivery import DeliveryVerbs
from expkit.workbench.erasure import ErasureVerbs
from expkit.workbench.events import EventVerbs
from expkit.workbench.evidence import EvidenceVerbs
from expkit.workbench.experiments import ExperimentVerbs
from expkit.workbench.files import FileVerbs
from expkit.workbench.governance import GovernanceVerbs
from expkit.workbench.notices import NoticeVerbs
from expkit.workbench.overview import OverviewVerbs
from expkit.workbench.people import PeopleVerbs
from expkit.workbench.retention import RetentionVerbs
from expkit.workbench.tokens import TokenVerbs
from expkit.workbench.watch import WatchVerbs

__all__ = ["Workbench", "open_workbench"]


class Workbench(
    AssignmentVerbs,
    AnalysisVerbs,
    WarehouseVerb,
    EvidenceVerbs,
    PeopleVerbs,
    WatchVerbs,
    ExperimentVerbs,
    EventVerbs,
    ErasureVerbs,
    BatchVerbs,
    BoardVerbs,
    DeliveryVerbs,
    CatalogueVerbs,
    OverviewVerbs,
    FileVerbs,
    GovernanceVerbs,
    RetentionVerbs,
    TokenVerbs,
    NoticeVerbs,
):
    """Every verb of expkit on an open store. Use it as a context manager, or `close()` it."""


def open_workbench(path: str | os.PathLike[str] | None = None, url: str | None = None) -> Workbench:
    """The embedded workbench: a folder (made when missing) with one SQLite file and the event lake.

    `path` wins over `EXPKIT_HOME`; `url` names another database (PostgreSQL), and the folder keeps the rest.
    """
    settings = Settings.read(path)
    return Workbench.open(settings.with_(database_url=url) if url else settings)
