"""`expkit reviews`: somebody else looks at an experiment before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from expkit.cli.completion import Key, KeyOrAll
from expkit.cli.options import Number, Reason, Timezone
from expkit.cli.output import Json, moment, printable, say, say_json, say_table
from expkit.cli.session import Session

if TYPE_CHECKING:
    from expkit.domain.collaboration import Review

__all__ = ["app"]

app = typer.Typer(help="Have an experiment looked at before it starts.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def request(
    context: typer.Context,
    key: Key,
    reviewer: Annotated[list[str], typer.Option(help="Who shall look at it; repeat for several.")],
    deadline: Annotated[str | None, typer.Option(help="2026-12-01T18:00, with an offset, or in --timezone.")] = None,
    timezone: Timezone = "UTC",
    as_json: Json = False,
) -> None:
    """Ask people to look at the version as it stands."""
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.request_review(key, reviewer, deadline=deadline, timezone=timezone), as_json)


@app.command()
def answer(
    context: typer.Context,
    number: Number,
    verdict: Annotated[
        Literal["approve", "changes", "comment"], typer.Argument(metavar="VERDICT", help="approve, changes or comment.")
    ],
    comment: Annotated[str, typer.Option("--comment", "-c", help="What you think; changes need one.")] = "",
    as_json: Json = False,
) -> None:
    """Approve it, ask for changes, or comment.

    Nobody judges their own experiment.
    """
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.answer_review(number, verdict, comment), as_json)


@app.command()
def cancel(context: typer.Context, number: Number, reason: Reason = "", as_json: Json = False) -> None:
    """Take a request back; the experiment is a draft again."""
    session: Session = context.obj
    with session.open() as workbench:
        _told(workbench.cancel_review(number, reason=reason), as_json)


@app.command("list")
def list_(
    context: typer.Context,
    key: KeyOrAll = None,
    reviewer: Annotated[str | None, typer.Option(help="Only those that this person was asked for.")] = None,
    state: Annotated[str | None, typer.Option(help="open, changes, approved or cancelled.")] = None,
    as_json: Json = False,
) -> None:
    """An experiment's reviews, or all, the newest first.

    What waits for somebody: expkit reviews list --reviewer NAME --state open
    """
    session: Session = context.obj
    with session.open() as workbench:
        found = workbench.reviews(key, reviewer=reviewer, state=state)
    if as_json:
        say_json({"items": found})
        return
    rows = [
        (review.id, review.experiment, review.version, review.state, review.requested_by, ", ".join(review.reviewers),
         moment(review.deadline), "\n".join(_answers(review)))
        for review in found
    ]  # fmt: skip
    columns = ["number", "experiment", "version", "state", "asked by", "reviewers", "deadline (UTC)", "answers"]
    say_table(columns, rows, empty="Nobody has been asked to review it." if key else "There is no such review.")


def _answers(review: Review) -> list[str]:
    return [
        f"{answer.reviewer}: {answer.verdict}" + (f" ({answer.comment})" if answer.comment else "")
        for answer in review.answers
    ]


def _told(review: Review, as_json: bool) -> None:
    if as_json:
        say_json(review)
        return
    asked = printable(", ".join(review.reviewers))
    say(f"Review {review.id} of {review.experiment}, version {review.version}, asked of {asked}: {review.state}.")
