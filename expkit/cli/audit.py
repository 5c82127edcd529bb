"""`expkit audit`: who did what, and whether the record can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.cli.asking import busy
from expkit.cli.files import read_json, write_text
from expkit.cli.output import Json, moment, printable, say, say_json, say_table
from expkit.cli.session import Session
from expkit.errors import InvalidInput

if TYPE_CHECKING:
    from expkit.storage import Checkpoint, Verdict

__all__ = ["app"]

app = typer.Typer(help="Who did what, the newest first.", rich_markup_mode=None)
Subject = Annotated[str | None, typer.Option(help="Only what was done to this experiment or batch.")]
Limit = Annotated[int, typer.Option(help="At most so many entries.")]
Offset = Annotated[int, typer.Option(help="Skip so many.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; else stdout.")]


@app.callback(invoke_without_command=True)
def audit(
    context: typer.Context, subject: Subject = None, limit: Limit = 50, offset: Offset = 0, as_json: Json = False
) -> None:
    """Who did what, the newest first: the same as `expkit audit list`."""
    if context.invoked_subcommand is None:
        list_(context, subject, limit, offset, as_json)


@app.command("list")
def list_(
    context: typer.Context, subject: Subject = None, limit: Limit = 50, offset: Offset = 0, as_json: Json = False
) -> None:
    """Who did what, the newest first."""
    session: Session = context.obj
    with session.open() as workbench:
        entries = workbench.audit(subject=subject, limit=limit, offset=offset)
    if as_json:
        say_json({"items": entries})
        return
    rows = [
        (entry["id"], moment(entry["at"]), entry["actor"], entry["action"], entry["subject"], entry["reason"])
        for entry in entries
    ]
    say_table(["entry", "when (UTC)", "who", "what", "subject", "reason"], rows, empty="Nothing was done yet.")


@app.command()
def verify(
    context: typer.Context,
    checkpoint: Annotated[
        Path | None, typer.Option(help="What `expkit audit checkpoint` wrote, kept elsewhere since.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Verify what `expkit audit export` wrote; no workbench is opened.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Walk the whole chain, and name every entry that was edited, deleted or moved.

    Ends with 1 when one was. Says what it cannot know: with a checkpoint, or under EXPKIT_AUDIT_KEY, it also finds
    an end that was cut off and a chain that was rewritten.
    """
    seen = None if checkpoint is None else _checkpoint(checkpoint)
    with busy("Walking the chain"):
        verdict = _verified(context.obj, seen) if file is None else _verified_file(context.obj, file, seen)
    if as_json:
        say_json({"ok": verdict.ok, "entries": verdict.entries, "findings": verdict.findings,
                  "unknown": verdict.unknown, "end": verdict.end})  # fmt: skip
    else:
        _told(verdict)
    if not verdict.ok:
        raise typer.Exit(1)


@app.command()
def checkpoint(context: typer.Context, output: Output = None) -> None:
    """The chain's end, as JSON. Keep it where those who may write the database cannot.

    Under EXPKIT_AUDIT_KEY it carries a seal, and `verify` under the key refuses one that somebody else has made.
    """
    session: Session = context.obj
    with session.open() as workbench:
        end = workbench.audit_checkpoint()
    if output is None:
        say_json(end)
        return
    import json

    write_text(output, json.dumps(end._asdict()) + "\n")
    say(f"Wrote {output}: entry {end.id}.")


@app.command()
def export(context: typer.Context, output: Output = None) -> None:
    """Every entry as a line of JSON; the file verifies without the database."""
    session: Session = context.obj
    with session.open() as workbench:
        if output is None:
            for line in workbench.export_audit():
                say(line)
            return
        counted = _Counted(workbench.export_audit())
        with busy("Exporting"):
            write_text(output, counted)
    say(f"Wrote {output}: {counted.number:,} entries.")


class _Counted:
    """Lines on their way to a file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.number = 0
        self._lines = lines

    def __iter__(self) -> Any:
        for line in self._lines:
            self.number += 1
            yield f"{line}\n"


def _verified(session: Session, seen: Checkpoint | None) -> Verdict:
    with session.open() as workbench:
        return workbench.verify_audit(seen)


def _verified_file(session: Session, file: Path, seen: Checkpoint | None) -> Verdict:
    from dataclasses import replace

    from expkit.cli.chainfile import entries_in
    from expkit.storage import verify_chain

    lines = entries_in(file)
    try:
        found = verify_chain(lines, checkpoint=seen, key=session.settings().audit_key)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise lines.refused() from None
    whole = "Whether the export holds all that the database does: compare its end with `expkit audit checkpoint`."
    return replace(found, unknown=(*found.unknown, whole))


def _checkpoint(path: Path) -> Checkpoint:
    from expkit.storage import Checkpoint

    found = read_json(path)
    if isinstance(found, dict):
        number, *texts = found.get("id"), found.get("hash"), found.get("seal", "")
        if isinstance(number, int) and all(isinstance(text, str) for text in texts):
            return Checkpoint(number, *texts)
    raise InvalidInput(f"{path} is no checkpoint.", hint="it holds an id and a hash: expkit audit checkpoint -o FILE")


def _told(verdict: Verdict) -> None:
    if verdict.ok:
        say(f"{verdict.entries:,} entries, one chain: nothing was edited, deleted or moved.")
    else:
        say(f"The record was changed or damaged; {len(verdict.findings)} found:")
    for finding in verdict.findings:
        say(printable(f"  entry {finding.id} {finding.what}"))
    say(printable(f"End: entry {verdict.end.id}, {verdict.end.hash}"))
    for unknown in verdict.unknown:
        say(f"Not known: {unknown}")
