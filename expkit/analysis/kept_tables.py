"""An experiment's tables, and what is asked of all units: from what the last look kept and what is new, or from all."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expkit.analysis.anomalies import Days, days_from, read_days
from expkit.analysis.bring_forward import NotBroughtForward, bring_forward
from expkit.analysis.exposed import find_exposed, make_arms
from expkit.analysis.hits import make_hits
from expkit.analysis.kept_parts import KEYS, VIEWS, Asked, count, cut_tallies, edges, read, write
from expkit.analysis.longevity import DAYS, Slopes, check_lasting, check_slopes
from expkit.analysis.summaries import measured
from expkit.analysis.tallies import contribution, daily, plan_of, plan_read, plan_told, statistics_of, sums_of
from expkit.analysis.unit_columns import make_frame, make_totals, microseconds
from expkit.errors import StorageUnavailable
from expkit.events.unit_state import State, StateFolder

if TYPE_CHECKING:
    from expkit.analysis.statistics import ArmStatistic
    from expkit.domain import Experiment
    from expkit.events import Reader
    from expkit.stats import Check

__all__ = ["LEAST_HITS", "Tables", "tables_of"]

log = logging.getLogger(__name__)

LEAST_HITS = 200_000
"""Fewer are read again in no time."""
NOISE = 2.0**-44


class Tables:
    """`everybody`, `units`, `arms`, `hits`, `totals` and `tallies`, of all events."""

    def __init__(self, connection: Any, asked: Asked) -> None:
        self.connection, self.asked = connection, asked

    def measured(self, whole_by: datetime | None, keep: Sequence[str] = ()) -> list[dict[str, ArmStatistic]]:
        """As `summarize` has it."""
        asked = self.asked
        return measured(
            self.connection, asked.metrics, asked.columns, asked.variants, asked.attributes,
            whole_by=whole_by, keep=keep,
        )  # fmt: skip

    def days(self, until: int | None) -> Days:
        """The primary metric by day, of units whose window is over by then. Makes `frame` anew."""
        asked = self.asked
        make_frame(self.connection, asked.columns, asked.attributes, until, ("seen",))
        return read_days(self.connection, asked.metrics, asked.variants)._replace(ends={})

    def check_lasting(self, experiment: Experiment) -> tuple[Check, ...]:
        return check_lasting(self.connection, experiment, self.asked.lasting)


class KeptTables(Tables):
    """The same; sums over units come from those that are kept, as far as they are sums."""

    def __init__(self, connection: Any, asked: Asked, state: State) -> None:
        super().__init__(connection, asked)
        self.state, self.plan = state, plan_read(state.plan)

    def measured(self, whole_by: datetime | None, keep: Sequence[str] = ()) -> list[dict[str, ArmStatistic]]:
        until = microseconds(whole_by) if whole_by else None
        found = None
        if not keep and self.asked.adds_up:
            found = statistics_of(self.connection, self.plan, self.asked.variants, self.asked.limits(until))
        return super().measured(whole_by, keep) if found is None else found

    def days(self, until: int | None) -> Days:
        if not self.asked.adds_up or self.asked.metrics[0].cap is not None:
            return super().days(until)
        return days_from(daily(self.connection, self.plan, self.asked.variants, self.asked.limits(until)[0]))

    def check_lasting(self, experiment: Experiment) -> tuple[Check, ...]:
        if not self.asked.slopes:
            return ()
        at = len(sums_of(self.plan, 0))
        names = {days: (f"g{at + 2 * i}", f"g{at + 2 * i + 1}") for i, days in enumerate(DAYS)}

        def slopes(days: int, until: int) -> Slopes:
            total, squares = names[days]
            rows = self.connection.execute(
                f"SELECT variant, sum(n), sum({total}), sum({squares}) FROM tallies "  # noqa: S608  # our names
                f"WHERE NOT multiple AND seen <= {until} GROUP BY variant"
            ).fetchall()
            return [
                (variant, int(n), added / n, _variance(int(n), added, squared)) for variant, n, added, squared in rows
            ]

        return check_slopes(self.connection, experiment, self.state.end or 0, slopes)


def _variance(n: int, total: float, squares: float) -> float:
    """What is left of squares that cancel to rounding is none."""
    about = squares - total * total / n
    return about / (n - 1) if n > 1 and about > NOISE * squares else 0.0


@contextmanager
def tables_of(
    reader: Reader, asked: Asked, at: datetime | None, folder: StateFolder | None, cuts: Sequence[int] = ()
) -> Iterator[Tables]:
    """Make the tables for as long as the context: from the state in the folder where there is one, and leave one there
    for the next look where that is worth it. `cuts` are moments before and after which units will be counted.
    """
    if folder is None or at is not None:
        yield _of_all(reader, asked, at)
        return
    with folder.taken() as ours:
        kept = _of_new(reader, asked, folder, cuts) if ours else None
        if kept is not None:
            yield kept
            return
        tables = _of_all(reader, asked, at)
        if ours and count(reader.connection, "hits") >= LEAST_HITS:
            _keep(reader, asked, folder)
        yield tables


def _of_all(reader: Reader, asked: Asked, at: datetime | None) -> Tables:
    connection = reader.connection
    find_exposed(connection, asked.experiment, asked.variants, asked.until, asked.attributes)
    make_arms(connection, asked.variants)
    make_hits(connection, asked.metrics, at)
    make_totals(connection, asked.all_columns)
    return Tables(connection, asked)


def _of_new(reader: Reader, asked: Asked, folder: StateFolder, cuts: Sequence[int]) -> Tables | None:
    import duckdb

    kept = folder.read(asked.digest(reader))
    if kept is None:
        return None
    try:
        state = bring_forward(reader, asked, folder, kept)
        cut_tallies(reader.connection, asked, folder, state, cuts)
    except (NotBroughtForward, StorageUnavailable, duckdb.Error, OSError) as error:
        log.info("All events of %s are read again: %s", asked.experiment, error)
        for name in VIEWS:
            reader.connection.execute(f"DROP VIEW IF EXISTS {name}")
        reader.connection.execute("DROP TABLE IF EXISTS tallies")
        return None
    _save(reader, folder, state)
    return KeptTables(reader.connection, asked, state)


def _save(reader: Reader, folder: StateFolder, state: State) -> None:
    """Unless rows have left the lake meanwhile: what is erased must not be kept here."""
    try:
        if reader.only_grew():
            folder.write(state)
        else:
            folder.clear()
    except OSError as error:
        log.warning("The state of the units in %s could not be kept: %s", folder.path, error)


def _keep(reader: Reader, asked: Asked, folder: StateFolder) -> None:
    """Write down what a look that has read all events made of them."""
    import duckdb

    connection: Any = reader.connection
    filled = ", ".join(f"coalesce({column.name}, {column.zero}) AS {column.name}" for column in asked.totals)
    identity = ", ".join(asked.identity[2:])
    try:
        folder.clear()
        units = write(
            connection, folder, "units",
            f"SELECT {KEYS}, {identity}, {filled} FROM everybody LEFT JOIN totals USING (u) ORDER BY seen",  # noqa: S608
        )  # fmt: skip
        hits = write(
            connection, folder, "hits",
            "SELECT hits.* EXCLUDE (age), seen + age AS moment FROM hits JOIN arms USING (u)",
        )  # fmt: skip
        armed = f"(SELECT * FROM {read(folder, units)} WHERE {asked.armed})"  # noqa: S608  # names of our own
        plan = plan_of(connection, armed, asked.measures, asked.totals) if asked.adds_up else []
        tallies = write(connection, folder, "tallies", contribution(read(folder, units), plan, asked.slopes))
        state = State(
            asked.digest(reader), dict(reader.versions), [units], [hits], units.rows, [tallies], plan_told(plan),
            *edges(connection, asked, read(folder, units)),
        )  # fmt: skip
    except (duckdb.Error, OSError) as error:  # a full disk costs the next look time, and this one nothing
        log.warning("The state of the units in %s could not be kept: %s", folder.path, error)
        return
    _save(reader, folder, state)
