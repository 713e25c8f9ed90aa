"""The chain that audit records form, and the proof of it: pure functions over records in the order they lie in.

A record's hash covers its number, all it says and the hash of the record before. So a record cannot be changed,
put in, taken out or moved without either a hash that does not fit, or every later hash made anew; and the latter
shows in any later hash that somebody noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

GENESIS = "0" * 64
PRUNED = "audit.pruned"
FURTHEST = 1000
"""How many numbers a record may have been moved by to be still recognised where nothing else tells it."""

Record = Mapping[str, Any]
"""The fields of a record by name; `{}` for one that cannot be read at all."""
Records = AsyncIterator[Record]


class Link(NamedTuple):
    """A place in the chain: the number of a record and its hash, written SEQ:HASH."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


START = Link(0, GENESIS)


class Flaw(StrEnum):
    """How a chain is broken at its first broken record."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CUT_AT_THE_END = "cut off at the end"
    CUT_AT_THE_BEGINNING = "cut off at the beginning"
    REWRITTEN = "rewritten"
    """sound in itself, yet not the chain of which somebody noted a link"""
    OUT_OF_REACH = "taken away by retention"
    """a noted link that lies before the first record that is still there: nothing can be said about it"""


@dataclass(frozen=True)
class Break:
    """The first broken record."""

    seq: int
    flaw: Flaw


@dataclass(frozen=True)
class Proof:
    """What a verification found. `start` is the link before the first record, `head` the last link that holds."""

    start: Link
    head: Link
    records: int
    broken: Break | None = None

    @property
    def is_sound(self) -> bool:
        return self.broken is None


def chain_hash(record: Record) -> str:
    """SHA-256 over every field of a record but its own hash, in one fixed JSON form."""
    fields = {key: value for key, value in record.items() if key != "hash"}
    fields["at"] = record["at"].isoformat(timespec="microseconds")
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fits(record: Record, seq: int, previous_hash: str) -> bool:
    """Whether this is the record that belongs at `seq`, behind the record with `previous_hash`."""
    return record.get("previous_hash") == previous_hash and _hashes_as(record, seq)


def _hashes_as(record: Record, seq: int) -> bool:
    try:
        return bool(chain_hash({**record, "seq": seq}) == record["hash"])
    except (KeyError, TypeError, ValueError, AttributeError):  # whoever wrote over it kept to no type
        return False


@dataclass
class Chain:
    """One verification: `check` all records in the order they lie in, or ask `proof` what came of it.

    `start` is the link before the first record, None for one that nobody knows: then the first record tells it.
    `head` is what the last record must be, None where only the records are at hand. `noted` are links that
    somebody wrote down elsewhere, by number.
    """

    start: Link | None
    head: Link | None
    noted: Mapping[int, str] = field(default_factory=dict)
    records: int = 0
    last: Link = START
    before_last: str = GENESIS
    pruned: Link = START
    """what retention took away last, as the chain itself says"""

    async def prove(self, records: Records) -> Proof:
        """Read the records once, holding two of them at a time, and say what they are."""
        broken = await self._walk(records) or self._ends() or self._outside()
        start = self.start or START
        return Proof(start=start, head=self.last, records=self.records, broken=broken)

    async def _walk(self, records: Records) -> Break | None:
        if self.start is not None:
            self.last = self.start
        async for record in records:
            if self.start is None and (unknown := self._begin(record)):
                return unknown
            seq = self.last.seq + 1
            if record.get("seq") != seq or not fits(record, seq, self.last.hash):
                return await _diagnosis(self, record, records)
            if self.head and seq > self.head.seq:
                return Break(seq, Flaw.INSERTED)
            if self.noted.get(seq, record["hash"]) != record["hash"]:
                return Break(seq, Flaw.REWRITTEN)
            self._take(record)
        return None

    def _begin(self, record: Record) -> Break | None:
        """Where nobody knows the link before the first record, that record says it; whether it is right shows later."""
        seq, previous = record.get("seq"), record.get("previous_hash")
        if type(seq) is not int or not isinstance(previous, str):
            return Break(1, Flaw.CHANGED)
        self.start = self.last = Link(seq - 1, previous)
        return None

    def _take(self, record: Record) -> None:
        self.records += 1
        self.before_last, self.last = self.last.hash, Link(record["seq"], record["hash"])
        if record.get("event") == PRUNED:
            match record.get("details"):
                case {"through_seq": int(seq), "through_hash": str(hash_)}:
                    self.pruned = Link(seq, hash_)

    def _ends(self) -> Break | None:
        """Whether the chain begins where retention says that it took the rest, and ends where the head says."""
        if self.head and self.last.seq < self.head.seq:
            return Break(self.last.seq + 1, Flaw.CUT_AT_THE_END)
        if self.head and self.last != self.head:
            return Break(self.last.seq, Flaw.CHANGED)
        start = self.start or START
        if start == self.pruned:
            return None
        later = start.seq > self.pruned.seq
        return Break(start.seq if later else start.seq + 1, Flaw.CUT_AT_THE_BEGINNING)

    def _outside(self) -> Break | None:
        """Noted links that no record showed."""
        start = self.start or START
        for seq, noted in sorted(self.noted.items()):
            if seq > self.last.seq:
                return Break(self.last.seq + 1, Flaw.CUT_AT_THE_END)
            if seq < start.seq:
                return Break(seq, Flaw.OUT_OF_REACH)
            if seq == start.seq and noted != start.hash:
                return Break(seq, Flaw.REWRITTEN)
        return None


async def _diagnosis(chain: Chain, found: Record, rest: Records) -> Break:
    """What became of the record that should lie where `found` lies; reads the rest once, holding one at a time."""
    seq, previous = chain.last.seq + 1, chain.last.hash
    if chain.records and fits(found, chain.last.seq, chain.before_last):
        return Break(chain.last.seq, Flaw.INSERTED)  # two for one place, and only this one is followed
    if chain.head and seq > chain.head.seq:
        return Break(int(found.get("seq") or seq), Flaw.INSERTED)
    if fits(found, seq, previous):
        return Break(seq, Flaw.CHANGED)  # nothing but its number
    ahead = await _look_ahead(found, seq, previous, rest)
    if ahead.is_linked and not ahead.is_twice and (ahead.rightful or found.get("seq") != seq):
        return Break(seq, Flaw.REORDERED)
    if ahead.rightful or ahead.is_twice:
        return Break(seq, Flaw.INSERTED)
    return _without_its_record(chain, found, ahead)


def _without_its_record(chain: Chain, found: Record, ahead: _Ahead) -> Break:
    """The record that belongs here lies nowhere else: it is gone, or it is this one, changed."""
    seq = chain.last.seq + 1
    if _is_further_on(found, seq):
        return Break(seq, Flaw.MISSING if chain.records else Flaw.CUT_AT_THE_BEGINNING)
    if not _hashes_as(found, seq) or found.get("previous_hash") == chain.last.hash:
        return Break(seq, Flaw.CHANGED)
    if not chain.records:
        return Break(seq, Flaw.CUT_AT_THE_BEGINNING)
    # Whole in itself, and it names another one before it: where what follows vouches for it, that one was changed.
    is_vouched_for = ahead.is_followed or (chain.head and found["hash"] == chain.head.hash)
    return Break(chain.last.seq if is_vouched_for else seq, Flaw.CHANGED)


@dataclass
class _Ahead:
    """What the records behind a broken place say about it."""

    rightful: bool = False
    """the one that belongs in the broken place lies among them"""
    is_linked: bool = False
    """what lies in the broken place is the neighbour of one of them"""
    is_twice: bool = False
    is_followed: bool = False
    """the very next one names what lies in the broken place as the one before it"""


async def _look_ahead(found: Record, seq: int, previous: str, rest: Records) -> _Ahead:
    ahead, is_next = _Ahead(), True
    mine, before = found.get("hash", ""), found.get("previous_hash", "")
    async for record in rest:
        follows = record.get("previous_hash") == mine
        ahead.is_followed = ahead.is_followed or (is_next and follows)
        rightful = fits(record, seq, previous)
        ahead.rightful = ahead.rightful or rightful
        ahead.is_linked = ahead.is_linked or record.get("hash") == before or (follows and not is_next)
        ahead.is_twice = ahead.is_twice or record.get("hash") == mine
        is_next = False
    return ahead


def _is_further_on(record: Record, seq: int) -> bool:
    """Whether this record belongs behind `seq`: by its number, or by its hash where it was numbered anew."""
    if isinstance(number := record.get("seq"), int) and number > seq:
        return True
    return any(_hashes_as(record, seq + ahead) for ahead in range(1, FURTHEST))


def utc(text: str) -> datetime:
    """A time as it stands in an export. Raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)
