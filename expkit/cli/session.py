"""Which workbench a command talks to: the embedded one of a folder, or one behind a service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.client import RemoteWorkbench
    from expkit.settings import Settings
    from expkit.workbench import Workbench

__all__ = ["Session"]


@dataclass(frozen=True, slots=True)
class Session:
    """The global options of one command line."""

    home: Path | None = None
    url: str = ""
    token: str = field(default="", repr=False)

    @property
    def remote(self) -> bool:
        return self.url.startswith(("http://", "https://"))

    @contextmanager
    def open(self) -> Iterator[Workbench | RemoteWorkbench]:
        """The workbench that `--url` or `--home` name, closed at the end."""
        if self.remote:
            import expkit

            with expkit.connect(self.url, token=self.token) as far:
                yield far
        else:
            with self.embedded("") as near:
                yield near

    @contextmanager
    def embedded(self, verb: str) -> Iterator[Workbench]:
        """The embedded workbench, for what cannot be done through a service."""
        self.require_embedded(verb)
        import expkit

        with expkit.open(self.home, self.url or None) as workbench:
            yield workbench

    def require_embedded(self, verb: str) -> None:
        if self.remote:
            raise InvalidInput(
                f"{verb} needs a workbench on this machine, and --url names a service.",
                hint="leave out --url (and EXPKIT_URL), or give --home.",
            )

    def settings(self) -> Settings:
        """Where the embedded workbench lives; `--url` may name another database, `--token` the service's token."""
        from expkit.settings import Settings

        found = Settings.read(self.home)
        return found.with_(database_url=self.url or found.database_url, token=self.token or found.token)
