"""Peers whose pins do not fit ours, each in an environment of its own that `uv` or `venv` makes on first use."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any


def run_peer(requirement: str, program: str) -> Any:
    """What the program prints as its last line, read as JSON."""
    python = _environment(requirement)
    done = subprocess.run([str(python), "-W", "ignore", "-c", program], check=True, capture_output=True, text=True)  # noqa: S603
    return json.loads(done.stdout.strip().splitlines()[-1])


def _environment(requirement: str) -> Path:
    name = "".join(c if c.isalnum() else "-" for c in requirement)
    folder = Path(tempfile.gettempdir()) / "expkit-benchmark-peers" / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"installing {requirement} into an environment of its own ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-q", *requirement.split()]
        subprocess.run(install, check=True, capture_output=True)  # noqa: S603
        (folder / "ready").touch()
    return python
