"""Nobody gets in without the token."""

from __future__ import annotations

import httpx
import pytest
from hosting import TOKEN

from expkit.errors import Unauthenticated
from expkit.service import Principal, host_auth, token_auth

CLOSED = [
    "/",
    "/experiments",
    "/audit",
    "/metrics",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/static/bokeh/bokeh.min.js",
    "/nope",
]


@pytest.mark.parametrize("path", CLOSED)
def test_without_a_token_every_path_is_closed(address: str, path: str) -> None:
    """Also those that do not exist: a stranger learns nothing."""
    answer = httpx.get(address + path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["kind"] == "unauthenticated"


def test_liveness_is_open(address: str) -> None:
    """A load balancer has no token."""
    assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("header", ["Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer", "Bearer é", f"Bearer {TOKEN}x"])
def test_a_wrong_token_is_refused(address: str, header: str) -> None:
    """Whatever is wrong about it."""
    answer = httpx.get(f"{address}/experiments", headers={"Authorization": header.encode()})
    assert answer.status_code == 401
    assert "Bearer <token>" in answer.json()["hint"]


def test_the_token_does_not_travel_in_the_url(address: str) -> None:
    """URLs end up in logs."""
    assert httpx.get(f"{address}/experiments?token={TOKEN}").status_code == 401


def test_two_authorization_headers_are_refused(address: str) -> None:
    """Nobody can say which of them a proxy has checked."""
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer x")]
    assert httpx.get(f"{address}/experiments", headers=headers).status_code == 401


def test_the_right_token_opens(service: httpx.Client) -> None:
    """And the service knows in whose name it acts."""
    assert service.get("/").json()["actor"] == "ann"


def test_an_empty_token_lets_nobody_in() -> None:
    """A service that was given no token is closed, not open."""
    scope = {"headers": [(b"authorization", b"Bearer ")]}
    with pytest.raises(Unauthenticated):
        token_auth("")(scope)


def test_a_host_vouches_by_the_scope() -> None:
    """What arrives from outside cannot pretend to be a principal."""
    assert host_auth({"state": {"principal": Principal("eve")}}) == Principal("eve")
    for state in ({}, {"principal": "eve"}, {"principal": Principal("")}):
        with pytest.raises(Unauthenticated, match="nobody"):
            host_auth({"state": state})
