"""`expkit leaderboard`: models side by side on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import expkit


def test_models_side_by_side(run: Any, home: Path) -> None:
    """The front is marked, and an unknown grouping names the known ones."""
    assert run("leaderboard").out.startswith("No model call")
    with expkit.open(home) as wb:
        wb.log_traces([
            {"model": model, "user_id": f"u{i}", "cost": cost + i % 3, "latency_ms": 10.0 + i % 5}
            for model, cost in (("dear", 9.0), ("cheap", 1.0)) for i in range(50)
        ])  # fmt: skip
    done = run("leaderboard")
    assert (done.code, done.out.splitlines()[2].split()[:2]) == (0, ["✓", "cheap"])
    assert "by cost and latency" in done.out
    found = run("leaderboard", "--json").json
    assert [(row["name"], row["on_front"]) for row in found["rows"]] == [("cheap", True), ("dear", False)]
    refused = run("leaderboard", "--by", "modell")
    assert (refused.code, "did you mean 'model'" in refused.err) == (2, True)
