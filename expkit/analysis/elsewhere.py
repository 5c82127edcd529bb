"""The verb for tables that exist somewhere else and stay there: the same on every workbench."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from expkit.analysis.scorecard import Scorecard
    from expkit.domain import Experiment
    from expkit.registry import Phase

__all__ = ["WarehouseVerb"]


class _Knows(Protocol):
    """A workbench knows definitions and phases, from its own store or from a service."""

    def get(self, key: str) -> Experiment: ...

    def phases(self, key: str) -> list[Phase]: ...


class WarehouseVerb:
    def analyze_warehouse(
        self: _Knows,
        key: str,
        warehouse: Any,
        *,
        exposures: str = "exposures",
        outcomes: str = "outcomes",
        traces: str = "",
        columns: Mapping[str, Mapping[str, str | None]] | None = None,
        at: datetime | None = None,
    ) -> Scorecard:
        """A registered experiment's metrics over tables of a warehouse; only sums by variant leave it. Kept nowhere.

        `warehouse` is an SQLAlchemy URL or engine, a DuckDB connection or a DuckDB file, and is asked from here; tables
        are named as there, and `columns` says what theirs are called: `{"exposures": {"unit": "uid"}, "outcomes":
        {"value": None}}`.
        """
        from expkit.analysis.experiment import analyze_tables
        from expkit.analysis.warehouse import Tables

        tables = Tables(exposures, outcomes, columns or {}, traces)
        return analyze_tables(self.get(key), warehouse, tables, at=at, history=self.phases(key))
