"""The verbs of doubt: would this analysis find what is not there, and does another experiment get in the way?"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from expkit.domain import Experiment
from expkit.errors import InvalidInput, UnknownName
from expkit.workbench.desk import Desk

if TYPE_CHECKING:
    from expkit.design import AAReplay
    from expkit.stats import Check, NotEstimable

__all__ = ["EvidenceVerbs"]

METHODS = {
    "fixed": ["fixed", "naive"],
    "always_valid": ["fixed", "naive", "confidence-sequence"],
    "bayesian": ["fixed", "naive"],
}


class EvidenceVerbs(Desk):
    def replay_aa(
        self, key: str, *, log: str | None = None, frame: Any = None, unit: str = "user_id", rehashes: int = 1000,
        seed: str = "aa",
    ) -> AAReplay:  # fmt: skip
        """How often an experiment's analysis would find a difference where there is none: its metrics, shares, method
        and looks, on the units of a log that are dealt out anew so many times.

        `log` is another experiment whose units and outcomes are taken (by default its own), or give a `frame` with
        one row per unit and a column for each metric, in the order in which the units came.
        """
        from expkit.design import replay_aa

        experiment = self._experiment(key)
        if log is not None and frame is not None:
            raise InvalidInput("Both log and frame are given.", hint="give one of them.")
        units, values = self._logged(experiment, log or key) if frame is None else _framed(experiment, frame, unit)
        plan, spending = experiment.plan, str(experiment.plan.spending)
        known = spending if spending in {"obrien-fleming", "pocock", "power"} else "obrien-fleming"
        grouped = ["fixed", "naive", known]
        methods: Any = METHODS.get(plan.method, grouped) if plan.looks > 1 else ["fixed"]
        return replay_aa(
            units,
            values,
            experiment.shares,
            control=experiment.control.key,
            looks=plan.looks,
            methods=methods,
            rehashes=rehashes,
            alpha=plan.alpha,
            alternatives={experiment.primary_metric.key: plan.alternative},
            seed=seed,
            experiment=key,
            log="a frame" if frame is not None else log or key,
        )

    def check_overlap(self, key: str, other: str) -> builtins.list[Check | NotEstimable]:
        """On the units of both: does the other experiment change this one's effect on its primary metric (one check for
        each pair of treatments), and is something left of the other's arms (one for each of its treatments)?
        """
        from expkit.analysis import check_overlap

        if key == other:
            raise InvalidInput("An experiment does not overlap with itself.", hint="name another one.")
        first, second = self._experiment(key), self._experiment(other)
        with self._shared.events.reader() as reader:
            return list(check_overlap(first, second, reader))

    def _experiment(self, key: str) -> Experiment:
        from expkit import registry

        with self._read() as connection:
            return registry.get(connection, key)

    def _logged(self, experiment: Experiment, log: str) -> tuple[builtins.list[str], dict[str, Any]]:
        from expkit.analysis import unit_values
        from expkit.analysis.estimates import metrics_of

        self._experiment(log)
        with self._shared.events.reader(experiment=log) as reader:
            found = unit_values(log, reader, metrics_of(experiment))
        if not found.units:
            raise InvalidInput(f"Nobody was exposed to {log!r} yet.", hint="name an experiment that ran: log=...")
        if not experiment.plan.of_users:
            raise InvalidInput("Only users are dealt out anew, not sessions.", hint="give a frame with a row for each.")
        if not (primary := experiment.primary_metric).per_unit:
            raise InvalidInput(
                f"Metric {primary.key!r} is a {primary.kind}, which has no number for each unit to deal out anew.",
                hint="put a conversion, count, sum or ratio first.",
            )
        return found.units, found.values


def _framed(experiment: Experiment, frame: Any, unit: str) -> tuple[builtins.list[str], dict[str, Any]]:
    import narwhals as nw
    import numpy as np

    table = nw.from_native(frame, eager_only=True)
    if unit not in table.columns:
        raise UnknownName.among("column", unit, table.columns, "the frame")
    units = [str(one) for one in table[unit].to_list()]
    values: dict[str, Any] = {}
    for metric in experiment.metrics:
        if metric.kind == "ratio":
            pair = [metric.numerator_event, metric.denominator_event]
            if all(name in table.columns for name in pair):
                values[metric.key] = np.column_stack([table[name].to_numpy().astype(float) for name in pair])
        elif metric.key in table.columns:
            values[metric.key] = table[metric.key].to_numpy().astype(float)
    if experiment.primary_metric.key not in values:
        raise UnknownName.among("column", experiment.primary_metric.key, table.columns, "the frame")
    return units, values
