"""Where batches live: one row a batch, one row a trial."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, String, Table, Text

from expkit.storage.metadata import Moment, metadata

__all__ = ["batches", "trials"]

batches = Table(
    "batches",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("template", String(100), nullable=False),
    Column("template_hash", String(64), nullable=False),
    Column("source", Text, nullable=False),  # the template as it was: a resumed batch runs what was launched
    Column("scoring", JSON(none_as_null=True)),
    Column("limits", JSON, nullable=False),
    Column("status", String(20), nullable=False),
    Column("total", Integer, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("correlation_id", String(64), nullable=False),
    Column("abort_requested", Boolean, nullable=False, default=False),
    Column("owner", String(200), nullable=False, default=""),  # the process that runs it: host:pid:start
    Column("heartbeat_at", Moment),
    Column("created_at", Moment, nullable=False, index=True),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)

trials = Table(
    "trials",
    metadata,
    Column("job_id", String(32), ForeignKey("batches.job_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("parameters", JSON, nullable=False),
    Column("status", String(20), nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("score", Float),
    Column("error", JSON(none_as_null=True)),
    Column("seconds", Float),
    Column("output", Text),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)
