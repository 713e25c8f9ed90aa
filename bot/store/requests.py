"""Requests, their frozen manifests and their cards as rows. Each state change is one compare-and-set."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Insert,
    Integer,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    cast,
    func,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import (
    Dentry,
    Entry,
    ItemResult,
    Manifest,
    Operator,
    Outcome,
    Request,
    RequestState,
    Share,
    Tally,
)
from bot.spool import PART, in_parts
from bot.store.database import Database
from bot.store.people import note_person
from bot.store.rows import entering, entry_of, news, note, note_state, request_of, row_of
from bot.store.tables import cards, manifest_entries, request_people, requests

CardKind = Literal["request", "approval", "result"]


@dataclass(frozen=True)
class ShownCard:
    """A card of ours: what it is for, how it went out ("card", "action_card"), and which manifest it shows."""

    kind: CardKind
    delivered_as: str
    digest: str


class IdTakenError(Exception):
    """Another request already has this id; draw a new one."""


class Requests:
    """The repository of requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, request: Request, manifest: Manifest) -> None:
        """Store a new request with its manifest and its first audit record, all or nothing.

        Raises IdTakenError when the id is in use.
        """
        if request.totals.dentries <= PART:
            rows = [_entry_row(request.id, *numbered) for numbered in enumerate(manifest.entries)]
            async with self._database.writing() as connection:
                await _insert(connection, request, manifest_entries.insert(), rows)
            return
        async with self._database.staging(_STAGED) as staged:
            async for part in in_parts(enumerate(manifest.entries)):
                await staged.execute(
                    _STAGED.insert(), [_entry_row(request.id, *numbered) for numbered in part]
                )
            await staged.commit()
            copied = manifest_entries.insert().from_select(_STAGED.c.keys(), select(_STAGED))
            async with self._database.writing(staged):
                await _insert(staged, request, copied)

    async def get(self, request_id: str) -> Request | None:
        return await self._one(select(requests).where(requests.c.id == request_id))

    async def by_message(self, message_key: str) -> Request | None:
        """The request that a message led to, if it led to one."""
        return await self._one(select(requests).where(requests.c.message_key == message_key))

    async def by_card(self, out_track_id: str) -> Request | None:
        """The request that a card of ours is about; None for a card that is not ours."""
        query = select(requests).join(cards).where(cards.c.out_track_id == out_track_id)
        return await self._one(query)

    async def in_states(self, states: Collection[RequestState], limit: int = 1000) -> list[Request]:
        """Requests in one of these states, the oldest first."""
        query = (
            select(requests).where(requests.c.state.in_(states)).order_by(requests.c.created_at).limit(limit)
        )
        return await self._many(query)

    async def count(self, states: Collection[RequestState]) -> int:
        """How many are in one of these states."""
        query = select(func.count()).select_from(requests).where(requests.c.state.in_(states))
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def latest(
        self, *, conversation_id: str = "", requester_id: str = "", corp_id: str = "", limit: int = 20
    ) -> list[Request]:
        """The newest requests first, of one conversation or one requester when asked for."""
        query = select(requests).order_by(requests.c.created_at.desc()).limit(limit)
        if conversation_id:
            query = query.where(requests.c.conversation_id == conversation_id)
        if requester_id:
            query = query.where(requests.c.requester_id == requester_id)
        if corp_id:  # two organisations may use the same userId
            query = query.where(requests.c.corp_id == corp_id)
        return await self._many(query)

    async def history(self, user_id: str, corp_id: str, *, limit: int, offset: int = 0) -> list[Request]:
        """The requests that somebody made, voted on or decided, the newest first."""
        theirs = select(request_people.c.request_id).where(request_people.c.user_id == user_id)
        query = (
            select(requests)
            .where(requests.c.id.in_(theirs), requests.c.corp_id == corp_id)
            .order_by(requests.c.created_at.desc(), requests.c.id)
        )
        return await self._many(query.limit(limit).offset(offset))

    async def change(
        self,
        request_id: str,
        came_from: Collection[RequestState],
        state: RequestState,
        *,
        at: datetime,
        actor: str,
        decided_by: Operator | None = None,
        run_before: datetime | None = None,
        is_news: bool = False,
        **details: Any,
    ) -> Request | None:
        """Compare-and-set the state, with its audit record; None when another change was faster.

        The losing side reads the request again to learn which state won. `is_news`: people must be told, see `untold`.
        """
        change = update(requests).where(requests.c.id == request_id, requests.c.state.in_(came_from))
        async with self._database.writing() as connection:
            values = entering(state, at, decided_by) | (news() if is_news else {})
            if run_before:
                values["run_before"] = run_before
            row = (await connection.execute(change.values(**values).returning(requests))).mappings().first()
            if row is None:
                return None
            request = request_of(row)
            if decided_by:
                await note_person(connection, request_id, decided_by.user_id, "decider", decided_by.name)
            await note_state(connection, request, at, actor=actor, **details)
            return request

    async def untold(self, limit: int = 1000) -> list[Request]:
        """Requests with a change that people were not told of yet."""
        query = select(requests).where(requests.c.told < requests.c.news)
        return await self._many(query.order_by(requests.c.created_at).limit(limit))

    async def told(self, request: Request) -> None:
        """Note that people were told of this request as it was when it was read."""
        change = update(requests).where(requests.c.id == request.id, requests.c.told < request.news)
        async with self._database.writing() as connection:
            await connection.execute(change.values(told=request.news))

    async def entries(
        self, request_id: str, *, targets_only: bool = False, offset: int = 0, limit: int
    ) -> list[Entry]:
        """Lines of the frozen manifest in its order; there may be more of them than there is memory for."""
        table = manifest_entries
        read = (table.c.dentry, table.c.target_id, table.c.contents, table.c.contents_bytes)
        query = select(*read).where(table.c.request_id == request_id).order_by(table.c.position)
        if targets_only:
            query = query.where(table.c.target_id.is_(None)).offset(offset).limit(limit)
        else:
            query = query.where(table.c.position >= offset, table.c.position < offset + limit)
        async with self._database.reading() as connection:
            return [entry_of(row) for row in (await connection.execute(query)).mappings()]

    async def digest(self, request_id: str) -> str:
        """The digest of the manifest as its rows have it now, to be compared with the one that was agreed to."""
        tally, seen = Tally(), 0
        while part := await self.entries(request_id, offset=seen, limit=PART):
            tally.add(part)
            seen += len(part)
        return tally.digest

    async def shown_inside(
        self, request_id: str, folder_id: str, dentry_ids: Collection[str]
    ) -> dict[str, Dentry]:
        """Those of these dentries that the manifest shows inside this folder, by id, as they were then."""
        table = manifest_entries
        query = select(table.c.dentry_id, table.c.dentry).where(
            table.c.request_id == request_id,
            table.c.target_id == folder_id,
            table.c.dentry_id.in_(dentry_ids),
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return {row.dentry_id: Dentry.model_validate(row.dentry) for row in rows}

    async def count_inside(self, request_id: str, folder_id: str) -> int:
        """How many dentries the manifest shows inside this folder."""
        table = manifest_entries
        query = select(func.count(table.c.dentry_id.distinct())).where(
            table.c.request_id == request_id, table.c.target_id == folder_id
        )
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def results(
        self, request_id: str, *, offset: int = 0, limit: int | None = None
    ) -> list[ItemResult]:
        """What became of the targets so far, in the order of the manifest; the undecided are left out."""
        query = _decided(request_id).order_by(manifest_entries.c.position).offset(offset).limit(limit)
        async with self._database.reading() as connection:
            return [_result(row) for row in (await connection.execute(query)).mappings()]

    async def shares(self, request_id: str) -> list[Share]:
        """What became of the targets so far in numbers, by outcome, cause, and whether anything was added."""
        table, each = manifest_entries, _ends()
        sums = {
            "targets": func.count(),
            "dentries": func.sum(1 + table.c.contents - table.c.gone),
            "size_bytes": func.sum(_size_bytes() + table.c.contents_bytes),
            "gone": func.sum(table.c.gone),
            "added": func.sum(table.c.added),
        }
        query = (
            _decided(request_id)
            .with_only_columns(*each[:2], *(amount.label(name) for name, amount in sums.items()))
            .group_by(*each)
            .order_by(func.min(table.c.position))
        )
        async with self._database.reading() as connection:
            return [Share.model_validate(dict(row)) for row in (await connection.execute(query)).mappings()]

    async def samples(self, request_id: str, of_each: int) -> list[ItemResult]:
        """The first targets of each share, in the order of the manifest."""
        table = manifest_entries
        number = func.row_number().over(partition_by=_ends(), order_by=table.c.position)
        ranked = _decided(request_id).with_only_columns(table.c.position, number.label("number")).subquery()
        first = select(ranked.c.position).where(ranked.c.number <= of_each)
        query = _decided(request_id).where(table.c.position.in_(first)).order_by(table.c.position)
        async with self._database.reading() as connection:
            return [_result(row) for row in (await connection.execute(query)).mappings()]

    async def creators(self, request_id: str, outcome: Outcome, limit: int) -> list[str]:
        """Who made targets with this outcome, as far as known, in the order of the manifest: unionIds."""
        table = manifest_entries
        creator = table.c.dentry["creator_id"].as_string()
        query = (
            _decided(request_id)
            .where(table.c.outcome == outcome, creator != "")
            .with_only_columns(creator)
            .group_by(creator)
            .order_by(func.min(table.c.position))
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def add_card(self, out_track_id: str, request: Request, kind: CardKind, delivered_as: str) -> None:
        """Remember a card as ours. Called before it is sent: a click must never find an unknown card."""
        async with self._database.writing() as connection:
            row = {
                "out_track_id": out_track_id,
                "request_id": request.id,
                "kind": kind,
                "delivered_as": delivered_as,
                "digest": request.digest,
            }
            await connection.execute(self._database.upsert(cards, row))

    async def card_form(self, out_track_id: str) -> str | None:
        """How a card went out ("card", "action_card"), or None when it is not ours."""
        query = select(cards.c.delivered_as).where(cards.c.out_track_id == out_track_id)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar()

    async def pressed(self, out_track_id: str) -> tuple[Request, ShownCard] | None:
        """The request that a card is about, and the card; None for a card that is not ours."""
        of_card = (
            cards.c.kind.label("card_kind"),
            cards.c.delivered_as,
            cards.c.digest.label("shown_digest"),
        )
        query = select(requests, *of_card).join(cards).where(cards.c.out_track_id == out_track_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        card = ShownCard(row["card_kind"], row["delivered_as"], row["shown_digest"])
        return request_of({name: row[name] for name in requests.c.keys()}), card  # noqa: SIM118

    async def _one(self, query: Select[Any]) -> Request | None:
        found = await self._many(query)
        return found[0] if found else None

    async def _many(self, query: Select[Any]) -> list[Request]:
        async with self._database.reading() as connection:
            return [request_of(row) for row in (await connection.execute(query)).mappings()]


def _result(row: RowMapping) -> ItemResult:
    return ItemResult(
        entry=entry_of(row),
        outcome=Outcome(row["outcome"]),
        cause=row["cause"],
        gone=row["gone"],
        added=row["added"],
        added_names=tuple(row["added_names"]),
    )


def _targets(request_id: str) -> Select[Any]:
    table = manifest_entries
    return select(table).where(table.c.request_id == request_id, table.c.target_id.is_(None))


def _decided(request_id: str) -> Select[Any]:
    return _targets(request_id).where(manifest_entries.c.outcome.is_not(None))


def _ends() -> tuple[ColumnElement[Any], ...]:
    """What makes a share."""
    table = manifest_entries
    return table.c.outcome, table.c.cause, table.c.added > 0


def _size_bytes() -> ColumnElement[int]:
    """The size of a dentry itself; on the way through JSON it must not become a number of 32 bits."""
    return cast(manifest_entries.c.dentry["size_bytes"].as_string(), BigInteger)


_STAGED = Table(
    "staged_entries",
    MetaData(),
    Column("request_id", String(16)),
    Column("position", Integer),
    Column("dentry_id", String(128)),
    Column("target_id", String(128)),
    Column("contents", Integer),
    Column("contents_bytes", BigInteger),
    Column("dentry", JSON),
    prefixes=["TEMPORARY"],
)
"""What the rows of a new manifest have."""


async def _insert(
    connection: AsyncConnection,
    request: Request,
    manifest: Insert,
    rows: Sequence[dict[str, Any]] | None = None,
) -> None:
    try:
        await connection.execute(requests.insert().values(**row_of(request)))
    except IntegrityError as exc:
        raise IdTakenError(request.id) from exc
    await connection.execute(manifest, rows)
    who = request.requester
    await note_person(connection, request.id, who.user_id, "requester", who.name)
    await note(
        connection,
        request,
        request.created_at,
        actor=request.requester.user_id,
        event="request.created",
        digest=request.digest,
        space_id=request.space.id,
        targets=request.totals.targets,
        dentries=request.totals.dentries,
        to_recycle_bin=request.to_recycle_bin,
        reason=request.reason,
        rule=request.ruling.rule,
        answer=request.ruling.answer,
        policy_hash=request.ruling.policy_hash,
    )


def _entry_row(request_id: str, position: int, entry: Entry) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "position": position,
        "dentry_id": entry.dentry.dentry_id,
        "target_id": entry.target_id,
        "contents": entry.contents,
        "contents_bytes": entry.contents_bytes,
        "dentry": entry.dentry.model_dump(mode="json"),
    }
