"""What those asked have said, and who was asked when: rows decide, so that of fifty clicks exactly one is the last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import OPEN_STATES, Operator, Request, RequestState, Vote
from bot.store.database import Database
from bot.store.people import note_person
from bot.store.rows import entering, news, note, note_state, request_of
from bot.store.tables import requests

_AWAITS = requests.c.state == RequestState.AWAITING_APPROVAL
_CLOCKS = (requests.c.expires_at, requests.c.remind_at, requests.c.escalate_at)


class Votes:
    """The repository of approvals, and of the clocks that run until there are enough."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cast(
        self, request_id: str, vote: Vote, *, entitled: Collection[str], run_before: datetime
    ) -> Request | None:
        """Count one vote, and decide the request when it is the one that decides; all of it or nothing.

        Only votes of the `entitled` (userIds) count, so one given by somebody who may not decide any more does not.
        None when the request is not open for votes at that moment, or this person has voted.
        """
        async with self._database.writing() as connection:
            before = await _locked(connection, request_id, _AWAITS, requests.c.expires_at > vote.at)
            if before is None or any(v.operator.user_id == vote.operator.user_id for v in before.votes):
                return None
            votes = (*before.votes, vote)
            approvals = sum(each.approves and each.operator.user_id in entitled for each in votes)
            values: dict[str, Any] = {"votes": [each.model_dump(mode="json") for each in votes]}
            if not vote.approves:
                values |= entering(RequestState.REJECTED, vote.at, vote.operator) | news()
            elif approvals >= before.ruling.needed:  # the job tells
                values |= entering(RequestState.APPROVED, vote.at, vote.operator) | {"run_before": run_before}
            else:
                values |= news()
            request = await _changed(connection, request_id, values)
            await note_person(connection, request_id, vote.operator.user_id, "voter", vote.operator.name)
            await _note_vote(connection, request, vote, approvals)
            if request.state is not before.state:
                await note_state(connection, request, vote.at, actor=vote.operator.user_id)
            return request

    async def add_reason(self, request_id: str, user_id: str, reason: str, *, at: datetime) -> Request | None:
        """Say why this person rejected it; None when they did not, or said why before."""
        async with self._database.writing() as connection:
            before = await _locked(connection, request_id)
            if before is None or not _lacks_reason(before, user_id):
                return None
            votes = [v if v.approves else v.model_copy(update={"reason": reason}) for v in before.votes]
            values = {"votes": [vote.model_dump(mode="json") for vote in votes]} | news()
            request = await _changed(connection, request_id, values)
            await note(connection, request, at, actor=user_id, event="decision.reason", reason=reason)
            return request

    async def ask(self, request: Request, people: Sequence[Operator], *, at: datetime, why: str) -> Request:
        """Note that these people, too, are asked now."""
        async with self._database.writing() as connection:
            before = await _locked(connection, request.id) or request
            known = {person.user_id for person in before.asked}
            added = [person for person in people if person.user_id not in known]
            asked = [person.model_dump(mode="json") for person in (*before.asked, *added)]
            now = await _changed(connection, request.id, {"asked": asked} | news())
            names = ", ".join(person.user_id for person in added)
            await note(connection, now, at, actor="dingsweep", event="approvers.asked", people=names, why=why)
            return now

    async def next_due(self) -> datetime | None:
        """When the next open request runs out, or those asked are to hear of it again."""
        query = select(*map(func.min, _CLOCKS)).where(requests.c.state.in_(OPEN_STATES))
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).one()
        return min((when for when in found if when), default=None)

    async def due(self, now: datetime, limit: int = 100) -> list[Request]:
        """Open requests for which some clock has run out, the oldest first."""
        is_due = or_(*(clock <= now for clock in _CLOCKS))
        query = select(requests).where(requests.c.state.in_(OPEN_STATES), is_due)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(requests.c.created_at).limit(limit))
            return [request_of(row) for row in rows.mappings()]

    async def take_reminder(self, request: Request, *, next_at: datetime | None) -> bool:
        """Take on the reminder that is due; False when another did, or there is nothing to decide any more."""
        values = {"reminded": request.reminded + 1, "remind_at": next_at}
        return await self._took(_reminder(request), **values)

    async def put_off_reminder(self, request: Request, until: datetime) -> None:
        """Move the reminder that is due; it does not count as one."""
        await self._took(_reminder(request), remind_at=until)

    async def take_escalation(self, request: Request) -> bool:
        """Take on asking others, too; False when another did, or there is nothing to decide any more."""
        return await self._took(_escalation(request), escalated=True, escalate_at=None)

    async def put_off_escalation(self, request: Request, until: datetime) -> None:
        """Move the asking of others that is due."""
        await self._took(_escalation(request), escalate_at=until)

    async def _took(self, due: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.writing() as connection:
            return (await connection.execute(update(requests).where(due).values(**values))).rowcount == 1


def _reminder(request: Request) -> ColumnElement[bool]:
    """The row as long as this reminder is due and nobody took it on."""
    return (requests.c.id == request.id) & _AWAITS & (requests.c.reminded == request.reminded)


def _escalation(request: Request) -> ColumnElement[bool]:
    """The row as long as nobody took on asking others."""
    return (requests.c.id == request.id) & _AWAITS & requests.c.escalated.is_(False)


async def _locked(
    connection: AsyncConnection, request_id: str, *conditions: ColumnElement[bool]
) -> Request | None:
    """The request as it is and stays until the transaction ends; None when it is not so."""
    query = select(requests).where(requests.c.id == request_id, *conditions).with_for_update()
    row = (await connection.execute(query)).mappings().first()
    return request_of(row) if row else None


def _lacks_reason(request: Request, user_id: str) -> bool:
    rejection = request.rejection
    return rejection is not None and rejection.operator.user_id == user_id and not rejection.reason


async def _changed(connection: AsyncConnection, request_id: str, values: dict[str, Any]) -> Request:
    change = update(requests).where(requests.c.id == request_id).values(**values).returning(requests)
    return request_of((await connection.execute(change)).mappings().one())


async def _note_vote(connection: AsyncConnection, request: Request, vote: Vote, approvals: int) -> None:
    await note(
        connection,
        request,
        vote.at,
        actor=vote.operator.user_id,
        event="decision.approve" if vote.approves else "decision.reject",
        digest=request.digest,
        approvals=approvals,
        needed=request.ruling.needed,
        reason=vote.reason,
    )
