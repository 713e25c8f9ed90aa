"""A database of every earlier version is brought forward with all that is in it, and the robot works on.

What those versions wrote is made here in their own columns, with no more in the JSON than they had to write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import make_url

from bot.models import (
    Conversation,
    Dentry,
    DentryType,
    Entry,
    Manifest,
    Operator,
    Outcome,
    Request,
    RequestState,
    Space,
)
from bot.store import tables
from bot.store.chain import GENESIS, chain_hash
from bot.store.inspection import known_schemas
from bot.store.rows import row_of
from tests.conformance.control import CORP_ID
from tests.databases import NewDatabase
from tests.integration.deletions import DELETED, delete, files
from tests.integration.office import MARKETING, MARKETING_SPACE, Office
from tests.unit.audit_given import migrated

EARLIER = sorted(known_schemas())[:-1]
WANG = Operator(corp_id=CORP_ID, user_id="wang", union_id="wangUnionId", name="王小明")
MONTH_AGO = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, office: Office) -> str:
    """The URL of a database in which there is nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{office.folder}/robot.sqlite"
    new: NewDatabase = request.getfixturevalue("postgres")
    return new()


@pytest.mark.parametrize("schema", EARLIER)
async def test_a_database_of_an_earlier_version_is_brought_forward(
    office: Office, old: str, schema: str
) -> None:
    with written_by(old, schema) as connection:
        _put(connection, _request("DNE2", RequestState.DONE), outcome="deleted")
        _put(connection, _request("WAT2", RequestState.AWAITING_CONFIRMATION))
        head = _trail(connection, 3)
    async with office.robot(database_url=old) as app:
        assert (await app.store.audit.verify({3: head})).broken is None
        done = await app.store.requests.get("DNE2")
        assert done
        assert (done.state, done.requester, done.space.name) == (RequestState.DONE, WANG, "市场部群文件")
        [result] = await app.store.requests.results("DNE2")
        assert (result.outcome, result.entry.dentry.path) == (Outcome.DELETED, "/old.pdf")
        listed = str(await office.say("wang", "history", "one:wang"))
        assert "DNE2" in listed
        assert "WAT2" in listed
        await office.say("wang", "cancel WAT2")
        waiting = await app.store.requests.get("WAT2")
        assert waiting
        assert waiting.state is RequestState.CANCELLED
        assert (await delete(office, app, *await files(office, "new"))).said == {DELETED}
        assert (await app.store.audit.verify({3: head})).broken is None


@contextmanager
def written_by(url: str, schema: str) -> Iterator[Connection]:
    """A new database as a version with this schema made it; what is put there is committed."""
    made = make_url(url)
    driver = "sqlite" if made.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(made.set(drivername=driver))
    with engine.begin() as connection:
        migrated(connection, schema)
        yield connection
    engine.dispose()


def _request(number: str, state: RequestState) -> Request:
    dentry = Dentry(
        space_id=MARKETING_SPACE,
        dentry_id=f"d{number}",
        parent_id="0",
        type=DentryType.FILE,
        name="old.pdf",
        path="/old.pdf",
        size_bytes=10,
        version=1,
        modified_at=MONTH_AGO,
        creator_id="wangUnionId",
    )
    frozen = Manifest.freeze(
        Space(id=MARKETING_SPACE, name="市场部群文件", corp_id=CORP_ID), [Entry(dentry=dentry)]
    )
    return Request(
        id=number, requester=WANG, conversation=Conversation(id=MARKETING, kind="group", title="市场部"),
        space=frozen.space, totals=frozen.totals, digest=frozen.digest, to_recycle_bin=True, nonce="deadbeef",
        message_key=f"robot:{number}", created_at=MONTH_AGO, expires_at=datetime.now(UTC) + timedelta(hours=1),
        state=state, finished_at=MONTH_AGO if state.is_final else None,
    )  # fmt: skip


def _put(connection: Connection, request: Request, outcome: str | None = None) -> None:
    """A request of one entry, in the columns that there are."""
    lean = request.model_dump(mode="json", exclude_defaults=True)
    row = {
        key: lean[key] if isinstance(value, dict) and key in lean else value
        for key, value in row_of(request).items()
    }
    _insert(connection, tables.requests, row)
    person = {"request_id": request.id, "user_id": "wang", "part": "requester", "name": WANG.name}
    _insert(connection, tables.request_people, person)
    dentry = {
        "space_id": MARKETING_SPACE, "dentry_id": f"d{request.id}", "parent_id": "0", "type": "FILE",
        "name": "old.pdf", "path": "/old.pdf", "size_bytes": 10, "version": 1,
        "modified_at": MONTH_AGO.isoformat(), "creator_id": "wangUnionId",
    }  # fmt: skip
    entry = {"request_id": request.id, "position": 0, "dentry_id": dentry["dentry_id"], "contents": 0}
    entry |= {
        "contents_bytes": 0,
        "dentry": dentry,
        "outcome": outcome,
        "sent_at": MONTH_AGO if outcome else None,
    }
    _insert(connection, tables.manifest_entries, entry)


def _trail(connection: Connection, count: int) -> str:
    """Records that follow from each other, and the head behind them; its hash."""
    previous = GENESIS
    for seq in range(1, count + 1):
        record: dict[str, Any] = {
            "seq": seq, "at": MONTH_AGO, "corp_id": CORP_ID, "request_id": "DNE2", "actor": "wang",
            "event": "request.created", "details": {}, "previous_hash": previous,
        }  # fmt: skip
        previous = record["hash"] = chain_hash(record)
        _insert(connection, tables.audit, record)
        move = sa.text("UPDATE audit_head SET seq = :seq, hash = :hash")
        connection.execute(move, {"seq": seq, "hash": previous})
    return previous


def _insert(connection: Connection, table: sa.Table, row: dict[str, Any]) -> None:
    look = sa.inspect(connection)
    if not look.has_table(table.name):  # made later, from what is there
        return
    there = {column["name"] for column in look.get_columns(table.name)}
    values = {key: value for key, value in row.items() if key in there}
    columns = [sa.column(key, table.c[key].type) for key in values]
    connection.execute(sa.insert(sa.table(table.name, *columns)).values(values))
