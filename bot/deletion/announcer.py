"""What the core must say to people. It owns the wish; the wording and the cards are somebody else's."""

from __future__ import annotations

from typing import Protocol

from bot.models import Receipt, Request


class Announcer(Protocol):
    """Both calls may be repeated after a crash and must then change nothing. They never raise for a lost message."""

    async def result(self, receipt: Receipt) -> None:
        """Post the receipt in the conversation where the request was made."""

    async def closed(self, request: Request, receipt: Receipt | None = None) -> None:
        """Bring every copy of the request's card to its final state."""
