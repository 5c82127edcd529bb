from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from expkit.settings import Settings
from expkit.workbench import Workbench


@pytest.fixture
def wb(database_url: str, tmp_path: Path) -> Iterator[Workbench]:
    """An open workbench of root's, on each kind of database."""
    settings = Settings(home=tmp_path / "home", database_url=database_url, actor="root")
    with Workbench.open(settings) as opened:
        yield opened
