"""What exposed units are remembered by, for the experiments that remember: the first variant counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from expkit.registry.assignment_tables import remembered as table
from expkit.storage import Work

__all__ = ["memory_in", "memory_of", "remember_units"]

AT_ONCE = 500


def memory_of(
    connection: sa.Connection, units: Sequence[str], *, at: datetime | None = None
) -> dict[str, dict[str, str]]:
    """`{"user_id||u1": {"checkout__0": "treatment"}}`; with `at`, what was known then."""
    found: dict[str, dict[str, str]] = {}
    for first in range(0, len(units), AT_ONCE):
        query = sa.select(table.c.unit, table.c.name, table.c.variant)
        query = query.where(table.c.unit.in_(units[first : first + AT_ONCE]))
        if at is not None:
            query = query.where(table.c.at <= at)
        for unit, name, variant in connection.execute(query):
            found.setdefault(unit, {})[name] = variant
    return found


def memory_in(connection: sa.Connection, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """The same for all units that some experiments remember."""
    found: dict[str, dict[str, str]] = {}
    query = sa.select(table.c.unit, table.c.name, table.c.variant).where(table.c.experiment.in_(keys))
    for unit, name, variant in connection.execute(query):
        found.setdefault(unit, {})[name] = variant
    return found


def remember_units(work: Work, seen: Iterable[tuple[str, str, str, str]]) -> None:
    """Keep unit, name, experiment and variant of those that are not known yet."""
    rows = [
        {"unit": unit, "name": name, "experiment": experiment, "variant": variant, "at": work.at}
        for (unit, name), (experiment, variant) in _first(seen).items()
    ]
    insert = postgresql.insert if work.connection.dialect.name == "postgresql" else sqlite.insert
    for first in range(0, len(rows), AT_ONCE):
        work.connection.execute(insert(table).on_conflict_do_nothing(), rows[first : first + AT_ONCE])


def _first(seen: Iterable[tuple[str, str, str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    kept: dict[tuple[str, str], tuple[str, str]] = {}
    for unit, name, experiment, variant in seen:
        kept.setdefault((unit, name), (experiment, variant))
    return kept
