"""The verb for tables that already exist somewhere else; they stay there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit.workbench.experiments import ExperimentVerbs

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = ["WarehouseVerbs"]


class WarehouseVerbs(ExperimentVerbs):
    def analyze_warehouse(
        self,
        key: str,
        warehouse: Any,
        *,
        exposures: str = "exposures",
        outcomes: str = "outcomes",
        columns: Mapping[str, Mapping[str, str | None]] | None = None,
        at: datetime | None = None,
    ) -> Scorecard:
        """A registered experiment's metrics over tables of a warehouse; only sums by variant leave it. Kept nowhere.

        `warehouse` is an SQLAlchemy URL or engine, a DuckDB connection or a DuckDB file; tables are named as there,
        and `columns` says what theirs are called: `{"exposures": {"unit": "uid"}, "outcomes": {"value": None}}`.
        """
        from expkit.analysis import Tables, analyze_tables

        tables = Tables(exposures, outcomes, columns or {})
        return analyze_tables(self.get(key), warehouse, tables, at=at, history=self.phases(key))
