"""Folders: DingTalk deletes them by a task of its own, which is followed to its end and not believed blindly.

https://open.dingtalk.com/document/development/get-the-asynchronous-task-information-in-storage
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.deletion.follow import Patience
from bot.models import Outcome, RequestState
from bot.store import Store
from tests.integration.deletions import DELETED, QUERY, TASK, Clock, account, agree, ask, delete, failed
from tests.integration.office import MARKETING_SPACE, REMOVE, Office

UNENDING = Patience(task=timedelta(seconds=1))


async def folder(office: Office, name: str, **creators: str) -> str:
    """A folder of wang's with files in it, by name and creator; its id."""
    given: list[dict[str, Any]] = [{"path": f"/{name}/", "creator": "wang"}]
    files = creators or {"one": "wang", "two": "wang"}
    given += [{"path": f"/{name}/{file}", "size": 7, "creator": who} for file, who in files.items()]
    entries = await office.control.create(MARKETING_SPACE, *given)
    return str(entries[f"/{name}"]["id"])


async def test_a_slow_task_is_followed_to_its_end(office: Office) -> None:
    await office.control.limits(taskSeconds=0, taskPolls=3)
    async with office.robot() as app:
        one, two = await folder(office, "slow"), await folder(office, "slower")
        await office.control.fault(TASK, 403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", count=1)
        told = await delete(office, app, one, two)
        assert told.results == {"/slow": DELETED, "/slower": DELETED}
        assert told.sizes == [2]
        assert told.request.state is RequestState.DONE
        assert len(told.made(TASK)) >= 5
        assert "6" in told.card["params"]["title"], "contents are counted"
        assert not {path for path in await office.paths() if path.startswith("/slow")}


async def test_an_empty_folder_needs_no_task(office: Office) -> None:
    async with office.robot() as app:
        await office.control.create(MARKETING_SPACE, {"path": "/empty/", "creator": "wang"})
        told = await delete(office, app, "/empty")
        assert told.results == {"/empty": DELETED}
        assert told.made(TASK) == []


async def test_a_folder_whose_contents_may_not_all_go(office: Office) -> None:
    """What the requester may not delete stays, with its folder; the card says so and the rest goes on."""
    async with office.robot() as app:
        await folder(office, "mixed", mine="wang", theirs="li")
        told = await delete(office, app, "/mixed", "/report.pdf")
        assert told.results == {"/mixed": failed("task_failed"), "/report.pdf": DELETED}
        assert told.request.state is RequestState.PARTLY_DONE
        assert {"/mixed", "/mixed/theirs"} <= await office.paths()
        assert "/mixed/mine" not in await office.paths()
        assert "mixed" in told.text
        assert "2 of 4 items" in told.text, "report.pdf and mine; the folder and theirs stay"
        assert "2 items not completely deleted" in told.text


async def test_the_word_of_a_task_is_checked_by_looking(office: Office) -> None:
    """A failed or forgotten task says nothing about the folder: whether it is there does."""
    async with office.robot() as app:
        fail = {"task": {"id": "t", "status": "FAIL", "totalCount": 3, "failMessage": "made to fail"}}
        odd = {"task": {"id": "t", "status": "SUCCESS", "totalCount": 3, "successCount": 2, "failCount": 1}}
        faults: list[dict[str, Any]] = [
            {"status": 200, "body": fail},
            {"status": 200, "body": odd},
            {"status": 404, "code": "taskNotExist"},
        ]
        for number, fault in enumerate(faults):
            for task_s, said in ((0, DELETED), (3600, failed("task_failed"))):
                await office.control.limits(taskSeconds=task_s)
                name = f"folder-{number}-{task_s}"
                card = await ask(office, await folder(office, name))
                await office.control.ask("POST", "faults", {"route": TASK, **fault})
                told = await agree(office, app, card)
                assert told.results == {f"/{name}": said}, fault
                assert (len(told.made(TASK)), len(told.made(QUERY))) == (1, 1)
                assert told.sizes == [1]
                await office.control.ask("DELETE", "faults")


async def test_a_task_without_end_is_reported_as_such(office: Office) -> None:
    await office.control.limits(taskSeconds=3600)
    async with office.robot(patience=UNENDING) as app:
        told = await delete(office, app, await folder(office, "endless"), "/report.pdf")
        assert told.results == {"/endless": (Outcome.UNKNOWN, "task_running"), "/report.pdf": DELETED}
        assert told.sizes == [2]


async def test_a_folder_whose_removal_nobody_confirmed_is_not_removed_twice(office: Office) -> None:
    """The call was cut, its task runs on: sent again, the folder is locked, and then gone. That was us."""
    await office.control.limits(taskSeconds=1)
    async with office.robot() as app:
        card = await ask(office, await folder(office, "cut"))
        await office.control.fault(REMOVE, 0, "", count=1, after=True, reset=True)
        told = await agree(office, app, card)
        assert told.results == {"/cut": DELETED}
        everything = (await office.control.ask("GET", f"drive/{MARKETING_SPACE}", deleted=1))["dentries"]
        kept = [entry for entry in everything if entry["deleted"] and entry["path"] == "/cut"]
        assert len(kept) == 1


async def test_what_a_named_folder_holds_is_not_named_twice(office: Office) -> None:
    async with office.robot() as app:
        top = await folder(office, "top")
        told = await delete(office, app, "/top/one", top, "/top")
        assert told.results == {"/top": DELETED}
        assert told.sizes == [1]


@pytest.mark.parametrize("minutes", [0, 11])
async def test_a_folder_that_holds_more_than_its_card_showed_is_left_alone(
    office: Office, minutes: int
) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        await office.control.create(MARKETING_SPACE, {"path": "/growing/a.txt", "creator": "wangUnionId"})
        await office.control.create(MARKETING_SPACE, {"path": "/still/a.txt", "creator": "wangUnionId"})
        card = await ask(office, "/growing", "/still")
        await office.control.create(
            MARKETING_SPACE, {"path": "/growing/deep/b.txt", "creator": "wangUnionId"}
        )
        clock.advance(minutes=minutes)
        told = await agree(office, app, card)
        assert told.results["/growing"] == (Outcome.CHANGED, "")
        assert told.results["/still"] == DELETED
        assert {"/growing/a.txt", "/growing/deep/b.txt"} <= await office.paths()
        assert "/still" not in await office.paths()


async def test_a_folder_is_looked_into_before_every_call_that_removes_it(office: Office) -> None:
    """Somebody keeps the space busy, and meanwhile a file comes in that no card has shown."""
    async with office.robot() as app:
        await office.control.create(MARKETING_SPACE, {"path": "/busy/a.txt", "creator": "wangUnionId"})
        card = await ask(office, "/busy")
        await office.control.fault(REMOVE, 400, "operationConcurrentControl", count=3)
        seen = (await office.control.ask("GET", "calls"))["lastSeq"]
        deciding = asyncio.create_task(agree(office, app, card))
        while not any(call["seq"] > seen for call in await office.calls(REMOVE)):
            await office.control.ask("GET", "calls", after=seen, wait=5)
        await office.control.create(MARKETING_SPACE, {"path": "/busy/late.txt", "creator": "wangUnionId"})
        told = await deciding
        assert told.results["/busy"] == (Outcome.CHANGED, "")
        assert {"/busy/a.txt", "/busy/late.txt"} <= await office.paths()


async def test_an_approval_that_waited_for_days_is_compared_with_today(office: Office) -> None:
    clock = Clock()
    await office.control.create(MARKETING_SPACE, {"path": "/old.txt", "creator": "wangUnionId"})
    async with office.robot(clock=clock) as app:
        card = await ask(office, "/old.txt")
        request = await app.store.requests.by_card(card["outTrackId"])
        assert request
    async with Store(office.settings().database_url) as store:  # the robot dies right after the decision
        await store.requests.change(
            request.id,
            {RequestState.AWAITING_CONFIRMATION},
            RequestState.APPROVED,
            at=clock(),
            actor="wang",
            decided_by=request.requester,
        )
    await office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"touch": [{"path": "/old.txt"}]})
    clock.advance(days=3)
    async with office.robot(clock=clock) as app:
        told = await account(office, app.store, card)
        assert told.results["/old.txt"] == (Outcome.CHANGED, "")
        assert "/old.txt" in await office.paths()
