"""Upkeep, import and erasure are the same embedded and over HTTP."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from hosting import CHECKOUT

from expkit.client import RemoteWorkbench
from expkit.errors import InvalidInput, NotFound
from expkit.workbench import Workbench

AnyWorkbench = Workbench | RemoteWorkbench


def test_a_log_is_imported_with_its_bad_rows_named(wb: AnyWorkbench) -> None:
    """Where the file is; also when not one row of a request is good."""
    columns = {"user_id": "who", "timestamp": "at"}
    log = pd.DataFrame({"who": ["a", None, "c"], "at": ["2026-01-01"] * 3})
    for _ in range(2):
        logged = wb.import_events("outcomes", log, columns=columns, constants={"event": "buy"}, name="log")
        assert (int(logged), logged.refused, logged.examples[0].row) == (2, 1, 1)
    nowhere = {"experiment": "nowhere", "variant": "x"}
    refused = wb.import_events("exposures", log, columns=columns, constants=nowhere)
    assert (int(refused), refused.refused) == (0, 3)


def test_upkeep(wb: AnyWorkbench) -> None:
    """Nothing to do is no mistake; what is not there is."""
    wb.log_outcomes([{"event": "buy", "user_id": "u"}])
    assert (wb.quarantined_events(), wb.compact_events(), wb.vacuum_events(days=0)) == ([], 0, 0)
    for verb in (wb.retry_events, wb.drop_events):
        with pytest.raises(NotFound, match="No batch 7"):
            verb(7)


def test_a_user_is_erased(wb: AnyWorkbench) -> None:
    """With the number of rows that went."""
    wb.log_outcomes([{"event": "buy", "user_id": who} for who in "uuv"])
    gone = {"exposures": 0, "outcomes": 2, "traces": 0, "unreadable": 0, "remembered": 0, "overrides": 0}
    assert wb.erase_user("u", "they asked") == gone
    with pytest.raises(InvalidInput):
        wb.erase_user("")


def test_tables_elsewhere_are_asked_from_here(wb: AnyWorkbench) -> None:
    """The service tells the definition, and never sees the warehouse."""
    wb.create(CHECKOUT)
    with duckdb.connect() as shop:
        shop.execute(
            """CREATE TABLE exposures AS SELECT 'u' || n AS user_id, ['control', 'treatment'][1 + n % 2] AS variant,
               'checkout' AS experiment, TIMESTAMP '2026-01-01' AS timestamp FROM range(100) t(n);
               CREATE TABLE outcomes AS
               SELECT user_id AS event_id, user_id, 'conversion' AS event, 1 AS value, timestamp
               FROM exposures WHERE variant = 'control'"""
        )
        found = wb.analyze_warehouse("checkout", shop)
    assert [arm.n for arm in found.arms] == [50, 50]
    assert found.estimate("conversion", "treatment").effect == -1
    with pytest.raises(NotFound):
        wb.scorecard("checkout")
