"""`expkit analyze KEY --warehouse ...`: tables that are elsewhere, and what their columns are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.analysis import Scorecard

__all__ = ["Columns", "ExposuresTable", "OutcomesTable", "TracesTable", "Warehouse", "analyze_warehouse"]

Warehouse = Annotated[
    str | None,
    typer.Option(metavar="URL|FILE", help="Ask tables there: an SQLAlchemy URL or a DuckDB file. Kept nowhere."),
]
ExposuresTable = Annotated[str, typer.Option("--exposures", metavar="TABLE", help="With --warehouse: who saw what.")]
OutcomesTable = Annotated[str, typer.Option("--outcomes", metavar="TABLE", help="With --warehouse: who did what.")]
TracesTable = Annotated[str, typer.Option("--traces", metavar="TABLE", help="With --warehouse: the model calls.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="TABLE.WHAT=COLUMN",
        help="With --warehouse: what a column is called, exposures.unit=uid; nothing after = when there is none.",
    ),
]


def analyze_warehouse(workbench: Any, key: str, url: str, tables: dict[str, str], columns: Sequence[str]) -> Scorecard:
    named: dict[str, dict[str, str | None]] = {}
    for text in columns:
        place, equals, column = text.partition("=")
        table, dot, what = place.partition(".")
        if not (equals and dot and table and what):
            raise InvalidInput(f"--column {text} names no column.", hint="e.g. --column exposures.unit=uid")
        named.setdefault(table, {})[what] = column or None
    scorecard: Scorecard = workbench.analyze_warehouse(key, url, **tables, columns=named)
    return scorecard
