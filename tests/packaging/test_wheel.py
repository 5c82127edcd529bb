"""The wheel: built without the machine's Node, complete, and working where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sysconfig.get_path("scripts"))
LABEXTENSION = "expkit-{version}.data/data/share/jupyter/labextensions/expkit"
pytestmark = pytest.mark.timeout(600)


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    """What the command printed on both streams; a failure shows it."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **env}, text=True, capture_output=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git knows or would add, with the packages that the extension is built from."""
    target = tmp_path_factory.mktemp("clone")
    for name in run("git", "ls-files", "-co", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    modules = ROOT / "extension" / "node_modules"
    if modules.is_dir():
        shutil.copytree(modules, target / "extension" / "node_modules", symlinks=True, copy_function=link_or_copy)
    return target


@pytest.fixture(scope="module")
def wheel(clone: Path) -> Path:
    """The wheel, built where the only Node on the PATH is the one from the package index."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", ".", cwd=clone, PATH=str(BIN))
    return next((clone / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment holding the wheel; what it depends on is borrowed from this one."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    return python


def version() -> str:
    return str(json.loads((ROOT / "extension" / "package.json").read_text())["version"])


def test_the_wheel_holds_the_prebuilt_extension(names: list[str]) -> None:
    """Lab finds the bundle, its styles, its settings schema and the note of who installed it."""
    folder = LABEXTENSION.format(version=version())
    assert {f"{folder}/package.json", f"{folder}/install.json", f"{folder}/static/style.js"} <= set(names)
    assert any(name.startswith(f"{folder}/static/remoteEntry") for name in names)
    assert any(name.startswith(f"{folder}/schemas/expkit/") for name in names)


def test_the_wheel_enables_the_server_side(names: list[str], wheel: Path) -> None:
    """The server's configuration is part of the wheel, so that nobody has to enable anything."""
    name = next(name for name in names if name.endswith("etc/jupyter/jupyter_server_config.d/expkit.json"))
    config = json.loads(zipfile.ZipFile(wheel).read(name))
    assert config["ServerApp"]["jpserver_extensions"] == {"expkit": True}


@pytest.mark.parametrize("folder", ["templates", "voila_apps", "notebooks"])
def test_the_wheel_ships_the_notebooks(folder: str, names: list[str]) -> None:
    """Each notebook of the top-level folders lies inside the package."""
    notebooks = {
        path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*.ipynb") if ".ipynb_ch" not in str(path)
    }
    assert notebooks, f"{folder}/ holds no notebook"
    assert {f"expkit/{folder}/{path}" for path in notebooks} <= set(names)


def test_the_wheel_holds_nothing_else(names: list[str]) -> None:
    """No sources of the extension, no packages it is built from, no tests, no second copy of the bundle."""
    foreign = ("node_modules", "extension/src", "tests/", "docs/", "constraints/", "expkit/labextension/")
    assert not [name for name in names if any(part in name for part in foreign)]
    assert {name.split("/")[0].split("-")[0] for name in names} == {"expkit"}


def test_an_installed_wheel_is_enabled_in_lab(installed: Path) -> None:
    """`jupyter labextension list` shows the extension as enabled and sound."""
    line = next(
        line for line in run(installed, "-m", "jupyterlab.labextensions", "list").splitlines() if "expkit" in line
    )
    assert f"v{version()}" in line
    assert "enabled" in line
    assert "OK" in line


def test_an_installed_wheel_is_enabled_in_the_server(installed: Path) -> None:
    """`jupyter server extension list` shows the server side as enabled and importable."""
    said = run(installed, "-m", "jupyter_server.extension.serverextension", "list")
    assert "expkit enabled" in " ".join(said.replace("\x1b[32m", "").replace("\x1b[0m", "").split())
    assert f"expkit {version()} OK" in " ".join(said.replace("\x1b[32m", "").replace("\x1b[0m", "").split())


def test_an_installed_wheel_brings_the_command(installed: Path, tmp_path: Path) -> None:
    """`expkit --version` answers from the new environment."""
    assert version() in run(installed.parent / "expkit", "--version", cwd=tmp_path)
