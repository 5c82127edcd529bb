from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hosting import TOKEN, running

import expkit
from expkit.client import RemoteWorkbench
from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench


@pytest.fixture(params=["local", "remote"])
def wb(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench | RemoteWorkbench]:
    """A fresh workbench: embedded, and the same kind behind a real server."""
    settings = Settings.read(tmp_path).with_(token=TOKEN, actor="ann", database_url="")
    with Workbench.open(settings) as local:
        if request.param == "local":
            yield local
        else:
            with running(create_app(local)) as address, expkit.connect(address, token=TOKEN) as remote:
                yield remote
