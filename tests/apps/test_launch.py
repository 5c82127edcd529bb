from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from expkit.apps import dashboards
from expkit.apps.launch import PAGES, notebooks
from expkit.errors import Conflict, InvalidInput


def test_a_port_in_use_is_told() -> None:
    """Before any server starts, with a way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=rf"Port {port} on 127.0.0.1 cannot be had.*or 0"):
            dashboards("panel", port)


def test_an_impossible_port_is_told() -> None:
    """Not a traceback."""
    with pytest.raises(Conflict, match="70000"):
        dashboards("voila", 70_000)


def test_an_unknown_engine_is_told() -> None:
    """With the nearest name."""
    with pytest.raises(InvalidInput, match="did you mean 'voila'"):
        dashboards("viola")  # type: ignore[arg-type]


def test_others_need_a_token() -> None:
    """An address that others can reach is never open."""
    with pytest.raises(InvalidInput, match="there is no token"):
        dashboards("voila", 0, ip="0.0.0.0")  # noqa: S104


@pytest.mark.parametrize(("engine", "page"), [("voila", "voila/render/fleet.ipynb"), ("panel", "fleet")])
def test_with_a_token_nobody_enters_without(engine: str, page: str, tmp_path: Path) -> None:
    """Every page sends a stranger to the login."""
    code = f"from expkit.apps import dashboards; dashboards({engine!r}, 0, token='sesame', home={str(tmp_path)!r})"
    server = subprocess.Popen(
        [sys.executable, "-uc", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        said = next(line for line in server.stdout if line.startswith("Dashboards ("))
        address = said.split()[-1].partition("?")[0]
        transport = httpx.HTTPTransport(retries=8)  # waits longer each time, until the server listens
        with httpx.Client(transport=transport) as client:
            answers = [client.get(address + path) for path in ("", page)]
        assert [answer.status_code for answer in answers] == [302, 302]
        assert all("/login" in answer.headers["location"] for answer in answers)
    finally:
        server.terminate()
        server.communicate(timeout=120)


def test_the_notebooks_are_thin() -> None:
    """One cell each that calls a page: the same under both engines, and nothing computed in it."""
    for name in PAGES:
        book = json.loads((notebooks() / f"{name}.ipynb").read_text(encoding="utf-8"))
        (cell,) = book["cells"]
        source = "".join(cell["source"])
        assert f"{name}_page" in source
        assert len(source.splitlines()) <= 3
        assert cell["outputs"] == []
        assert book["metadata"]["title"]


def test_our_voila_template_fetches_nothing() -> None:
    """No address in it; the browser tests hold what comes out."""
    import expkit.apps

    folder = Path(expkit.apps.__file__).parent / "jupyter" / "voila" / "templates" / "expkit"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert set(texts) == {"conf.json", "index.html.j2", "page.html", "tree.html"}
    assert [name for name, text in texts.items() if "http://" in text or "https://" in text] == []
