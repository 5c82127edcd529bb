"""What an experiment's tables hold, and the files in which a look keeps them for the next one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.exposed import unit_names
from expkit.analysis.hit_columns import DAY, HitColumns, hit_columns
from expkit.analysis.longevity import DAYS, slopes_of
from expkit.analysis.measures import Measure
from expkit.analysis.progress import RECENT
from expkit.analysis.tallies import HOUR, contribution, plan_read, sums_of
from expkit.analysis.unit_columns import UnitColumn, UnitColumns, measure_of
from expkit.domain import Metric
from expkit.events.unit_state import Part, State, StateFolder

if TYPE_CHECKING:
    from expkit.events import Reader

__all__ = [
    "KEYS",
    "VIEWS",
    "Asked",
    "all_hits",
    "count",
    "cut_tallies",
    "edges",
    "latest_units",
    "make_view",
    "make_views",
    "read",
    "write",
]

FORMAT = 1
KEYS = "hash(unit) AS k1, hash(unit || '~') AS k2"
"""What units are known by: 128 bits, so that no two are taken for one."""
VIEWS = ("tallies", "hits", "totals", "arms", "units", "everybody")
_ROWS = 16_384
"""Of a row group: small, because units are looked up by when they came."""


class Asked(NamedTuple):
    """What an experiment's tables hold: who is compared, on what, and what else is kept of each unit."""

    experiment: str
    variants: Sequence[str]
    metrics: Sequence[Metric]
    attributes: Sequence[str]
    columns: UnitColumns
    lasting: UnitColumns
    """Of the first metric."""
    until: datetime | None = None
    """Who comes later is in no arm."""

    @property
    def hits(self) -> HitColumns:
        return hit_columns(self.metrics)

    @property
    def all_columns(self) -> UnitColumns:
        return self.columns.with_(self.lasting)

    @property
    def totals(self) -> list[UnitColumn]:
        return [column for column in self.all_columns.columns if column.sql]

    @property
    def measures(self) -> list[Measure]:
        """In the order of metrics and attributes."""
        found = [measure_of(i, metric, self.attributes) for i, metric in enumerate(self.metrics) if metric.per_unit]
        return found + [Measure(name, name, f"a{i}") for i, name in enumerate(self.attributes)]

    @property
    def adds_up(self) -> bool:
        """Whether all that is compared are sums over units that stay what they are while no event comes."""
        return all(metric.per_unit and metric.winsorize is None and metric.per != "day" for metric in self.metrics)

    def limits(self, until: int | None) -> list[int | None]:
        """Of each measure, until when a unit has to have come for its window to be over."""
        windows = {column.name: column.window for column in self.columns.columns}
        spans = [windows.get(measure.column) for measure in self.measures]
        return [None if until is None or span is None else until - span for span in spans]

    @property
    def slopes(self) -> list[str]:
        return slopes_of(self.metrics[0], self.lasting)

    @property
    def armed(self) -> str:
        """Which units are in an arm, in SQL."""
        named = ", ".join("'" + variant.replace("'", "''") + "'" for variant in self.variants)
        return f"NOT multiple AND NOT forced AND variant IN ({named})"

    @property
    def first(self) -> list[str]:
        """The columns of what units came with, and the moments of that."""
        return [name for i in range(len(self.attributes)) for name in (f"a{i}", f"m{i}")]

    @property
    def identity(self) -> list[str]:
        return ["k1", "k2", "u", "unit", "variant", "multiple", "forced", "seen", "last", *self.first]

    def digest(self, reader: Reader) -> str:
        """Another one where any table would be another; DuckDB's hashes are its version's own."""
        import duckdb

        named = self.all_columns.parameters_of(" ".join(column.sql for column in self.totals))
        told: list[Any] = [FORMAT, duckdb.__version__, self.experiment, self.variants, self.attributes, *self.hits]
        told.append(self.until)
        told += [sorted(reader.table_ids.items()), sorted(named.items()), self.measures, self.totals]
        text = repr(told)
        return hashlib.sha256(text.encode()).hexdigest()


def make_views(connection: Any, asked: Asked, folder: StateFolder, state: State) -> None:
    make_view(connection, "everybody", latest_units(folder, state.units))
    units = ", ".join(unit_names(asked.attributes))
    arms = ", ".join(name for name in unit_names(asked.attributes) if name not in {"multiple", "last"})
    make_view(connection, "units", f"SELECT {units} FROM everybody WHERE NOT forced")  # noqa: S608  # names of our own
    make_view(connection, "arms", f"SELECT {arms} FROM everybody WHERE {asked.armed}")  # noqa: S608
    totals = ", ".join(["u", *(column.name for column in asked.totals)])
    make_view(connection, "totals", f"SELECT {totals} FROM everybody")  # noqa: S608  # names of our own
    every = all_hits(folder, state.hits)
    hits = f"SELECT h.* EXCLUDE (moment), moment - seen AS age FROM ({every}) AS h JOIN arms USING (u)"  # noqa: S608
    make_view(connection, "hits", hits)


def edges(connection: Any, asked: Asked, relation: str) -> tuple[int | None, int | None, int | None]:
    """The first exposure, the last one, and the last thing that a unit of an arm did."""
    late = "seen + late" if asked.lasting.columns else "seen"
    found: tuple[int | None, int | None, int | None] = connection.execute(
        "SELECT min(seen) FILTER (NOT forced), max(last) FILTER (NOT forced), "  # noqa: S608  # names of our own
        f"max({late}) FILTER ({asked.armed}) FROM {relation}"
    ).fetchone()
    return found


def cut_tallies(connection: Any, asked: Asked, folder: StateFolder, state: State, cuts: Sequence[int]) -> None:
    """Make `tallies`: of the kept ones, and of the single units of those hours that something asked cuts through."""
    moments = list(cuts)
    if state.last is not None:
        moments += [state.last - days * DAY for days in range(RECENT + 1)]
    if state.end is not None:
        moments += [state.end - days * DAY for days in DAYS]
    hours = sorted({moment // HOUR * HOUR for moment in moments})
    plan = plan_read(state.plan)
    within = " OR ".join(f"seen BETWEEN {hour} AND {hour + HOUR - 1}" for hour in hours) or "false"
    rows = f"(SELECT * FROM ({latest_units(folder, state.units, within)}))"  # noqa: S608  # names of our own
    single = contribution(rows, plan, asked.slopes, hours=False)
    (tallies,) = state.tallies
    kept = ", ".join(["variant", "multiple", "forced", "seen", "n", *sums_of(plan, len(asked.slopes))])
    held = f"seen NOT IN ({', '.join(map(str, hours))})" if hours else "true"
    edge = f"{state.first or 0} AS first, {state.last or 0} AS last"
    connection.execute(
        f"CREATE TEMP TABLE tallies AS SELECT *, {edge} FROM ("  # noqa: S608  # names and numbers of our own
        f"SELECT {kept} FROM {read(folder, tallies)} WHERE {held} UNION ALL BY NAME {single}) WHERE NOT forced"
    )


def make_view(connection: Any, name: str, sql: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")


def latest_units(folder: StateFolder, parts: Sequence[Part], condition: str = "true", among: str = "") -> str:
    """Every unit's row in the last part that has one, of those that meet a condition and are among a table's keys."""
    semi = f"SEMI JOIN {among} USING (k1, k2)" if among else ""

    def told(at: int) -> Iterator[str]:
        yield f"SELECT * FROM (SELECT * FROM {read(folder, parts[at])} WHERE {condition}) {semi}"  # noqa: S608
        for later in parts[at + 1 :]:
            yield f"ANTI JOIN {read(folder, later)} AS p{later.name[6:14]} USING (u)"

    return " UNION ALL ".join(" ".join(told(at)) for at in range(len(parts)))


def all_hits(folder: StateFolder, parts: Sequence[Part]) -> str:
    return " UNION ALL BY NAME ".join(f"SELECT * FROM {read(folder, part)}" for part in parts)  # noqa: S608


def read(folder: StateFolder, part: Part) -> str:
    path = str(folder.file(part.name)).replace("'", "''")
    return f"read_parquet('{path}')"


def write(connection: Any, folder: StateFolder, kind: str, sql: str) -> Part:
    file = folder.new_file(kind)
    path = str(file).replace("'", "''")
    how = f"FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {_ROWS}"
    ((rows,),) = connection.execute(f"COPY ({sql}) TO '{path}' ({how})").fetchall()
    return folder.part(file, int(rows))


def count(connection: Any, name: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608  # a name of our own
