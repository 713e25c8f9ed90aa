"""Tasks of the drive that end although nobody asks about them, and the events they leave behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

import pytest

from sandbox.bell import Bell
from sandbox.drive import Drive, from_dict, to_dict
from sandbox.drive.drive import PACE_S
from sandbox.drive.removal import remove
from sandbox.log import Counter
from tests.conformance.control import Control
from tests.unit.drive_at_hand import BIN_SPACE, OWNER, at, make_drive, paths, the_space
from tests.unit.sandbox_listener import Listener, call, listening

SPACE = "24010001"
PATIENCE_S = 10
TREE = ({"path": "/a/b/c.txt"}, {"path": "/a/d.txt"}, {"path": "/e.txt"})
Json = Any


def delete(drive: Drive, *wanted: str) -> None:
    ids = [at(drive, path).id for path in wanted]
    remove(drive, the_space(drive), ids, OWNER, to_bin=True)


@asynccontextmanager
async def working(drive: Drive) -> AsyncIterator[Bell]:
    """The drive at work, as in a running server; rung each time it did what was due."""
    bell, settle = Bell(), drive.settle

    def watched() -> None:
        settle()
        bell.ring()

    with patch.object(drive, "settle", watched):
        task = asyncio.create_task(drive.work())
        yield bell
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def deleting(sandbox: Control) -> Json:
    """Subscribes, deletes /2023 and returns the item of the answer."""
    scope = {"scope": "SPACE", "scopeId": SPACE}
    await call(sandbox, "POST", "/v1.0/storage/events/subscribe", scope, unionId="wangUnionId")
    folder = (await sandbox.entries(SPACE))["/2023"]["id"]
    (item,) = await sandbox.remove(SPACE, "wangUnionId", folder)
    assert item["async"]
    return item


async def heard(listener: Listener) -> Json:
    """The data of the next event, which must be a deletion."""
    frame = await listener.next()
    assert frame["headers"]["eventType"] == "storage_dentry_delete"
    await listener.answer(frame, {"status": "SUCCESS"})
    return frame["data"]


async def test_a_folder_is_gone_by_itself_and_its_event_comes(sandbox: Control) -> None:
    """With the limits as they are when nobody changes them."""
    async with listening(sandbox) as listener:
        item = await deleting(sandbox)
        assert item["dentryId"] in await heard(listener)
    assert "/2023" not in await sandbox.entries(SPACE)
    items = (await sandbox.ask("GET", "bin"))["items"]
    assert [i["originalPath"] for i in items] == ["/2023"]


async def test_it_goes_by_the_clock_of_the_sandbox(sandbox: Control) -> None:
    await sandbox.limits(taskSeconds=3600)
    async with listening(sandbox) as listener:
        await deleting(sandbox)
        await sandbox.advance(3600)
        await heard(listener)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"taskSeconds": 3600}, {"taskSeconds": 0}),
        ({"taskSeconds": 0, "taskPolls": 5}, {"taskPolls": 0}),
    ],
)
async def test_new_limits_hold_for_tasks_under_way(sandbox: Control, before: Json, after: Json) -> None:
    await sandbox.limits(**before)
    async with listening(sandbox) as listener:
        await deleting(sandbox)
        await sandbox.limits(**after)
        await heard(listener)


async def test_tasks_of_a_state_put_in_end_too(sandbox: Control) -> None:
    await sandbox.limits(taskSeconds=3600)
    async with listening(sandbox) as listener:
        await deleting(sandbox)
        state = await sandbox.ask("GET", "state")
        await sandbox.ask("POST", "state/reseed")
        assert "/2023" in await sandbox.entries(SPACE)
        await sandbox.ask("PUT", "state", {"limits": {"taskSeconds": 0.01}, "drive": state["drive"]})
        await heard(listener)


async def test_a_task_goes_step_by_step() -> None:
    drive = make_drive(*TREE, seconds=40)
    delete(drive, "/a")
    (task,) = drive.tasks.values()
    async with working(drive) as worked:
        for done in range(1, 5):
            drive.clock.advance(10)
            assert await worked.until(lambda wanted=done: task.done == wanted, PATIENCE_S)  # type: ignore[misc]
            assert (task.end_ms is None) is (done < 4)
    assert paths(drive) == {"/e.txt"}


async def test_a_task_that_waits_to_be_asked_waits() -> None:
    drive = make_drive(*TREE, polls=2)
    delete(drive, "/a")
    (task,) = drive.tasks.values()
    async with working(drive) as worked:
        drive.poll(task.id)
        drive.clock.advance(100_000)
        assert not await worked.until(lambda: task.end_ms is not None, 5 * PACE_S)
        assert drive.poll(task.id).status == "SUCCESS"


@pytest.mark.parametrize(("seconds", "polls"), [(0.0, 1), (0.0, 0), (60.0, 0)])
async def test_it_does_not_spin(seconds: float, polls: int) -> None:
    """How often it looks is bounded by time, whatever is under way."""
    drive = make_drive(*[{"path": f"/a/{n}.txt"} for n in range(5000)], seconds=seconds, polls=polls)
    looks = Counter()
    loop = asyncio.get_running_loop()
    async with working(drive) as worked:
        delete(drive, "/a")
        started = loop.time()
        await worked.until(lambda: looks.next() < 0, 5 * PACE_S)
        assert looks.last <= (loop.time() - started) / PACE_S + 5


def test_a_drive_taken_over_is_the_other() -> None:
    drive, other = make_drive(*TREE), make_drive({"path": "/only.txt"})
    wanted = to_dict(other)
    drive.take_over(from_dict(drive.clock, drive.limits, wanted))
    assert to_dict(drive) == wanted
    assert paths(drive, BIN_SPACE) == {"/only.txt"}
