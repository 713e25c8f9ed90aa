"""Pushed events: the suite ticket of a third-party app, and that something is gone from a drive.

https://open.dingtalk.com/document/development/event-suite-ticket
https://open.dingtalk.com/document/development/subscribe-to-file-change-events
"""

from __future__ import annotations

import structlog

from bot import logs
from bot.dingtalk.auth import TicketStore
from bot.stream import Event
from handlers.services import Services

log = structlog.get_logger()


async def keep_ticket(tickets: TicketStore, suite_key: str, event: Event) -> bool:
    """Keep the ticket that the event brings; whether it was about one. It must outlive a restart."""
    if event.type != "suite_ticket" or not suite_key:
        return False
    ticket = event.data.get("suiteTicket")
    if isinstance(ticket, str) and ticket:
        logs.hide(ticket)
        await tickets.save_suite_ticket(suite_key, ticket)
        log.info("suite_ticket.saved")
    return True


async def handle(services: Services, event: Event) -> None:
    """Keep what a job waits for; other events are acknowledged and forgotten."""
    if event.type == "storage_dentry_delete":
        space_id, dentry_id = event.data.get("spaceId"), event.data.get("dentryId")
        if isinstance(space_id, str) and isinstance(dentry_id, str):
            await services.store.jobs.seen_gone(space_id, dentry_id, at=services.clock())
        return
    log.debug("event.ignored", event_type=event.type)
