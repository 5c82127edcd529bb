from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hosting import CHECKOUT, TOKEN, running

from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    settings = Settings.read(tmp_path_factory.mktemp("home")).with_(
        token=TOKEN, actor="ann", database_url="", max_body_bytes=1_000_000, max_rows_per_request=100
    )
    with Workbench.open(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(workbench: Workbench) -> Iterator[str]:
    with running(create_app(workbench)) as url:
        yield url


@pytest.fixture(scope="module")
def service(address: str) -> Iterator[httpx.Client]:
    """A client with the token, on a real server."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def active(workbench: Workbench) -> str:
    """The key of an active experiment that every test of the module may read."""
    workbench.create(CHECKOUT)
    return workbench.start("checkout").key
