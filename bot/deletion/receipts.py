"""The account of a job, as its rows have it."""

from __future__ import annotations

from bot.deletion.lifecycle import Clock
from bot.models import AnyReceipt, Outcome, Receipt, Request, RestoreReceipt
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
        return Receipt(
            request=request,
            shares=tuple(await self._store.requests.shares(request.id)),
            samples=tuple(await self._store.requests.samples(request.id, SAMPLES)),
            elapsed_s=self._elapsed_s(request),
        )

    async def restored(self, request: Request) -> RestoreReceipt:
        """The same of a restore."""
        return await self._store.restores.receipt(request, elapsed_s=self._elapsed_s(request))

    async def either(self, request: Request) -> AnyReceipt:
        """The account of whatever kind of job."""
        return await self.restored(request) if request.is_restore else await self.of(request)

    async def final(self, request: Request) -> AnyReceipt | None:
        """The account of a request that ended with a job; None for every other."""
        return await self.either(request) if request.state.has_receipt else None

    async def with_owners(self, receipt: Receipt) -> Receipt:
        """Whom to ask about what was denied; a few names are enough."""
        request = receipt.request
        if not receipt.having(Outcome.DENIED):
            return receipt
        creators = await self._store.requests.creators(request.id, Outcome.DENIED, MAX_OWNERS)
        owners = await self._operators.names(request.requester.corp_id, creators)
        return receipt.model_copy(update={"owners": owners})

    def _elapsed_s(self, request: Request) -> float:
        began = request.decided_at or request.created_at
        return ((request.finished_at or self._clock()) - began).total_seconds()
