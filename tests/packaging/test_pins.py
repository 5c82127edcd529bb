"""The pins: every version by name and hash, from wherever the user's index is."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import expkit

ROOT = Path(__file__).parents[2]
FILES = ["run.txt", "dev.txt"]


def pins(name: str) -> dict[str, str]:
    """Requirement (name, version and marker) -> its hashes."""
    text = (ROOT / "constraints" / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {head.strip(): hashes for head, _, hashes in (line.partition(" --hash=") for line in lines)}


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    """A name, one version, and at least one SHA-256."""
    for requirement, hashes in pins(name).items():
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==[^ ]+", requirement)
        assert re.match(r"sha256:[0-9a-f]{64}", hashes), requirement


@pytest.mark.parametrize("name", FILES)
def test_no_pin_names_an_address(name: str) -> None:
    """No index, no link, no file: which index serves them is the user's business."""
    assert not re.search(r"://|--(extra-)?index|--find-links", (ROOT / "constraints" / name).read_text())


def test_running_and_developing_use_the_same_versions() -> None:
    """What runs is a part of what was tested, to the version and the hash.

    What running needs on some Pythons only, developing may need on all of them.
    """
    running, developing = pins("run.txt"), pins("dev.txt")
    tested = {head: developing.get(head, developing.get(head.partition(" ;")[0])) for head in running}
    assert tested == running


def test_every_dependency_is_pinned() -> None:
    """A dependency added to pyproject.toml without `make pins` is noticed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.split(r"[\[<>=;! ]", line)[0].lower() for line in project["project"]["dependencies"]}
    assert wanted <= {re.split(r"[\[=]", head)[0] for head in pins("run.txt")}


def test_the_extension_s_lock_names_no_registry() -> None:
    """The lock of the extension's packages carries no host either."""
    assert not re.search(r"https?://", (ROOT / "extension" / "yarn.lock").read_text())


def test_one_version() -> None:
    """The package, its metadata and the Lab extension say the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extension = json.loads((ROOT / "extension" / "package.json").read_text())
    assert expkit.__version__ == project["version"] == extension["version"]
