"""Notes on an experiment's timeline: added, edited, deleted, and never silently."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from expkit.domain.collaboration import Note
from expkit.errors import Conflict, InvalidInput, NotFound
from expkit.registry.experiments import project_of
from expkit.registry.people_tables import note_edits
from expkit.registry.people_tables import notes as table
from expkit.storage import Work

__all__ = ["NoteEdit", "add_note", "delete_note", "edit_note", "note_experiment", "note_history", "notes"]


class NoteEdit(NamedTuple):
    """What a note said until somebody changed it."""

    text: str
    editor: str
    at: datetime


def add_note(work: Work, key: str, text: str) -> Note:
    project_of(work.connection, key)
    noun = Note(id=1, experiment=key, text=_said(text), author=work.actor, at=work.at)
    values = {"experiment": key, "text": noun.text, "author": work.actor, "at": work.at, "deleted": False}
    number = work.connection.scalar(sa.insert(table).values(values).returning(table.c.id))
    work.audit("note.add", key, after={"note": number, "text": noun.text})
    return noun.changed(id=number)


def edit_note(work: Work, number: int, text: str) -> Note:
    """What it said before is kept."""
    before = _there(work.connection, number)
    changed = {"text": before.changed(text=_said(text)).text, "edited_at": work.at}
    _keep(work, before)
    work.connection.execute(sa.update(table).where(table.c.id == number).values(changed))
    work.audit(
        "note.edit", before.experiment, before={"note": number, "text": before.text}, after={"text": changed["text"]}
    )
    return _there(work.connection, number)


def delete_note(work: Work, number: int, reason: str = "") -> None:
    """It leaves the timeline; its history and the audit keep what it said."""
    before = _there(work.connection, number)
    _keep(work, before)
    work.connection.execute(
        sa.update(table).where(table.c.id == number).values(deleted=True, text="", edited_at=work.at)
    )
    work.audit("note.delete", before.experiment, before={"note": number, "text": before.text}, reason=reason)


def notes(connection: sa.Connection, key: str) -> list[Note]:
    """The oldest first, without the deleted ones."""
    query = sa.select(table).where(table.c.experiment == key, table.c.deleted.is_(False)).order_by(table.c.id)
    return [_noun(row) for row in connection.execute(query)]


def note_history(connection: sa.Connection, number: int) -> list[NoteEdit]:
    """What it said before, the oldest first."""
    query = sa.select(note_edits.c.text, note_edits.c.editor, note_edits.c.at).where(note_edits.c.note == number)
    return [NoteEdit(*row) for row in connection.execute(query.order_by(note_edits.c.id))]


def note_experiment(connection: sa.Connection, number: int) -> str:
    return _there(connection, number, also_deleted=True).experiment


def _there(connection: sa.Connection, number: int, *, also_deleted: bool = False) -> Note:
    row = connection.execute(sa.select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no note {number}.", hint="see the experiment's notes for their numbers.")
    if row.deleted and not also_deleted:
        raise Conflict(f"Note {number} was deleted.", hint="add a new one.")
    return _noun(row)


def _keep(work: Work, before: Note) -> None:
    work.connection.execute(
        sa.insert(note_edits).values(note=before.id, text=before.text, editor=work.actor, at=work.at)
    )


def _said(text: str) -> str:
    if not text.strip():
        raise InvalidInput("An empty note says nothing.", hint="write what you saw, learnt or decided.")
    return text.strip()


def _noun(row: sa.Row[Any]) -> Note:
    return Note.parse(dict(row._mapping))
