"""What decides over assignments besides the experiments: overrides, holdouts and groups, remembered units."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("variant", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.String(length=500), nullable=True),
        sa.Column("session_id", sa.String(length=500), nullable=True),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.key"], name=op.f("fk_overrides_experiment_experiments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
        sa.UniqueConstraint("code", name=op.f("uq_overrides_code")),
    )
    op.create_index(op.f("ix_overrides_experiment"), "overrides", ["experiment"], unique=False)
    op.create_table(
        "assignment_rules",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "version", name=op.f("pk_assignment_rules")),
    )
    op.create_table(
        "remembered_units",
        sa.Column("unit", sa.String(length=520), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("experiment", sa.String(length=100), nullable=False),
        sa.Column("variant", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"],
            ["experiments.key"],
            name=op.f("fk_remembered_units_experiment_experiments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("unit", "name", name=op.f("pk_remembered_units")),
    )
    op.create_index(op.f("ix_remembered_units_experiment"), "remembered_units", ["experiment"], unique=False)


def downgrade() -> None:
    op.drop_table("remembered_units")
    op.drop_table("assignment_rules")
    op.drop_table("overrides")
