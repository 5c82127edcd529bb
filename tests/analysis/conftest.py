"""Events in a fresh folder, and an analysis of what a test logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from expkit.analysis import Scorecard, analyze_experiment
from expkit.domain import Experiment
from expkit.events import Events
from expkit.storage import Store


@pytest.fixture
def events(tmp_path: Any) -> Iterator[Events]:
    store = Store.open(f"sqlite:///{tmp_path / 'expkit.db'}")
    yield Events(store, str(tmp_path / "lake"))
    store.close()


@pytest.fixture
def analyze(events: Events) -> Callable[..., Scorecard]:
    """Log exposures and outcomes, then analyse: `analyze(experiment(), exposures, outcomes)`."""

    def analyze(wanted: Experiment, exposures: Any = (), outcomes: Any = (), **options: Any) -> Scorecard:
        with events._store.begin(actor="ann") as work:
            events.log_exposures(work, exposures)
            events.log_outcomes(work, outcomes)
        with events.reader(experiment=wanted.key) as reader:
            return analyze_experiment(wanted, reader, **options)

    return analyze
