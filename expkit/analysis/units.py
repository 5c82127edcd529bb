"""One row per unit of a log: who, since when, and each metric's value; for what is done unit by unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.exposed import find_exposed
from expkit.analysis.hits import make_hits
from expkit.analysis.unit_columns import make_frame, make_totals, unit_columns
from expkit.domain import Metric

if TYPE_CHECKING:
    import numpy as np

    from expkit.events import Reader

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["UnitValues", "unit_values"]


class UnitValues(NamedTuple):
    """Units with their variant, when they were first seen, and by metric their value, or two for a ratio.

    A quantile and evenness are no numbers of units, and are not there.
    """

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
    columns = unit_columns(metrics)
    make_totals(connection, columns)
    make_frame(connection, columns, (), keep=("unit", "seen"))
    found = connection.execute("SELECT * FROM frame ORDER BY seen, unit").fetchnumpy()
    values = {}
    for i, metric in enumerate(metrics):
        if not metric.per_unit:
            continue
        above = _capped(found[f"x{i}"].astype(float), metric)
        values[metric.key] = _pairs(above, found[f"d{i}"].astype(float)) if metric.kind == "ratio" else above
    return UnitValues(found["unit"].tolist(), found["variant"].tolist(), found["seen"].astype(float), values)


def _capped(values: Floats, metric: Metric) -> Floats:
    import numpy as np

    cap, there = metric.cap, values[values != 0]
    if metric.winsorize is not None and there.size:
        cap = float(np.quantile(there, metric.winsorize, method="inverted_cdf"))
    return values if cap is None else np.minimum(values, cap)


def _pairs(above: Floats, below: Floats) -> Floats:
    import numpy as np

    return np.column_stack([above, below])
