"""The audit trail is append-only in the database itself, can be cut provably, and people are found by their requests.

The triggers let through exactly what `bot/store/audit.py` does: a record behind the head, the head moved onto that
record, the anchor moved forward onto a record, and away with what lies behind the anchor. Everything else is
refused, also to somebody with a database console. Whoever may change the schema can drop them; the chain is for that.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NEVER = "the audit trail is append-only"
_RULES = {
    "audit_insert": (
        "BEFORE INSERT ON audit",
        "NOT EXISTS (SELECT 1 FROM audit_head WHERE NEW.seq = seq + 1 AND NEW.previous_hash = hash)",
    ),
    "audit_update": ("BEFORE UPDATE ON audit", "1 = 1"),
    "audit_delete": ("BEFORE DELETE ON audit", "OLD.seq > (SELECT seq FROM audit_anchor)"),
    "audit_head_insert": ("BEFORE INSERT ON audit_head", "1 = 1"),
    "audit_head_update": (
        "BEFORE UPDATE ON audit_head",
        "NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (SELECT 1 FROM audit"
        " WHERE audit.seq = NEW.seq AND audit.hash = NEW.hash AND audit.previous_hash = OLD.hash)",
    ),
    "audit_head_delete": ("BEFORE DELETE ON audit_head", "1 = 1"),
    "audit_anchor_insert": ("BEFORE INSERT ON audit_anchor", "1 = 1"),
    "audit_anchor_update": (
        "BEFORE UPDATE ON audit_anchor",
        "NEW.id <> OLD.id OR NEW.seq <= OLD.seq OR NOT EXISTS (SELECT 1 FROM audit"
        " WHERE audit.seq = NEW.seq AND audit.hash = NEW.hash)",
    ),
    "audit_anchor_delete": ("BEFORE DELETE ON audit_anchor", "1 = 1"),
}
"""By the name of a trigger: what it looks at, and what it refuses."""

_VOTES = {
    "sqlite": """
        SELECT requests.id, json_extract(vote.value, '$.operator.user_id'), 'voter',
               MAX(json_extract(vote.value, '$.operator.name'))
        FROM requests, json_each(requests.votes) AS vote GROUP BY 1, 2""",
    "postgresql": """
        SELECT requests.id, vote->'operator'->>'user_id', 'voter', MAX(vote->'operator'->>'name')
        FROM requests, json_array_elements(requests.votes) AS vote GROUP BY 1, 2""",
}
_FIELD = {"sqlite": "json_extract({0}, '$.{1}')", "postgresql": "{0}->>'{1}'"}


def upgrade() -> None:
    kind = op.get_bind().dialect.name
    _people(kind)
    for column in ("at", "event"):
        op.create_index(op.f(f"ix_audit_{column}"), "audit", [column], unique=False)
    op.create_table(
        "audit_anchor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_anchor")),
    )
    op.execute(f"INSERT INTO audit_anchor (id, seq, hash) VALUES (1, 0, '{'0' * 64}')")  # noqa: S608 - ours
    for name, (when, refused) in _RULES.items():
        if kind == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} {when} WHEN {refused} BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
            )
        else:
            _postgresql(name, when, refused)
    if kind == "postgresql":
        for table in ("audit", "audit_head", "audit_anchor"):
            _postgresql(f"{table}_truncate", f"BEFORE TRUNCATE ON {table}", "1 = 1", each="STATEMENT")


def _postgresql(name: str, when: str, refused: str, each: str = "ROW") -> None:
    """A function of its own for each, since a WHEN must not look into tables there."""
    row = "OLD" if " DELETE " in when else "NEW"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {refused} THEN RAISE EXCEPTION '{_NEVER}'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} {when} FOR EACH {each} EXECUTE FUNCTION {name}()")


def _people(kind: str) -> None:
    op.create_table(
        "request_people",
        sa.Column("request_id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_request_people_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", "user_id", "part", name=op.f("pk_request_people")),
    )
    op.create_index("ix_request_people_user_id", "request_people", ["user_id", "request_id"], unique=False)
    op.create_index(op.f("ix_request_people_name"), "request_people", ["name"], unique=False)
    into = "INSERT INTO request_people (request_id, user_id, part, name)"
    name, decider = _FIELD[kind].format("requester", "name"), _FIELD[kind].format("decided_by", "user_id")
    called = _FIELD[kind].format("decided_by", "name")
    op.execute(f"{into} SELECT id, requester_id, 'requester', {name} FROM requests")  # noqa: S608 - ours
    made = f"SELECT id, {decider}, 'decider', {called} FROM requests WHERE {decider} IS NOT NULL"  # noqa: S608
    op.execute(f"{into} {made}")
    op.execute(into + _VOTES[kind])
