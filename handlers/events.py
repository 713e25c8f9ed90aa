"""Pushed events. Only the suite ticket of a third-party app matters so far.

https://open.dingtalk.com/document/development/event-suite-ticket
"""

from __future__ import annotations

from typing import Any

import structlog

from bot.store import Store

log = structlog.get_logger()


async def handle(store: Store, suite_key: str, event_type: str, data: dict[str, Any]) -> None:
    """Keep what must outlive a restart; other events are acknowledged and forgotten."""
    ticket = data.get("suiteTicket")
    if event_type == "suite_ticket" and suite_key and isinstance(ticket, str) and ticket:
        await store.tickets.save_suite_ticket(suite_key, ticket)
        log.info("suite_ticket.saved")
        return
    log.debug("event.ignored", event_type=event_type)
