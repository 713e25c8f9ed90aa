"""Undo: what a deletion moved to the bin comes back, nothing is overwritten, and the receipt equals the drive."""

from __future__ import annotations

from bot.models import RequestState, RestoreOutcome
from tests.integration.approvals import tips
from tests.integration.deletions import delete, files
from tests.integration.office import CREATE_CARD, MARKETING, MARKETING_SPACE, Json, Office
from tests.integration.proofs import words
from tests.integration.undoing import BIN, LIST, RESTORE, by_hand, confirm, purge, undo

BACK, RENAMED = RestoreOutcome.RESTORED, RestoreOutcome.RENAMED
QUERY = "POST /v1.0/storage/spaces/{spaceId}/dentries/query"
UPDATE_CARD = "PUT /v1.0/card/instances"


async def test_the_whole_story(office: Office) -> None:
    """Deleted, undone by the button on the result, and everybody can see afterwards what happened."""
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, "a.txt", "b.txt"), "/2023/drafts")
        before = await office.control.entries(MARKETING_SPACE)
        assert "/a.txt" not in before
        assert "undo" in {button["id"] for button in told.card["buttons"]}
        pressed = await office.press("wang", told.card, "undo")
        assert told.request.id in tips(pressed)
        card = await office.card("wang", MARKETING, "Restore", after=told.card["seq"])
        assert f"that {told.request.id} deleted" in card["params"]["markdown"]
        assert [b["id"] for b in card["buttons"]] == ["confirm", "details", "cancel"]
        assert [b["color"] for b in card["buttons"]] == ["blue", "gray", "gray"]

        undone = await confirm(office, app, card)
        assert undone.outcomes == {"/a.txt": BACK, "/b.txt": BACK, "/2023/drafts": BACK}
        assert undone.request.state is RequestState.DONE
        assert undone.card["params"]["title"].startswith("Restored:")
        assert undone.request.totals == told.request.totals

        status = await words(office, "wang", f"status {told.request.id}")
        assert "Undone by **王小明**" in status
        assert undone.request.id in status
        assert "undoes" in await words(office, "wang", f"status {undone.request.id}")
        seen = await office.control.read("wang", MARKETING)
        [result] = [m for m in seen if m.get("outTrackId") == told.card["outTrackId"]]
        assert result["params"]["title"].startswith("Undone:"), "it says so itself"
        assert f"see {undone.request.id}" in result["params"]["markdown"]
        assert "undo" not in {button["id"] for button in result["buttons"]}
        assert "nothing left to undo" in await words(office, "wang", f"undo {told.request.id}")
        records = [r async for r in app.store.audit.records()]
        events = [r.event for r in records if r.request_id == undone.request.id]
        assert events[0] == "request.created"
        assert {"batch.sent", "batch.answered", "dentry.outcome", "request.done"} <= set(events)


async def test_thirty_files_cost_four_storage_calls(office: Office) -> None:
    """The bin, a page of it, the restore, a look at where it all is; and the cards that tell. Then one less."""
    async with office.robot() as app:
        for number in range(2):
            names = [f"{number}-{n:02}" for n in range(30)]
            told = await delete(office, app, *await files(office, *names))
            undone = await undo(office, app, told.request)
            assert set(undone.outcomes.values()) == {BACK}
            storage = {BIN: 1, LIST: 1, RESTORE: 1, QUERY: 1}
            if number:  # the bin's id is remembered
                del storage[BIN]
            assert undone.counted == storage | {CREATE_CARD: 1, UPDATE_CARD: 2}


async def test_a_taken_name_is_left_alone(office: Office) -> None:
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, "a.txt", "b.txt"))
        await office.control.create(MARKETING_SPACE, {"path": "/a.txt", "size": 99, "creator": "li"})
        newer = (await office.control.entries(MARKETING_SPACE))["/a.txt"]
        undone = await undo(office, app, told.request)
        assert undone.outcomes == {"/a.txt": RENAMED, "/b.txt": BACK}
        assert undone.results["/a.txt"].new_path == "/a(1).txt"
        assert "/a.txt → /a(1).txt" in undone.text
        assert undone.request.state is RequestState.DONE
        there = await office.control.entries(MARKETING_SPACE)
        assert (there["/a.txt"]["id"], there["/a.txt"]["size"]) == (newer["id"], 99)


async def test_a_folder_that_is_gone_is_there_again(office: Office) -> None:
    async with office.robot() as app:
        given: list[Json] = [
            {"path": "/plans/", "creator": "wang"},
            {"path": "/plans/x.txt", "size": 5, "creator": "wang"},
        ]
        await office.control.create(MARKETING_SPACE, *given)
        told = await delete(office, app, "/plans/x.txt")
        await office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"remove": [{"path": "/plans"}]})
        undone = await undo(office, app, told.request)
        assert undone.outcomes == {"/plans/x.txt": BACK}
        assert "was gone and is there again" in undone.text


async def test_what_was_cleared_out_and_what_is_back_already(office: Office) -> None:
    """Both have left the bin; which is which is seen on the drive."""
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, "a.txt", "b.txt", "c.txt"))
        await purge(office, "/a.txt")
        await office.control.create(MARKETING_SPACE, {"path": "/b.txt", "size": 99, "creator": "li"})
        await by_hand(office, "/b.txt")
        undone = await undo(office, app, told.request)
        expected = {"/a.txt": RestoreOutcome.PURGED, "/b.txt": RestoreOutcome.ALREADY_BACK, "/c.txt": BACK}
        assert undone.outcomes == expected
        assert undone.results["/b.txt"].new_path == "/b(1).txt"
        assert undone.request.state is RequestState.PARTLY_DONE
        assert "1 item not restored: it was removed from the recycle bin" in undone.text
        said = await words(office, "wang", f"undo {told.request.id}")
        assert "1 entry is no longer in the recycle bin, the rest is back" in said
        seen = await office.control.read("wang", MARKETING)
        [result] = [m for m in seen if m.get("outTrackId") == told.card["outTrackId"]]
        assert result["params"]["title"].startswith("Moved to the bin"), "not all of it is back"
        assert "undo" not in {button["id"] for button in result["buttons"]}


async def test_part_of_it_and_then_the_rest(office: Office) -> None:
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, "a.txt", "b.txt", "报告 1.txt"), "/2023/drafts")
        part = await undo(office, app, told.request, "/A.TXT", "报告 1.txt")
        assert set(part.outcomes) == {"/a.txt", "/报告 1.txt"}
        assert "Undone in part by" in await words(office, "wang", f"status {told.request.id}")
        seen = await office.control.read("wang", MARKETING)
        [result] = [m for m in seen if m.get("outTrackId") == told.card["outTrackId"]]
        assert f"send undo {told.request.id}" in result["params"]["markdown"], "there is more to restore"
        assert "undo" in {button["id"] for button in result["buttons"]}
        again = await words(office, "wang", f"undo {told.request.id} /a.txt")
        assert "is back already" in again
        inside = await words(office, "wang", f"undo {told.request.id} /2023/drafts/海报文案.txt")
        assert f"恢复 {told.request.id} /2023/drafts" in inside
        typo = await words(office, "wang", f"undo {told.request.id} /b.tx")
        assert "the nearest is /b.txt" in typo
        unquoted = await words(office, "wang", f"undo {told.request.id} /my report.pdf")
        assert "加引号" in unquoted or "takes quotes" in unquoted
        assert "did not delete /nothing/like/it" in await words(
            office, "wang", f"undo {told.request.id} /nothing/like/it"
        )
        rest = await undo(office, app, told.request)
        assert set(rest.outcomes) == {"/b.txt", "/2023/drafts"}


async def test_one_question_at_a_time(office: Office) -> None:
    """However often it is pressed and by whatever way it is asked for; a cancelled one makes room."""
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, "a.txt"))
        for _ in range(3):
            await office.press("wang", told.card, "undo")
        card = await office.card("wang", MARKETING, "Restore", after=told.card["seq"])
        pressed = await office.press("wang", told.card, "undo")
        assert pressed["ok"]
        number = card["outTrackId"].split(".")[2]
        assert number in await words(office, "wang", f"undo {told.request.id}")
        assert len(await app.store.requests.latest()) == 2
        cancelled = await office.press("wang", card, "cancel")
        assert "stays in the bin" in cancelled["response"]["cardData"]["cardParamMap"]["title"]
        undone = await undo(office, app, told.request)
        assert undone.outcomes == {"/a.txt": BACK}
        assert "已经恢复" in await words(office, "wang", f"恢复{told.request.id}")


async def test_what_cannot_be_undone_is_told(office: Office) -> None:
    async with office.robot(allow_permanent=True):
        card = await office.say("wang", "rm /report.pdf")
        number = card["outTrackId"].split(".")[2]
        assert f"cancel {number}" in await words(office, "wang", f"undo {number}")
        await office.press("wang", card, "cancel")
        assert "nothing to undo" in await words(office, "wang", f"undo {number}")
        card = await office.say("wang", "rm /report.pdf --permanent")
        number = card["outTrackId"].split(".")[2]
        await office.press("wang", card, "confirm")
        result = await office.card("wang", MARKETING, "Permanently deleted:", after=card["seq"])
        assert "cannot be undone" in result["params"]["markdown"]
        assert [b["id"] for b in result["buttons"]] == ["details"]
        assert "cannot be undone" in await words(office, "wang", f"undo {number}")
        assert "ZZZZ" in await words(office, "wang", "undo ZZZZ")
