"""What Dingsweep remembers: requests, manifests, cards, the audit trail, the month's calls."""

from bot.store.requests import CardKind, IdTakenError, ShownCard
from bot.store.store import SchemaTooNewError, Store, StoreError

__all__ = ["CardKind", "IdTakenError", "SchemaTooNewError", "ShownCard", "Store", "StoreError"]
