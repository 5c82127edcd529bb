"""What the workbench adds to exposures: the mark of forced units, and what units are to be remembered by."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from expkit.assign import RECORD, memory_key

if TYPE_CHECKING:
    from expkit.domain import Experiment

__all__ = ["KnownVariants", "mark_forced", "to_remember"]

IDS = ("user_id", "session_id")


class KnownVariants(Mapping[str, Collection[str]]):
    """The variants of each experiment, looked up only where an exposure names it."""

    def __init__(self, experiments: Mapping[str, Experiment]) -> None:
        self._experiments = experiments

    def __getitem__(self, key: str) -> Collection[str]:
        return self._experiments[key].shares

    def __iter__(self) -> Iterator[str]:
        return iter(self._experiments)

    def __len__(self) -> int:
        return len(self._experiments)


def mark_forced(table: Any, forced: Mapping[str, set[tuple[str, str]]]) -> Any:
    """Exposures of units that an override forces now carry its mark, whoever logs them."""
    import pyarrow as pa

    rows = [
        row
        for row, (experiment, *ids) in enumerate(_columns(table, "experiment", *IDS))
        if experiment in forced and not forced[experiment].isdisjoint(zip(IDS, ids, strict=True))
    ]
    if not rows:
        return table
    attributes = table.column("attributes").to_pylist()
    for row in rows:
        known = json.loads(attributes[row] or "{}")
        record = known.get(RECORD)
        known[RECORD] = {**(record if isinstance(record, dict) else {}), "forced": True}
        attributes[row] = json.dumps(known, ensure_ascii=False)
    place = table.column_names.index("attributes")
    return table.set_column(place, "attributes", pa.array(attributes, pa.string()))


def to_remember(table: Any, experiments: Mapping[str, Experiment]) -> Iterator[tuple[str, str, str, str]]:
    """Unit, name, experiment and variant of what was exposed, in the experiments that remember."""
    for key, variant, user_id, session_id, attributes in _columns(table, "experiment", "variant", *IDS, "attributes"):
        experiment = experiments.get(key)
        if experiment is None or variant not in experiment.shares or _is_forced(attributes):
            continue
        ids = [("user_id", user_id), ("session_id", session_id)]
        given = [f"{name}||{value}" for name, value in ids if value]
        # at login only the hashed id counts, unless the session's past is to count, too
        for unit in given[:1] if experiment.at_login == "rebucket" else given:
            yield unit, memory_key(experiment), key, variant


def _is_forced(attributes: str | None) -> bool:
    if not attributes or '"forced"' not in attributes:
        return False
    record = json.loads(attributes).get(RECORD)
    return isinstance(record, dict) and record.get("forced") is True


def _columns(table: Any, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table.column(name).to_pylist() for name in names), strict=True)
