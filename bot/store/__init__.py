"""What Dingsweep remembers: requests, manifests, cards, the audit trail, the month's calls. SQLite or PostgreSQL."""

from bot.store.store import SchemaTooNewError, Store, StoreError

__all__ = ["SchemaTooNewError", "Store", "StoreError"]
