from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from lab_hosting import TOKEN, jupyter


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyter(tmp_path_factory.mktemp("jupyter"), "expkit") as url:
        yield url


@pytest.fixture
def token() -> Iterator[httpx.Client]:
    """Who has the token, as scripts do."""
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=180) as client:
        yield client


@pytest.fixture
def browser_session(address: str) -> Iterator[httpx.Client]:
    """Who has logged in and holds cookies only, as browsers do."""
    with httpx.Client(timeout=180) as client:
        login = address.replace("/expkit", "/login")
        client.get(login)
        client.post(login, data={"password": TOKEN, "_xsrf": client.cookies["_xsrf"]})
        yield client
