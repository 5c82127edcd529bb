"""What past data say of a metric, for `expkit size data`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from expkit.cli.files import read_frame
from expkit.domain.baseline import Baseline
from expkit.errors import InvalidInput, UnknownName

__all__ = ["Past", "history_of", "recorded", "simulated"]


class Past(NamedTuple):
    """Baseline, spread per unit, correlation with the covariates; the values themselves."""

    kind: Literal["conversion", "mean", "ratio", "quantile"]
    baseline: float
    sd: float
    rho: float
    values: Any


def history_of(file: Path, metric: str, quantile: float | None, covariates: Sequence[str], cluster: str | None) -> Past:
    """A metric of 0 and 1 is a proportion; `top/bottom` is a ratio of totals."""
    import numpy as np

    from expkit.stats import NotEstimable, history_of_means, history_of_quantile, history_of_ratios

    table = read_frame(file)
    top, slash, bottom = metric.partition("/")
    names = [top, *([bottom] if slash else []), *covariates]
    for name in (*names, *([cluster] if cluster else [])):
        if name not in table.column_names:
            raise UnknownName.among("column", name, table.column_names, str(file))
    columns = [_numbers(table, name) for name in names]
    kind: Literal["conversion", "mean", "ratio", "quantile"]
    if slash:
        kind, found = "ratio", history_of_ratios((columns[0], columns[1]))
    elif quantile is not None:
        clusters = table.column(cluster).to_pylist() if cluster else None
        kind, found = "quantile", history_of_quantile(columns[0], quantile, clusters)
    else:
        found = history_of_means(columns[0], np.column_stack(columns[1:]) if covariates else None)
        binary = bool(np.isin(columns[0][~np.isnan(columns[0])], (0, 1)).all())
        kind = "conversion" if binary else "mean"
    if isinstance(found, NotEstimable):
        raise InvalidInput(found.reason, hint=found.hint)
    return Past(kind, found.baseline, found.sd, found.rho, columns[0])


def recorded(baselines: Sequence[Baseline], sd: float | None) -> tuple[float, float | None]:
    """The level that the last promotion has recorded, with its spread unless one is given."""
    for known in baselines:
        if known.level is not None:
            return known.level, known.sd if sd is None else sd
    raise InvalidInput(
        "No baseline of its primary metric is recorded in its project.",
        hint="give --baseline; a promotion after a look records one.",
    )


def simulated(past: Past, found: Any, experiments: int) -> Any:
    """The power of the answer by drawing experiments from the values; None where that was not asked for."""
    from expkit.stats import NotEstimable, simulate_power

    if not experiments:
        return None
    asked = found.question
    if past.kind not in ("mean", "conversion") or asked.goal != "difference" or not asked.relative or asked.looks > 1:
        raise InvalidInput("This cannot be simulated.", hint="a mean or a proportion, with --lift and one look, can.")
    units = found.per_arm[0], min(found.per_arm[1:])
    level = asked.alpha / asked.comparisons
    drawn = simulate_power(
        past.values, units, lift=found.effect, experiments=experiments, alpha=level, alternative=asked.alternative
    )
    if isinstance(drawn, NotEstimable):
        raise InvalidInput(drawn.reason, hint=drawn.hint)
    return drawn


def _numbers(table: Any, name: str) -> Any:
    import pyarrow as pa

    try:
        return table.column(name).cast(pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InvalidInput(f"Column {name!r} holds no numbers.", hint="name a column of numbers.") from None
