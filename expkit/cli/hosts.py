"""What keeps running until Ctrl-C: the service, the dashboards, JupyterLab; and the service's OpenAPI document."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from expkit.cli.files import write_text
from expkit.cli.output import say, say_note
from expkit.cli.session import Session

__all__ = ["add_to"]

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
Port = Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 lets other machines in.")]


class Engine(StrEnum):
    voila = "voila"
    panel = "panel"


def add_to(app: typer.Typer) -> None:
    app.command("lab", context_settings=PASS_ON)(lab)
    app.command("serve")(serve)
    app.command("dashboards")(dashboards)
    app.command("openapi")(openapi)


def serve(context: typer.Context, port: Port = 8765, host: Host = "127.0.0.1") -> None:
    """The REST service.

    Its bearer token is --token or $EXPKIT_TOKEN, else a new one, which it prints.
    """
    session: Session = context.obj
    session.require_embedded("serve")
    from expkit.service import serve as answer

    answer(session.settings(), port, host)


def dashboards(
    context: typer.Context,
    engine: Annotated[Engine, typer.Option(help="What serves the notebooks.")] = Engine.voila,
    port: Port = 8866,
    host: Host = "127.0.0.1",
) -> None:
    """Dashboards under Voila or Panel.

    The same notebooks under either. Listening beyond this machine needs a --token.
    """
    session: Session = context.obj
    session.require_embedded("dashboards")
    from expkit.apps import dashboards as show

    if session.url:
        os.environ["EXPKIT_DATABASE_URL"] = session.url  # each visitor's kernel opens the workbench for itself
    show(engine.value, port, ip=host, home=session.settings().home, token=session.token, say=say_note)


def lab(
    context: typer.Context,
    with_demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Seed the demo into an empty workbench.")] = True,
) -> None:
    """JupyterLab with this workbench.

    Other options go to `jupyter lab`: --no-browser, --port 9999.
    """
    from expkit.cli.demo import seed
    from expkit.lab import launch_lab

    session: Session = context.obj
    with session.embedded("lab") as workbench:
        if with_demo and not workbench.count():
            seed(workbench)
    say_note(f"Workbench: {session.settings().home}")
    launch_lab(session.settings(), context.args)


def openapi(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; else stdout.")] = None,
) -> None:
    """The service's OpenAPI 3.1 document."""
    from expkit.service.openapi import text

    if output is None:
        say(text().rstrip())
    else:
        write_text(output, text())
        say(f"Wrote {output}.")
