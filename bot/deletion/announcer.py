"""What the core must say to people. It owns the wish; the wording and the cards are somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.models import AnyReceipt, Operator, Progress, Receipt, Request


class Announcer(Protocol):
    """All calls may be repeated after a crash and must then change nothing. They never raise for a lost message."""

    async def result(self, receipt: AnyReceipt) -> None:
        """Post the receipt where the request was made; whoever others decided for gets it one-to-one as well."""

    async def undone(self, receipt: Receipt) -> None:
        """Show on the result of a deletion that it was taken back, as far as it was."""

    async def changed(self, request: Request, receipt: AnyReceipt | None = None) -> None:
        """Bring every copy of the request's cards to the state it is in."""

    async def under_way(self, request: Request, progress: Progress) -> None:
        """Show on the request's cards how far its job is."""

    async def paused(self, request: Request, progress: Progress) -> None:
        """Say that the job rests, why and how it goes on, without a counted call where that can be."""

    async def told(self, request: Request, what: str) -> None:
        """Tell one-to-one what nobody was there to see: the requester the decision, its maker what is still wanted.

        `what` is new: the `state`, the `reason` of a rejection, or the `progress`.
        """

    async def ask_more(self, request: Request, people: Sequence[Operator]) -> None:
        """Show the card that asks for approval to these people, too."""

    async def reminded(self, request: Request) -> None:
        """Remind those asked who have not said anything yet."""
