"""The words of Dingsweep as frozen models. Imports nothing of ours; everybody may import it.

Times are timezone-aware UTC datetimes, sizes are bytes, ids are DingTalk's own strings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

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


class Tally:
    """What entries come to, taken one after the other: their totals and their digest. It holds none of them."""

    def __init__(self) -> None:
        self._targets = self._dentries = self._folders = self._size_bytes = 0
        self._sha = hashlib.sha256()

    def add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            dentry = entry.dentry
            self._targets += entry.is_target
            self._dentries += 1
            self._folders += dentry.is_folder
            self._size_bytes += dentry.size_bytes
            self._sha.update(_digested(entry))

    @property
    def totals(self) -> Totals:
        return Totals(
            targets=self._targets,
            dentries=self._dentries,
            folders=self._folders,
            size_bytes=self._size_bytes,
        )

    @property
    def digest(self) -> str:
        """SHA-256 over id, space, path, type, size, version and modifiedTime of every entry, in order."""
        return self._sha.hexdigest()


def _digested(entry: Entry) -> bytes:
    d = entry.dentry
    modified = d.modified_at.isoformat() if d.modified_at else ""
    line = [d.space_id, d.dentry_id, d.path, d.type, d.size_bytes, d.version, modified, entry.target_id]
    return json.dumps(line).encode() + b"\n"


@dataclass(frozen=True)
class Manifest:
    """The frozen answer to "what would go".

    `entries` are each target followed by what lies in it. They may be many, and lie in a file: go through them as
    often as needed, and keep none.
    """

    space: Space
    entries: Iterable[Entry]
    totals: Totals
    digest: str

    @property
    def targets(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.is_target)

    @classmethod
    def freeze(cls, space: Space, entries: Collection[Entry]) -> Self:
        """Fix entries, in the order given, into a manifest with its totals and its digest."""
        tally = Tally()
        tally.add(entries)
        return cls(space, entries, tally.totals, tally.digest)


class Owner(Model):
    """Somebody else's share of a manifest. `name` is empty where nobody could be asked for it."""

    union_id: str
    name: str
    dentries: int


class Survey(Model):
    """What a manifest's dentries are like, for whoever decides. `oldest` and `newest` are times of change of files.

    `others` counts dentries that the requester did not make; `owners` are those who made the most of them.
    """

    oldest: datetime | None = None
    newest: datetime | None = None
    others: int = 0
    owners: tuple[Owner, ...] = ()


Answer = Literal["refuse", "run", "confirm", "approve"]
"""What a rule says: no; yes, at once; yes when the requester confirms; yes when others approve."""

ConditionKind = Literal[
    "conversations",
    "spaces",
    "paths",
    "users",
    "departments",
    "roles",
    "items_over",
    "items_up_to",
    "size_over",
    "size_up_to",
    "folders",
    "newest_within",
    "newest_before",
    "owner",
    "permanent",
]


class Condition(Model):
    """One thing a rule looks at, as it stands in the rule.

    A list of texts for conversations, spaces, paths, users, departments and roles; a number for items_… and
    (bytes) size_…; seconds for newest_…; true or false for folders and permanent; "own" or "others" for owner.
    """

    kind: ConditionKind
    value: bool | int | str | tuple[str, ...]


class Sentence(Model):
    """What somebody wrote for people to read: in both languages, or the same for all. Empty: they wrote nothing."""

    zh: str = ""
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _same_for_all(cls, given: Any) -> Any:
        return {"zh": given, "en": given} if isinstance(given, str) else given

    def of(self, language: Language) -> str:
        """In this language, or else in the other."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)


class Ruling(Model):
    """What the policy says about one manifest of one requester; kept with the request, as it was shown.

    `rule` is the name of the rule that decided, empty when none did; `why` are its conditions, or those it broke
    (more items than may be). `sentence` is what the one who wrote a refusing rule wants said. People are named as
    `manager`, `heads`, `admins`, `user:USERID` or `role:ROLEID`. `notify` are names of further targets for
    notices. `policy_hash` tells which policy was in force. `mixed`: refused since only some of it is what the rule
    wants approved.
    """

    rule: str = ""
    answer: Answer = "confirm"
    why: tuple[Condition, ...] = ()
    sentence: Sentence = Sentence()
    needed: int = 0
    approvers: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    self_approval: bool = False
    decide_within: timedelta = timedelta(minutes=30)
    run_within: timedelta = timedelta(hours=1)
    remind_after: timedelta | None = None
    escalate_after: timedelta | None = None
    escalate_to: tuple[str, ...] = ()
    run_as: Literal["requester", "approver"] = "requester"
    ask_in: Literal["one_to_one", "conversation"] = "one_to_one"
    notify: tuple[str, ...] = ()
    policy_hash: str = ""
    mixed: bool = False


class Vote(Model):
    """What one of those asked has said. A reason may be given later, once."""

    operator: Operator
    approves: bool
    at: datetime
    reason: str = ""


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


RequestKind = Literal["delete", "restore"]

ONE_CALL = 50
"""The most dentries that one call deletes."""

OPEN_STATES = frozenset({RequestState.AWAITING_CONFIRMATION, RequestState.AWAITING_APPROVAL})


class Request(Model):
    """One wish to delete one manifest, with the state it is in.

    `asked` are the people who were asked to approve, `votes` what they said so far. Two clocks run: `expires_at`
    for the decision, and `run_before`, set with it, for the beginning of the job. `remind_at` and `escalate_at`
    say when those asked hear from us again, and when others are asked, too. `news` counts the changes that people
    must be told of. `bin_days` is how long the recycle bin keeps what goes there, 0 where nobody has said.

    A request of kind "restore" puts back what the job of the request `undoes` deleted; its `bin_days` are those that
    are over by now, 0 where they are not. `plan_calls` is how many
    counted calls its job was expected to take. Of a running job, `runner` is the replica that has it, `runs` how
    often it was begun or resumed, `paused` why it waits for somebody to resume it ("quota"), and `stop_asked` who
    wants it to end before its next batch.
    """

    id: str
    requester: Operator
    conversation: Conversation
    space: Space
    totals: Totals
    digest: str
    to_recycle_bin: bool
    bin_days: int = 0
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
    ruling: Ruling = Ruling()
    survey: Survey = Survey()
    asked: tuple[Operator, ...] = ()
    votes: tuple[Vote, ...] = ()
    run_before: datetime | None = None
    remind_at: datetime | None = None
    reminded: int = 0
    escalate_at: datetime | None = None
    escalated: bool = False
    news: int = 0
    kind: RequestKind = "delete"
    undoes: str = ""
    plan_calls: int = 0
    began_at: datetime | None = None
    runner: str = ""
    runs: int = 0
    paused: str = ""
    stop_asked: Operator | None = None

    @property
    def msg_id(self) -> str:
        """DingTalk's id of the message it came from; empty for what a button asked for."""
        return "" if self.message_key.startswith("undo:") else self.message_key.partition(":")[2]

    @property
    def is_restore(self) -> bool:
        return self.kind == "restore"

    @property
    def runs_as(self) -> Operator:
        """In whose name the job calls DingTalk, which checks that person's rights."""
        by_approver = self.ruling.answer == "approve" and self.ruling.run_as == "approver"
        return self.decided_by if by_approver and self.decided_by else self.requester

    @property
    def is_long(self) -> bool:
        """Whether its job takes more than one call that deletes: only then it can be stopped half-way."""
        return self.totals.targets > ONE_CALL

    @property
    def approvals(self) -> tuple[Vote, ...]:
        return tuple(vote for vote in self.votes if vote.approves)

    @property
    def rejection(self) -> Vote | None:
        """The one that ended it."""
        return next((vote for vote in self.votes if not vote.approves), None)


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

    `gone` counts what went of a folder that could not be deleted as a whole. `added` counts dentries that came into
    a folder after it was shown, as far as known, and `added_names` are the first three of them.
    """

    entry: Entry
    outcome: Outcome
    cause: str = ""
    gone: int = 0
    added: int = 0
    added_names: tuple[str, ...] = ()

    @property
    def dentries(self) -> int:
        """The dentries this outcome is about: the target and what it holds, without those that are gone."""
        return 1 + self.entry.contents - self.gone


class Share(Model):
    """Targets that met the same end, in numbers: by outcome and cause, and by whether anything was added to them.

    `dentries` are they and what they hold, without what is gone; `gone` is what went of what they held, and `added`
    what came in.
    """

    outcome: Outcome
    cause: str = ""
    targets: int
    dentries: int
    size_bytes: int = 0
    gone: int = 0
    added: int = 0


class Receipt(Model):
    """The final account of a job: what became of its targets in numbers, and of the first ones by name.

    `samples` are the first targets of each share, in the order of the manifest. `owners` names, by unionId,
    creators of what the requester may not delete, as far as they are known.
    """

    request: Request
    shares: tuple[Share, ...]
    samples: tuple[ItemResult, ...] = ()
    elapsed_s: float
    owners: dict[str, str] = {}

    def having(self, *outcomes: Outcome) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.outcome in outcomes)

    def dentries(self, *outcomes: Outcome) -> int:
        """Dentries of the targets with one of these outcomes."""
        return sum(share.dentries for share in self.having(*outcomes))

    @property
    def not_gone(self) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if not share.outcome.is_gone)

    @property
    def deleted_dentries(self) -> int:
        """Dentries that this job removed, contents of folders included."""
        return self.dentries(Outcome.DELETED) + sum(share.gone for share in self.not_gone)

    @property
    def deleted_bytes(self) -> int:
        return sum(share.size_bytes for share in self.having(Outcome.DELETED))

    @property
    def is_without_effect(self) -> bool:
        """Whether nothing was done, for certain."""
        return not self.deleted_dentries and not self.having(Outcome.UNKNOWN)

    @property
    def state(self) -> RequestState:
        """The end state of a request with this receipt."""
        if not self.not_gone:
            return RequestState.DONE
        return RequestState.PARTLY_DONE if self.deleted_dentries else RequestState.FAILED


class Progress(Model):
    """How far a job is: targets and dentries (contents of folders included) that it has settled, of how many.

    `left_s` is about how long it still takes, None where that cannot be told yet.
    """

    targets: int
    dentries: int
    of_targets: int
    of_dentries: int
    left_s: float | None = None


class RestoreOutcome(StrEnum):
    """What became of one target that was to come back."""

    RESTORED = "restored"
    RENAMED = "renamed"
    MOVED = "moved"
    PARTLY = "partly"
    ALREADY_BACK = "already_back"
    PURGED = "purged"
    DENIED = "denied"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_ours(self) -> bool:
        """Whether this restore brought it back, or at least some of it."""
        return self in {
            RestoreOutcome.RESTORED,
            RestoreOutcome.RENAMED,
            RestoreOutcome.MOVED,
            RestoreOutcome.PARTLY,
        }

    @property
    def is_fine(self) -> bool:
        """Whether it is back with all it held, by whomever."""
        return self in FINE_OUTCOMES

    @property
    def is_settled(self) -> bool:
        """Whether a further undo could do nothing about it."""
        return self.is_ours or self in {RestoreOutcome.ALREADY_BACK, RestoreOutcome.PURGED}


FINE_OUTCOMES = frozenset(
    {RestoreOutcome.RESTORED, RestoreOutcome.RENAMED, RestoreOutcome.MOVED, RestoreOutcome.ALREADY_BACK}
)

NEW_FOLDER = "new_folder"
"""The cause of an item that is back at its path, in a folder that was made anew for it."""


class RestoreResult(Model):
    """The outcome of one target; `cause` is DingTalk's error code or a word of ours, "" when all is well.

    `entry` is what was deleted; `new_path` and `new_dentry_id` are those it has now, as far as they were seen.
    `missing` counts what a folder held that did not come back with it.
    """

    entry: Entry
    outcome: RestoreOutcome
    cause: str = ""
    new_path: str = ""
    new_dentry_id: str = ""
    missing: int = 0


class RestoreShare(Model):
    """Targets, and the dentries they stand for (contents of folders included), with their bytes."""

    targets: int = 0
    dentries: int = 0
    size_bytes: int = 0


class RestoreReceipt(Model):
    """The final account of a restore: how many by outcome, and the first of those about which there is more to say.

    `missing` counts dentries that did not come back with their folders, `new_folders` targets whose folder was gone
    and had to be made anew.
    """

    request: Request
    shares: dict[RestoreOutcome, RestoreShare] = {}
    missing: int = 0
    new_folders: int = 0
    first: tuple[RestoreResult, ...] = ()
    elapsed_s: float = 0.0

    def dentries(self, *outcomes: RestoreOutcome) -> int:
        return sum(self.shares[outcome].dentries for outcome in outcomes if outcome in self.shares)

    def having(self, *outcomes: RestoreOutcome) -> tuple[RestoreResult, ...]:
        return tuple(result for result in self.first if result.outcome in outcomes)

    @property
    def restored_dentries(self) -> int:
        """Dentries that this restore brought back."""
        return self.dentries(*(each for each in RestoreOutcome if each.is_ours)) - self.missing

    @property
    def restored_bytes(self) -> int:
        return sum(share.size_bytes for outcome, share in self.shares.items() if outcome.is_ours)

    @property
    def is_without_effect(self) -> bool:
        """Whether nothing was done, for certain."""
        return self.restored_dentries <= 0 and RestoreOutcome.UNKNOWN not in self.shares

    @property
    def state(self) -> RequestState:
        """The end state of a request with this receipt."""
        if self.shares.keys() <= FINE_OUTCOMES:
            return RequestState.DONE
        return RequestState.PARTLY_DONE if self.restored_dentries > 0 else RequestState.FAILED


AnyReceipt = Receipt | RestoreReceipt


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
