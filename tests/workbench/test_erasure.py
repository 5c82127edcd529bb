"""Whoever asks to be forgotten is: not one byte of them is left, and results stay readable."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from expkit.analysis import kept_tables
from expkit.errors import InvalidInput
from expkit.events.inbox import pack
from expkit.events.rows import to_table
from expkit.events.tables import inbox
from expkit.workbench import Workbench

WHO, SESSION, OTHER = "erase-me-7f3a", "session-of-them-91c2", "somebody-else-55d0"
EXPERIMENT = {
    "key": "banner", "name": "Banner", "hypothesis": "Blue sells.", "metrics": ["click"], "sticky": True,
    "variants": [{"key": "control"}, {"key": "blue"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _units_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few: looks then keep a file with every unit's name."""
    monkeypatch.setattr(kept_tables, "LEAST_HITS", 0)


def _fill(wb: Workbench) -> None:
    """Them and others: in old versions of every table, in small files and compacted ones, in the inbox."""
    wb.create(EXPERIMENT)
    wb.start("banner")
    for day in range(1, 4):
        at = f"2026-01-0{day}T10:00"
        for who in (WHO, OTHER):
            ids = {"user_id": who, "session_id": SESSION if who == WHO else "another-session"}
            wb.log_exposures([{"experiment": "banner", "variant": "blue", "timestamp": at, **ids}])
            wb.log_outcomes([{"event": "click", "timestamp": at, "properties": {"note": who}, **ids}])
            wb.log_traces([{"model": "m", "timestamp": at, **ids}])
        wb.log_outcomes([{"event": "before login", "session_id": SESSION, "timestamp": at}])
        if day < 3:
            wb.move_events()
            wb.analyze("banner")
        if day == 2:
            wb.compact_events()


def _bytes(wb: Workbench) -> bytes:
    """Every file of the workbench's folder, and of PostgreSQL every row and every page of its tables."""
    found = [path.read_bytes() for path in Path(wb.settings.home).parent.rglob("*") if path.is_file()]
    engine = wb._store.engine
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(sa.text("CHECKPOINT"))
            folder = connection.scalar(sa.text("SHOW data_directory"))
            files = connection.scalars(sa.text(
                "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 't', 'i') "
                "AND pg_relation_filepath(oid) IS NOT NULL"
            )).all()  # fmt: skip
        found += [Path(folder, name).read_bytes() for name in files if Path(folder, name).exists()]
    return b"\n".join(found)


def _unpacked(wb: Workbench) -> str:
    """What compressed files say, every version of every table that can still be opened included."""
    import pyarrow.parquet as pq

    files = Path(wb.settings.lake_url).rglob("*.parquet")
    return "".join(str(pq.ParquetFile(file).read().to_pylist()) for file in files)


def test_nothing_of_them_is_left(wb: Workbench) -> None:
    """In the files of the lake, of all versions; in the database and its log; others lose nothing."""
    _fill(wb)
    assert WHO in _unpacked(wb)
    assert len(list(Path(wb.settings.lake_url, "units", "banner").glob("units-*"))) > 0
    assert OTHER.encode() in _bytes(wb) or OTHER in _unpacked(wb)
    looks = wb.scorecard("banner")
    gone = wb.erase_user(WHO, reason="they asked")
    assert (gone["exposures"], gone["outcomes"], gone["traces"]) == (3, 6, 3)
    raw, told = _bytes(wb), _unpacked(wb)
    for name in (WHO, SESSION):
        assert name.encode() not in raw
        assert name not in told
    assert told.count(f"'{OTHER}'") == 9
    assert wb.scorecard("banner") == looks
    assert wb.audit(limit=1)[0]["action"] == "events.erase"
    assert wb.erase_user(WHO)["outcomes"] == 0


def test_others_count_as_before(wb: Workbench) -> None:
    """The next look has everybody but them."""
    _fill(wb)
    wb.analyze("banner")
    wb.erase_user(WHO)
    after = wb.analyze("banner")
    assert {arm.key: arm.n for arm in after.arms}["blue"] == 1


def test_quarantined_rows_of_theirs_go_too(wb: Workbench) -> None:
    """A batch that others share keeps the rest; a damaged one is counted, as nobody can look into it."""
    rows = to_table("outcomes", [{"event": "x", "user_id": who, "timestamp": "2026-01-01"} for who in (WHO, OTHER)])
    newer = rows.replace_schema_metadata({})
    with wb._store.begin(actor="x") as work:
        for body in (pack(newer), b"damaged"):
            values = {"kind": "outcomes", "rows": 2, "body": body, "received_at": "2026", "actor": "x"}
            work.connection.execute(sa.insert(inbox).values(values))
        from expkit.events.quarantine import set_aside

        set_aside(work, dict.fromkeys(work.connection.scalars(sa.select(inbox.c.id)).all(), "odd"))
    assert wb.erase_user(WHO)["unreadable"] == 1
    assert [batch.rows for batch in wb.quarantined_events()] == [1, 2]
    assert WHO.encode() not in _bytes(wb)


def test_retention_by_age_leaves_no_byte_either(wb: Workbench) -> None:
    """Events older than the rules allow leave the old versions and the database's free pages, too."""
    wb.log_outcomes([{"event": "click", "user_id": WHO, "timestamp": "2025-01-01"}])
    wb.move_events()
    wb.log_outcomes([{"event": "click", "user_id": WHO, "timestamp": "2025-01-02"}])
    wb.log_outcomes([{"event": "click", "user_id": OTHER}])
    wb.set_policy({"retention": {"events_days": 30}})
    assert [expired.items for expired in wb.apply_retention()] == [2]
    assert WHO.encode() not in _bytes(wb)
    assert WHO not in _unpacked(wb)
    assert OTHER in _unpacked(wb)


def test_nobody_is_nobody(wb: Workbench) -> None:
    """An empty name would match what has none."""
    with pytest.raises(InvalidInput, match="No user"):
        wb.erase_user("")
