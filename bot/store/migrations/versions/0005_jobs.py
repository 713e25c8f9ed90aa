"""Jobs that can be stopped, taken over and undone; replicas, and the pace they share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("requests") as table:
        table.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="delete"))
        table.add_column(sa.Column("undoes", sa.String(length=16), nullable=False, server_default=""))
        table.add_column(sa.Column("plan_calls", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("began_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("runner", sa.String(length=128), nullable=False, server_default=""))
        table.add_column(sa.Column("runs", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("paused", sa.String(length=32), nullable=False, server_default=""))
        table.add_column(sa.Column("stop_asked", sa.JSON(none_as_null=True), nullable=True))
        table.create_index("ix_requests_undoes", ["undoes"])
    with op.batch_alter_table("manifest_entries") as table:
        table.add_column(sa.Column("task_id", sa.String(length=128), nullable=False, server_default=""))
        table.add_column(sa.Column("seen_gone_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(
            sa.Column("recycle_item_id", sa.String(length=128), nullable=False, server_default="")
        )
        table.add_column(sa.Column("new_dentry_id", sa.String(length=128), nullable=False, server_default=""))
        table.add_column(sa.Column("new_path", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "replicas",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_replicas")),
    )
    op.create_table(
        "lanes",
        sa.Column("api", sa.String(length=200), nullable=False),
        sa.Column("pace", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("api", name=op.f("pk_lanes")),
    )
