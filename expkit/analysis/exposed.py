"""Who was exposed: one row per unit, with its variant and the time it was first seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from expkit.analysis.tallies import make_tallies
from expkit.analysis.unit_columns import END, microseconds

if TYPE_CHECKING:
    from expkit.domain import Experiment

__all__ = [
    "Exposed",
    "count_by_phase",
    "count_exposed",
    "count_later",
    "everybody_sql",
    "exposed_until",
    "find_exposed",
    "json_path",
    "make_arms",
    "unit_names",
]

# the text is searched first: reading the JSON of every row would cost more than all the rest
_FORCED = (
    "CASE WHEN contains(attributes, '\"forced\"') "
    "THEN coalesce(json_extract_string(attributes, '/assignment/forced') = 'true', false) ELSE false END"
)


class Exposed(NamedTuple):
    """Who was exposed: units per variant, those that saw several variants, those that saw an unknown one."""

    counts: dict[str, int]
    multiple: int
    strays: dict[str, int]
    first: datetime | None
    last: datetime | None

    @property
    def units(self) -> int:
        return self.single + self.multiple

    @property
    def single(self) -> int:
        """Those that saw one variant."""
        return sum(self.counts.values())

    @property
    def days(self) -> float | None:
        return (self.last - self.first).total_seconds() / 86400 if self.first and self.last else None


def find_exposed(
    connection: Any,
    experiment: str,
    variants: Sequence[str],
    at: datetime | None,
    attributes: Sequence[str] = (),
    *,
    since: datetime | None = None,
) -> Exposed:
    """Make the table `everybody` of all exposed up to `at`, and count them. With `since`, what was seen before counts
    as not seen.

    Its view `units` is without those whom QA has forced. Numbers among the exposures' attributes that are asked for
    stand in the columns a0, a1, ...: the first one that the unit came with; of several at one moment, the least.
    """
    sql, parameters = everybody_sql("exposures_received", experiment, attributes, at, since)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE everybody AS SELECT (row_number() OVER ())::UINTEGER AS u, * FROM ({sql})",  # noqa: S608
        parameters,
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW units AS SELECT {', '.join(unit_names(attributes))} "  # noqa: S608  # our names
        "FROM everybody WHERE NOT forced"
    )
    make_tallies(connection)
    return count_exposed(connection, variants)


def exposed_until(experiment: Experiment, at: datetime | None) -> datetime | None:
    """Who comes after the stop is in no arm: a rollout gives everybody the winner."""
    return min((one for one in (at, experiment.stopped_at) if one is not None), default=None)


def count_later(connection: Any, experiment: Experiment) -> int:
    """Exposures after the stop."""
    if experiment.stopped_at is None:
        return 0
    row = connection.execute(
        "SELECT count(*) FROM exposures_received WHERE experiment = $experiment AND epoch_us(timestamp) > $stop",
        {"experiment": experiment.key, "stop": microseconds(experiment.stopped_at)},
    ).fetchone()
    return int(row[0])


def everybody_sql(
    source: str,
    experiment: str,
    attributes: Sequence[str],
    until: datetime | None = None,
    since: datetime | None = None,
) -> tuple[str, dict[str, object]]:
    """One row per unit of a relation of exposures; m0, m1, ... are the moments of a0, a1, ..."""
    picked = "".join(
        f", TRY_CAST(json_extract_string(attributes, $path{i}) AS DOUBLE) AS a{i}" for i in range(len(attributes))
    )
    there = [f"FILTER (WHERE isfinite(a{i})) AS" for i in range(len(attributes))]
    first = "".join(f", arg_min(a{i}, (moment, a{i})) {at} a{i}, min(moment) {at} m{i}" for i, at in enumerate(there))
    sql = f"""
        SELECT unit, min(variant) AS variant, min(variant) <> max(variant) AS multiple, bool_or(forced) AS forced,
               min(moment) AS seen, max(moment) AS last{first}
        FROM (
            SELECT coalesce(user_id, session_id) AS unit, variant, epoch_us(timestamp) AS moment,
                   {_FORCED} AS forced{picked}
            FROM {source}
            WHERE experiment = $experiment AND epoch_us(timestamp) BETWEEN $since AND $until
        )
        GROUP BY unit
    """  # noqa: S608  # names of our own; values are parameters
    return sql, {
        "experiment": experiment,
        "until": microseconds(until),
        "since": -END if since is None else microseconds(since),
        **{f"path{i}": json_path(name) for i, name in enumerate(attributes)},
    }


def unit_names(attributes: Sequence[str]) -> list[str]:
    """The columns of `units`."""
    return ["u", "unit", "variant", "multiple", "seen", "last", *(f"a{i}" for i in range(len(attributes)))]


def make_arms(connection: Any, variants: Sequence[str]) -> None:
    """The table `arms`: units that saw one variant, which the experiment has."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE arms AS
        SELECT * EXCLUDE (multiple, last) FROM units WHERE NOT multiple AND list_contains($variants, variant)
        """,
        {"variants": list(variants)},
    )


def count_exposed(connection: Any, variants: Sequence[str]) -> Exposed:
    """Stands on `tallies`."""
    rows = connection.execute(
        "SELECT multiple, variant, sum(n)::BIGINT, min(first), max(last) FROM tallies GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    single = {variant: n for multiple, variant, n, _, _ in rows if not multiple}
    return Exposed(
        counts={variant: single.get(variant, 0) for variant in variants},
        multiple=sum(n for multiple, _, n, _, _ in rows if multiple),
        strays={variant: n for variant, n in single.items() if variant not in variants},
        first=_moment(min((row[3] for row in rows), default=None)),
        last=_moment(max((row[4] for row in rows), default=None)),
    )


def count_by_phase(connection: Any, variants: Sequence[str], starts: Sequence[datetime]) -> list[dict[str, int]]:
    """Units by the phase in which they first came, one for every start; those of one variant only."""
    later = " + ".join(["0", *(f"(seen >= {microseconds(start)})::INTEGER" for start in starts[1:])])
    rows = connection.execute(
        f"SELECT {later} AS phase, variant, sum(n)::BIGINT FROM tallies WHERE NOT multiple GROUP BY ALL"  # noqa: S608  # numbers
    ).fetchall()
    counts = [dict.fromkeys(variants, 0) for _ in starts]
    for phase, variant, n in rows:
        if variant in counts[phase]:
            counts[phase][variant] = n
    return counts


def json_path(name: str) -> str:
    """An attribute by its name, whatever the name has in it: a JSON pointer (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)
