"""The tables of notices: what is to be told where, and how far the audit has been read for it."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.storage import Moment, metadata

__all__ = ["cursors", "notices"]

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("entry", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(500), nullable=False),
    sa.Column("title", sa.String(500), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("next_at", Moment, nullable=False),
    sa.Column("sent_at", Moment),
    sa.Column("detail", sa.String(500), nullable=False),
    sa.UniqueConstraint("entry", "channel"),
    sa.Index("ix_notices_state_next_at", "state", "next_at"),
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("entry", sa.Integer, nullable=False),
)
