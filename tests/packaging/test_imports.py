"""Imports: light at the top, downwards everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    "alembic", "bokeh", "dask", "deltalake", "distributed", "duckdb", "fastapi", "ipywidgets", "jupyter_server",
    "jupyterlab", "nbclient", "numpy", "pandas", "panel", "papermill", "pingouin", "pyarrow", "scipy", "sqlalchemy",
    "statsmodels", "uvicorn",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after the statement."""
    code = (
        f"{statement}\nimport json, sys; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["expkit", "expkit.domain", "expkit.assign"])
def test_the_front_door_is_light(module: str) -> None:
    """Importing the package, its nouns or its assignment loads nothing heavy."""
    assert loaded_by(f"import {module}") & HEAVY == set()


def test_imports_point_down() -> None:
    """Every import contract of pyproject.toml holds."""
    lint = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
