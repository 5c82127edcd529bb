"""An existing log becomes events: whatever its columns are called, as often as it is sent."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expkit.errors import InvalidInput, NotFound, UnknownName
from expkit.events.importing import PART_ROWS
from expkit.workbench import Workbench

LOG = pd.DataFrame(
    {
        "uid": ["u1", "u2", "u3", None, "u5"],
        "what": ["buy", "buy", "view", "buy", "buy"],
        "amount": [1.5, 2.0, 0.0, 3.0, float("nan")],
        "plan": ["pro", "free", "pro", "free", "pro"],
        "at": ["2026-01-01T10:00", "2026-01-01T11:00", "2026-01-02T00:00", "2026-01-02T01:00", "2026-01-02T02:00"],
    }
)
COLUMNS = {"user_id": "uid", "event": "what", "value": "amount", "timestamp": "at"}


@pytest.fixture
def wb(tmp_path: Path):
    import expkit

    with expkit.open(tmp_path / "home") as workbench:
        yield workbench


def seen(wb: Workbench, columns: str = "user_id, event, value") -> list[tuple]:
    rows = wb.query_events(f"SELECT {columns} FROM outcomes ORDER BY user_id, timestamp").to_pylist()  # noqa: S608
    return [tuple(row.values()) for row in rows]


def as_csv(folder: Path) -> Path:
    LOG.to_csv(folder / "log.csv", index=False)
    return folder / "log.csv"


def as_parquet(folder: Path) -> Path:
    LOG.to_parquet(folder / "log.parquet", index=False)
    return folder / "log.parquet"


@pytest.mark.parametrize("make", [as_csv, as_parquet, lambda _: LOG, lambda _: pl.from_pandas(LOG)])
def test_good_rows_are_taken_and_bad_ones_named(wb, tmp_path, make):
    """From CSV, Parquet, pandas and polars: the same events, the same report."""
    logged = wb.import_events("outcomes", make(tmp_path), columns=COLUMNS, properties=["plan"])
    assert (int(logged), logged.refused) == (3, 2)
    assert [refusal.row for refusal in logged.examples] == [3, 4]
    assert logged.reasons["neither user_id nor session_id is given"] == 1
    assert seen(wb) == [("u1", "buy", 1.5), ("u2", "buy", 2.0), ("u3", "view", 0.0)]
    assert seen(wb, "properties->>'plan'") == [("pro",), ("free",), ("pro",)]


def test_a_log_that_is_imported_again_counts_once(wb, tmp_path):
    """Also when rows were added at its end; rows that say the same are different events."""
    twice = pd.concat([LOG.head(1)] * 2)
    path = tmp_path / "log.csv"
    for frame in (twice, twice, pd.concat([twice, LOG.iloc[1:3]])):
        frame.to_csv(path, index=False)
        wb.import_events("outcomes", path, columns=COLUMNS)
    assert [row[0] for row in seen(wb)] == ["u1", "u1", "u2", "u3"]
    wb.import_events("outcomes", path, columns=COLUMNS, name="another log")
    assert len(seen(wb)) == 8


def test_a_log_in_many_parts(wb, tmp_path):
    """Rows are numbered as they stand in the whole log, and a part without a good row stops nothing."""
    rows = 2 * PART_ROWS + 7
    users = [None if n < PART_ROWS + 3 and n != 5 else f"u{n}" for n in range(rows)]
    log = pa.table({"user_id": users, "timestamp": pa.array([0] * rows, pa.int64())})
    pq.write_table(log, tmp_path / "long.parquet")
    wb.import_events("outcomes", log.slice(0, 10), constants={"event": "x", "timestamp": "2026-01-01"}, name="first")
    logged = wb.import_events(
        "outcomes", tmp_path / "long.parquet", constants={"event": "buy", "timestamp": "2026-01-01"}
    )
    assert (int(logged), logged.refused) == (PART_ROWS + 5, PART_ROWS + 2)
    assert [refusal.row for refusal in logged.examples[:7]] == [0, 1, 2, 3, 4, 6, 7]
    assert wb.query_events("SELECT count(*) AS n FROM outcomes").to_pylist() == [{"n": PART_ROWS + 6}]


@pytest.mark.parametrize(("unit", "number"), [("s", 1767261600), ("ms", 1767261600000), ("us", 1767261600000000)])
def test_times_that_are_numbers(wb, unit, number):
    """In seconds, milliseconds or microseconds since 1970; one that is missing is not taken for now."""
    log = pd.DataFrame({"event": ["a", "a"], "user_id": ["u", "v"], "at": [number, None]})
    logged = wb.import_events("outcomes", log, columns={"timestamp": "at"}, time_unit=unit)
    assert (int(logged), logged.reasons) == (1, {"timestamp is missing": 1})
    assert seen(wb, "epoch(timestamp)::BIGINT") == [(1767261600,)]


def test_exposures_to_variants_that_are_not_there(wb):
    """Are refused row by row, as when they are logged."""
    variants = [{"key": "control"}, {"key": "blue"}]
    wb.create({"key": "banner", "name": "B", "hypothesis": "h", "variants": variants, "metrics": ["click"]})
    log = pd.DataFrame({"arm": ["control", "red", "blue"], "who": ["u1", "u2", "u3"], "on": ["2026-01-01"] * 3})
    columns = {"variant": "arm", "user_id": "who", "timestamp": "on"}
    logged = wb.import_events("exposures", log, columns=columns, constants={"experiment": "banner"})
    assert (int(logged), logged.reasons) == (2, {"the experiment has no such variant": 1})


NAME = {"at": "timestamp"}
MISTAKES = {
    "a kind": (UnknownName, "Kind of events", lambda wb: wb.import_events("outcome", LOG)),
    "a column of ours": (UnknownName, "evnt", lambda wb: wb.import_events("outcomes", LOG, columns={"evnt": "what"})),
    "a column of theirs": (UnknownName, "wat", lambda wb: wb.import_events("outcomes", LOG, columns={"event": "wat"})),
    "no time": (InvalidInput, "timestamp", lambda wb: wb.import_events("outcomes", LOG, columns={"event": "what"})),
    "no event": (
        InvalidInput,
        "is the event",
        lambda wb: wb.import_events("outcomes", LOG, columns={"timestamp": "at"}),
    ),
    "a unit": (UnknownName, "Unit of time", lambda wb: wb.import_events("outcomes", LOG, time_unit="h")),
    "no file": (NotFound, "no file", lambda wb: wb.import_events("outcomes", "nowhere.csv")),
    "an odd file": (InvalidInput, "neither Parquet nor CSV", lambda wb: wb.import_events("outcomes", __file__)),
    "no log": (InvalidInput, "is no log", lambda wb: wb.import_events("outcomes", 7)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_in_the_mapping_are_told_before_anything_is_kept(wb, mistake):
    """With what there is instead."""
    cls, told, make = MISTAKES[mistake]
    with pytest.raises(cls, match=told) as found:
        make(wb)
    assert found.value.hint
    assert seen(wb) == []


@pytest.mark.parametrize("text", [b"uid,at\n", b"at,uid,more\n"])
def test_an_empty_log_has_no_rows(wb, tmp_path, text):
    """It is no mistake."""
    (tmp_path / "odd.csv").write_bytes(text)
    logged = wb.import_events("outcomes", tmp_path / "odd.csv", columns={"user_id": "uid", "timestamp": "at"})
    assert (int(logged), logged.refused) == (0, 0)


@pytest.mark.parametrize("text", [b"", b"uid,at\nu1,2026-01-01\nu2\n", b"\xff\xfe,at\n1,2\n"])
def test_a_torn_log_is_one_clear_error(wb, tmp_path, text):
    """Empty of everything, a row too short, no text."""
    (tmp_path / "odd.csv").write_bytes(text)
    columns = {"user_id": "uid", "timestamp": "at"}
    with pytest.raises(InvalidInput, match=r"cannot be read|\ufffd|'uid'") as found:
        wb.import_events("outcomes", tmp_path / "odd.csv", columns=columns, constants={"event": "x"})
    assert found.value.hint
