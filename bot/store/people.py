"""Who has what part in which request, as rows that can be asked for by person."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import request_people

Part = Literal["requester", "voter", "decider"]


async def note_person(
    connection: AsyncConnection, request_id: str, user_id: str, part: Part, name: str = ""
) -> None:
    """Note it inside the caller's transaction, with what they are called; noting it again changes nothing."""
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(request_people)
    row = {"request_id": request_id, "user_id": user_id, "part": part, "name": name}
    await connection.execute(insert.values(**row).on_conflict_do_nothing())
