"""The tables, for SQLite and PostgreSQL alike. Changes go through a migration, never through this file alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite keeps no time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


requests = Table(
    "requests",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("message_key", String(200), nullable=False, unique=True),
    Column("corp_id", String(128), nullable=False),
    Column("requester", JSON, nullable=False),
    Column("requester_id", String(128), nullable=False, index=True),
    Column("conversation", JSON, nullable=False),
    Column("conversation_id", String(128), nullable=False, index=True),
    Column("space", JSON, nullable=False),
    Column("space_id", String(128), nullable=False, index=True),
    Column("totals", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("to_recycle_bin", Boolean, nullable=False),
    Column("bin_days", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("state", String(32), nullable=False, index=True),
    Column("nonce", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("decided_by", JSON),
    Column("decided_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("ruling", JSON, nullable=False),
    Column("survey", JSON, nullable=False),
    Column("asked", JSON, nullable=False),
    Column("votes", JSON, nullable=False),
    Column("run_before", UtcTime),
    Column("remind_at", UtcTime),
    Column("reminded", Integer, nullable=False),
    Column("escalate_at", UtcTime),
    Column("escalated", Boolean, nullable=False),
    Column("news", Integer, nullable=False, server_default="0"),
    Column("told", Integer, nullable=False, server_default="0"),
    Column("kind", String(16), nullable=False, server_default="delete"),
    Column("undoes", String(16), nullable=False, server_default="", index=True),
    Column("plan_calls", Integer, nullable=False, server_default="0"),
    Column("began_at", UtcTime),
    Column("runner", String(128), nullable=False, server_default=""),
    Column("runs", Integer, nullable=False, server_default="0"),
    Column("paused", String(32), nullable=False, server_default=""),
    Column("stop_asked", JSON(none_as_null=True)),
    Index(
        "ix_requests_untold",
        "created_at",
        sqlite_where=text("told < news"),
        postgresql_where=text("told < news"),
    ),
)
"""`news` counts the changes that people must be told of, `told` how many of them they were told of.

`runner` is the replica that has the job now: whoever is not it any more must not send another batch.
"""

manifest_entries = Table(
    "manifest_entries",
    metadata,
    Column("request_id", ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("dentry_id", String(128), nullable=False),
    Column("target_id", String(128)),
    Column("contents", Integer, nullable=False),
    Column("contents_bytes", BigInteger, nullable=False),
    Column("dentry", JSON, nullable=False),
    Column("sent_at", UtcTime),
    Column("outcome", String(32)),
    Column("cause", String(200), nullable=False, server_default=""),
    Column("gone", Integer, nullable=False, server_default="0"),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("added_names", JSON, nullable=False, server_default="[]"),
    Column("task_id", String(128), nullable=False, server_default=""),
    Column("seen_gone_at", UtcTime),
    Column("recycle_item_id", String(128), nullable=False, server_default=""),
    Column("new_dentry_id", String(128), nullable=False, server_default=""),
    Column("new_path", Text, nullable=False, server_default=""),
    Index("ix_manifest_entries_dentry", "request_id", "dentry_id"),
    Index(
        "ix_manifest_entries_targets",
        "request_id",
        "position",
        sqlite_where=text("target_id IS NULL"),
        postgresql_where=text("target_id IS NULL"),
    ),
)
"""The manifest is frozen; only its targets get sent_at, outcome and what belongs to it written later."""

cards = Table(
    "cards",
    metadata,
    Column("out_track_id", String(100), primary_key=True),
    Column("request_id", ForeignKey("requests.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("delivered_as", String(16), nullable=False),
    Column("digest", String(64), nullable=False),
)
"""`digest` is that of the manifest the card shows."""

request_people = Table(
    "request_people",
    metadata,
    Column("request_id", ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(128), primary_key=True),
    Column("part", String(16), primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Index("ix_request_people_user_id", "user_id", "request_id"),
)
"""Who has what part in a request: `requester`, `voter`, `decider`. `name` is what they were called then."""

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("corp_id", String(128), nullable=False),
    Column("request_id", String(16), nullable=False, index=True),
    Column("actor", String(128), nullable=False),
    Column("event", String(64), nullable=False, index=True),
    Column("details", JSON, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row. Whoever writes a record locks it first, so that the chain has one next link at a time."""

audit_anchor = Table(
    "audit_anchor",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: the last record that retention took away. The first one that is still there follows it."""

api_calls = Table(
    "api_calls",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("api", String(200), primary_key=True),
    Column("calls", BigInteger, nullable=False),
)

spaces = Table(
    "spaces",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("space", JSON, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)
"""Which space a conversation has and what a space is called: asking DingTalk is a counted call."""

suite_tickets = Table(
    "suite_tickets",
    metadata,
    Column("suite_key", String(128), primary_key=True),
    Column("ticket", String(500), nullable=False),
    Column("received_at", UtcTime, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("request_id", String(16), primary_key=True),
    Column("event", String(16), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("corp_id", String(128), nullable=False),
    Column("notice", JSON, nullable=False),
    Column("batch", String(32), nullable=False),
)
"""What is still to be told; gone once it is. `batch` names the message it goes out with, empty before."""

channels = Table(
    "channels",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("sent_at", UtcTime),
    Column("failures", Integer, nullable=False),
    Column("failing_since", UtcTime),
    Column("retry_at", UtcTime),
    Column("error", String(500), nullable=False),
    Column("courier", String(128), nullable=False, server_default=""),
)
"""`courier` is the replica that is sending a message there at this moment, empty when none is."""

replicas = Table(
    "replicas",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)
"""The processes that run on this database. Times are the database's own: clocks of machines differ."""

lanes = Table(
    "lanes",
    metadata,
    Column("api", String(200), primary_key=True),
    Column("pace", JSON, nullable=False),
)
"""How fast each interface of DingTalk may be called by all replicas together."""

organisations = Table(
    "organisations",
    metadata,
    Column("corp_id", String(128), primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("since", UtcTime, nullable=False),
)
"""Of a third-party app that serves several: who has authorised it, and since when they are in this state.

Only the main database has rows here; each organisation's own rows are in a partition beside it.
"""
