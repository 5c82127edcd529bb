"""Real databases for the contract suites: SQLite in a fresh folder, PostgreSQL from the system's own binaries."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from expkit.storage import Store

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of this test process alone; where a real one is required, none is a failure."""
    if _initdb() is None:
        reason = "no PostgreSQL on this machine (Debian, Ubuntu: apt-get install postgresql)"
        if os.environ.get("CI") or os.environ.get("EXPKIT_REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running_postgres("fsync=off") as url:
        yield url


@contextmanager
def running_postgres(*options: str) -> Iterator[str]:
    """The URL of a PostgreSQL on a Unix socket in a fresh folder, with `name=value` settings; gone afterwards."""
    initdb = _initdb()
    if initdb is None:
        raise RuntimeError("There is no initdb on this machine.")
    folder = Path(tempfile.mkdtemp(prefix="expkit-pg-", dir="/tmp"))  # socket paths must stay short
    if os.getuid() == 0:
        shutil.chown(folder, _user())
    subprocess.run(
        [initdb, "-D", folder / "data", "-A", "trust", "-U", "expkit", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd="/", **_as_user(),
    )  # fmt: skip
    server = serve_postgres(folder, *options)
    try:
        yield f"postgresql+psycopg://expkit@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)  # at once, whoever is still connected
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def serve_postgres(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """The server on a folder that has its data; it answers when this returns."""
    settings = [part for option in options for part in ("-c", option)]
    server = subprocess.Popen(
        [Path(str(_initdb())).with_name("postgres"), "-D", folder / "data", "-k", folder, "-h", "", *settings],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **_as_user(),
    )  # fmt: skip
    _wait_for(folder, server)
    return server


def _user() -> str:
    """PostgreSQL refuses to run as root."""
    return "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def _as_user() -> dict[str, str]:
    return {"user": _user()} if os.getuid() == 0 else {}


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "expkit.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of an empty PostgreSQL database with all tables, to be copied."""
    _administer(postgres_server, "CREATE DATABASE migrated")
    Store.open(postgres_server.replace("/postgres?", "/migrated?")).close()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind in which nothing has been made yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'expkit.db'}"
    else:
        yield from _copy_of(request.getfixturevalue("postgres_server"), "template0")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with all tables and nothing in them."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "expkit.db")
        yield f"sqlite:///{tmp_path / 'expkit.db'}"
    else:
        template = request.getfixturevalue("migrated_postgres")
        yield from _copy_of(request.getfixturevalue("postgres_server"), template)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open store on each kind of database."""
    store = Store.open(database_url)
    yield store
    store.close()


def _initdb() -> str | None:
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))  # noqa: PTH207  # the numbers sort as text here
    return shutil.which("initdb") or (programs[-1] if programs else None)


def _copy_of(server: str, template: str) -> Iterator[str]:
    name = f"t{next(_NUMBERS)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.replace("/postgres?", f"/{name}?")
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


def _wait_for(folder: Path, server: subprocess.Popen[bytes]) -> None:
    """Until it answers: its socket is there long before, while it recovers."""
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(host=str(folder), user="expkit", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: exit {server.poll()}") from None
            time.sleep(0.05)
        else:
            return
