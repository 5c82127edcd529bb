"""`expkit analyze FILE`: every option reaches the analysis, every mistake is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expkit.analysis import analyze_frame

Run = Any


def test_a_file_and_every_option(run: Run) -> None:
    """What the command asks for is what `analyze_frame` is asked for."""
    n = 240
    frame = pa.table({
        "arm": [f"{i % 3:02d}" for i in range(n)],
        "store": [f"{i % 3}-{i // 3 % 8}" for i in range(n)],
        "place": ["de" if i % 4 else "us" for i in range(n)],
        "spend": [float(i * i % 97) for i in range(n)],
        "clicks": [i % 5 for i in range(n)],
        "views": [i % 7 + 2 for i in range(n)],
        "before": [float(i * i % 31) for i in range(n)],
    })  # fmt: skip
    pq.write_table(frame, "units.parquet")
    base = ("units.parquet", "--variant", "arm", "--control", "00", "-m", "spend", "-m", "clicks/views", "--json")
    ratio = {"key": "clicks/views", "numerator": "clicks", "denominator": "views"}
    same = {"variant": "arm", "control": "00", "metrics": ["spend", ratio]}
    for words, options in (
        (["--covariate", "spend=before"], {"covariates": {"spend": ["before"]}}),
        (["--covariate", "before"], {"covariates": "before"}),
        (["--winsorize", "0.9", "--alpha", "0.1"], {"winsorize": 0.9, "alpha": 0.1}),
        (["--cluster", "store"], {"cluster": "store"}),
        (["--strata", "place", "--correction", "bonferroni"], {"strata": "place", "correction": "bonferroni"}),
        (
            ["--segment", "place", "--segment", "store", "--share", "00=9", "--share", "01=1", "--share", "02=1"],
            {"segments": ["place", "store"], "shares": {"00": 9, "01": 1, "02": 1}},
        ),
        (
            ["--guardrail", "clicks/views=0.1", "--gatekeeping"],
            {"guardrails": {"clicks/views": 0.1}, "gatekeeping": True},
        ),
        (["--alternative", "greater", "--correction", "none"], {"alternative": "greater", "correction": "none"}),
        (
            [w for share in ("00=2", "01=1", "02=1") for w in ("--share", share)],
            {"shares": {"00": 2, "01": 1, "02": 1}},
        ),
    ):
        found, peer = run("analyze", *base, *words).json, analyze_frame(frame, **same, **options).to_dict()
        assert all(found[part] == peer[part] for part in ("arms", "estimates", "checks", "guardrails", "alpha")), words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--share", "control"], "--share control has no number"),
        (["--share", "control=half"], "--share control=half has no number"),
        (["--share", "control=1"], "did you mean|treatment"),
        (["--guardrail", "views"], "--guardrail views has no number"),
        (["--guardrail", "views=0.1"], "among the metrics|did you mean"),
        (["--alpha", "1.5"], "alpha is 1.5"),
        (["--winsorize", "2"], "winsorize is 2"),
        (["--correction", "holms"], "did you mean 'holm'"),
        (["--alternative", "grater"], "did you mean 'greater'"),
        (["--control", "b"], "is in the control"),
        (["--covariate", "spend=before"], "did you mean|among"),
        (["--cluster", "stoer"], "did you mean 'store'"),
        (["--strata", "store", "--cluster", "store"], "do not go together"),
        (["-m", "revenue/viws"], "did you mean 'views'"),
    ],
)
def test_a_wrong_option_of_a_file(run: Run, words: list[str], told: str) -> None:
    """A reason and a hint, and no traceback."""
    rows = "\n".join(f"{'control' if n % 2 else 'treatment'},{n % 7},{n},{n}" for n in range(40))
    Path("units.csv").write_text(f"variant,revenue,views,store\n{rows}\n", encoding="utf-8")
    done = run("analyze", "units.csv", "-m", "revenue", *words)
    assert (done.code, done.out) == (2, "")
    assert re.search(told, done.err)


def test_tables_that_are_elsewhere(run: Run) -> None:
    """An experiment's metrics over a DuckDB file; columns by their names, and mistakes with a way out."""
    import duckdb

    Path("banner.yaml").write_text(
        "{key: banner, name: Banner, hypothesis: h, metrics: [buy], variants: [{key: control}, {key: blue}]}"
    )
    assert run("experiments", "create", "-f", "banner.yaml").code == 0
    with duckdb.connect("shop.duckdb") as shop:
        shop.execute(
            """CREATE TABLE seen AS SELECT n AS uid, ['control', 'blue'][1 + n % 2] AS variant,
               TIMESTAMP '2026-01-01' AS timestamp FROM range(100) t(n);
               CREATE TABLE outcomes AS SELECT uid AS user_id, 'buy' AS event, timestamp FROM seen WHERE uid % 4 = 1"""
        )
    where = ["--warehouse", "shop.duckdb", "--exposures", "seen", "--column", "exposures.unit=uid"]
    where += ["--column", "exposures.experiment=", "--column", "outcomes.value=", "--column", "outcomes.event_id="]
    found = run("analyze", "banner", *where, "--json").json
    assert [arm["n"] for arm in found["arms"]] == [50, 50]
    assert found["estimates"][0]["estimate"]["effect"] == 0.5
    assert "e.g. --column exposures.unit=uid" in run("analyze", "banner", *where, "--column", "unit").err
    assert "kept nowhere" in run("analyze", "banner", *where, "--at", "1").err
