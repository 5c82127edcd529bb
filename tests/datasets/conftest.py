"""Reading simulations by hand, so that the analysis is not checked against itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from expkit.datasets import Simulation


def _units(table: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(table["user_id"], table["session_id"])


def _sums(simulation: Simulation, event: str, measure: str) -> dict[str, np.ndarray]:
    exposed = pa.table({"unit": _units(simulation.exposures), "variant": simulation.exposures["variant"]})
    rows = simulation.outcomes.filter(pc.equal(simulation.outcomes["event"], event))
    found = pa.table({"unit": _units(rows), "value": rows["value"]}).group_by("unit")
    sums = found.aggregate([("value", "sum"), ("value", "count")]).rename_columns(["unit", "sum", "count"])
    joined = exposed.join(sums, "unit").sort_by("unit")
    values = pc.fill_null(joined[measure], 0).to_numpy().astype(float)
    variants = joined["variant"].to_numpy()
    return {variant.key: values[variants == variant.key] for variant in simulation.experiment.variants}


@pytest.fixture(scope="session")
def units() -> Callable[[pa.Table], pa.ChunkedArray]:
    """The unit of each row: the user, else the session."""
    return _units


@pytest.fixture(scope="session")
def sums() -> Callable[[Simulation, str, str], dict[str, np.ndarray]]:
    """By variant, one number per exposed unit: an event's `count`, or the `sum` of its values."""
    return _sums


@pytest.fixture(scope="session")
def agrees() -> Callable[[np.ndarray, float], bool]:
    """Whether a mean is within 5 standard errors of what is expected."""

    def within(values: np.ndarray, expected: float) -> bool:
        return bool(abs(values.mean() - expected) < 5 * values.std() / np.sqrt(len(values)))

    return within


@pytest.fixture(scope="session")
def ratio_agrees(agrees: Callable[[np.ndarray, float], bool]) -> Callable[[np.ndarray, np.ndarray, float], bool]:
    """The same for a ratio of two sums, by its linearised error."""

    def within(above: np.ndarray, below: np.ndarray, expected: float) -> bool:
        return agrees((above - expected * below) / below.mean(), 0.0)

    return within
