"""Restores as rows, on SQLite and on PostgreSQL: what can come back, in whose hand it is, what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.models import (
    OPEN_STATES,
    Entry,
    Manifest,
    Outcome,
    Request,
    RequestState,
    RestoreOutcome,
)
from bot.store import (
    BEGINNING,
    Landing,
    NothingToRestoreError,
    NotMineError,
    RestoreOpenError,
    StopAskedError,
    Store,
    Verdict,
)
from tests.unit.store_given import NOW, OTHER, REQUESTER, SPACE, dentry, manifest, request
from tests.unit.test_store import driven

DONE = RequestState.DONE


@pytest.fixture
async def store(ready_url: str) -> AsyncIterator[Store]:
    async with Store(driven(ready_url)) as opened:
        yield opened


async def deleted(store: Store, frozen: Manifest, kept: int = 0) -> Request:
    """A deletion that ended, with all of its targets in the bin but the last `kept`."""
    made = request(frozen, id="DEL1")
    await store.requests.add(made, frozen)
    ids = [entry.dentry.dentry_id for entry in frozen.entries if entry.is_target]
    gone = dict.fromkeys(ids[: len(ids) - kept], (Outcome.DELETED, ""))
    await store.requests.change("DEL1", OPEN_STATES, RequestState.APPROVED, at=NOW, actor="wang")
    begun = await store.jobs.begin("DEL1", "me", at=NOW)
    assert begun
    await store.jobs.record(begun, gone | dict.fromkeys(ids[len(ids) - kept :], (Outcome.DENIED, "")), at=NOW)
    ended = await store.requests.change("DEL1", {RequestState.RUNNING}, DONE, at=NOW, actor="wang")
    assert ended
    return ended


def restore(number: int = 1) -> Request:
    wish = request(manifest(), id=f"RES{number}", created_at=NOW + timedelta(minutes=number))
    return wish.model_copy(update={"kind": "restore", "undoes": "DEL1", "digest": ""})


async def add(store: Store, wish: Request, *prefixes: str) -> Request:
    return await store.restores.add(wish, prefixes, lambda totals: totals.targets)


async def running(store: Store, wish: Request, *prefixes: str) -> Request:
    made = await add(store, wish, *prefixes)
    await store.requests.change(
        made.id, OPEN_STATES, RequestState.APPROVED, at=NOW, actor="wang", decided_by=REQUESTER
    )
    begun = await store.jobs.begin(made.id, "me", at=NOW)
    assert begun
    return begun


async def settle(store: Store, wish: Request, **outcomes: RestoreOutcome) -> None:
    verdicts = {
        name: Verdict(outcome, new_id=f"new {name}", new_path="/x") for name, outcome in outcomes.items()
    }
    await store.restores.settle(wish, verdicts, at=NOW)
    await store.requests.change(wish.id, {RequestState.RUNNING}, DONE, at=NOW, actor="dingsweep")


async def test_what_was_deleted_comes_back_with_what_it_held(store: Store) -> None:
    frozen = manifest(files=4, inside=3)
    await deleted(store, frozen, kept=2)
    made = await add(store, restore())
    entries = [entry for entry in frozen.entries if entry.dentry.name not in {"文件 3", "文件 4"}]
    assert await store.requests.get("RES1") == made
    assert list(await store.requests.entries("RES1", limit=99)) == entries
    expected = Manifest.freeze(SPACE, entries)
    assert (made.totals, made.digest, made.plan_calls) == (expected.totals, expected.digest, 3)
    assert await store.requests.digest("RES1") == made.digest
    assert [line.folder async for line in store.restores.listed("DEL1")] == ["", *["/文件 99"] * 3, "", ""]
    records = [r async for r in store.audit.records() if r.request_id == "RES1"]
    assert [(r.event, r.details["undoes"]) for r in records] == [("request.created", "DEL1")]


async def test_part_of_it_by_path(store: Store) -> None:
    """Letters count as they are, on both databases, and a name is no pattern."""
    held = dentry(7).model_copy(update={"path": "/a_/x", "dentry_id": "x"})
    alike = dentry(8).model_copy(update={"path": "/aB/x", "dentry_id": "y"})
    upper = dentry(9).model_copy(update={"path": "/A_/x", "dentry_id": "z"})
    frozen = Manifest.freeze(SPACE, [Entry(dentry=each) for each in (held, alike, upper, dentry(1))])
    await deleted(store, frozen)
    made = await add(store, restore(), "/a_")
    assert [e.dentry.dentry_id for e in await store.requests.entries("RES1", limit=99)] == ["x"]
    await settle_open(store, made)
    await add(store, restore(2), "/文件 1", "/A_/x")
    assert [e.dentry.dentry_id for e in await store.requests.entries("RES2", limit=99)] == ["z", "d1"]
    with pytest.raises(NothingToRestoreError):
        await add(store, restore(3), "/nowhere")


async def settle_open(store: Store, made: Request) -> None:
    await store.requests.change(made.id, OPEN_STATES, RequestState.CANCELLED, at=NOW, actor="wang")


async def test_one_restore_at_a_time_has_a_target_in_hand(store: Store) -> None:
    await deleted(store, manifest(files=3))
    asked = [add(store, restore(n)) for n in range(1, 7)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, Request)]
    busy = [answer.restore.id for answer in answers if isinstance(answer, RestoreOpenError)]
    assert (len(won), busy) == (1, [won[0].id] * 5)
    await settle_open(store, won[0])
    part = await running(store, restore(7), "/文件 1")
    assert (await add(store, restore(8), "/文件 2")).totals.targets == 1, "what nobody has in hand"
    with pytest.raises(RestoreOpenError):
        await add(store, restore(9))
    assert part.runner == "me"


async def test_what_is_back_is_not_asked_for_again(store: Store) -> None:
    await deleted(store, manifest(files=5))
    first = await running(store, restore())
    await settle(
        store,
        first,
        d1=RestoreOutcome.RENAMED,
        d2=RestoreOutcome.PURGED,
        d3=RestoreOutcome.ALREADY_BACK,
        d4=RestoreOutcome.UNKNOWN,
        d5=RestoreOutcome.FAILED,
    )
    undone = await store.restores.undone("DEL1")
    assert (undone.deleted, undone.back, undone.purged, undone.is_all) == (5, 2, 1, False)
    second = await running(store, restore(2))
    assert second.totals.targets == 2
    await settle(store, second, d4=RestoreOutcome.PARTLY, d5=RestoreOutcome.RESTORED)
    assert (await store.restores.undone("DEL1")).is_all
    with pytest.raises(NothingToRestoreError):
        await add(store, restore(3))
    assert [each.id for each in undone.restores] == ["RES1"]


async def test_rows_go_from_found_to_sent_to_landed_and_doubt_stays(store: Store) -> None:
    await deleted(store, manifest(files=4))
    wish, rows = await running(store, restore()), store.restores

    async def ready() -> dict[str, bool]:
        return {row.id: row.doubted for row in await rows.ready("RES1", after=BEGINNING, limit=9)}

    assert await rows.unfound("RES1") == 4
    assert await rows.note_found(wish, {}) == 0
    assert await rows.note_found(wish, {"d1": "i1", "d2": "i2", "d3": "i3", "other": "i"}) == 3
    assert await rows.note_found(wish, {"d1": "again"}) == 0, "found once"
    assert await ready() == {"d1": False, "d2": False, "d3": False}
    await rows.sending(wish, ["d1", "d2", "d3"], at=NOW)
    assert await ready() == {}
    await answered(store, wish, {"d1": Landing("n1"), "d2": Landing("n2", "t2")})
    for by_task, ids in ((False, ["d1"]), (True, ["d2"])):
        landed = await rows.landed("RES1", by_task=by_task, after=BEGINNING, limit=9)
        assert [row.id for row in landed] == ids
    assert await rows.unfound("RES1") == 2, "d3 is in doubt, d4 was not seen"
    absent = await rows.absent("RES1", after=BEGINNING, limit=9)
    assert [(row.id, row.doubted) for row in absent] == [("d3", True), ("d4", False)]
    assert await rows.note_found(wish, {"d3": "i3"}) == 1
    assert await ready() == {"d3": True}, "a call that was late may still bring it back"
    await rows.give_up(wish, "quota", at=NOW)
    results = {r.entry.dentry.dentry_id: (r.outcome.value, r.cause) for r in await rows.results("RES1")}
    assert results == {
        "d1": ("restored", "quota"),
        "d2": ("unknown", "quota"),
        "d3": ("unknown", "quota"),
        "d4": ("failed", "quota"),
    }


async def answered(store: Store, wish: Request, landings: dict[str, Landing]) -> None:
    await store.restores.answered(
        wish, size=3, dingtalk_request_id="r", code="", landings=landings, untouched=(), at=NOW
    )


async def test_nobody_sends_for_a_restore_that_is_not_theirs_or_is_to_end(store: Store) -> None:
    await deleted(store, manifest(files=2))
    wish = await running(store, restore())
    with pytest.raises(NotMineError):
        await store.restores.sending(wish.model_copy(update={"runner": "other"}), ["d1"], at=NOW)
    await store.jobs.ask_stop("RES1", OTHER, at=NOW)
    with pytest.raises(StopAskedError):
        await store.restores.sending(wish, ["d1"], at=NOW)


async def test_a_receipt_counts_and_names_the_first(store: Store) -> None:
    await deleted(store, manifest(files=2, inside=3))
    wish = await running(store, restore())
    verdicts = {
        "d99": Verdict(RestoreOutcome.PARTLY, "task_failed", "n", "/文件 99", missing=1),
        "d1": Verdict(RestoreOutcome.RESTORED, "new_folder", "n1", "/文件 1"),
        "d2": Verdict(RestoreOutcome.PURGED),
    }
    await store.restores.settle(wish, verdicts, at=NOW)
    await store.restores.settle(wish, {"d2": Verdict(RestoreOutcome.RESTORED)}, at=NOW)
    receipt = await store.restores.receipt(wish, elapsed_s=1)
    assert {outcome.value: share.dentries for outcome, share in receipt.shares.items()} == {
        "partly": 4,
        "restored": 1,
        "purged": 1,
    }
    assert (receipt.restored_dentries, receipt.missing, receipt.new_folders) == (4, 1, 1)
    assert receipt.shares[RestoreOutcome.RESTORED].size_bytes == 2**40
    assert [result.entry.dentry.dentry_id for result in receipt.first] == ["d99", "d2"]
    assert receipt.state is RequestState.PARTLY_DONE
    one = await store.restores.results("RES1", offset=1, limit=1)
    assert [(r.entry.dentry.dentry_id, r.new_path, r.new_dentry_id) for r in one] == [("d1", "/文件 1", "n1")]
