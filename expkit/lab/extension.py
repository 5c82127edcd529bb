"""The Jupyter Server extension: `<base_url>/expkit/` is the service, and Jupyter says who is asking.

Nothing is opened and little is imported before the first request, so that Jupyter starts as fast as without us;
when the workbench cannot be opened, only our own routes say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Unicode

from expkit.errors import ExpkitError, StorageUnavailable
from expkit.lab.handler import AsgiHandler
from expkit.lab.lifespan import Lifespan
from expkit.settings import Settings

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from starlette.types import ASGIApp

__all__ = ["ExpkitApp"]

GRACE_SECONDS = 5.0
"""For requests that are being answered when the server is stopped."""
PATIENCE_SECONDS = 20.0
"""For those that were cancelled, and whose threads have to come to their end."""


class ExpkitApp(ExtensionApp):
    name = "expkit"
    extension_url = "/lab"
    load_other_extensions = True

    home = Unicode(
        "", config=True, help="The workbench's folder; else $EXPKIT_HOME, else expkit/ in Jupyter's data folder."
    )
    database_url = Unicode(
        "", config=True, help="Another database than the SQLite file in `home`; else $EXPKIT_DATABASE_URL."
    )

    def initialize_handlers(self) -> None:
        self._opening = asyncio.Lock()
        self._lifespan: Lifespan | None = None
        self._close: Callable[[], None] | None = None
        self._answering: set[asyncio.Task[Any]] = set()
        self.handlers.append((r"expkit(?:/.*)?", AsgiHandler, {"host": self}))

    def actor(self, user: User) -> str:
        """Who the audit says it was. A token or a password names nobody, so Jupyter invents a name for every cookie;
        then it is the account that runs the server.
        """
        anonymous = user.name.startswith("Anonymous ") and len(user.username) == 32
        return self.read_settings().actor if anonymous else user.username

    def read_settings(self) -> Settings:
        settings = Settings.read(self.home or None)
        return settings.with_(database_url=self.database_url) if self.database_url else settings

    def open_app(self) -> tuple[ASGIApp, Callable[[], None]]:
        """The app, and how to close what it holds. Runs in a thread: imports and migrations take their time."""
        from expkit.service import create_app, host_auth
        from expkit.workbench import Workbench

        workbench = Workbench.open(self.read_settings())
        return create_app(workbench, auth=host_auth), workbench.close

    async def hosted(self) -> ASGIApp:
        """The app, opened by whoever asks first. A failure is not kept: the next request tries again."""
        async with self._opening:
            if self._lifespan is None:
                app, self._close = await asyncio.to_thread(self._open_app)
                self._lifespan = await Lifespan.begin(app)
            return self._lifespan.app

    def await_me(self) -> None:
        """The current task is waited for before the server ends."""
        if task := asyncio.current_task():
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def stop_extension(self) -> None:
        await self._let_finish()
        if self._lifespan is not None:
            await self._lifespan.end()
        if self._close is not None:
            await asyncio.to_thread(self._close)

    async def _let_finish(self) -> None:
        """A worker thread ends with the request that began it: one that is cut off would keep the process for ever."""
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=GRACE_SECONDS)
        for task in self._answering:  # streams, which have no end
            task.cancel()
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=PATIENCE_SECONDS)

    def _open_app(self) -> tuple[ASGIApp, Callable[[], None]]:
        try:
            return self.open_app()
        except StorageUnavailable:
            raise
        except ExpkitError as error:  # a wrong setting is nothing that whoever sent the request could mend
            raise StorageUnavailable(f"The workbench cannot be opened: {error.message}", hint=error.hint) from error
        except Exception as error:
            self.log.exception("expkit: the workbench cannot be opened")
            raise StorageUnavailable(
                "The workbench cannot be opened.", hint="the log of the Jupyter server says why."
            ) from error
