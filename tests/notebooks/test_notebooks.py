"""Every notebook that is shipped runs from top to bottom, in a folder of the reader's, and is kept without outputs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("templates/*.ipynb")])


def test_there_is_something_to_run() -> None:
    """An empty list would make the other tests pass."""
    assert {"tour", "results", "factorial", "srm", "simulate_ab"} <= {path.stem for path in SHIPPED}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    """No cell raises, wherever the reader started Jupyter."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-cell-timeout=240",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run([*command, "--no-cov", str(path)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_notebook_is_kept_clean(path: Path) -> None:
    """Valid, with a title, and without outputs, which would be somebody's machine and day."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
