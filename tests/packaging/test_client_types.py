"""The Lab extension speaks to the service in types generated from openapi.json."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[2] / "extension"
NODE = Path(sysconfig.get_path("scripts")) / "node"


def test_the_client_types_are_those_of_openapi_json(tmp_path: Path) -> None:
    """Generating them again gives the committed file; otherwise: `make schema`."""
    generator = EXTENSION / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    if not generator.exists():
        pytest.skip("the extension's packages are not installed here (`make` does)")
    command = json.loads((EXTENSION / "package.json").read_text())["scripts"]["schema"].split()
    fresh = tmp_path / "schema.ts"
    subprocess.run([NODE, generator, *command[1:-1], fresh], cwd=EXTENSION, check=True, capture_output=True)
    assert fresh.read_text() == (EXTENSION / "src" / "api" / "schema.ts").read_text()
