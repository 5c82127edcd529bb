"""The table of baselines: what each metric stood at when a winner became the new normal."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.storage import Moment, metadata

__all__ = ["baselines"]

baselines = sa.Table(
    "baselines",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project", sa.String(500), nullable=False),
    sa.Column("metric", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), nullable=False),
    sa.Column("variant", sa.String(100), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("look", sa.Integer),
    sa.Column("level", sa.Float),
    sa.Column("sd", sa.Float),
    sa.Column("units", sa.Integer, nullable=False),
    sa.Column("params", sa.JSON, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_baselines_project_metric", "project", "metric"),
)
