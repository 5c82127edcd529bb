"""When the other side is not there, or is something else."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hosting import TOKEN, running

import expkit
from expkit.client.problems import error_of
from expkit.client.rows import MAX_ROWS, bodies
from expkit.errors import InvalidInput, Unauthenticated, Unreachable
from expkit.service import listen


async def _page(scope: Any, receive: Any, send: Any) -> None:
    """A web server that is not expkit: a page, or a crash, by path."""
    if scope["type"] != "http":
        return
    status = 502 if scope["path"].endswith("readyz") else 200
    if scope["path"].endswith("audit"):
        raise RuntimeError("crashed")
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<h1>Hello</h1>"})


def test_nobody_there() -> None:
    """The error says who was asked, and how to start one."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with expkit.connect(f"http://127.0.0.1:{port}") as remote, pytest.raises(Unreachable, match=str(port)) as refused:
        remote.list()
    assert "expkit serve" in refused.value.hint


def test_somebody_who_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timeout is told as one."""
    import httpx

    from expkit.client.transport import Transport

    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = Transport(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=httpx.Timeout(0.2))
        with pytest.raises(Unreachable, match="did not answer in time"):
            transport.get("/experiments")
        transport.close()


def test_somebody_who_hangs_up() -> None:
    """As a broken connection."""
    import threading

    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            rude.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with (
            expkit.connect(f"http://127.0.0.1:{rude.getsockname()[1]}") as remote,
            pytest.raises(Unreachable, match="broke"),
        ):
            remote.list()
        thread.join()


@pytest.mark.parametrize(
    "verb", [lambda wb: wb.ready(), lambda wb: wb.list(), lambda wb: wb.get("x"), lambda wb: wb.audit()]
)
def test_somebody_else(verb: Any) -> None:
    """A page, with whatever status, is no answer of expkit's."""
    with (
        running(_page) as address,
        expkit.connect(address) as remote,
        pytest.raises(Unreachable, match="not as expkit does") as refused,
    ):
        verb(remote)
    assert "/expkit" in refused.value.hint


@pytest.mark.parametrize("url", ["", "localhost:8765", "ftp://x", "http://", "http://[", "not a url"])
def test_an_address_that_is_none(url: str) -> None:
    """Told before anything is sent."""
    with pytest.raises(InvalidInput, match="not the address") as refused:
        expkit.connect(url)
    assert "http://127.0.0.1" in refused.value.hint


def test_the_token_may_come_from_the_environment(wb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a wrong one is told as such."""
    if not isinstance(wb, expkit.client.RemoteWorkbench):
        pytest.skip("the embedded one asks for no token")
    address = repr(wb).split("'")[1]
    with expkit.connect(address, token="wrong") as stranger, pytest.raises(Unauthenticated, match="wrong"):  # noqa: S106
        stranger.list()
    monkeypatch.setenv("EXPKIT_TOKEN", TOKEN)
    with expkit.connect(address) as known:
        assert known.list() == []


def test_an_unknown_kind_is_still_an_error_of_ours() -> None:
    """A newer service may know more kinds."""
    import httpx

    answer = httpx.Response(
        499, json={"kind": "new", "detail": "Odd.", "hint": "wait."}, request=httpx.Request("GET", "http://x")
    )
    assert (str(error_of(answer)), error_of(answer).kind) == ("Odd. Hint: wait.", "error")


def test_many_rows_go_in_several_requests() -> None:
    """Each below what a service takes, none lost."""
    rows = [{"event": "x", "user_id": str(number)} for number in range(2 * MAX_ROWS + 1)]
    assert [count for count, _ in bodies("outcomes", rows)] == [MAX_ROWS, MAX_ROWS, 1]
    wide = [{"event": "x", "user_id": "u", "properties": {"a": "x" * 50_000}}] * 400
    sizes = [len(body) for _, body in bodies("outcomes", wide)]
    assert len(sizes) == 3
    assert max(sizes) < 9_000_000
    assert [count for count, _ in bodies("outcomes", [])] == [0]


def test_a_service_chooses_its_own_cluster() -> None:
    """Told before anything is sent."""
    with expkit.connect("http://127.0.0.1:1") as remote:
        with pytest.raises(InvalidInput, match="its own cluster"):
            remote.run_batch(template="simulate_ab", parameters=[{}], cluster="tcp://x")
        with pytest.raises(InvalidInput, match="calls nobody back"):
            remote.resume_batch("x", progress=print)
