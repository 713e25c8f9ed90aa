"""Jobs that can be stopped, taken over and undone; replicas, and the pace they share; records in one go.

A batch has fifty records: they may now stand behind the head, each behind the other, before the head moves onto the
last of them. What the triggers refuse stays the same: whatever is not the next link.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NEVER = "the audit trail is append-only"
_RULES = {
    "audit_insert": (
        "BEFORE INSERT ON audit",
        "NOT EXISTS (SELECT 1 FROM audit_head WHERE NEW.seq = seq + 1 AND NEW.previous_hash = hash)"
        " AND NOT EXISTS (SELECT 1 FROM audit, audit_head WHERE audit.seq > audit_head.seq"
        " AND audit.seq = NEW.seq - 1 AND audit.hash = NEW.previous_hash)",
    ),
    "audit_head_update": (
        "BEFORE UPDATE ON audit_head",
        "NEW.id <> OLD.id OR NEW.seq <= OLD.seq"
        " OR NOT EXISTS (SELECT 1 FROM audit WHERE audit.seq = NEW.seq AND audit.hash = NEW.hash)"
        " OR NOT EXISTS (SELECT 1 FROM audit WHERE audit.seq = OLD.seq + 1"
        " AND audit.previous_hash = OLD.hash)",
    ),
}
"""By the name of a trigger: what it looks at, and what it refuses."""


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
    op.create_index(
        "ix_requests_untold",
        "requests",
        ["created_at"],
        sqlite_where=sa.text("told < news"),
        postgresql_where=sa.text("told < news"),
    )
    op.create_index(
        "ix_manifest_entries_targets",
        "manifest_entries",
        ["request_id", "position"],
        sqlite_where=sa.text("target_id IS NULL"),
        postgresql_where=sa.text("target_id IS NULL"),
    )
    op.create_table(
        "replicas",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_replicas")),
    )
    with op.batch_alter_table("channels") as table:
        table.add_column(sa.Column("courier", sa.String(length=128), nullable=False, server_default=""))
    op.create_table(
        "lanes",
        sa.Column("api", sa.String(length=200), nullable=False),
        sa.Column("pace", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("api", name=op.f("pk_lanes")),
    )
    for name, (when, refused) in _RULES.items():
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
            op.execute(
                f"CREATE TRIGGER {name} {when} WHEN {refused} BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
            )
        else:  # there the rule is in the function
            op.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {refused} THEN RAISE EXCEPTION '{_NEVER}'; END IF; RETURN NEW; END $$"
            )
