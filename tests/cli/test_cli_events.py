"""From a file of events to a scorecard and a report; sizes; files that need no registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expkit.cli.completion import complete_keys

Run = Any


@pytest.fixture
def logged(run: Run, checkout: str) -> str:
    """An experiment with 400 exposures from CSV and its outcomes from JSON lines."""
    units = [
        (f"u{number}", run_variant) for number in range(400) for run_variant in [("control", "treatment")[number % 2]]
    ]
    seen = "\n".join(f"e{unit},{checkout},{variant},{unit}" for unit, variant in units)
    Path("seen.csv").write_text(f"event_id,experiment,variant,user_id\n{seen}\n", encoding="utf-8")
    assert run("events", "log", "exposures", "seen.csv").out == "400 exposures logged.\n"
    buyers = [unit for number, (unit, _) in enumerate(units) if number % 5 == 0 or number % 3 == 1]
    rows = (json.dumps({"event_id": f"p{unit}", "event": "purchase", "user_id": unit}) for unit in buyers)
    Path("done.jsonl").write_text("\n".join(rows), encoding="utf-8")
    assert run("events", "log", "outcomes", "done.jsonl", "--json").json["logged"] == len(buyers)
    return checkout


def test_analyze_takes_a_look(run: Run, logged: str) -> None:
    """Each analysis is one more look; --latest shows the newest and takes none."""
    first = run("analyze", logged, "--json").json
    assert {arm["key"]: arm["n"] for arm in first["arms"]} == {"control": 200, "treatment": 200}
    assert run("analyze", logged, "--json").json["look"] == 2
    assert run("analyze", logged, "--latest", "--json").json["look"] == 2
    assert "Purchase" in run("analyze", logged, "--latest").out


def test_logging_twice_counts_once(run: Run, logged: str) -> None:
    """Events have ids, so a file that is sent again changes nothing."""
    before = run("analyze", logged, "--json").json["estimates"]
    assert (
        run("events", "log", "exposures", "seen.csv").code == run("events", "log", "outcomes", "done.jsonl").code == 0
    )
    assert run("analyze", logged, "--json").json["estimates"] == before


def test_traces_from_parquet(run: Run) -> None:
    """Parquet files are read with their types."""
    pq.write_table(pa.table({"model": ["m1", "m2"], "user_id": ["u1", "u2"], "cost": [0.1, 0.2]}), "calls.parquet")
    assert run("events", "log", "traces", "calls.parquet").out == "2 traces logged.\n"


def test_report_is_one_file(run: Run, logged: str) -> None:
    """The newest scorecard as HTML that asks no other machine for anything; before a look there is none."""
    refused = run("report", logged)
    assert (refused.code, Path("checkout.html").exists()) == (2, False)
    run("analyze", logged)
    assert run("report", logged).out == "Wrote checkout.html.\n"
    page = Path("checkout.html").read_text(encoding="utf-8")
    assert "One-page checkout" in page
    assert 'src="http' not in page
    assert run("report", logged, "-o", "-").out.lstrip().lower().startswith("<!doctype html>")


def test_report_into_a_folder_that_is_not_there(run: Run, logged: str) -> None:
    """A file that cannot be written is one clear failure."""
    run("analyze", logged)
    failed = run("report", logged, "-o", "nowhere/report.html")
    assert failed.code == 1
    assert failed.err.startswith("Error: ")
    assert "Hint: " in failed.err


def test_a_file_needs_no_registry(run: Run, home: Path) -> None:
    """One row per unit, CSV or Parquet; the same numbers, and nothing is kept."""
    columns = {"arm": ["control"] * 50 + ["treatment"] * 50, "revenue": [float(n % 7) for n in range(100)]}
    pq.write_table(pa.table(columns), "units.parquet")
    rows = "\n".join(f"{arm},{value}" for arm, value in zip(*columns.values(), strict=True))
    Path("units.csv").write_text(f"arm,revenue\n{rows}\n", encoding="utf-8")
    words = ("--variant", "arm", "--metric", "revenue", "--json")
    found = [run("analyze", name, *words).json["estimates"] for name in ("units.parquet", "units.csv")]
    assert found[0] == found[1]
    assert found[0][0]["estimate"]["control"]["n"] == 50
    assert not home.exists()


def test_what_a_file_analysis_needs(run: Run, checkout: str) -> None:
    """A missing metric lists the columns, a wrong one the nearest; options for files are refused for a key."""
    Path("units.csv").write_text("variant,revenue\ncontrol,1\ntreatment,2\n", encoding="utf-8")
    assert "the columns are revenue" in run("analyze", "units.csv").err
    assert "did you mean 'revenue'?" in run("analyze", "units.csv", "-m", "revnue").err
    assert "--metric is for files" in run("analyze", checkout, "-m", "revenue").err
    Path("broken.parquet").write_bytes(b"no parquet")
    assert run("analyze", "broken.parquet", "-m", "x").code == 2


def test_sizes(run: Run) -> None:
    """The textbook's sizes, in words and as JSON; days where the traffic is known."""
    told = run("size", "proportion", "--baseline", "0.05", "--lift", "0.1", "--daily-units", "4000").out
    assert told.startswith("31,234 units per variant, 62,468 in all")
    assert "about 16 days" in told
    assert run("size", "mean", "--sd", "1", "--effect", "1", "--power", "0.9", "--json").json["per_arm"] == [23, 23]
    assert "--lift (relative) or --effect" in run("size", "mean", "--sd", "1").err
    assert run("size", "mean", "--sd", "1", "--effect", "1", "--daily-units", "0").code == 2


def test_size_by_plan(run: Run) -> None:
    """A registered experiment is sized by its own plan and shares."""
    text = """{key: x, name: X, hypothesis: h, metrics: [m], plan: {minimum_effect: 0.1},
      variants: [{key: control, weight: 0.8}, {key: t, weight: 0.2}]}"""
    Path("x.yaml").write_text(text, encoding="utf-8")
    run("experiments", "create", "-f", "x.yaml")
    words = ("size", "experiment", "x", "--baseline", "0.05", "--daily-units", "1000")
    arms = run(*words, "--json").json["arms"]
    assert arms["control"] == pytest.approx(4 * arms["t"], abs=4)
    assert f"control {arms['control']:,}" in run(*words).out


def test_completion_of_keys(checkout: str, home: Path) -> None:
    """The shell is offered the keys that begin with what was typed, and never an error."""

    class Context:
        params: dict[str, Any] = {}

        def find_root(self) -> Any:
            return self

    assert list(complete_keys(Context(), "ch")) == [("checkout", "One-page checkout")]
    assert list(complete_keys(Context(), "x")) == []
    Context.params = {"home": home / "expkit.db" / "below"}
    assert list(complete_keys(Context(), "")) == []


def test_help_is_light(spawn: Run) -> None:
    """`expkit --help` loads nothing heavy."""
    code = "import sys; from expkit.cli import app; print([m for m in sys.modules if m.split('.')[0] in %r])"
    heavy = {"pydantic", "sqlalchemy", "numpy", "pandas", "duckdb", "rich", "yaml", "httpx", "fastapi"}
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code % heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert "experiments" in spawn("--help").out
    assert spawn("--version").out.startswith("expkit ")


def test_a_log_in_other_columns_is_imported(run: Run, checkout: str) -> None:
    """With a file of what was refused; again, and nothing counts twice."""
    Path("old.csv").write_text("who,arm,on\nu1,control,2026-01-01\nu2,red,2026-01-01\n", encoding="utf-8")
    words = ["events", "import", "exposures", "old.csv", "--constant", f"experiment={checkout}", "--refused", "bad.csv"]
    words += ["--column", "user_id=who", "--column", "variant=arm", "--column", "timestamp=on"]
    found = run(*words, "--json").json
    assert (found["logged"], found["reasons"]) == (1, {"the experiment has no such variant": 1})
    assert Path("bad.csv").read_text(encoding="utf-8").splitlines()[1].startswith("1,")
    assert run(*words).out == "1 exposures logged.\n"
    assert run("events", "import", "outcomes", "old.csv", "--column", "who").code == 2
    assert sum(arm["n"] for arm in run("analyze", checkout, "--json").json["arms"]) <= 1


def test_upkeep_and_erasure(run: Run, logged: str) -> None:
    """Each says what it did; what cannot be undone asks first."""
    assert run("events", "quarantine", "list").out == "No batch is in quarantine.\n"
    assert run("events", "quarantine", "retry", "7").code == 2
    assert run("events", "compact").out == "0 files fewer.\n"
    assert run("events", "erase", "u1").code == 2
    assert run("events", "erase", "u1", "--yes", "--json").json["removed"]["exposures"] == 1
    assert run("events", "erase", "u1", "--yes").out == "Erased: nothing was there.\n"
    assert run("events", "vacuum", "--days", "0").out == "0 files deleted.\n"
