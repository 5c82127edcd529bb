"""From tornado to ASGI and back, in a real Jupyter server around a small app."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lab_hosting import jupyter


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyter(tmp_path_factory.mktemp("small"), "small_extension") as url:
        yield url


def test_a_stream_arrives_as_it_is_sent(small: str, token: httpx.Client) -> None:
    """The first event is here while the app still waits for what comes after it."""
    with token.stream("GET", f"{small}/stream") as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        chunks = answer.iter_raw()
        assert next(chunks) == b"data: first\n\n"
        with httpx.Client(headers=token.headers) as other:
            other.post(f"{small}/free")
        assert b"".join(chunks) == b"data: last\n\n"


def test_the_app_hears_when_the_client_leaves(small: str, token: httpx.Client) -> None:
    """Otherwise a closed browser tab would stream for ever."""
    with token.stream("GET", f"{small}/hold") as answer:
        assert next(answer.iter_raw()) == b"here"
    for _ in range(100):
        if (events := token.get(f"{small}/free").json())[-1] == "refused":
            break
    assert events[-2:] == ["http.disconnect", "refused"]


def test_a_client_that_leaves_early_is_no_failure(tmp_path: Path, token: httpx.Client) -> None:
    """Whoever closes a tab while a figure is drawn, or a stream runs, leaves no error and no 500 in the log."""
    with jupyter(tmp_path, "small_extension") as url:
        with pytest.raises(httpx.ReadTimeout):
            token.get(f"{url}/late", timeout=0.5)
        with token.stream("GET", f"{url}/endless") as answer:
            assert next(answer.iter_raw())
        for _ in range(100):
            if token.get(f"{url}/free").json()[-1] == "answered":
                break
    log = (tmp_path / "log").read_text()
    assert [line for line in log.splitlines() if "Traceback" in line or "Uncaught" in line or " 500 " in line] == []


def test_a_server_ends_although_it_is_asked(tmp_path: Path, token: httpx.Client) -> None:
    """A request that is being answered, and the thread that came with it, do not keep Jupyter from ending."""
    with jupyter(tmp_path, "small_extension") as url, token.stream("GET", f"{url}/work") as answer:
        assert next(answer.iter_raw()) == b"begun"


def test_the_app_is_started_once(small: str, token: httpx.Client) -> None:
    """Lifespan runs, whoever comes first."""
    assert token.get(f"{small}/free").json().count("startup") == 1


def test_the_request_arrives_whole(small: str, token: httpx.Client) -> None:
    """Decoded path, raw path, query, body; and no credentials."""
    body = bytes(range(256)) * 20_000
    told = token.post(f"{small}/%C3%A9%20x/echo?a=%26b", content=body, headers={"Cookie": "a=b"}).json()
    assert told["path"] == "/user/a/expkit/é x/echo"
    assert told["raw"] == "/user/a/expkit/%C3%A9%20x/echo"
    assert told["root_path"] == "/user/a/expkit"
    assert (told["query"], told["method"], told["actor"]) == ("a=%26b", "POST", "ann")
    assert told["sha"] == hashlib.sha256(body).hexdigest()
    assert not {"authorization", "cookie"} & set(told["headers"])


@pytest.mark.parametrize("verb", ["GET", "PUT", "PATCH", "DELETE"])
def test_every_verb_is_passed_on(small: str, token: httpx.Client, verb: str) -> None:
    """What it may do is the app's business."""
    assert token.request(verb, f"{small}/echo").json()["method"] == verb


def test_the_answer_leaves_as_it_is(small: str, token: httpx.Client) -> None:
    """Odd status, repeated headers, own media type."""
    answer = token.get(f"{small}/cookies")
    assert (answer.status_code, answer.text) == (418, "short and stout")
    assert answer.headers.get_list("x-twice") == ["1", "2"]
    assert answer.headers["content-type"] == "text/plain"


def test_a_bug_in_the_bridge_gives_nothing_away(small: str, token: httpx.Client) -> None:
    """The app has its own guard; this is the one behind it."""
    answer = token.get(f"{small}/bug")
    assert answer.status_code == 500
    assert answer.json()["kind"] == "error"
    assert "secret" not in answer.text


def test_a_workbench_that_cannot_be_opened_breaks_only_us(
    tmp_path_factory: pytest.TempPathFactory, token: httpx.Client
) -> None:
    """503 with a hint; Jupyter itself works on."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "file").write_text("not a folder")
    with jupyter(folder, "expkit", f"--ExpkitApp.home={folder / 'file'}") as address:
        answer = token.get(f"{address}/experiments")
        assert answer.status_code == 503
        assert answer.json()["kind"] == "storage-unavailable"
        assert answer.json()["hint"]
        assert token.get(address.replace("/expkit", "/api/status")).status_code == 200
        (folder / "file").unlink()
        assert token.get(f"{address}/experiments").status_code == 200  # mended without a restart
