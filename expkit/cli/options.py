"""Options that many commands share: why, yes, which project, which fields."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import typer

from expkit.errors import UnknownName

__all__ = ["EVERYWHERE", "Number", "Project", "Reason", "SetFields", "Timezone", "Yes", "zone"]

EVERYWHERE = "*"
"""The domain's word for all projects; said again here, so that `expkit --help` need not load the domain."""

Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept in the audit table.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Project = Annotated[str, typer.Option(help="A project; * stands for all of them.")]
Timezone = Annotated[str, typer.Option(help="In which a time without an offset is read: Europe/Berlin.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As the list shows it.", min=1)]
SetFields = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="A field's new value, as JSON where it can be; a dot goes inside: plan.alpha=0.01. Repeat for several.",
    ),
]


def zone(name: str) -> ZoneInfo:
    """The time zone of that name, before anything is done in it."""
    if name != "UTC" and name not in available_timezones():
        raise UnknownName.among("time zone", name, available_timezones())
    return ZoneInfo(name)
