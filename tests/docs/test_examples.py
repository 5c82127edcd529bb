"""Every example in the documentation and in the README does what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # test folders are not packages
from examples import blocks, run_page

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_EXAMPLES = [page for page in PAGES if any(block.kind in {"python", "console"} for block in blocks(page))]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks run in order, in an empty folder with a workbench of its own, and print what is shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPKIT_ACTOR", "ann")
    for name in ("EXPKIT_URL", "EXPKIT_TOKEN", "EXPKIT_DATABASE_URL", "EXPKIT_LAKE"):
        monkeypatch.delenv(name, raising=False)
    assert run_page(page) > 0


def test_a_false_example_is_found(tmp_path: Path) -> None:
    """The collector can fail: output that differs, a command that is refused."""
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1)\n```\n\n```text\n2\n```\n")
    with pytest.raises(AssertionError, match="but it printed"):
        run_page(page)
    page.write_text("```console\n$ expkit frobnicate\n```\n")
    with pytest.raises(AssertionError, match="ended with 2"):
        run_page(page)
