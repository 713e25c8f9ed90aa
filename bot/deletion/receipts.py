"""The account of a job, as its rows have it."""

from __future__ import annotations

from bot.deletion.lifecycle import Clock
from bot.models import Outcome, Receipt, Request
from bot.operators import Operators
from bot.store import Store

MAX_OWNERS = 3
SAMPLES = 20
"""As many targets of one share as a card ever shows."""


class Receipts:
    """Makes receipts of whatever size without reading more than a card shows."""

    def __init__(self, store: Store, operators: Operators, clock: Clock) -> None:
        self._store = store
        self._operators = operators
        self._clock = clock

    async def of(self, request: Request) -> Receipt:
        """The account of a job as its rows have it now."""
        began = request.decided_at or request.created_at
        elapsed = (request.finished_at or self._clock()) - began
        return Receipt(
            request=request,
            shares=tuple(await self._store.requests.shares(request.id)),
            samples=tuple(await self._store.requests.samples(request.id, SAMPLES)),
            elapsed_s=elapsed.total_seconds(),
        )

    async def final(self, request: Request) -> Receipt | None:
        """The account of a request that ended with a job; None for every other."""
        return await self.of(request) if request.state.has_receipt else None

    async def with_owners(self, receipt: Receipt) -> Receipt:
        """Whom to ask about what was denied; a few names are enough."""
        request = receipt.request
        if not receipt.having(Outcome.DENIED):
            return receipt
        creators = await self._store.requests.creators(request.id, Outcome.DENIED, MAX_OWNERS)
        owners = await self._operators.names(request.requester.corp_id, creators)
        return receipt.model_copy(update={"owners": owners})
