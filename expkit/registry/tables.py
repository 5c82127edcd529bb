"""The registry's tables. What is searched or sorted stands in columns; the rest is the noun's JSON."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.storage import Moment, metadata

__all__ = ["experiments", "learnings", "looks", "moves", "phases", "plans", "versions"]

experiments = sa.Table(
    "experiments",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("name", sa.String(500), nullable=False),
    sa.Column("owner", sa.String(500), nullable=False),
    sa.Column("department", sa.String(500), nullable=False),
    sa.Column("project", sa.String(500), nullable=False),
    sa.Column("type", sa.String(50), nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("stopped_at", Moment),
    # what filters, search and ranking ask for, kept by the registry with every change
    sa.Column("searchable", sa.Text, nullable=False, server_default=""),
    sa.Column("rice_score", sa.Float, index=True),
    sa.Column("outcome", sa.String(20), nullable=False, index=True, server_default=""),
    sa.Column("significance", sa.String(20), nullable=False, server_default=""),
    # the two orders that lists are paged in
    sa.Index(None, "created_at", "key"),
    sa.Index(None, "updated_at", "key"),
)

versions = sa.Table(
    "experiment_versions",
    metadata,
    sa.Column("experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

moves = sa.Table(
    "experiment_moves",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column(
        "experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("verb", sa.String(20), nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("target", sa.String(20), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("evidence", sa.JSON),  # of an end: the units; of a rollback: what was known to change by it
)

looks = sa.Table(
    "looks",
    metadata,
    sa.Column("experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("look", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("scorecard", sa.JSON, nullable=False),
)

phases = sa.Table(
    "phases",
    metadata,
    sa.Column("experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("phase", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("coverage", sa.Float, nullable=False),
    sa.Column("shares", sa.JSON, nullable=False),
)

plans = sa.Table(
    "signed_plans",
    metadata,
    sa.Column("experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("signed_by", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

learnings = sa.Table(
    "learnings",
    metadata,
    sa.Column("experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("learning", sa.JSON, nullable=False),
)
