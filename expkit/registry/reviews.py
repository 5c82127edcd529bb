"""Reviews before a start: asked of named people, answered by anybody who may, but never by the author."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from expkit.domain.collaboration import Review, ReviewAnswer
from expkit.errors import Conflict, Forbidden, InvalidInput, NotFound, UnknownName
from expkit.registry.experiments import get, locked
from expkit.registry.moves import move
from expkit.registry.people_tables import review_answers
from expkit.registry.people_tables import reviews as table
from expkit.registry.tables import versions
from expkit.storage import Work

__all__ = ["answer_review", "approvals", "cancel_review", "request_review", "review", "reviews"]

VERDICTS = ("approve", "changes", "comment")
STATES = ("open", "changes", "approved", "cancelled")
MOST = 1000
"""So many of the newest are looked at when no experiment is named."""


def request_review(work: Work, key: str, reviewers: Sequence[str], deadline: datetime | None = None) -> Review:
    """Ask for a review of the version as it stands; the experiment goes from draft to review."""
    experiment = locked(work, key)
    named = [name.strip() for name in reviewers if name.strip()]
    if not named:
        raise InvalidInput("A review needs at least one reviewer.", hint="name those who shall look at it.")
    if deadline is not None and deadline <= work.at:
        raise InvalidInput(f"The deadline {deadline:%Y-%m-%d %H:%M} has passed.", hint="choose one to come.")
    if open_now := _open(work.connection, key):
        raise Conflict(f"Review {open_now} of {key!r} is open.", hint="cancel it first, or wait for its answers.")
    if experiment.status == "draft":
        move(work, key, "review", f"review by {', '.join(named)}")
    elif experiment.status != "review":
        raise Conflict(f"Experiment {key!r} is {experiment.status}; a review comes before the start.", hint="clone it.")
    number = work.connection.scalar(
        sa.insert(table)
        .values(
            experiment=key, version=experiment.version, requested_by=work.actor, requested_at=work.at,
            reviewers=list(dict.fromkeys(named)), deadline=deadline, state="open",
        )
        .returning(table.c.id)
    )  # fmt: skip
    work.audit("review.request", key, after={"review": number, "version": experiment.version, "reviewers": named})
    return review(work.connection, int(number or 0))


def answer_review(work: Work, number: int, verdict: str, comment: str = "", *, needed: int = 1) -> Review:
    """Approve, ask for changes, or comment. Authors of the version and those who asked do not approve their own."""
    before = _locked(work, number)
    if verdict not in VERDICTS:
        raise UnknownName.among("verdict", verdict, VERDICTS)
    if before.state == "cancelled":
        raise Conflict(f"Review {number} was cancelled.", hint="ask for a new one.")
    if verdict != "comment" and work.actor in {before.requested_by, before.author}:
        raise Forbidden(
            f"{work.actor!r} cannot judge their own experiment.", hint="somebody else has to; comments are welcome."
        )
    if verdict == "changes" and not comment.strip():
        raise InvalidInput("Which changes?", hint="say in the comment what should be different.")
    current = get(work.connection, before.experiment)
    if verdict == "approve" and current.version != before.version:
        raise Conflict(
            f"Version {before.version} was to be reviewed, and {before.experiment!r} is at version {current.version}.",
            hint="cancel this review and ask for one of the new version.",
        )
    work.connection.execute(
        sa.insert(review_answers).values(
            review=number, reviewer=work.actor, verdict=verdict, comment=comment, at=work.at
        )
    )
    state = _state(review(work.connection, number), needed)
    work.connection.execute(sa.update(table).where(table.c.id == number).values(state=state))
    work.audit("review.answer", before.experiment, before={"review": number, "state": before.state},
               after={"verdict": verdict, "state": state}, reason=comment)  # fmt: skip
    return review(work.connection, number)


def cancel_review(work: Work, number: int, reason: str = "") -> Review:
    """Take the request back; the experiment is a draft again."""
    before = _locked(work, number)
    if before.state == "cancelled":
        return before
    work.connection.execute(sa.update(table).where(table.c.id == number).values(state="cancelled"))
    work.audit("review.cancel", before.experiment, before={"review": number, "state": before.state}, reason=reason)
    if get(work.connection, before.experiment).status == "review":
        move(work, before.experiment, "withdraw", reason or "review cancelled")
    return review(work.connection, number)


def review(connection: sa.Connection, number: int) -> Review:
    row = connection.execute(sa.select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no review {number}.", hint="see the experiment's reviews for their numbers.")
    return _noun(connection, row)


def reviews(
    connection: sa.Connection, key: str | None = None, *, reviewer: str | None = None, state: str | None = None
) -> list[Review]:
    """The newest first: one experiment's, or of all those that somebody was asked for, or that are in one state."""
    if state not in {None, *STATES}:
        raise UnknownName.among("state", str(state), STATES)
    query = sa.select(table).order_by(table.c.id.desc())
    for column, wanted in ((table.c.experiment, key), (table.c.state, state)):
        query = query if wanted is None else query.where(column == wanted)
    rows = connection.execute(query if key is not None else query.limit(MOST)).all()
    return [_noun(connection, row) for row in rows if reviewer is None or reviewer in row.reviewers]


def approvals(connection: sa.Connection, key: str, version: int) -> set[str]:
    """Who has approved this version, and not asked for changes since."""
    standing: dict[str, str] = {}
    for found in reversed(reviews(connection, key)):
        if found.version == version and found.state != "cancelled":
            standing |= {answer.reviewer: answer.verdict for answer in found.answers if answer.verdict != "comment"}
    return {name for name, verdict in standing.items() if verdict == "approve"}


def _locked(work: Work, number: int) -> Review:
    """The review, and its experiment's row: two answers at once are counted one after the other."""
    locked(work, review(work.connection, number).experiment)
    return review(work.connection, number)


def _state(found: Review, needed: int) -> str:
    standing = {answer.reviewer: answer.verdict for answer in found.answers if answer.verdict != "comment"}
    if "changes" in standing.values():
        return "changes"
    return "approved" if len(standing) >= needed else "open"


def _open(connection: sa.Connection, key: str) -> int | None:
    found: int | None = connection.scalar(
        sa.select(table.c.id).where(table.c.experiment == key, table.c.state.in_(("open", "changes"))).limit(1)
    )
    return found


def _noun(connection: sa.Connection, row: sa.Row[Any]) -> Review:
    query = sa.select(review_answers).where(review_answers.c.review == row.id).order_by(review_answers.c.id)
    answers = [
        ReviewAnswer(reviewer=answer.reviewer, verdict=answer.verdict, comment=answer.comment, at=answer.at)
        for answer in connection.execute(query)
    ]
    author = sa.select(versions.c.author).where(
        versions.c.experiment == row.experiment, versions.c.version == row.version
    )
    return Review.parse({**row._mapping, "author": connection.scalar(author) or "", "answers": answers})
