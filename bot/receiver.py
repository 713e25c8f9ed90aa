"""What the stream brings, on its way to the organisation it is for: messages are stored, clicks answered at once."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from bot.engine import AWAY
from bot.organisation import MESSAGE, Organisation
from bot.organisations import Organisations
from bot.replica import Replica
from bot.settings import Settings
from bot.store import Store
from bot.stream import Event, NotTaken
from handlers import clicks, events, messages, pulls
from handlers.inbound import CardPull, IncomingMessage, InvalidMessage, corp_id_of
from handlers.services import Services

log = structlog.get_logger()

STORED_WITHIN_S = 5.0
"""A message that takes longer to be stored waits for a database that is locked: its sender should know."""


class Receiver:
    """Takes what the stream brings: messages become durable workflows, clicks are answered at once."""

    def __init__(
        self, organisations: Organisations, settings: Settings, store: Store, replica: Replica
    ) -> None:
        self._organisations = organisations
        self._robot_code = settings.robot_code
        self._suite_key = settings.suite_key
        self._is_of_several = settings.serves_several
        self._tickets = store.tickets
        self._replica = replica

    async def message(self, data: dict[str, Any]) -> None:
        """Returns once the message is stored; the same message again finds its workflow and starts nothing."""
        if self._replica.lost.is_set():  # the engine would try for ever to store it
            raise NotTaken("the database is away")
        try:
            message = IncomingMessage.from_data(data, robot_code=self._robot_code)
        except InvalidMessage as exc:
            log.warning("message.invalid", missing=exc.missing)
            return
        structlog.contextvars.bind_contextvars(msg_id=message.msg_id)
        organisation = await self._of(message.chatbot_corp_id, "message")
        if organisation:
            await self._store(organisation.services, message.message_key, data)

    async def _store(self, services: Services, key: str, data: dict[str, Any]) -> None:
        starting = asyncio.create_task(services.engine.start(MESSAGE, f"{MESSAGE}:{key}", data))
        stored, _ = await asyncio.wait({starting}, timeout=STORED_WITHIN_S)
        if not stored or isinstance(starting.exception(), AWAY):
            await messages.not_stored(services, data)
        try:
            await starting
        except Exception as exc:
            if not isinstance(exc, AWAY):
                log.exception("message.not_stored")
            raise NotTaken(type(exc).__name__) from exc

    async def click(self, data: dict[str, Any]) -> dict[str, Any]:
        organisation = await self._of(corp_id_of(data), "click")
        if organisation is None:
            return clicks.not_served()
        services = organisation.services
        if CardPull.is_meant(data):
            return await pulls.handle(services, data)
        if self._replica.lost.is_set():
            return clicks.database_away(services)
        return await clicks.handle(services, data)

    async def event(self, event: Event) -> None:
        if await events.keep_ticket(self._tickets, self._suite_key, event):
            return
        if await self._organisations.hear(event):
            return
        if organisation := await self._of(event.corp_id, "event"):
            await events.handle(organisation.services, event)

    async def _of(self, corp_id: str, what: str) -> Organisation | None:
        """The organisation that a frame is for. Raises NotTaken when it cannot be told now."""
        try:
            organisation = await self._organisations.of(corp_id)
        except AWAY as exc:
            raise NotTaken(type(exc).__name__) from exc
        if organisation is None:
            log.warning("frame.not_served", frame=what, corp_id=corp_id)
        elif self._is_of_several:
            structlog.contextvars.bind_contextvars(organisation=corp_id)
        return organisation
