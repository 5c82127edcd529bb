"""What `expkit lab` runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from expkit.errors import InvalidInput, StorageUnavailable
from expkit.lab import ExpkitApp, lab_command, launch
from expkit.lab.lifespan import Lifespan
from expkit.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_allow_root_only_for_root(home: Settings) -> None:
    """Jupyter asks root to say so; anybody else must not."""
    assert ("--allow-root" in lab_command(home)) == (os.geteuid() == 0)
    assert lab_command(home, ["--allow-root"]).count("--allow-root") == 1


def test_the_users_own_words_win(home: Settings) -> None:
    """Who names a notebook gets that one, not the tour."""
    words = lab_command(home, ["mine.ipynb", "--port", "9999"])
    assert words[1:6] == ["-m", "jupyterlab", "mine.ipynb", "--port", "9999"]
    assert not any("default_url" in word for word in words)


def test_kernels_find_the_same_workbench(home: Settings) -> None:
    """By the environment that they inherit."""
    environment = launch.lab_environment(home.with_(database_url="sqlite:///x.db"))
    assert environment["EXPKIT_HOME"] == str(home.home)
    assert environment["EXPKIT_DATABASE_URL"] == "sqlite:///x.db"


def test_lab_asks_for_no_news(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Lab that we start turns Jupyter's news and update checks off; folders the user has named come first."""
    from jupyterlab_server.settings_utils import _get_overrides

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    paths = launch.lab_environment(home)["JUPYTER_CONFIG_PATH"]
    assert paths.split(os.pathsep)[0] == "/theirs"
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", paths)
    settings, error = _get_overrides(str(home.home))
    assert (error, settings["@jupyterlab/apputils-extension:notification"]["fetchNews"]) == ("", "false")


def _package(root: Path, notebooks: Path) -> Path:
    notebooks.mkdir(parents=True)
    (notebooks / "tour.ipynb").write_text("{}")
    (root / "expkit" / "lab").mkdir(parents=True)
    return root / "expkit" / "lab" / "launch.py"


def test_a_checkout_opens_its_own_tour(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the checkout as root, so that everything else is at hand."""
    monkeypatch.setattr(launch, "__file__", str(_package(tmp_path, tmp_path / "notebooks")))
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    words = lab_command(home)
    assert f"--ServerApp.root_dir={tmp_path}" in words
    assert "--LabApp.default_url=/lab/tree/notebooks/tour.ipynb" in words


def test_an_installed_package_opens_a_copy(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves alone what the user has made of it."""
    monkeypatch.setattr(launch, "__file__", str(_package(tmp_path, tmp_path / "expkit" / "notebooks")))
    copy = launch.tour(home)
    assert copy == home.home / "notebooks" / "tour.ipynb"
    copy.write_text("mine")
    assert f"--ServerApp.root_dir={copy.parent}" in lab_command(home)
    assert copy.read_text() == "mine"


def test_a_copy_below_a_hidden_folder_is_served(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started from home, Jupyter would hide what lies below ~/.local: the folder of the copy is the root."""
    monkeypatch.setattr(launch, "__file__", str(_package(tmp_path / "lib", tmp_path / "lib" / "expkit" / "notebooks")))
    monkeypatch.chdir(tmp_path)
    hidden = home.with_(home=tmp_path / ".local" / "expkit")
    words = lab_command(hidden)
    assert f"--ServerApp.root_dir={hidden.home / 'notebooks'}" in words
    assert "--LabApp.default_url=/lab/tree/tour.ipynb" in words


def test_launching_becomes_jupyterlab(home: Settings) -> None:
    """Its exit status and its output are JupyterLab's."""
    code = (
        "from expkit.lab import launch_lab; from expkit.settings import Settings;"
        "from pathlib import Path; launch_lab(Settings(home=Path('x')), ['--version'])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("4.")


@pytest.mark.parametrize(
    ("username", "name", "actor"),
    [("0" * 32, "Anonymous Io", "ann"), ("bob", "Bob", "bob"), ("bob", "Anonymous Bob", "bob")],
)
def test_the_audit_names_people(username: str, name: str, actor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up name per cookie would say nothing."""
    from jupyter_server.auth.identity import User

    monkeypatch.setenv("EXPKIT_ACTOR", "ann")
    assert ExpkitApp().actor(User(username, name)) == actor


@pytest.mark.parametrize(
    ("found", "told"), [(InvalidInput("Odd URL.", hint="mend it."), "Odd URL."), (KeyError("x"), "cannot be opened")]
)
def test_a_wrong_setting_is_no_fault_of_the_caller(found: Exception, told: str) -> None:
    """503: nothing in the request could mend it."""

    class Unopened(ExpkitApp):
        def open_app(self) -> Any:
            raise found

    app = Unopened()
    app.initialize_handlers()
    with pytest.raises(StorageUnavailable, match=told) as refused:
        asyncio.run(app.hosted())
    assert refused.value.hint
    asyncio.run(app.stop_extension())


def test_an_app_that_does_not_start_says_so() -> None:
    """And one without lifespan is taken as started."""

    async def fails(_scope: object, receive, send) -> None:  # type: ignore[no-untyped-def]
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no room"})

    async def knows_none(*_: object) -> None:
        return

    with pytest.raises(RuntimeError, match="no room"):
        asyncio.run(_begin(fails))
    asyncio.run(_begin(knows_none))


async def _begin(app) -> None:  # type: ignore[no-untyped-def]
    await Lifespan.begin(app)
