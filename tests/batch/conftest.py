"""A workbench's batches on a store of their own, and tiny templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import MakeTemplate, notebook

from expkit.batch import Batches
from expkit.storage import Store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{home / 'expkit.db'}")
    yield store
    store.close()


@pytest.fixture
def batches(store: Store, home: Path) -> Iterator[Batches]:
    batches = Batches(store, home)
    yield batches
    batches.close()


@pytest.fixture
def template(home: Path) -> MakeTemplate:
    """`template("name", "cell", "cell")` puts a template beside the shipped ones and gives its key."""

    def make(key: str, *cells: str, parameters: str = "x: int = 0") -> str:
        (home / "templates").mkdir(exist_ok=True)
        (home / "templates" / f"{key}.ipynb").write_text(notebook(*cells, parameters=parameters), encoding="utf-8")
        return key

    return make
