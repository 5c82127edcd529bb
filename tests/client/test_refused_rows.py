"""What comes in that is no event: refused row by row with the reason, the rest kept, by whichever door."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hosting import CHECKOUT, TOKEN, running

from expkit.cli import main
from expkit.client import RemoteWorkbench
from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench

SKEWED = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
FUTURE = (datetime.now(UTC) + timedelta(days=400)).isoformat()
NAN = float("nan")
WHO = {"user_id": "u"}
SHOWN = {"experiment": "checkout", "variant": "control", **WHO}
DONE = {"event": "buy", "value": 1.0, **WHO}
CALL = {"model": "m", **WHO}

BAD: dict[str, list[tuple[dict[str, Any], str]]] = {
    "exposures": [
        ({**SHOWN, "experiment": "chekout"}, "there is no such experiment"),
        ({**SHOWN, "variant": "purple"}, "the experiment has no such variant"),
        ({**SHOWN, "variant": None}, "variant is missing"),
        ({"experiment": "checkout", "variant": "control"}, "neither user_id nor session_id is given"),
        ({**SHOWN, "timestamp": FUTURE}, "timestamp is in the future"),
        ({**SHOWN, "attributes": "no JSON"}, "attributes is not a JSON object"),
    ],
    "outcomes": [
        ({**DONE, "value": NAN}, "value is not a finite number"),
        ({**DONE, "value": "much"}, "value is not a finite number"),
        ({**DONE, "properties": {"blob": "x" * 10_000_000}}, "properties is larger than 65,536 characters"),
        ({**DONE, "properties": [1, 2]}, "properties is not a JSON object"),
        ({**DONE, "event": None}, "event is missing"),
        ({**DONE, "user_id": ["u"]}, "user_id is not text"),
        ({"event": "buy"}, "neither user_id nor session_id is given"),
        ({**DONE, "timestamp": "1970-01-01T00:00:00"}, "timestamp is before 2000"),
        ({**DONE, "timestamp": "soon"}, "timestamp is not a time (ISO 8601, or a datetime)"),
    ],
    "traces": [
        ({**CALL, "latency_ms": -1.0}, "latency_ms is below 0"),
        ({**CALL, "cost": NAN}, "cost is not a finite number"),
        ({"model": None, **WHO}, "model is missing"),
    ],
}
GOOD = {"exposures": SHOWN, "outcomes": {**DONE, "timestamp": SKEWED}, "traces": CALL}
"""Clocks that are half an hour ahead are believed."""


def rows(kind: str, *, as_json: bool = False) -> list[dict[str, Any]]:
    """The bad ones between two good ones; JSON cannot say NaN."""
    bad = [row for row, _ in BAD[kind] if not (as_json and NAN in row.values())]
    return [GOOD[kind], *bad, GOOD[kind]]


def reasons(kind: str, *, as_json: bool = False) -> dict[str, int]:
    found: dict[str, int] = {}
    for row, reason in BAD[kind]:
        if not (as_json and NAN in row.values()):
            found[reason] = found.get(reason, 0) + 1
    return found


@pytest.mark.parametrize("kind", BAD)
def test_python(wb: Workbench | RemoteWorkbench, kind: str) -> None:
    """Embedded and through a service."""
    wb.create(CHECKOUT)
    logged = getattr(wb, f"log_{kind}")(rows(kind))
    assert (int(logged), logged.refused, logged.reasons) == (2, len(BAD[kind]), reasons(kind))
    assert logged.examples[0].row >= 1


@pytest.mark.parametrize("kind", BAD)
def test_rest_and_command_line(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same counts in the answer of a route and of a command."""
    sent = rows(kind, as_json=True)
    settings = Settings.read(tmp_path / "home").with_(token=TOKEN, database_url="", max_body_bytes=20_000_000)
    with Workbench.open(settings) as workbench:
        workbench.create(CHECKOUT)
        with running(create_app(workbench)) as address:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            answer = httpx.post(f"{address}/experiments/{kind}", json=sent, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert answer.json()["reasons"] == reasons(kind, as_json=True)
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows(kind)), encoding="utf-8")
    with pytest.raises(SystemExit) as done:
        main(["--home", str(tmp_path / "home"), "events", "log", kind, str(file), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (done.value.code, told["logged"], told["reasons"]) == (0, 2, reasons(kind))


@pytest.mark.parametrize("kind", BAD)
def test_frames(wb: Workbench | RemoteWorkbench, kind: str) -> None:
    """A column that holds some of everything is looked at value by value."""
    import pandas as pd

    wb.create(CHECKOUT)
    given = [row for row in rows(kind) if NAN not in row.values()]
    logged = getattr(wb, f"log_{kind}")(pd.DataFrame(given, dtype=object))
    assert int(logged) >= 2
    assert logged.refused + int(logged) == len(given)
