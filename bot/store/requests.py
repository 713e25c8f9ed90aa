"""Requests, their frozen manifests and their cards as rows. Each state change is one compare-and-set."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.exc import IntegrityError

from bot.models import (
    Dentry,
    Entry,
    ItemResult,
    Manifest,
    Operator,
    Outcome,
    Request,
    RequestState,
    digest_of,
)
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
        async with self._database.writing() as connection:
            try:
                await connection.execute(requests.insert().values(**row_of(request)))
            except IntegrityError as exc:
                raise IdTakenError(request.id) from exc
            await connection.execute(manifest_entries.insert(), _entry_rows(request.id, manifest.entries))
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
        self, request_id: str, *, targets_only: bool = False, offset: int = 0, limit: int | None = None
    ) -> list[Entry]:
        """Lines of the frozen manifest in its order."""
        rows = await self._entry_rows(request_id, targets_only, offset, limit)
        return [entry_of(row) for row in rows]

    async def digest(self, request_id: str) -> str:
        """The digest of the manifest as its rows have it now, to be compared with the one that was agreed to."""
        return digest_of(await self.entries(request_id))

    async def inside(self, request_id: str, target_ids: Collection[str]) -> dict[str, dict[str, Dentry]]:
        """What the manifest shows inside these folders, by folder and dentryId."""
        table = manifest_entries
        query = select(table).where(table.c.request_id == request_id, table.c.target_id.in_(target_ids))
        shown: dict[str, dict[str, Dentry]] = {target_id: {} for target_id in target_ids}
        async with self._database.reading() as connection:
            for row in (await connection.execute(query)).mappings():
                shown[row["target_id"]][row["dentry_id"]] = Dentry.model_validate(row["dentry"])
        return shown

    async def results(self, request_id: str) -> list[ItemResult]:
        """What became of the targets so far, in the order of the manifest; the undecided are left out."""
        rows = await self._entry_rows(request_id, True, 0, None)
        return [
            ItemResult(
                entry=entry_of(row),
                outcome=Outcome(row["outcome"]),
                cause=row["cause"],
                gone=row["gone"],
                added=row["added"],
                added_names=tuple(row["added_names"]),
            )
            for row in rows
            if row["outcome"]
        ]

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

    async def _entry_rows(
        self, request_id: str, targets_only: bool, offset: int, limit: int | None
    ) -> list[RowMapping]:
        table = manifest_entries
        query = select(table).where(table.c.request_id == request_id).order_by(table.c.position)
        if targets_only:
            query = query.where(table.c.target_id.is_(None))
        async with self._database.reading() as connection:
            return list((await connection.execute(query.offset(offset).limit(limit))).mappings())


def _entry_rows(request_id: str, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [
        {
            "request_id": request_id,
            "position": position,
            "dentry_id": entry.dentry.dentry_id,
            "target_id": entry.target_id,
            "contents": entry.contents,
            "contents_bytes": entry.contents_bytes,
            "dentry": entry.dentry.model_dump(mode="json"),
        }
        for position, entry in enumerate(entries)
    ]
