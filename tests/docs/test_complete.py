"""Nothing that a user can call, set or meet is left undocumented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from expkit import errors
from expkit.domain import MOVES, READY_METRICS, Experiment, Metric
from expkit.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))
from generate import PAGE, commands, written  # noqa: E402


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_command_is_documented() -> None:
    """Each command has a heading and its help text; no heading is left of a command that is gone."""
    page = text("cli.md")
    known = {" ".join(words) for words in commands()}
    assert set(re.findall(r"^### `expkit ([a-z -]+)`$", page, re.MULTILINE)) == known
    assert set(re.findall(r"^<!-- help: ([a-z -]+) -->$", page, re.MULTILINE)) == known


def test_help_texts_are_those_of_today() -> None:
    """The help texts in the page are what the commands print; `python docs/generate.py` renews them."""
    page = text("cli.md")
    assert PAGE.name == "cli.md"
    assert written(page) == page


@pytest.mark.parametrize("name", Settings.__dataclass_fields__)
def test_every_setting_is_documented(name: str) -> None:
    """Each field of the settings has its row."""
    assert f"| `{name}` |" in text("settings.md")


def test_every_variable_is_documented() -> None:
    """Each EXPKIT_ variable that the package reads has its row."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "expkit").rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get)?[\[(]\s*\"(EXPKIT_[A-Z_]+)\"", source))
    read |= set(re.findall(r"envvar=\"(EXPKIT_[A-Z_]+)\"", source))
    assert len(read) >= 5
    assert [name for name in sorted(read) if f"| `{name}` |" not in text("settings.md")] == []


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name[:1].isupper() and name != "ExpkitError"])
def test_every_error_is_documented(name: str) -> None:
    """Each error has its row with its stable kind."""
    assert f"| `{name}` | `{getattr(errors, name).kind}` |" in text("troubleshooting.md")


@pytest.mark.parametrize("name", Experiment.model_fields)
def test_every_field_is_documented(name: str) -> None:
    """Each field of an experiment is a term of the list."""
    terms = [line for line in text("experiments.md").splitlines() if line.startswith("`")]
    assert any(f"`{name}`" in line for line in terms)


def test_every_metric_is_documented() -> None:
    """Each field of a metric, each kind and each ready-made name stands on the metrics' page."""
    page = text("metrics.md")
    kinds = get_args(Metric.model_fields["kind"].annotation)
    plain = {"key", "name", "description", "owner", "unit", "direction"}
    names = {*kinds, *Metric.model_fields} - plain | {name for name in READY_METRICS if not name[-2:].isdigit()}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_the_lifecycle_table_is_the_code_s() -> None:
    """The page's table has exactly the moves of the domain."""
    rows = [tuple(part.strip() for part in line.split("|")[1:-1]) for line in text("lifecycle.md").splitlines()]
    shown = [row for row in rows if len(row) == 5 and row[0] not in {"move", "---"}]
    assert shown == [(m.verb, m.source, m.target, m.role, "needed" if m.needs_reason else "") for m in MOVES]


def test_every_page_is_in_the_index() -> None:
    """A page that no table of contents names is not found by readers."""
    listed = set(re.findall(r"^([a-z-]+)$", text("index.md"), re.MULTILINE))
    assert listed == {page.stem for page in DOCS.glob("*.md")} - {"index"}


def test_the_pages_build(tmp_path: Path) -> None:
    """Sphinx builds them without a warning, and they load nothing from elsewhere."""
    words = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", str(tmp_path / "cache"), str(DOCS)]
    done = subprocess.run([*words, str(tmp_path / "html")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = "".join(page.read_text(encoding="utf-8") for page in (tmp_path / "html").glob("*.html"))
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?:https?:)?//[^\"]+", pages) == []
