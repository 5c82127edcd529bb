"""The audit becomes a hash chain; phases, notes, reviews, schedules, roles, policies and the catalogue come."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from expkit.storage.chain import GENESIS, AuditEntry, Checkpoint, digest
from expkit.storage.metadata import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "audit_end",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_end")),
    )
    op.create_table(
        "elevations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("project", sa.String(length=500), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elevations")),
    )
    op.create_index(op.f("ix_elevations_actor"), "elevations", ["actor"], unique=False)
    op.create_index(op.f("ix_elevations_state"), "elevations", ["state"], unique=False)
    op.create_table(
        "grants",
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("project", sa.String(length=500), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("granted_by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "project", name=op.f("pk_grants")),
    )
    op.create_table(
        "metrics",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_metrics")),
    )
    op.create_table(
        "policies",
        sa.Column("project", sa.String(length=500), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("project", name=op.f("pk_policies")),
    )
    op.create_table(
        "learnings",
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("learning", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.key"], name=op.f("fk_learnings_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment", name=op.f("pk_learnings")),
    )
    op.create_table(
        "metric_versions",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["metrics.key"], name=op.f("fk_metric_versions_key"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_metric_versions")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.key"], name=op.f("fk_notes_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_experiment"), "notes", ["experiment"], unique=False)
    op.create_table(
        "phases",
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.key"], name=op.f("fk_phases_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment", "phase", name=op.f("pk_phases")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewers", sa.JSON(), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.key"], name=op.f("fk_reviews_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_experiment"), "reviews", ["experiment"], unique=False)
    op.create_table(
        "scheduled_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.key"], name=op.f("fk_scheduled_moves_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_moves")),
    )
    op.create_index(op.f("ix_scheduled_moves_experiment"), "scheduled_moves", ["experiment"], unique=False)
    op.create_index(op.f("ix_scheduled_moves_state"), "scheduled_moves", ["state"], unique=False)
    op.create_table(
        "signed_plans",
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.key"], name=op.f("fk_signed_plans_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment", "digest", name=op.f("pk_signed_plans")),
    )
    op.create_table(
        "note_edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("note", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("editor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["note"], ["notes.id"], name=op.f("fk_note_edits_note"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_edits")),
    )
    op.create_index(op.f("ix_note_edits_note"), "note_edits", ["note"], unique=False)
    op.create_table(
        "review_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"], name=op.f("fk_review_answers_review"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_answers")),
    )
    op.create_index(op.f("ix_review_answers_review"), "review_answers", ["review"], unique=False)
    op.add_column("audit", sa.Column("previous", sa.String(length=64), server_default="", nullable=False))
    op.add_column("audit", sa.Column("hash", sa.String(length=64), server_default="", nullable=False))
    op.add_column("experiments", sa.Column("searchable", sa.Text(), server_default="", nullable=False))
    op.add_column("experiments", sa.Column("rice_score", sa.Float(), nullable=True))
    op.add_column("experiments", sa.Column("outcome", sa.String(length=20), server_default="", nullable=False))
    op.add_column("experiments", sa.Column("significance", sa.String(length=20), server_default="", nullable=False))
    op.create_index(op.f("ix_experiments_outcome"), "experiments", ["outcome"], unique=False)
    op.create_index(op.f("ix_experiments_rice_score"), "experiments", ["rice_score"], unique=False)
    op.drop_index(op.f("ix_experiments_created_at"), table_name="experiments")
    op.create_index(op.f("ix_experiments_created_at_key"), "experiments", ["created_at", "key"], unique=False)
    op.create_index(op.f("ix_experiments_updated_at_key"), "experiments", ["updated_at", "key"], unique=False)
    _seal_what_was_said()
    _fill_what_is_searched()
    _open_the_first_phases()


def downgrade() -> None:
    op.drop_index(op.f("ix_experiments_updated_at_key"), table_name="experiments")
    op.drop_index(op.f("ix_experiments_created_at_key"), table_name="experiments")
    op.create_index(op.f("ix_experiments_created_at"), "experiments", ["created_at"], unique=False)
    op.drop_index(op.f("ix_experiments_rice_score"), table_name="experiments")
    op.drop_index(op.f("ix_experiments_outcome"), table_name="experiments")
    op.drop_column("experiments", "significance")
    op.drop_column("experiments", "outcome")
    op.drop_column("experiments", "rice_score")
    op.drop_column("experiments", "searchable")
    op.drop_column("audit", "hash")
    op.drop_column("audit", "previous")
    op.drop_index(op.f("ix_review_answers_review"), table_name="review_answers")
    op.drop_table("review_answers")
    op.drop_index(op.f("ix_note_edits_note"), table_name="note_edits")
    op.drop_table("note_edits")
    op.drop_table("signed_plans")
    op.drop_index(op.f("ix_scheduled_moves_state"), table_name="scheduled_moves")
    op.drop_index(op.f("ix_scheduled_moves_experiment"), table_name="scheduled_moves")
    op.drop_table("scheduled_moves")
    op.drop_index(op.f("ix_reviews_experiment"), table_name="reviews")
    op.drop_table("reviews")
    op.drop_table("phases")
    op.drop_index(op.f("ix_notes_experiment"), table_name="notes")
    op.drop_table("notes")
    op.drop_table("metric_versions")
    op.drop_table("learnings")
    op.drop_table("policies")
    op.drop_table("metrics")
    op.drop_table("grants")
    op.drop_index(op.f("ix_elevations_state"), table_name="elevations")
    op.drop_index(op.f("ix_elevations_actor"), table_name="elevations")
    op.drop_table("elevations")
    op.drop_table("audit_end")


def _seal_what_was_said() -> None:
    """The entries so far get their places and hashes; from here on, no edit goes unseen."""
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(name) for name in ("id", "actor", "action", "subject", "reason", "correlation_id", "previous", "hash")
    ]
    audit = sa.table(
        "audit", *columns, sa.column("at", Moment), sa.column("before", sa.JSON), sa.column("after", sa.JSON)
    )
    connection, end, last = op.get_bind(), Checkpoint(0, GENESIS), None
    for row in connection.execute(sa.select(audit).order_by(audit.c.id)).all():
        entry = AuditEntry(
            end.id + 1, row.at, row.actor, row.action, row.subject, row.before, row.after, row.reason,
            row.correlation_id, end.hash, "",
        )  # fmt: skip
        values = {"id": entry.id, "previous": end.hash, "hash": digest(entry)}
        connection.execute(sa.update(audit).where(audit.c.id == row.id).values(values))
        end, last = Checkpoint(entry.id, digest(entry)), row.at
    ends = sa.table("audit_end", *map(sa.column, ("one", "id", "hash", "seal")), sa.column("at", Moment))
    connection.execute(sa.insert(ends).values(one=1, id=end.id, hash=end.hash, at=last, seal=""))


def _fill_what_is_searched() -> None:
    names = ("key", "name", "owner", "searchable", "rice_score")
    experiments = sa.table("experiments", *map(sa.column, names), sa.column("definition", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(experiments)).all():
        rice = row.definition.get("rice")
        score = rice and rice.get("reach", 1.0) * rice["impact"] * rice["confidence"] / rice["effort"]
        tags = [f"⟨{tag}⟩" for tag in row.definition.get("tags", ())]
        text = " ".join(
            [row.key, row.name, row.owner, *tags, json.dumps(row.definition, ensure_ascii=False)]
        ).casefold()
        connection.execute(
            sa.update(experiments).where(experiments.c.key == row.key).values(searchable=text, rice_score=score)
        )


def _open_the_first_phases() -> None:
    """What has started has had one allocation since: nothing could change it until now."""
    times = [sa.column(name, Moment) for name in ("started_at", "stopped_at")]
    experiments = sa.table(
        "experiments", sa.column("key"), sa.column("version"), sa.column("definition", sa.JSON), *times
    )
    phases = sa.table(
        "phases", *map(sa.column, ("experiment", "phase", "version", "coverage")), sa.column("shares", sa.JSON),
        sa.column("started_at", Moment), sa.column("ended_at", Moment),
    )  # fmt: skip
    connection = op.get_bind()
    for row in connection.execute(sa.select(experiments).where(experiments.c.started_at.is_not(None))).all():
        shares = {variant["key"]: variant["weight"] for variant in row.definition["variants"]}
        connection.execute(
            sa.insert(phases).values(
                experiment=row.key, phase=1, version=row.version, started_at=row.started_at, ended_at=row.stopped_at,
                coverage=row.definition.get("coverage", 1.0), shares=shares,
            )
        )  # fmt: skip
