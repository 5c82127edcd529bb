"""One row per unit of a log: who, since when, and each metric's value; for what is done unit by unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.summaries import find_exposed, make_hits
from expkit.analysis.unit_columns import make_scores
from expkit.domain import Metric

if TYPE_CHECKING:
    import numpy as np

    from expkit.events import Reader

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["UnitValues", "unit_values"]


class UnitValues(NamedTuple):
    """Units with their variant, when they were first seen, and by metric their value, or two for a ratio."""

    units: list[str]
    variants: list[str]
    seen: Floats
    values: dict[str, Floats]


def unit_values(experiment: str, reader: Reader, metrics: Sequence[Metric]) -> UnitValues:
    """Those that one experiment exposed, each to one variant, the first ones first."""
    connection: Any = reader.connection
    find_exposed(connection, experiment, [], None)
    single = "SELECT * EXCLUDE (multiple, last) FROM units WHERE NOT multiple"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE arms AS {single}")
    if not metrics:
        found = connection.execute("SELECT unit, variant, seen FROM arms ORDER BY seen, unit").fetchnumpy()
        return UnitValues(found["unit"].tolist(), found["variant"].tolist(), found["seen"].astype(float), {})
    make_hits(connection, metrics, None)
    make_scores(connection, metrics, (), keep=("unit", "seen"))
    found = connection.execute("SELECT * FROM frame ORDER BY seen, unit").fetchnumpy()
    values = {}
    for i, metric in enumerate(metrics):
        above = found[f"x{i}"].astype(float)
        values[metric.key] = _pairs(above, found[f"d{i}"].astype(float)) if metric.kind == "ratio" else above
    return UnitValues(found["unit"].tolist(), found["variant"].tolist(), found["seen"].astype(float), values)


def _pairs(above: Floats, below: Floats) -> Floats:
    import numpy as np

    return np.column_stack([above, below])
