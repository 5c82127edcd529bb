"""The tables of what people do around experiments: notes, reviews, schedules, roles, policies."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.storage import Moment, metadata

__all__ = [
    "api_tokens",
    "catalogue",
    "catalogue_versions",
    "elevations",
    "grants",
    "note_edits",
    "notes",
    "policies",
    "review_answers",
    "reviews",
    "scheduled_moves",
]


def _experiment() -> sa.Column[str]:
    key = sa.ForeignKey("experiments.key", ondelete="CASCADE")
    return sa.Column("experiment", sa.String(100), key, nullable=False, index=True)


notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _experiment(),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("edited_at", Moment),
    sa.Column("deleted", sa.Boolean, nullable=False, default=False),
)

note_edits = sa.Table(
    "note_edits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("note", sa.Integer, sa.ForeignKey("notes.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),  # what it said until then
    sa.Column("editor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _experiment(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("requested_by", sa.String(200), nullable=False),
    sa.Column("requested_at", Moment, nullable=False),
    sa.Column("reviewers", sa.JSON, nullable=False),
    sa.Column("deadline", Moment),
    sa.Column("state", sa.String(20), nullable=False),
)

review_answers = sa.Table(
    "review_answers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("review", sa.Integer, sa.ForeignKey("reviews.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("reviewer", sa.String(200), nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

scheduled_moves = sa.Table(
    "scheduled_moves",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _experiment(),
    sa.Column("verb", sa.String(20), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("detail", sa.Text, nullable=False, default=""),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("actor", sa.String(200), primary_key=True),
    sa.Column("project", sa.String(500), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("granted_by", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

elevations = sa.Table(
    "elevations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("actor", sa.String(200), nullable=False, index=True),
    sa.Column("project", sa.String(500), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("hours", sa.Float, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("requested_at", Moment, nullable=False),
    sa.Column("answered_by", sa.String(200), nullable=False, default=""),
    sa.Column("answered_at", Moment),
    sa.Column("until", Moment),
)

policies = sa.Table(
    "policies",
    metadata,
    sa.Column("project", sa.String(500), primary_key=True),
    sa.Column("policy", sa.JSON, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("set_by", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

catalogue = sa.Table(
    "metrics",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)

catalogue_versions = sa.Table(
    "metric_versions",
    metadata,
    sa.Column("key", sa.String(100), sa.ForeignKey("metrics.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("actor", sa.String(200), nullable=False, index=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # SHA-256 of the secret, which is kept nowhere
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)
