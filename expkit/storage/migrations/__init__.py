"""Brings a database to the schema that this version of expkit knows. Alembic is loaded only when there is work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from expkit.errors import StorageUnavailable

__all__ = ["HEAD", "KNOWN", "migrate", "upgrade"]

KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
HEAD = KNOWN[-1]
_LOCK = 0x657870  # one number for all processes that migrate a PostgreSQL database


def migrate(engine: sa.Engine) -> None:
    """Make the tables, or bring them up to date; of several processes one does it and the others wait."""
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with engine.connect().execution_options(expkit_write=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = _revision(connection)
        if found == HEAD:
            return
        if found is not None and found not in KNOWN:
            raise StorageUnavailable(
                f"The database was written by a newer expkit (schema {found}; this version knows up to {HEAD}).",
                hint="upgrade expkit, or point EXPKIT_HOME at another folder; the file was left as it is.",
            )
        upgrade(connection, HEAD)


def upgrade(connection: sa.Connection, target: str) -> None:
    """Alembic's upgrade to a revision on a connection of ours, inside its transaction."""
    from alembic import command

    command.upgrade(_config(connection), target)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _config(connection: sa.Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
