"""`expkit experiments apply` and `export`: experiments that live in git."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.cli.asking import busy, confirm, tracked
from expkit.cli.changes import told_change
from expkit.cli.completion import complete_keys
from expkit.cli.files import write_text
from expkit.cli.options import Reason, Yes
from expkit.cli.output import Json, say, say_json, say_note
from expkit.cli.session import Session
from expkit.errors import ExpkitError, InvalidInput, shorten

if TYPE_CHECKING:
    from expkit.domain import Experiment
    from expkit.workbench.planned import Planned

__all__ = ["add_to"]

MARKS = {"create": ("+", "green"), "update": ("~", "yellow"), "nothing": ("=", "bright_black")}
WORDS = {"create": "to create", "update": "to change", "nothing": "as they should be"}
DONE = {"create": "created", "update": "changed", "nothing": "left as they were"}
PAGE = 1000


def add_to(app: typer.Typer) -> None:
    app.command("apply")(apply)
    app.command("export")(export)


def apply(
    context: typer.Context,
    file: Annotated[
        list[Path],
        typer.Option("--file", "-f", help="A YAML or JSON file, a folder of them, or - for standard input; repeat."),
    ],
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and change nothing.")] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Bring the registry to what files say, after showing what would change.

    All or nothing; applied again, it does nothing. It never deletes, starts or stops: those are verbs of their own.
    """
    from expkit.cli.sources import read_definitions

    wanted = read_definitions(file)
    session: Session = context.obj
    with session.open() as workbench:
        with busy(f"Comparing {len(wanted):,} definitions"):
            plan = workbench.plan(wanted)
        waiting = [item for item in plan if item.action != "nothing"]
        if not as_json:
            _say_plan(plan)
        if waiting and not dry_run:
            confirm("Apply this?", yes)
            with busy("Applying"):  # the answer was to the plan that was shown
                plan = workbench.apply(wanted, reason=reason, plan=None if yes else plan)
    applied = bool(waiting) and not dry_run
    if as_json:
        say_json({"applied": applied, "items": plan})
    elif applied:
        say(f"Applied: {_counted(plan, DONE)}.")


def export(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder; it is made when it is missing.")],
    key: Annotated[
        str | None,
        typer.Argument(metavar="[KEY]", help="The experiment's key; or give --all.", autocompletion=complete_keys),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every experiment.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Definitions as YAML files, KEY.yaml each, for `expkit experiments apply`.

    A file of that name below the folder is where the experiment lives; when it says the same already it stays as it is,
    with its comments.
    """
    if (key is None) is not everything:
        raise InvalidInput("Export what?", hint="give a key, or --all, and not both.")
    session: Session = context.obj
    with session.open() as workbench:
        found = list(_all(workbench)) if key is None else [workbench.get(key)]
    files = _files(output)
    places = {item.key: files.get(item.key, output / f"{item.key}.yaml") for item in found}
    marked = {item.key: _compared(places[item.key], item) for item in tracked(found, "Comparing")}
    if changed := [name for name, mark in marked.items() if mark == "update"]:
        confirm(f"Overwrite {_some([places[name].name for name in changed])} in {output}?", yes)
    _write(output, {places[item.key]: item for item in found if marked[item.key] != "nothing"})
    if as_json:
        say_json({"items": [{"key": name, "action": mark} for name, mark in marked.items()]})
    else:
        words = {"create": "written", "update": "overwritten", "nothing": "the same already"}
        say(f"{output}: {_tally(Counter(marked.values()), words)}.")
    if everything:
        _say_left_over(output, [path.name for name, path in files.items() if name not in places])


def _say_plan(plan: Sequence[Planned]) -> None:
    for item in plan:
        if item.action == "nothing":
            continue
        mark, colour = MARKS[item.action]
        say(typer.style(f"{mark} {item.key}", fg=colour, bold=True))
        for change in item.changes:
            say(f"    {told_change(change)}")
    if not plan:
        say("There is nothing in it.")
        return
    say(f"Plan: {_counted(plan, WORDS)}.")


def _counted(plan: Sequence[Planned], words: dict[str, str]) -> str:
    return _tally(Counter(item.action for item in plan), words)


def _tally(counts: Any, words: dict[str, str]) -> str:
    told = ", ".join(
        f"{MARKS[action][0]} {counts[action]:,} {word}" for action, word in words.items() if counts[action]
    )
    return told or "nothing"


def _all(workbench: Any) -> Iterator[Experiment]:
    offset = 0
    while page := workbench.list(order="name", limit=PAGE, offset=offset):
        yield from page
        offset += len(page)


def _compared(path: Path, experiment: Experiment) -> str:
    """Whether the file is new, says something else, or says the same."""
    from expkit.domain import Experiment as Noun

    if not path.exists():
        return "create"
    try:
        same = Noun.from_yaml(path.read_bytes()).definition() == experiment.definition()
    except ExpkitError:
        return "update"
    return "nothing" if same else "update"


def _files(folder: Path) -> dict[str, Path]:
    """Where each key's file is, also in a team's own folder."""
    from expkit.cli.sources import definition_files

    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"{folder} is a file.", hint="name a folder.")
    return {path.stem: path for path in definition_files(folder) if path.suffix != ".json"}


def _write(folder: Path, experiments: Mapping[Path, Experiment]) -> None:
    from expkit.domain import Experiment as Noun

    folder.mkdir(parents=True, exist_ok=True)
    for path in tracked(list(experiments), "Writing"):
        write_text(path, Noun.parse(experiments[path].definition()).to_yaml())


def _say_left_over(folder: Path, others: Sequence[str]) -> None:
    """An experiment that was deleted would come back with the next apply."""
    if others:
        say_note(f"{_some(sorted(others))} in {shorten(str(folder))} belong to no experiment of this workbench.")


def _some(names: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(names) - limit:,} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
