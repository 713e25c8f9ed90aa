"""What Dingsweep remembers: requests, manifests, cards, notices, the audit trail, the month's calls."""

from bot.store.audit import KEPT_AT_LEAST, Pruned, Wanted
from bot.store.chain import Break, Chain, Flaw, Link, Proof
from bot.store.jobs import Answer, NotMineError, StopAskedError, Waiting
from bot.store.organisations import (
    KnownOrganisation,
    Organisations,
    OrganisationState,
    StillServedError,
    is_corp_id,
)
from bot.store.outbox import Batch, ChannelState, Outbox
from bot.store.replicas import Replicas
from bot.store.requests import CardKind, IdTakenError, ShownCard
from bot.store.restores import (
    BEGINNING,
    Landing,
    Listed,
    NothingToRestoreError,
    RestoreOpenError,
    Returning,
    Undone,
    Verdict,
)
from bot.store.store import SchemaTooNewError, Store, StoreAwayError, StoreError, answering

__all__ = [
    "BEGINNING",
    "KEPT_AT_LEAST",
    "Answer",
    "Batch",
    "Break",
    "CardKind",
    "Chain",
    "ChannelState",
    "Flaw",
    "IdTakenError",
    "KnownOrganisation",
    "Landing",
    "Link",
    "Listed",
    "NotMineError",
    "NothingToRestoreError",
    "OrganisationState",
    "Organisations",
    "Outbox",
    "Proof",
    "Pruned",
    "Replicas",
    "RestoreOpenError",
    "Returning",
    "SchemaTooNewError",
    "ShownCard",
    "StillServedError",
    "StopAskedError",
    "Store",
    "StoreAwayError",
    "StoreError",
    "Undone",
    "Verdict",
    "Waiting",
    "Wanted",
    "answering",
    "is_corp_id",
]
