"""Pushed events: the suite ticket of a third-party app, and that something is gone from a drive.

https://open.dingtalk.com/document/development/event-suite-ticket
https://open.dingtalk.com/document/development/subscribe-to-file-change-events
"""

from __future__ import annotations

from typing import Any

import structlog

from handlers.services import Services

log = structlog.get_logger()


async def handle(services: Services, suite_key: str, event_type: str, data: dict[str, Any]) -> None:
    """Keep what must outlive a restart; other events are acknowledged and forgotten."""
    ticket = data.get("suiteTicket")
    if event_type == "suite_ticket" and suite_key and isinstance(ticket, str) and ticket:
        await services.store.tickets.save_suite_ticket(suite_key, ticket)
        log.info("suite_ticket.saved")
        return
    if event_type == "storage_dentry_delete":
        space_id, dentry_id = data.get("spaceId"), data.get("dentryId")
        if isinstance(space_id, str) and isinstance(dentry_id, str):
            await services.store.jobs.seen_gone(space_id, dentry_id, at=services.clock())
        return
    log.debug("event.ignored", event_type=event_type)
