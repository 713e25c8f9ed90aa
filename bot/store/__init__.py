"""What Dingsweep remembers: requests, manifests, cards, the audit trail, the month's calls."""

from bot.store.outbox import Batch, ChannelState, Outbox
from bot.store.requests import CardKind, IdTakenError, ShownCard
from bot.store.store import SchemaTooNewError, Store, StoreError

__all__ = [
    "Batch",
    "CardKind",
    "ChannelState",
    "IdTakenError",
    "Outbox",
    "SchemaTooNewError",
    "ShownCard",
    "Store",
    "StoreError",
]
