from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from expkit.apps import query
from expkit.apps.host import host, link


def test_voila_is_known_by_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Voila hands the request to the kernel as variables."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    monkeypatch.setenv("QUERY_STRING", "experiment=check%20out&x=1")
    assert host() == "voila"
    assert query("experiment") == "check out"
    assert query("nothing") == ""
    assert link("experiment", experiment="a&b") == "experiment.ipynb?experiment=a%26b"


def test_a_notebook_has_no_pages_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In JupyterLab there is nothing to link to, and no query."""
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)
    assert (host(), link("fleet"), query("experiment")) == ("notebook", "", "")


@pytest.mark.parametrize("software", ["", "voila/0.5.13"])
def test_shows_errors_with_their_hint(tmp_path: Path, software: str) -> None:
    """A user's mistake becomes a card on the page, never a traceback."""
    code = """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance()
from expkit.apps import experiment_page, show
import panel as pn
page = show(lambda workbench: experiment_page(workbench, 'nope'))
print(page.object)
"""
    env = {**os.environ, "EXPKIT_HOME": str(tmp_path), "SERVER_SOFTWARE": software}
    env.pop("EXPKIT_PANEL_FILES", None)
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'role="alert"' in done.stdout
    assert "nope" in done.stdout
