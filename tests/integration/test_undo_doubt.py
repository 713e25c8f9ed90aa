"""Nobody knows, or not now, while something comes back: it is seen before it is told, and nothing comes back twice.

https://open.dingtalk.com/document/development/batch-restore-recycled-items
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from bot.app import App
from bot.deletion.follow import Patience
from bot.models import RequestState, RestoreOutcome
from bot.store import Store
from tests.integration.deletions import TASK, delete, files, struck
from tests.integration.endings import fault, heal
from tests.integration.office import MARKETING, MARKETING_SPACE, Office
from tests.integration.program import killed, robot
from tests.integration.test_job_doubt import NOBODY_KNOWS
from tests.integration.undoing import (
    ITEM,
    RESTORE,
    Undoing,
    confirm,
    in_bin,
    outcome,
    question,
    undo,
)

BACK, RENAMED = RestoreOutcome.RESTORED, RestoreOutcome.RENAMED
HASTE = Patience(batch=timedelta(seconds=1), task=timedelta(seconds=1))


async def faulty(office: Office, app: App, *names: str, **given: Any) -> Undoing:
    """An undo of these files that meets this fault; of each, there is one more entry on the drive than before."""
    told = await delete(office, app, *await files(office, *names))
    await office.control.create(MARKETING_SPACE, {"path": f"/{names[0]}", "size": 99, "creator": "li"})
    card = await question(office, told.request)
    before = Counter(await _names(office))
    await fault(office, RESTORE, **given)
    undone = await confirm(office, app, card)
    await heal(office)
    more = Counter(await _names(office)) - before
    back = [r for r in undone.results.values() if r.outcome.is_ours or r.outcome is RestoreOutcome.UNKNOWN]
    assert sum(more.values()) <= len(back), "nothing twice"
    return undone


async def _names(office: Office) -> list[str]:
    return list(await office.control.entries(MARKETING_SPACE))


@pytest.mark.parametrize("was_done", [True, False])
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.soak)])
async def test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again(
    office: Office, was_done: bool, every: int
) -> None:
    """Done: found where it came to lie, a new name included, and not sent twice. Not done: sent again."""
    async with office.robot() as app:
        for number, given in enumerate(NOBODY_KNOWS[::every]):
            names = [f"a{number}.txt", f"b{number}.txt"]
            undone = await faulty(office, app, *names, count=1, after=was_done, **given)
            assert undone.outcomes == {f"/{names[0]}": RENAMED, f"/{names[1]}": BACK}, given
            assert undone.results[f"/{names[0]}"].new_path == f"/a{number}(1).txt"
            assert len(undone.made(RESTORE)) == (1 if was_done else 2), given
            assert len(undone.made(ITEM)) == 2, given
            assert undone.request.state is RequestState.DONE


async def test_a_lock_and_a_throttle_are_waited_out(office: Office) -> None:
    async with office.robot() as app:
        for number, (status, code) in enumerate(
            [(400, "operationConcurrentControl"), (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")]
        ):
            undone = await faulty(office, app, f"{number}.txt", status=status, code=code, count=1)
            assert undone.outcomes == {f"/{number}.txt": RENAMED}
            assert len(undone.made(RESTORE)) == 2
            assert undone.made(ITEM) == [], "nothing was done, so there is nothing to look for"


async def test_what_was_answered_too_fast_may_be_back_all_the_same(office: Office) -> None:
    """Sent again, it is not in the bin any more; and where nothing can be sent again, it is looked for."""
    too_fast = {"status": 403, "code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "after": True}
    async with office.robot(patience=HASTE) as app:
        for number, given in enumerate(({"count": 1}, {})):
            undone = await faulty(office, app, f"a{number}", f"b{number}", **too_fast, **given)
            assert undone.outcomes == {f"/a{number}": RENAMED, f"/b{number}": BACK}, given


async def test_what_does_not_pass_in_time_is_given_up_and_named(office: Office) -> None:
    """And can be asked for again."""
    async with office.robot(patience=HASTE) as app:
        failed, unknown = RestoreOutcome.FAILED, RestoreOutcome.UNKNOWN
        for number, (given, said) in enumerate(
            [
                ({"status": 400, "code": "operationConcurrentControl"}, failed),
                ({"status": 500, "code": "systemError"}, unknown),
                ({"status": 403, "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}, failed),
                ({"status": 400, "code": "paramError"}, failed),
            ]
        ):
            undone = await faulty(office, app, f"{number}.txt", **given)
            assert undone.outcomes == {f"/{number}.txt": said}, given
            assert undone.request.state is RequestState.FAILED
        deletion = await app.store.requests.get(undone.request.undoes)
        assert deletion
        assert set((await undo(office, app, deletion)).outcomes.values()) == {RENAMED}


async def test_one_item_that_spoils_the_call_for_all(office: Office) -> None:
    """Refused as a whole: halved until it is found. Not in the bin, as a whole: the bin is asked for each."""
    async with office.robot() as app:
        names = [f"{n}.txt" for n in range(9)]
        told = await delete(office, app, *await files(office, *names))
        (item,) = await in_bin(office, "/4.txt")
        spoilt = {"item": {"dentryId": item["id"], "errorCode": "unused"}}
        await fault(office, RESTORE, status=403, code="permissionDenied", **spoilt)
        undone = await undo(office, app, told.request)
        denied = {"/4.txt": RestoreOutcome.DENIED}
        assert undone.outcomes == {f"/{name}": BACK for name in names} | denied
        assert "王小明 may not manage it" in undone.text
        await heal(office)
        again = await delete(office, app, *[f"/{name}" for name in names[:3]])
        await fault(office, RESTORE, status=404, code="recycleItemNotExist", count=1)
        undone = await undo(office, app, again.request)
        assert set(undone.outcomes.values()) == {BACK}
        assert (len(undone.made(RESTORE)), len(undone.made(ITEM))) == (2, 3)


async def test_what_single_items_are_refused_for(office: Office) -> None:
    async with office.robot(patience=HASTE) as app:
        failed, unknown = RestoreOutcome.FAILED, RestoreOutcome.UNKNOWN
        codes = {
            "permissionDenied": RestoreOutcome.DENIED,
            "systemError": unknown,
            "neverHeardOf": failed,
        }
        for code, said in codes.items():
            told = await delete(office, app, *await files(office, f"{code} a", f"{code} b"))
            (item,) = await in_bin(office, f"/{code} a")
            await fault(office, RESTORE, item={"dentryId": item["id"], "errorCode": code})
            undone = await undo(office, app, told.request)
            assert undone.outcomes == {f"/{code} a": said, f"/{code} b": BACK}, code
            await heal(office)


async def test_a_month_that_is_used_up_pauses_it(office: Office) -> None:
    """And it goes on where it stopped."""
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, *[f"{n:02}" for n in range(70)]))
        card = await question(office, told.request)
        await fault(office, RESTORE, delayMs=1, count=1)
        await fault(office, RESTORE, status=403, code="Forbidden.AccessDenied.ApiCountLimitForOrg")
        assert (await office.press("wang", card, "confirm"))["ok"]
        said = await office.until("wang", MARKETING, card["seq"], lambda m: "paused" in m.get("text", ""))
        number = card["outTrackId"].split(".")[2]
        assert f"{number} is paused at 30 of 70" in said["text"]
        await heal(office)
        assert "goes on" in (await office.say("wang", f"resume {number}"))["text"]
        undone = await outcome(office, app.store, card)
        assert set(undone.outcomes.values()) == {BACK}


async def test_it_ends_before_its_next_call_when_told_to(office: Office) -> None:
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, *[f"{n:02}" for n in range(70)]))
        card = await question(office, told.request)
        slow = await fault(office, RESTORE, delayMs=400, count=1)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, slow)
        assert (await office.press("wang", card, "cancel", force=True))["ok"]
        undone = await outcome(office, app.store, card)
        assert [undone.outcomes[f"/{n:02}"] for n in range(70)] == [BACK] * 30 + [RestoreOutcome.FAILED] * 40
        assert "it was stopped" in undone.text
        await heal(office)
        rest = await undo(office, app, told.request)
        assert (len(rest.outcomes), set(rest.outcomes.values())) == (40, {BACK})


async def test_a_folder_is_followed_and_not_believed_blindly(office: Office) -> None:
    await office.control.limits(taskSeconds=0, taskPolls=2)
    async with office.robot() as app:
        told = await delete(office, app, "/2023/drafts")
        undone = await undo(office, app, told.request)
        assert undone.outcomes == {"/2023/drafts": BACK}
        assert len(undone.made(TASK)) >= 2
        again = await delete(office, app, "/2023/drafts")
        card = await question(office, again.request)
        await office.control.ask("POST", "faults", {"route": RESTORE, "task": {"failed": 2}})
        partly = await confirm(office, app, card)
        assert partly.outcomes == {"/2023/drafts": RestoreOutcome.PARTLY}
        assert partly.results["/2023/drafts"].missing == 2
        assert "2 items did not come back with their folders" in partly.text
        assert partly.request.state is RequestState.PARTLY_DONE


@pytest.mark.parametrize("was_done", [True, pytest.param(False, marks=pytest.mark.soak)])
async def test_killed_before_or_after_they_came_back(office: Office, was_done: bool) -> None:
    """What was on its way is found on the drive, or seen in the bin and sent again; nothing is there twice."""
    async with robot(office) as program:
        card = await _asked(office, *[f"0-{n:02}" for n in range(35)])
        await fault(office, RESTORE, delayMs=1, count=1)
        if was_done:
            await fault(office, RESTORE, after=True, reset=True)
            hanging = await fault(office, ITEM, delayMs=400, reset=True)
        else:
            hanging = await fault(office, RESTORE, delayMs=400, reset=True)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        await killed(office, program)
    await heal(office)
    async with robot(office), Store(office.settings().database_url) as store:
        undone = await outcome(office, store, card)
    assert (set(undone.outcomes.values()), len(undone.outcomes)) == ({BACK}, 35)
    assert not [path for path in await _names(office) if path.startswith("/0-") and "(" in path]


async def _asked(office: Office, *names: str) -> Any:
    """The card that asks about undoing a deletion of these files."""
    said = await office.say("wang", " ".join(["rm", *await files(office, *names)]))
    await office.press("wang", said, "confirm")
    result = await office.card("wang", MARKETING, "Moved", after=said["seq"])
    await office.press("wang", result, "undo")
    return await office.card("wang", MARKETING, "Restore", after=result["seq"])
