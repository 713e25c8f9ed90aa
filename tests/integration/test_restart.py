"""Crashes: what was begun reaches its end, nothing is deleted twice, and the result is told once."""

from __future__ import annotations

from collections import Counter

from bot.models import RequestState
from bot.store import Store
from tests.integration.deletions import DELETED, QUERY, TASK, ask, files, removals, struck
from tests.integration.endings import fault, heal, told
from tests.integration.office import CREATE_CARD, MARKETING, REMOVE, Office
from tests.integration.program import killed, robot

LOST = {"delayMs": 400, "reset": True}
"""The call hangs for a while, and is never carried out."""


async def test_killed_before_the_files_went(office: Office) -> None:
    """The call had left and was never carried out: looked up, and sent again."""
    async with robot(office) as program:
        card = await ask(office, *await files(office, "a", "b"))
        hanging = await fault(office, REMOVE, **LOST)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        await killed(office, program)
    await heal(office)
    async with robot(office):
        found = await told(office, card)
    assert found.results == {"/a": DELETED, "/b": DELETED}
    assert len(found.made(QUERY)) == 2, "once for the card, once after the crash"
    assert found.request.state is RequestState.DONE


async def test_killed_after_the_files_went(office: Office) -> None:
    """They were gone before anybody knew: looked up, counted as deleted, not sent again."""
    async with robot(office) as program:
        card = await ask(office, *await files(office, "a", "b"))
        await fault(office, REMOVE, after=True, reset=True)
        looking = await fault(office, QUERY, **LOST)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, looking)
        await killed(office, program)
    await heal(office)
    async with robot(office):
        found = await told(office, card)
    assert found.results == {"/a": DELETED, "/b": DELETED}
    assert found.sizes == [2], "one delete call in all"


async def test_killed_in_the_second_of_three_batches(office: Office) -> None:
    async with robot(office) as program:
        ids = await files(office, *(f"{n:03}" for n in range(120)))
        card = await ask(office, *ids)
        await fault(office, REMOVE, delayMs=1, count=1)
        hanging = await fault(office, REMOVE, **LOST)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        await killed(office, program)
    await heal(office)
    async with robot(office):
        found = await told(office, card)
    assert found.said == {DELETED}
    assert len(found.results) == 120
    sent = Counter(dentry_id for batch in await removals(office) for dentry_id in batch)
    times = [sent[dentry_id] for dentry_id in ids]
    assert times[:100] == [1] * 50 + [2] * 50
    assert set(times[100:]) <= {1, 2}, (
        "it may have been refused beside the one that hangs, which keeps the space"
    )


async def test_killed_while_the_result_is_posted(office: Office) -> None:
    """The card is there, but the robot never heard so."""
    async with robot(office) as program:
        card = await ask(office, *await files(office, "a"))
        posting = await fault(office, CREATE_CARD, delayMs=400, after=True)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, posting)
        await killed(office, program)
    await office.card("wang", MARKETING, "Moved", after=card["seq"])
    await heal(office)
    async with robot(office):
        found = await told(office, card)
    assert found.results == {"/a": DELETED}
    assert found.sizes == [1]
    posted = [c["status"] for c in found.made(CREATE_CARD) if ".result." in c["request"]["outTrackId"]]
    assert posted == [200, 400], "DingTalk keeps the second one from being shown"


async def test_killed_before_the_question_was_posted(office: Office) -> None:
    """The message was acknowledged, so DingTalk will not send it again: it is answered after the restart."""
    async with robot(office) as program:
        posting = await fault(office, CREATE_CARD, **LOST)
        said = await office.control.say("wang", MARKETING, "rm /report.pdf")
        await struck(office, posting)
        await killed(office, program)
    await heal(office)
    async with robot(office):
        card = await office.card("wang", MARKETING, "Delete 1 item", after=said["seq"])
        assert (await office.press("wang", card, "confirm"))["ok"]
        found = await told(office, card)
    assert found.results == {"/report.pdf": DELETED}
    async with Store(office.settings().database_url) as store:
        assert len(await store.requests.latest()) == 1


async def test_a_folder_whose_task_ran_on_during_the_outage(office: Office) -> None:
    await office.control.limits(taskSeconds=1)
    async with robot(office) as program:
        card = await ask(office, "/2023/drafts")
        following = await fault(office, TASK, **LOST)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, following)
        await killed(office, program)
    await heal(office)
    async with robot(office):
        found = await told(office, card)
    assert found.results == {"/2023/drafts": DELETED}
