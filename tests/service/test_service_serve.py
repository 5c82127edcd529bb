"""`expkit serve`: a port, a token, an answer."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from expkit.errors import Conflict, InvalidInput
from expkit.service import listen

SERVE = "from expkit.service import serve; from expkit.settings import Settings; serve(Settings.read(), port=0)"


def test_a_port_in_use_is_told_with_a_free_one() -> None:
    """And the free one is free."""
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} on 127.0.0.1 is in use") as refused:
            listen("127.0.0.1", port)
    (other,) = re.findall(r"--port (\d+)", refused.value.hint)
    listen("127.0.0.1", int(other)).close()


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("no.such.host.invalid", 0), ("192.0.2.1", 0)]
)
def test_what_cannot_be_listened_on_is_told(host: str, port: int) -> None:
    """One clear error with a hint."""
    with pytest.raises(InvalidInput) as refused:
        listen(host, port)
    assert refused.value.hint


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_is_an_address_too() -> None:
    """Where the machine has it."""
    try:
        listen("::1", 0).close()
    except InvalidInput as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("token", ["", "chosen"])
def test_serve_prints_where_it_is_and_answers_the_token(tmp_path: Path, token: str) -> None:
    """A token of the user's choice is not printed; a made-up one is, once."""
    environment = {**os.environ, "EXPKIT_HOME": str(tmp_path), "EXPKIT_TOKEN": token, "EXPKIT_DATABASE_URL": ""}
    with subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = server.stderr.readline().split()[-1]
        known = token or server.stderr.readline().split()[1]
        headers = {"Authorization": f"Bearer {known}"}
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(base_url=address, headers=headers, transport=transport) as client:
            assert client.get("/readyz").status_code == 200
            assert client.get("/readyz", headers={"Authorization": "Bearer x"}).status_code == 401
        server.send_signal(signal.SIGINT)
        assert server.wait(20) in {0, 130, -signal.SIGINT}
        assert "Traceback" not in server.stderr.read()


def test_ctrl_c_ends_streams_too(tmp_path: Path) -> None:
    """Clients that follow the config neither hold the server up nor make it complain."""
    environment = {**os.environ, "EXPKIT_HOME": str(tmp_path), "EXPKIT_TOKEN": "t", "EXPKIT_DATABASE_URL": ""}
    with subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = server.stderr.readline().split()[-1]
        headers = {"Authorization": "Bearer t", "Accept": "text/event-stream"}
        with httpx.stream("GET", f"{address}/experiments/config", headers=headers, timeout=60) as followed:
            lines = followed.iter_lines()
            assert any(line.startswith("event: config") for line in lines)
            server.send_signal(signal.SIGINT)
            assert [line for line in lines if line.startswith("event:")] == []
        assert server.wait(20) in {0, 130, -signal.SIGINT}
        assert server.stderr.read() == ""
