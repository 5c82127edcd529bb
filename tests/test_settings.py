"""Where things live."""

from __future__ import annotations

from pathlib import Path

import pytest

from expkit.settings import Settings


def test_a_path_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Then EXPKIT_HOME, then Jupyter's data folder."""
    monkeypatch.setenv("EXPKIT_HOME", str(tmp_path / "env"))
    assert Settings.read(tmp_path / "given").home == tmp_path / "given"
    assert Settings.read().home == tmp_path / "env"
    monkeypatch.delenv("EXPKIT_HOME")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    assert Settings.read().home == tmp_path / "jupyter" / "expkit"


def test_database_and_lake_default_to_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And are taken from the environment when it names others."""
    for name in ("EXPKIT_DATABASE_URL", "EXPKIT_LAKE"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings.read(tmp_path)
    assert (settings.url, settings.lake_url) == (f"sqlite:///{tmp_path / 'expkit.db'}", str(tmp_path / "lake"))
    monkeypatch.setenv("EXPKIT_DATABASE_URL", "postgresql://h/d")
    assert Settings.read(tmp_path).url == "postgresql://h/d"


def test_the_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret does not reach a log by way of repr."""
    monkeypatch.setenv("EXPKIT_TOKEN", "very-secret")
    assert "very-secret" not in repr(Settings.read())


def test_the_actor_is_whoever_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """EXPKIT_ACTOR, else the Hub's user, else the system's."""
    monkeypatch.setenv("JUPYTERHUB_USER", "hub-ann")
    assert Settings.read().actor == "hub-ann"
    monkeypatch.setenv("EXPKIT_ACTOR", "ann")
    assert Settings.read().actor == "ann"
