"""`expkit experiments list`, `show` and what the programme looks like: backlog, velocity, hypotheses, calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.cli.completion import Key
from expkit.cli.options import Timezone, zone
from expkit.cli.output import Json, moment, printable, say, say_json, say_table
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.domain import Experiment

__all__ = ["add_to", "yaml_text"]

COLUMNS = ["key", "name", "status", "type", "owner", "started (UTC)"]
BEFORE, AFTER = timedelta(days=30), timedelta(days=60)


def add_to(app: typer.Typer) -> None:
    app.command("list")(list_)
    app.command("show")(show)
    app.command("timeline")(timeline)
    app.command("backlog")(backlog)
    app.command("velocity")(velocity)
    app.command("hypotheses")(hypotheses)
    app.command("calendar")(calendar)
    app.command("departments")(departments)


def list_(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(help="draft, active, stopped, ...")] = None,
    stage: Annotated[str | None, typer.Option(help="Several statuses: proposed, running or completed.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help='prompt, or as people say: "Prompt A/B Test".')] = None,
    department: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    significance: Annotated[str | None, typer.Option(help="significant, not_significant, insufficient.")] = None,
    outcome: Annotated[str | None, typer.Option(help="positive, negative, neutral, in_progress.")] = None,
    days: Annotated[str | None, typer.Option(help="Changed in the last 7d, 30d, 90d or any number of days.")] = None,
    project: Annotated[str | None, typer.Option(help="Only this project's.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this person's.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    text: Annotated[str | None, typer.Option(help="Only those whose key, name, owner or definition has it.")] = None,
    order: Annotated[str, typer.Option(help="newest, changed, rice or name.")] = "newest",
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    offset: Annotated[int, typer.Option(help="Skip so many.")] = 0,
    as_json: Json = False,
) -> None:
    """Experiments, the newest first.

    Filters narrow one another; "All" is no filter.
    """
    filters = {
        "status": status, "stage": stage, "type": type_, "department": department, "significance": significance,
        "outcome": outcome, "days": days, "project": project, "owner": owner, "tag": tag, "text": text,
    }  # fmt: skip
    given = {name: value for name, value in filters.items() if value is not None}
    session: Session = context.obj
    with session.open() as workbench:
        items = workbench.list(order=order, limit=limit, offset=offset, **given)
        total = workbench.count(**given)
    if as_json:
        say_json({"items": items, "total": total})
        return
    empty = "No experiment matches." if given else "There is no experiment yet: try `expkit demo`."
    say_table(COLUMNS, map(_row, items), empty=empty)
    if offset + len(items) < total:
        say(f"{len(items)} of {total}; more with --offset {offset + len(items)}.")


def show(
    context: typer.Context,
    key: Key,
    version: Annotated[int | None, typer.Option(help="The definition as it was in this version.")] = None,
    as_json: Json = False,
) -> None:
    """One experiment: its state, and its definition as YAML."""
    session: Session = context.obj
    with session.open() as workbench:
        experiment = workbench.get(key) if version is None else workbench.at_version(key, version)
    if as_json:
        say_json(experiment)
        return
    if version is None:
        _say_state(experiment)
    say(yaml_text(experiment.definition()))


def timeline(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """What happened to one experiment, the oldest first."""
    session: Session = context.obj
    with session.open() as workbench:
        entries = workbench.timeline(key)
    if as_json:
        say_json({"items": entries})
        return
    rows = [(moment(entry.at), entry.actor, entry.what, entry.detail) for entry in entries]
    say_table(["when (UTC)", "who", "what", "detail"], rows, empty="Nothing has happened yet.")


def backlog(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    as_json: Json = False,
) -> None:
    """What has not started yet, by RICE score."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.backlog(limit=limit)
    if as_json:
        say_json(
            {"items": [{**item.to_dict(), "rice_score": item.rice.score if item.rice else None} for item in found]}
        )
        return
    rows = [
        (number, f"{item.rice.score:.4g}" if item.rice else "", item.key, item.name, item.status, item.owner)
        for number, item in enumerate(found, 1)
    ]
    say_table(["rank", "RICE", "key", "name", "status", "owner"], rows, empty="Nothing waits for its start.")


def velocity(
    context: typer.Context,
    days: Annotated[float | None, typer.Option(help="Over the last so many days; else since the beginning.")] = None,
    as_json: Json = False,
) -> None:
    """How fast the programme learns."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.velocity(days)
    if as_json:
        say_json(found)
        return
    rows = [
        ("launched", found.launched),
        *((f"  in {month}", number) for month, number in found.launched_by_month.items()),
        ("ended", found.completed),
        ("of those decided, positive", _share(found.success_rate)),
        ("median days from start to stop", _days(found.median_days)),
        ("median days from stop to decision", _days(found.days_to_decision)),
        ("learnings", found.learnings),
    ]
    say_table(["what", "how much"], rows, empty="")


def hypotheses(context: typer.Context, as_json: Json = False) -> None:
    """What was predicted, what came out, what was learnt.

    And how well the team predicts: the Brier score is 0 for a prophet and 0.25 for a coin.
    """
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.hypotheses()
    if as_json:
        say_json({**found._asdict(), "items": [item._asdict() for item in found.items]})
        return
    rows = [
        (item.experiment, _lift(item.predicted_lift), _share(item.confidence), _lift(item.actual_lift), item.outcome,
         {True: "yes", False: "no", None: ""}[item.came_true], item.learning)
        for item in found.items
    ]  # fmt: skip
    columns = ["experiment", "predicted", "sure", "came out", "outcome", "came true", "learnt"]
    say_table(columns, rows, empty="There is no hypothesis yet.")
    if found.brier is not None:
        came_true = f"{_share(found.hit_rate)} of {found.predictions} predictions came true"
        say(f"\n{came_true}; Brier score {found.brier:.3f}.")


def calendar(
    context: typer.Context,
    start: Annotated[str | None, typer.Option("--from", help="2026-12-01; else 30 days ago.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="2026-12-31; else in 60 days.")] = None,
    timezone: Timezone = "UTC",
    as_json: Json = False,
) -> None:
    """Planned and past starts and ends."""
    now, there = datetime.now(UTC), zone(timezone)
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.calendar(start or now - BEFORE, end or now + AFTER, timezone)
    if as_json:
        say_json({"items": found})
        return
    rows = [(moment(entry.at.astimezone(there)), entry.experiment, entry.what) for entry in found]
    say_table([f"when ({timezone})", "experiment", "what"], rows, empty="Nothing starts or ends in that time.")


def departments(context: typer.Context, as_json: Json = False) -> None:
    """The departments that some experiment belongs to."""
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.departments()
    if as_json:
        say_json({"items": found})
        return
    say_table(["department"], [(name,) for name in found], empty="No experiment names its department.")


def yaml_text(definition: dict[str, Any]) -> str:
    from expkit.domain.yaml_text import dump_yaml

    return dump_yaml(definition).rstrip()


def _row(item: Experiment) -> tuple[object, ...]:
    return (item.key, item.name, item.status, item.type, item.owner, moment(item.started_at))


def _say_state(experiment: Experiment) -> None:
    say(f"{printable(experiment.name)} ({experiment.key}): {experiment.status}, version {experiment.version}")
    for what in ("created", "started", "stopped"):
        if at := getattr(experiment, f"{what}_at"):
            say(f"{what} {moment(at)} UTC")
    say()


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _days(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _lift(value: float | None) -> str:
    return "" if value is None else f"{value:+.2%}"
