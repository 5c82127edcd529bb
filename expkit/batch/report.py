"""What came out of a batch: its trials ranked by score, the odd ones, the failures with their evidence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from expkit.domain.batch import Batch, Trial
from expkit.domain.noun import Noun

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BatchReport"]

OUTLIER_SCORE = 3.5


class BatchReport(Noun):
    """A batch and its trials, the best score first; trials without a score follow by number."""

    batch: Batch
    trials: tuple[Trial, ...]
    outliers: tuple[int, ...] = ()
    """Numbers of the trials whose score lies far from all others."""

    @classmethod
    def of(cls, batch: Batch, trials: Sequence[Trial]) -> BatchReport:
        return cls(batch=batch, trials=tuple(_ranked(batch, trials)), outliers=tuple(_outliers(trials)))

    @property
    def best(self) -> Trial | None:
        return self.trials[0] if self.trials and self.trials[0].score is not None else None

    @property
    def errors(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.error is not None)

    def to_frame(self) -> pd.DataFrame:
        """One row a trial, in the report's order: number, status, score, parameters, results, error."""
        import pandas as pd

        return pd.DataFrame([_row(trial) for trial in self.trials])


def _ranked(batch: Batch, trials: Iterable[Trial]) -> list[Trial]:
    sign = 1 if batch.scoring and batch.scoring.direction == "min" else -1
    return sorted(trials, key=lambda trial: (math.inf if trial.score is None else sign * trial.score, trial.number))


def _outliers(trials: Iterable[Trial]) -> list[int]:
    """Modified z-scores beyond 3.5, from the median and the median absolute deviation.

    Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers, ASQC. Fewer than five scores show nothing odd.
    """
    scores = {trial.number: trial.score for trial in trials if trial.score is not None}
    if len(scores) < 5:
        return []
    middle = median(scores.values())
    spread = median(abs(score - middle) for score in scores.values())
    return sorted(n for n, score in scores.items() if 0.6745 * abs(score - middle) > OUTLIER_SCORE * spread > 0)


def _row(trial: Trial) -> dict[str, Any]:
    error = f"{trial.error.ename}: {trial.error.evalue}" if trial.error else None
    head = {"trial": trial.number, "status": trial.status, "score": trial.score, "seconds": trial.seconds}
    found = {name if name not in trial.parameters else f"result.{name}": value for name, value in trial.result.items()}
    return {**head, **trial.parameters, **found, "error": error}
