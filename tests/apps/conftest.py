from __future__ import annotations

from collections.abc import Iterator

import pytest

from expkit.datasets import recommender
from expkit.workbench import Workbench, open_workbench


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One analysed experiment, one that only runs, one draft."""
    simulation = recommender(users=4_000, seed=7)
    key = simulation.experiment.key
    with open_workbench(tmp_path_factory.mktemp("home")) as workbench:
        workbench.create(simulation.experiment.changed(sample_size=4_000))
        workbench.start(key)
        workbench.log_exposures(simulation.exposures)
        workbench.log_outcomes(simulation.outcomes)
        workbench.analyze(key)
        for other in ("runs", "draft"):
            workbench.create({**small(other), "name": f"<b>{other}</b>"})
        workbench.start("runs")
        yield workbench


def small(key: str) -> dict[str, object]:
    return {
        "key": key, "name": key, "hypothesis": "If a, then b.", "variants": [{"key": "control"}, {"key": "treatment"}],
        "metrics": ["purchase"], "sample_size": 100,
    }  # fmt: skip
