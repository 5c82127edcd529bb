"""The tables of watching: alerts, and who may act."""

from __future__ import annotations

import sqlalchemy as sa

from expkit.storage import Moment, metadata

__all__ = ["alerts", "leases"]

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("experiment", sa.String(100), sa.ForeignKey("experiments.key", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("acknowledged_by", sa.String(200), nullable=False, default=""),
    sa.Column("acknowledged_at", Moment),
    sa.Column("comment", sa.Text, nullable=False, default=""),
    sa.UniqueConstraint("experiment", "kind", "subject"),
)

# of all processes that could do a thing, the one that does it, until a time that it keeps putting off
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("until", Moment, nullable=False),
)
