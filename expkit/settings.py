"""Where things live and how big they may be: one frozen object, read from the environment once per call."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """`Settings.read()` takes `EXPKIT_HOME`, `EXPKIT_DATABASE_URL`, `EXPKIT_LAKE`, `EXPKIT_TOKEN`, `EXPKIT_ACTOR`,
    `EXPKIT_AUDIT_KEY`, `EXPKIT_CLIENT_KEYS`, `EXPKIT_SIGNING_KEY` and `EXPKIT_NOTIFY`.

    An empty `database_url` means the SQLite file under `home`; an empty `lake` means the folder `lake` there.
    """

    home: Path
    database_url: str = ""
    lake: str = ""
    token: str = field(default="", repr=False)
    actor: str = ""
    audit_key: str = field(default="", repr=False)
    client_keys: str = ""
    """Keys, separated by commas, that may read what is delivered, and nothing else."""
    signing_key: str = field(default="", repr=False)
    """What signs the config: 32 bytes in base64; made and kept in `home` when empty."""
    notify: str = field(default="", repr=False)
    """Where people are told of what happens: Apprise's addresses."""
    max_body_bytes: int = 16 * 1024 * 1024
    max_rows_per_request: int = 100_000

    @classmethod
    def read(cls, home: str | os.PathLike[str] | None = None) -> Settings:
        """The settings of this process; `home` given wins over `EXPKIT_HOME`, which wins over Jupyter's data folder."""
        given = home or os.environ.get("EXPKIT_HOME")
        return cls(
            home=Path(given).expanduser() if given else _jupyter_home(),
            database_url=os.environ.get("EXPKIT_DATABASE_URL", ""),
            lake=os.environ.get("EXPKIT_LAKE", ""),
            token=os.environ.get("EXPKIT_TOKEN", ""),
            audit_key=os.environ.get("EXPKIT_AUDIT_KEY", ""),
            client_keys=os.environ.get("EXPKIT_CLIENT_KEYS", ""),
            signing_key=os.environ.get("EXPKIT_SIGNING_KEY", ""),
            notify=os.environ.get("EXPKIT_NOTIFY", ""),
            actor=os.environ.get("EXPKIT_ACTOR") or _user(),
        )

    def with_(self, **changes: object) -> Settings:
        return replace(self, **changes)  # type: ignore[arg-type]  # dataclasses.replace checks the names itself

    @property
    def url(self) -> str:
        """The database to open."""
        return self.database_url or f"sqlite:///{self.home / 'expkit.db'}"

    @property
    def lake_url(self) -> str:
        """The folder or bucket that holds the event tables."""
        return self.lake or str(self.home / "lake")


def _jupyter_home() -> Path:
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "expkit"


def _user() -> str:
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container may run under a uid without a name
        return "unknown"
