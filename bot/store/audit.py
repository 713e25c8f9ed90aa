"""The audit trail: append-only records, each carrying the hash of the one before.

What it proves, with write access to the database in the wrong hands:

- A record changed, put in, taken out or moved is found and named by `verify`, as long as not every later hash was
  made anew, the head row included. The database itself refuses all of it by triggers, so it takes somebody who may
  change the schema (or the file).
- Somebody who makes all later hashes anew, or cuts the end off and moves the head with it, leaves a chain that is
  sound in itself. Only what was noted outside tells: give `verify` a head that it printed earlier, and every record
  up to that one is proved to be as it was. So note the head regularly where the database's writers cannot reach.
- Nothing proves that what is appended is true, that all that happened was recorded, or what the records said that
  retention took away. Such a cut is a record in the chain, and who forges one is again found out by a noted head
  only: one that lies before the cut counts as broken, never as proved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import AuditRecord, Model, RequestState
from bot.store.chain import PRUNED, Chain, Link, Proof, Record, chain_hash
from bot.store.database import Database
from bot.store.tables import audit, audit_anchor, audit_head, request_people, requests

KEPT_AT_LEAST = timedelta(days=30)
"""However short the retention, this much of the trail stays."""
PRUNED_AT_ONCE = 10_000
"""Records taken away in one transaction: others that write wait for it."""
READ_AT_ONCE = 1000
POLICY = "policy.in_force"
SYSTEM = "dingsweep"
_UNFINISHED = [state for state in RequestState if not state.is_final]


class Wanted(Model):
    """Which records to read; what is empty asks for nothing.

    `person` is a userId or a name, of whoever acted or whose request it is; `space` the id or name of the space that
    a request is about; `since` is included, `until` is not; `event` is a whole name or its beginning up to a dot.
    """

    request_id: str = ""
    person: str = ""
    space: str = ""
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Pruned(Model):
    """What retention took away: how many records, and the number of the last of them."""

    records: int = 0
    through_seq: int = 0


class Audit:
    """Reading the trail, proving it, and adding what belongs to no other change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, at: datetime, *, corp_id: str, actor: str, event: str, request_id: str = "", **details: Any
    ) -> None:
        """Add one record in a transaction of its own."""
        async with self._database.writing() as connection:
            await append(
                connection, at, corp_id=corp_id, actor=actor, event=event, request_id=request_id, **details
            )

    async def records(
        self, request_id: str | None = None, wanted: Wanted | None = None
    ) -> AsyncIterator[AuditRecord]:
        """Records in the order they were written: all, those of one request, or those wanted."""
        chosen = wanted or Wanted(request_id=request_id or "")
        query = select(audit).where(*_conditions(chosen)).order_by(audit.c.seq)
        async with self._database.reading() as connection:
            async for row in (await connection.stream(query)).mappings():
                yield AuditRecord.model_validate(dict(row))

    async def verify(self, noted: Mapping[int, str] | None = None) -> Proof:
        """Prove the whole chain, or name the first broken record; see above for what that proves.

        `noted` are links, hash by number, that the chain must still hold. Reads every record once, a thousand in
        memory at a time, as they were at one moment: others may go on writing.
        """
        async with self._database.snapshot() as connection:
            anchor = (await connection.execute(select(audit_anchor))).one()
            head = (await connection.execute(select(audit_head))).one()
            chain = Chain(Link(anchor.seq, anchor.hash), Link(head.seq, head.hash), noted or {})
            return await chain.prove(_all(connection))

    async def prune(self, before: datetime, at: datetime, *, actor: str = SYSTEM) -> Pruned:
        """Take away the records from before that time, from the beginning on, and leave the rest provable.

        The link before the first record that stays is kept as the anchor, and `audit.pruned` in the chain says the
        same. Nothing behind a record of an unfinished request goes, so that its account stays whole, and nothing of
        the last 30 days: raises ValueError for a later `before`. Requests, manifests and cards are not touched.
        """
        if before > at - KEPT_AT_LEAST:
            raise ValueError(f"the last {KEPT_AT_LEAST.days} days of the audit trail are kept")
        taken = Pruned()
        while True:
            async with self._database.writing() as connection:
                part = await _prune(connection, before, at, actor)
            if not part.records:
                return taken
            taken = Pruned(records=taken.records + part.records, through_seq=part.through_seq)

    async def note_policy(self, at: datetime, policy_hash: str, text: str) -> bool:
        """Record the policy in force, when it is another than the one recorded last. `text` is all of it, as JSON."""
        async with self._database.writing() as connection:
            await connection.execute(
                select(audit_head).with_for_update()
            )  # before reading: two may start at once
            last = await _last_policy(connection)
            if last and last["hash"] == policy_hash:
                return False
            await append(
                connection, at, corp_id="", actor=SYSTEM, event=POLICY, hash=policy_hash, policy=text
            )
            return True


async def append(
    connection: AsyncConnection,
    at: datetime,
    *,
    corp_id: str,
    actor: str,
    event: str,
    request_id: str = "",
    **details: Any,
) -> None:
    """Add one record inside the caller's transaction, so that a change and its record stand or fall together."""
    record = {"at": at, "corp_id": corp_id, "request_id": request_id, "actor": actor, "event": event}
    await append_many(connection, [{**record, "details": details}])


async def append_many(connection: AsyncConnection, records: Iterable[Mapping[str, Any]]) -> None:
    """The same for several: each has `at`, `corp_id`, `request_id`, `actor`, `event` and `details`."""
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    link = Link(head.seq, head.hash)
    rows = []
    for given in records:
        row = {**given, "at": given["at"].astimezone(UTC), "seq": link.seq + 1, "previous_hash": link.hash}
        row["hash"] = chain_hash(row)
        link = Link(row["seq"], row["hash"])
        rows.append(row)
    if rows:
        await connection.execute(audit.insert(), rows)
        await connection.execute(update(audit_head).values(seq=link.seq, hash=link.hash))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.request_id:
        conditions.append(audit.c.request_id == wanted.request_id)
    if wanted.person:
        conditions.append(_is_about_person(wanted.person))
    if wanted.space:
        here = or_(requests.c.space_id == wanted.space, requests.c.space["name"].as_string() == wanted.space)
        conditions.append(audit.c.request_id.in_(select(requests.c.id).where(here)))
    if wanted.event:
        family = audit.c.event.startswith(f"{wanted.event}.", autoescape=True)
        conditions.append(or_(audit.c.event == wanted.event, family))
    if wanted.since:
        conditions.append(audit.c.at >= wanted.since)
    if wanted.until:
        conditions.append(audit.c.at < wanted.until)
    return conditions


def _is_about_person(person: str) -> ColumnElement[bool]:
    """Whether they acted, or the request is theirs. A name stands for everybody who bears it."""
    people = request_people.c
    called_so = select(people.user_id).where(people.name == person)
    is_them = or_(people.user_id == person, people.user_id.in_(called_so))
    theirs = select(people.request_id).where(is_them, people.part == "requester")
    return or_(audit.c.actor == person, audit.c.actor.in_(called_so), audit.c.request_id.in_(theirs))


async def _all(connection: AsyncConnection) -> AsyncIterator[Record]:
    """Every row there is, by number. One that cannot be read spoils its page, so that page is read singly."""
    last = -1  # below every number: `audit` holds none under 1, unless somebody put it there
    while page := await _page(connection, last, READ_AT_ONCE):
        for record in page:
            yield record
        last = page[-1]["seq"]


async def _page(connection: AsyncConnection, after: int, limit: int) -> list[Record]:
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
    try:
        return [dict(row) for row in (await connection.execute(query)).mappings()]
    except (ValueError, TypeError):  # a time or JSON that is none: SQLite takes anything
        numbers = select(audit.c.seq).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
        return [await _single(connection, seq) for seq in (await connection.execute(numbers)).scalars()]


async def _single(connection: AsyncConnection, seq: int) -> Record:
    try:
        row = (await connection.execute(select(audit).where(audit.c.seq == seq))).mappings().one()
    except (ValueError, TypeError):
        return {"seq": seq}
    return dict(row)


async def _prune(connection: AsyncConnection, before: datetime, at: datetime, actor: str) -> Pruned:
    """One portion: its record, the anchor behind it, and away with it. All or nothing."""
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    anchor = (await connection.execute(select(audit_anchor))).one()
    through = min(await _last_to_go(connection, before, head.seq), anchor.seq + PRUNED_AT_ONCE)
    if through <= anchor.seq:
        return Pruned()
    last = (await connection.execute(select(audit.c.hash).where(audit.c.seq == through))).one()
    policy = await _last_policy(connection, through)
    await append(
        connection,
        at,
        corp_id="",
        actor=actor,
        event=PRUNED,
        through_seq=through,
        through_hash=last.hash,
        records=through - anchor.seq,
        before=before.astimezone(UTC).isoformat(),
    )
    if policy:  # it is still in force, so it is said again
        await append(connection, at, corp_id="", actor=SYSTEM, event=POLICY, **policy)
    await connection.execute(update(audit_anchor).values(seq=through, hash=last.hash))
    await connection.execute(delete(audit).where(audit.c.seq <= through))
    return Pruned(records=through - anchor.seq, through_seq=through)


async def _last_to_go(connection: AsyncConnection, before: datetime, head: int) -> int:
    """The last record before which everything is old enough and no request is unfinished."""
    young = select(audit.c.seq).where(audit.c.at >= before).order_by(audit.c.seq).limit(1)
    unfinished = select(requests.c.id).where(requests.c.state.in_(_UNFINISHED))
    needed = select(func.min(audit.c.seq)).where(audit.c.request_id.in_(unfinished))
    last = head
    for query in (young, needed):
        stays: int | None = (await connection.execute(query)).scalar()
        last = last if stays is None else min(last, stays - 1)
    return last


async def _last_policy(connection: AsyncConnection, through: int | None = None) -> dict[str, Any] | None:
    """The policy recorded last; with `through`, only when no record behind that one tells it."""
    query: Select[Any] = select(audit.c.seq, audit.c.details).where(audit.c.event == POLICY)
    last = (await connection.execute(query.order_by(audit.c.seq.desc()).limit(1))).first()
    if last is None or (through is not None and last.seq > through):
        return None
    details: dict[str, Any] = last.details
    return details
