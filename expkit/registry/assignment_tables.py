"""The tables of what decides over assignments besides the experiments: overrides, holdouts, groups, memory."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.storage import Moment, metadata

__all__ = ["overrides", "remembered", "rules"]

overrides = sa.Table(
    "overrides",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("variant", sa.String(100), nullable=False),
    sa.Column("user_id", sa.String(500)),
    sa.Column("session_id", sa.String(500)),
    sa.Column("code", sa.String(100), unique=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)

# holdouts and groups, every version of each: the newest holds, the older ones are for replays
rules = sa.Table(
    "assignment_rules",
    metadata,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

remembered = sa.Table(
    "remembered_units",
    metadata,
    sa.Column("unit", sa.String(520), primary_key=True),  # user_id||u1
    sa.Column("name", sa.String(120), primary_key=True),  # checkout__0
    sa.Column(
        "experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("variant", sa.String(100), nullable=False),
    sa.Column("at", Moment, nullable=False),
)
