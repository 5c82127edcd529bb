"""Events: a durable inbox that acknowledges, a lake that keeps, a reader that sees both."""

from __future__ import annotations

from expkit.events.forget import count_before, first_exposure, forget
from expkit.events.lake import Lake
from expkit.events.log import Events
from expkit.events.reader import Reader
from expkit.events.rows import sift, to_table
from expkit.events.schemas import KINDS, Kind, arrow_schema

__all__ = [
    "KINDS",
    "Events",
    "Kind",
    "Lake",
    "Reader",
    "arrow_schema",
    "count_before",
    "first_exposure",
    "forget",
    "sift",
    "to_table",
]
