"""Large manifests in the store: written at once, read in parts, and their receipts summed where they lie."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.models import Entry, ItemResult, Manifest, Outcome, Receipt, Request, RequestState
from bot.settings import load
from bot.spool import PART
from bot.store import IdTakenError, Store
from tests.unit.cards_given import accounted
from tests.unit.store_given import NOW, SPACE, dentry, manifest, request

ENDS = [
    (Outcome.DELETED, ""),
    (Outcome.DENIED, "permissionDenied"),
    (Outcome.FAILED, "systemError"),
    (Outcome.CHANGED, ""),
]


@pytest.fixture
async def store(ready_url: str) -> AsyncIterator[Store]:
    url = load(Path("/nonexistent"), client_id="c", client_secret="s", database_url=ready_url).database_url
    async with Store(url) as opened:
        yield opened


async def test_a_manifest_of_several_parts_is_stored_whole_or_not_at_all(store: Store) -> None:
    frozen = manifest(files=3, inside=2 * PART)
    await store.requests.add(request(frozen, id="AB12"), frozen)
    with pytest.raises(IdTakenError):
        await store.requests.add(request(frozen, id="AB12", message_key="two"), frozen)
    await store.requests.add(request(frozen, id="CD34"), frozen)
    for stored in ("AB12", "CD34"):
        assert await store.requests.digest(stored) == frozen.digest
        assert (
            await store.requests.entries(stored, offset=PART, limit=3) == [*frozen.entries][PART : PART + 3]
        )
    assert len([record async for record in store.audit.records()]) == 2
    assert await store.requests.count_inside("AB12", "d99") == 2 * PART
    shown = await store.requests.shown_inside("AB12", "d99", ["d100", "d1", "new"])
    assert shown == {"d100": dentry(100)}, "d1 is a target of its own"


async def test_a_receipt_is_summed_as_it_would_be_counted_by_hand(store: Store) -> None:
    chance = random.Random(7)  # noqa: S311 - a fixed sequence, no secret
    entries = [
        Entry(
            dentry=dentry(number, folder=not number % 3), contents=number % 3, contents_bytes=number * 2**33
        )
        for number in range(1, 60)
    ]
    for number, entry in enumerate(entries):
        made_by = {"creator_id": f"u{number % 5}" if number % 5 else ""}
        entries[number] = entry.model_copy(update={"dentry": entry.dentry.model_copy(update=made_by)})
    frozen = Manifest.freeze(SPACE, entries)
    made = request(frozen, id="AB12").model_copy(update={"state": RequestState.APPROVED})
    await store.requests.add(made, frozen)
    asked = await store.jobs.begin("AB12", "here", at=NOW)
    assert asked
    results = [await _ended(store, asked, entry, chance) for entry in entries[:-1]]

    by_hand = accounted(asked, results)
    shares = await store.requests.shares("AB12")
    assert shares == list(by_hand.shares), "and the undecided are in none"
    assert await store.requests.samples("AB12", 100) == results
    few = await store.requests.samples("AB12", 2)
    assert few == [result for result in results if result in few]
    assert len(few) == 2 * len(shares)
    receipt = Receipt(request=asked, shares=tuple(shares), samples=tuple(few), elapsed_s=3)
    assert receipt.deleted_bytes == sum(r.entry.size_bytes for r in results if r.outcome is Outcome.DELETED)
    denied = [r.entry.dentry.creator_id for r in results if r.outcome is Outcome.DENIED]
    creators = list(dict.fromkeys(filter(None, denied)))
    assert await store.requests.creators("AB12", Outcome.DENIED, 3) == creators[:3]


async def _ended(store: Store, asked: Request, entry: Entry, chance: random.Random) -> ItemResult:
    """What became of a target, noted as a job notes it."""
    outcome, cause = chance.choice(ENDS)
    dentry_id = entry.dentry.dentry_id
    gone = chance.randint(0, entry.contents) if outcome is Outcome.FAILED else 0
    added = ["x", "y"] if outcome is Outcome.CHANGED and chance.random() < 0.5 else []
    if gone:
        await store.jobs.note_gone(asked.id, dentry_id, gone)
    if added:
        await store.jobs.note_added(asked.id, dentry_id, len(added), added)
    await store.jobs.record(asked, {dentry_id: (outcome, cause)}, at=NOW)
    return ItemResult(
        entry=entry, outcome=outcome, cause=cause, gone=gone, added=len(added), added_names=tuple(added)
    )
