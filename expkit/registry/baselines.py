"""Baselines: what a promotion makes the new normal, metric by metric, and what was normal before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from expkit.domain import Experiment
from expkit.domain.baseline import Baseline
from expkit.registry.baseline_tables import baselines as table
from expkit.registry.looks import latest_look
from expkit.storage import Work

__all__ = ["baseline", "baselines", "end_baselines", "record_baselines"]


def record_baselines(work: Work, experiment: Experiment) -> list[Baseline]:
    """The winner's levels at the newest look; those of metrics that nobody has looked at are not known."""
    winner = experiment.winner
    if winner is None:
        return []
    card = latest_look(work.connection, experiment.key) or {}
    seen = dict(_levels(card, winner.key, experiment.control.key))
    fixed = {
        "project": experiment.project, "experiment": experiment.key, "variant": winner.key,
        "version": experiment.version, "look": card.get("look"), "params": winner.delivered, "actor": work.actor,
        "at": work.at, "ended_at": None,
    }  # fmt: skip
    metrics = {metric.key: metric.kind for metric in experiment.metrics}
    metrics |= {guardrail.metric.key: guardrail.metric.kind for guardrail in experiment.guardrails}
    rows = [
        {**fixed, "metric": key, "kind": kind, **seen.get(key, {"level": None, "sd": None, "units": 0})}
        for key, kind in metrics.items()
    ]
    numbers = [work.connection.scalar(sa.insert(table).values(row).returning(table.c.id)) for row in rows]
    levels = {row["metric"]: row["level"] for row in rows}
    told = {"variant": winner.key, "look": fixed["look"], "levels": levels, "params": winner.delivered}
    work.audit("baseline.record", experiment.key, before=_before(work.connection, experiment), after=told)
    return [Baseline.parse({**row, "id": number}) for row, number in zip(rows, numbers, strict=True)]


def end_baselines(work: Work, experiment: Experiment) -> int:
    """What this experiment's winner had made normal is so no more; what was before it holds again."""
    mine = sa.and_(table.c.experiment == experiment.key, table.c.ended_at.is_(None))
    ended = work.connection.execute(sa.update(table).where(mine).values(ended_at=work.at)).rowcount
    if ended:
        work.audit("baseline.restore", experiment.key, after=_before(work.connection, experiment))
    return ended


def baselines(
    connection: sa.Connection, *, project: str | None = None, metric: str | None = None, past: bool = False
) -> list[Baseline]:
    """What holds now, by project and metric; with `past` all there ever were, the newest first."""
    query = sa.select(table).order_by(table.c.at.desc(), table.c.id.desc())
    for column, wanted in ((table.c.project, project), (table.c.metric, metric)):
        query = query if wanted is None else query.where(column == wanted)
    if past:
        return [_noun(row) for row in connection.execute(query)]
    newest: dict[tuple[str, str], Baseline] = {}
    for row in connection.execute(query.where(table.c.ended_at.is_(None))):
        newest.setdefault((row.project, row.metric), _noun(row))
    return [newest[name] for name in sorted(newest)]


def baseline(connection: sa.Connection, project: str, metric: str, *, but: str = "") -> Baseline | None:
    """What holds for one metric and has a level; `but` leaves out what an experiment of this key has brought."""
    query = sa.select(table).where(
        table.c.project == project, table.c.metric == metric, table.c.ended_at.is_(None),
        table.c.level.is_not(None), table.c.experiment != but,
    )  # fmt: skip
    row = connection.execute(query.order_by(table.c.at.desc(), table.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _noun(row)


def _before(connection: sa.Connection, experiment: Experiment) -> dict[str, Any]:
    """What holds for the experiment's metrics without it."""
    wanted = {metric.key for metric in experiment.metrics}
    wanted |= {guardrail.metric.key for guardrail in experiment.guardrails}
    found = {key: baseline(connection, experiment.project, key, but=experiment.key) for key in sorted(wanted)}
    return {"levels": {key: one.level for key, one in found.items() if one is not None}}


def _levels(card: Mapping[str, Any], winner: str, control: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """By metric; the spread of one unit is that which the comparison's standard error comes from."""
    for row in card.get("estimates", ()):
        found = row.get("estimate") or {}
        side = "control" if winner == control else "treatment"
        if found.get("kind") != "estimate" or (side == "treatment" and row["variant"] != winner):
            continue
        arms = found["control"], found["treatment"]
        sd = found["se"] / math.sqrt(sum(1 / arm["n"] for arm in arms)) if all(arm["n"] for arm in arms) else None
        if math.isfinite(found[side]["mean"]):
            known = sd if sd is not None and math.isfinite(sd) else None
            yield row["metric"], {"level": found[side]["mean"], "sd": known, "units": found[side]["n"]}


def _noun(row: sa.Row[Any]) -> Baseline:
    return Baseline.parse(dict(row._mapping))
