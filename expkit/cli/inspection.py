"""`expkit open`: where the workbench lives and what is in it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer

from expkit.cli.output import Json, say, say_json
from expkit.cli.session import Session

__all__ = ["add_to"]

PAGE = 1000


def add_to(app: typer.Typer) -> None:
    app.command("open")(open_)


def open_(context: typer.Context, as_json: Json = False) -> None:
    """Where the workbench lives, what it holds.

    Makes it when it is not there yet.
    """
    session: Session = context.obj
    with session.open() as workbench:
        counts = _by_status(workbench)
    where = _where(session)
    if as_json:
        say_json({**where, "experiments": {"total": sum(counts.values()), **counts}})
        return
    for what, place in where.items():
        say(f"{what:9} {place}")
    told = ", ".join(f"{number} {status}" for status, number in counts.items())
    say(f"holds     {sum(counts.values())} experiments{f' ({told})' if told else ': try `expkit demo`'}")
    if not session.remote:
        say("\nIn Python: import expkit; wb = expkit.open()")


def _where(session: Session) -> dict[str, str]:
    if session.remote:
        return {"service": session.url}
    import sqlalchemy as sa

    settings = session.settings()
    database = sa.make_url(settings.url).render_as_string(hide_password=True)
    return {"home": str(settings.home), "database": database, "lake": settings.lake_url}


def _by_status(workbench: Any) -> dict[str, int]:
    from expkit.domain import STATUSES

    counts: Counter[str] = Counter()
    offset = 0
    while page := workbench.list(limit=PAGE, offset=offset):
        counts.update(experiment.status for experiment in page)
        offset += len(page)
    return {status: counts[status] for status in STATUSES if counts[status]}
