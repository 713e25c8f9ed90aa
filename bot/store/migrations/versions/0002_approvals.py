"""Rulings, approvals and their clocks. What was asked before was for its requester to confirm."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_CONFIRM = '{"answer": "confirm"}'


def upgrade() -> None:
    """Column by column: SQLite would make a changed table anew, and with the old one all that refers to it goes."""
    for column in (
        sa.Column("space_id", sa.String(length=128), nullable=False, server_default=""),
        sa.Column("ruling", sa.JSON(), nullable=False, server_default=_CONFIRM),
        sa.Column("survey", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("asked", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("votes", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("run_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("news", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("told", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("requests", column)
    op.create_index(op.f("ix_requests_space_id"), "requests", ["space_id"], unique=False)
    op.add_column("manifest_entries", sa.Column("added", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "manifest_entries", sa.Column("added_names", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column("cards", sa.Column("digest", sa.String(length=64), nullable=False, server_default=""))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    found = "json_extract(space, '$.id')" if is_sqlite else "space->>'id'"
    op.execute(f"UPDATE requests SET space_id = {found}")  # noqa: S608 - ours
    op.execute("UPDATE cards SET digest = (SELECT digest FROM requests WHERE requests.id = cards.request_id)")
