"""The words of Dingsweep as frozen models. Imports nothing of ours; everybody may import it.

Times are timezone-aware UTC datetimes, sizes are bytes, ids are DingTalk's own strings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

Language = Literal["zh", "en"]


class Model(BaseModel):
    """Base of every word: immutable, and strict about what it is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Operator(Model):
    """The person a DingTalk call is made for."""

    corp_id: str
    user_id: str
    union_id: str
    name: str


class Conversation(Model):
    """Where a command was typed and where its answers go."""

    id: str
    kind: Literal["group", "one_to_one"]
    title: str = ""


class Space(Model):
    """A drive: the holder of dentries. `corp_id` owns its recycle bin."""

    id: str
    name: str
    corp_id: str = ""


class DentryType(StrEnum):
    FILE = "FILE"
    FOLDER = "FOLDER"


class Dentry(Model):
    """A file or folder as DingTalk showed it at one moment. Folders have no size."""

    space_id: str
    dentry_id: str
    parent_id: str
    type: DentryType
    name: str
    path: str
    size_bytes: int = 0
    version: int = 0
    modified_at: datetime | None = None
    creator_id: str = ""

    @property
    def is_folder(self) -> bool:
        return self.type is DentryType.FOLDER


class Target(Model):
    """What a requester named: `text` as typed, `value` as understood for its kind.

    id: a dentryId (`text` may still turn out to be a name); path: from the space's root, "/" first;
    name: an entry of the space's root; link: a dentryUuid; root: the space itself.
    """

    text: str
    kind: Literal["id", "path", "name", "link", "root"]
    value: str


class Entry(Model):
    """One line of a manifest: a dentry that would go.

    `target_id` is None for what the requester named, otherwise the named folder it lies in: DingTalk removes
    a folder with everything in it, so only targets are sent, but all of it is shown and counted.
    `contents` is the number of dentries inside a folder, at any depth.
    """

    dentry: Dentry
    target_id: str | None = None
    contents: int = 0
    contents_bytes: int = 0

    @property
    def is_target(self) -> bool:
        return self.target_id is None

    @property
    def size_bytes(self) -> int:
        """The bytes that go with this entry, contents included."""
        return self.dentry.size_bytes + self.contents_bytes


class Totals(Model):
    """A manifest in numbers. `dentries` counts targets and everything inside them."""

    targets: int
    dentries: int
    folders: int
    size_bytes: int


class Manifest(Model):
    """The frozen answer to "what would go"."""

    space: Space
    entries: tuple[Entry, ...]
    totals: Totals
    digest: str

    @property
    def targets(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.is_target)

    @classmethod
    def freeze(cls, space: Space, entries: Iterable[Entry]) -> Self:
        """Fix entries, in the order given, into a manifest with its totals and its SHA-256 digest."""
        kept = tuple(entries)
        totals = Totals(
            targets=sum(entry.is_target for entry in kept),
            dentries=len(kept),
            folders=sum(entry.dentry.is_folder for entry in kept),
            size_bytes=sum(entry.dentry.size_bytes for entry in kept),
        )
        return cls(space=space, entries=kept, totals=totals, digest=_digest(kept))


def _digest(entries: Iterable[Entry]) -> str:
    """SHA-256 over id, space, path, type, size, version and modifiedTime of every entry, in order."""
    sha = hashlib.sha256()
    for entry in entries:
        d = entry.dentry
        modified = d.modified_at.isoformat() if d.modified_at else ""
        line = [d.space_id, d.dentry_id, d.path, d.type, d.size_bytes, d.version, modified, entry.target_id]
        sha.update(json.dumps(line).encode() + b"\n")
    return sha.hexdigest()


class RequestState(StrEnum):
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    PARTLY_DONE = "partly_done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """Whether somebody may still decide."""
        return self in OPEN_STATES

    @property
    def is_final(self) -> bool:
        return self not in OPEN_STATES and self not in {RequestState.APPROVED, RequestState.RUNNING}

    @property
    def has_receipt(self) -> bool:
        """Whether it is the end of a job."""
        return self in {RequestState.DONE, RequestState.PARTLY_DONE, RequestState.FAILED}


OPEN_STATES = frozenset({RequestState.AWAITING_CONFIRMATION, RequestState.AWAITING_APPROVAL})


class Request(Model):
    """One wish to delete one manifest, with the state it is in."""

    id: str
    requester: Operator
    conversation: Conversation
    space: Space
    totals: Totals
    digest: str
    to_recycle_bin: bool
    reason: str = ""
    language: Language = "zh"
    state: RequestState = RequestState.AWAITING_CONFIRMATION
    nonce: str
    message_key: str
    created_at: datetime
    expires_at: datetime
    decided_by: Operator | None = None
    decided_at: datetime | None = None
    finished_at: datetime | None = None


class DecisionKind(StrEnum):
    CONFIRM = "confirm"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"


class Outcome(StrEnum):
    """What became of one target."""

    DELETED = "deleted"
    ALREADY_GONE = "already_gone"
    CHANGED = "changed_since_approval"
    DENIED = "denied"
    NOT_RECYCLABLE = "not_recyclable"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_gone(self) -> bool:
        return self in {Outcome.DELETED, Outcome.ALREADY_GONE}


class ItemResult(Model):
    """The outcome of one target; `cause` is DingTalk's error code or a word of ours, "" when all is well.

    `gone` counts what went of a folder that could not be deleted as a whole.
    """

    entry: Entry
    outcome: Outcome
    cause: str = ""
    gone: int = 0

    @property
    def dentries(self) -> int:
        """The dentries this outcome is about: the target and what it holds, without those that are gone."""
        return 1 + self.entry.contents - self.gone


class Receipt(Model):
    """The final account of a job. `results` holds one line per target, in the order of the manifest.

    `owners` names, by unionId, creators of what the requester may not delete, as far as they are known.
    """

    request: Request
    results: tuple[ItemResult, ...]
    elapsed_s: float
    owners: dict[str, str] = {}

    def having(self, *outcomes: Outcome) -> tuple[ItemResult, ...]:
        return tuple(result for result in self.results if result.outcome in outcomes)

    @property
    def not_gone(self) -> tuple[ItemResult, ...]:
        return tuple(result for result in self.results if not result.outcome.is_gone)

    @property
    def deleted_dentries(self) -> int:
        """Dentries that this job removed, contents of folders included."""
        whole = sum(result.dentries for result in self.having(Outcome.DELETED))
        return whole + sum(result.gone for result in self.not_gone)

    @property
    def deleted_bytes(self) -> int:
        return sum(result.entry.size_bytes for result in self.having(Outcome.DELETED))

    @property
    def state(self) -> RequestState:
        """The end state of a request with this receipt."""
        if not self.not_gone:
            return RequestState.DONE
        return RequestState.PARTLY_DONE if self.deleted_dentries else RequestState.FAILED


class Button(Model):
    """A button of a card. `id` is stable and comes back with the click."""

    id: str
    text: str
    color: Literal["blue", "gray", "red"] = "gray"


class Card(Model):
    """What a card shows, independent of how it is delivered. `markdown` is DingTalk's subset."""

    title: str
    markdown: str
    tips: str = ""
    buttons: tuple[Button, ...] = ()


class AuditRecord(Model):
    """One line of the audit trail, chained by hash to the one before."""

    seq: int
    at: datetime
    corp_id: str
    request_id: str
    actor: str
    event: str
    details: dict[str, str | int | bool | None]
    previous_hash: str
    hash: str
