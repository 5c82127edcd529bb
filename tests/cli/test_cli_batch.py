"""`expkit batch`: a template run for several parameter sets, on this machine's cores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from expkit.cli.batch import _parameters
from expkit.errors import InvalidInput

Run = Any
SMALL = ("--set", "users_per_arm=500", "--workers", "2")


def test_templates_and_their_parameters(run: Run) -> None:
    """Each template with the names, types, defaults and meanings of its parameters."""
    items = run("batch", "templates", "--json").json["items"]
    assert "lift" in [spec["name"] for spec in items[0]["parameters"]]
    assert "simulate_ab: " in run("batch", "templates").out


def test_a_batch_from_run_to_results(run: Run) -> None:
    """A list of values makes a trial of each; the trials are kept, ranked by score."""
    done = run("batch", "run", "simulate_ab", "--set", "lift=[0.0, 0.5]", *SMALL, "--score", "effect")
    assert done.code == 0, done.err
    assert "2 of 2 trials succeeded" in done.out
    (batch,) = run("batch", "list", "--json").json["items"]
    report = run("batch", "results", batch["job_id"], "--json").json
    assert [trial["parameters"]["lift"] for trial in report["trials"]] == [0.5, 0.0]
    assert "lift=0.5" in run("batch", "results", batch["job_id"]).out
    assert run("batch", "show", batch["job_id"], "--json").json["status"] == "succeeded"
    assert run("batch", "resume", batch["job_id"]).code == 0  # nothing is left to do
    assert run("batch", "abort", batch["job_id"]).out.startswith(f"Batch {batch['job_id']} ")
    assert "2/2" in run("batch", "list").out


def test_a_notebook_that_fails(run: Run) -> None:
    """The command ends with 1, and the results name the error."""
    cells = [
        {
            "cell_type": "code",
            "source": "size = 1",
            "metadata": {"tags": ["parameters"]},
            "outputs": [],
            "execution_count": None,
        },
        {"cell_type": "code", "source": "1 / 0", "metadata": {}, "outputs": [], "execution_count": None},
    ]
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    Path("broken.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    done = run("batch", "run", "broken.ipynb", "--json")
    assert done.code == 1
    assert done.json["counts"]["failed"] == 1
    assert "ZeroDivisionError" in run("batch", "results", done.json["job_id"]).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simulate_abc"], "did you mean 'simulate_ab'?"),
        (["simulate_ab", "--set", "lfit=1"], "did you mean 'lift'?"),
        (["simulate_ab", "--set", "lift=much"], "must be float"),
        (["simulate_ab", "--set", "lift"], "is not NAME=VALUE"),
        (["nothing.ipynb"], "nothing.ipynb"),
    ],
)
def test_batches_that_are_refused(run: Run, words: list[str], said: str) -> None:
    """A wrong template or parameter is told before anything starts."""
    refused = run("batch", "run", *words)
    assert refused.code == 2
    assert said in refused.err
    assert run("batch", "list").out == "There is no batch yet.\n"


def test_parameters_multiply(tmp_path: Path) -> None:
    """Each set of the file with each combination of the given values; a value wins over the file's."""
    path = tmp_path / "sets.json"
    path.write_text('[{"a": 1}, {"a": 2}]', encoding="utf-8")
    found = _parameters(path, ["b=[1,2]", "c=x"])
    assert found == [{"a": a, "b": b, "c": "x"} for a in (1, 2) for b in (1, 2)]
    path.write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(InvalidInput, match="no list of objects"):
        _parameters(path, [])
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is not JSON"):
        _parameters(path, [])
