"""A request as a row, and a change of its state with the record of it: what all repositories of requests share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import metrics
from bot.models import Dentry, Entry, Operator, Request, RequestState
from bot.store.audit import append_many
from bot.store.tables import requests

_DERIVED = {"corp_id", "requester_id", "conversation_id", "space_id", "told"}
_TIMES = (
    "created_at",
    "expires_at",
    "decided_at",
    "finished_at",
    "run_before",
    "remind_at",
    "escalate_at",
    "began_at",
)


def row_of(request: Request) -> dict[str, Any]:
    """The row of a request, with what is only there to be searched by."""
    row = request.model_dump(mode="json", exclude=set(_TIMES))
    row |= {time: getattr(request, time) for time in _TIMES}
    return row | {
        "corp_id": request.requester.corp_id,
        "requester_id": request.requester.user_id,
        "conversation_id": request.conversation.id,
        "space_id": request.space.id,
    }


def request_of(row: RowMapping | Mapping[str, Any]) -> Request:
    return Request.model_validate({key: value for key, value in row.items() if key not in _DERIVED})


def entering(state: RequestState, at: datetime, decided_by: Operator | None) -> dict[str, Any]:
    """What changes in the row of a request that enters a state."""
    values: dict[str, Any] = {"state": state}
    if decided_by:
        values |= {"decided_by": decided_by.model_dump(mode="json"), "decided_at": at}
    if state.is_final:
        values["finished_at"] = at
    return values


def news() -> dict[str, Any]:
    """What changes in the row when people must be told of a change."""
    return {"news": requests.c.news + 1}


async def note_state(
    connection: AsyncConnection, request: Request, at: datetime, *, actor: str, **details: Any
) -> None:
    """The record of a request having entered its state, in the caller's transaction."""
    await note(
        connection,
        request,
        at,
        actor=actor,
        event=f"request.{request.state}",
        digest=request.digest,
        policy_hash=request.ruling.policy_hash,
        **details,
    )


async def note(
    connection: AsyncConnection, request: Request, at: datetime, *, actor: str, event: str, **details: Any
) -> None:
    """A record about a request, in the caller's transaction."""
    await append_many(connection, records_about(request, at, actor=actor, event=event, details=[details]))


def records_about(
    request: Request, at: datetime, *, actor: str, event: str, details: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """A record for each of these details, as `append_many` takes them."""
    fixed = {
        "at": at,
        "corp_id": request.requester.corp_id,
        "request_id": request.id,
        "actor": actor,
        "event": event,
    }
    return [{**fixed, "details": dict(each)} for each in details]


def count_outcomes(request: Request, records: Iterable[Mapping[str, Any]]) -> None:
    """For who watches: what these records say became of targets. After their transaction, or it may not be true."""
    for outcome, number in Counter(record["details"]["outcome"] for record in records).items():
        metrics.outcome(request.kind, outcome, number)


def entry_of(row: RowMapping) -> Entry:
    """A line of a manifest from its row."""
    return Entry(
        dentry=Dentry.model_validate(row["dentry"]),
        target_id=row["target_id"],
        contents=row["contents"],
        contents_bytes=row["contents_bytes"],
    )
