"""Write locks: what an open write keeps others from, as far as the limit says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.endpoints import ENDPOINTS
from sandbox.limits import Limits
from sandbox.locks import LOCKED
from sandbox.seed import dump, load
from tests.unit.storage_at_hand import ARCHIVE, ENGINEERING, MARKETING, Caller, caller

REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
PATHS = ("/a/x.txt", "/a/y/z.txt", "/b/w.txt", "/b/v.txt", "/c/")
Json = dict[str, Any]


@pytest.fixture
async def desk() -> AsyncIterator[Caller]:
    async with caller() as found:
        found.plant(*[{"path": path} for path in PATHS])
        found.world.limits.task_polls = 100
        yield found


async def write(desk: Caller, method: str, path: str, body: Json | None = None) -> str:
    """The code of one write's refusal, as a whole or of its only item; empty when it went well."""
    status, answer = await desk.call(method, path, body, who="admin")
    if status != 200:
        return str(answer["code"])
    (item,) = answer.get("resultItems", [{}])
    return str(item.get("errorCode", ""))


async def remove(desk: Caller, path: str, space_id: str = MARKETING) -> str:
    body = {"dentryIds": [desk.at(path, space_id).id], "option": {"toRecycleBin": True}}
    return await write(desk, "POST", f"/v1.0/storage/spaces/{space_id}/dentries/batchRemove", body)


async def removals(desk: Caller) -> list[str]:
    """What becomes of removing: inside the tree of /a/y, beside it, elsewhere in its space, in another space."""
    desk.plant({"path": "/d.txt"}, space_id=ENGINEERING)
    here = [await remove(desk, path) for path in ("/a/y/z.txt", "/a/x.txt", "/b/w.txt")]
    return [*here, await remove(desk, "/d.txt", ENGINEERING)]


@pytest.mark.parametrize(
    ("lock", "codes"),
    [
        ("task", [LOCKED, "", "", ""]),
        ("parent", [LOCKED, LOCKED, "", ""]),
        ("space", [LOCKED, LOCKED, LOCKED, ""]),
        ("off", ["", "", "", ""]),
    ],
)
async def test_a_running_task_is_an_open_write(desk: Caller, lock: str, codes: list[str]) -> None:
    desk.world.limits.write_lock = lock
    assert await remove(desk, "/a/y") == ""
    assert await removals(desk) == codes
    assert "/a/y" in {desk.drive.spaces[MARKETING].tree.path(d) for d in desk.drive.spaces[MARKETING].tree}


@pytest.mark.parametrize(
    ("lock", "codes"),
    [
        ("task", ["", "", "", ""]),
        ("parent", ["", LOCKED, "", ""]),
        ("space", [LOCKED, LOCKED, LOCKED, ""]),
        ("off", ["", "", "", ""]),
    ],
)
async def test_a_call_being_answered_is_an_open_write(desk: Caller, lock: str, codes: list[str]) -> None:
    desk.world.limits.write_lock = lock
    desk.plant({"path": "/a/last.txt"})
    fault = desk.world.faults.order(REMOVE, first_byte_ms=100_000, count=1)
    asked = asyncio.create_task(remove(desk, "/a/last.txt"))
    assert await desk.world.faults.bell.until(lambda: fault.when.struck == 1, 10)
    assert await removals(desk) == codes
    assert not asked.done()
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)


async def test_a_drive_that_is_replaced_has_no_open_writes(desk: Caller) -> None:
    desk.world.limits.write_lock = "space"
    fault = desk.world.faults.order(REMOVE, first_byte_ms=50, count=1)
    asked = asyncio.create_task(remove(desk, "/a/x.txt"))
    assert await desk.world.faults.bell.until(lambda: fault.when.struck == 1, 10)
    assert await remove(desk, "/b/w.txt") == LOCKED
    load(desk.world, {"drive": dump(desk.world)["drive"]})
    assert await remove(desk, "/b/w.txt") == ""
    assert await asked == ""


async def test_it_opens_again_with_the_answer(desk: Caller) -> None:
    desk.world.limits.write_lock = "space"
    assert [await remove(desk, path) for path in ("/a/x.txt", "/b/w.txt")] == ["", ""]
    assert await remove(desk, "/a") == ""
    (task,) = desk.drive.tasks.values()
    assert await remove(desk, "/c") == LOCKED
    for _ in range(100):
        desk.drive.poll(task.id)
    assert await remove(desk, "/c") == ""


async def test_what_is_only_read_is_not_locked(desk: Caller) -> None:
    desk.world.limits.write_lock = "space"
    await remove(desk, "/a/y")
    path = f"/v1.0/storage/spaces/{MARKETING}/dentries"
    assert (await desk.ok("GET", path, parentId="0"))["dentries"]
    target = {"targetSpaceId": ENGINEERING, "targetFolderId": "0"}
    copied = await write(desk, "POST", f"{path}/{desk.at('/b/v.txt').id}/copy", target)
    assert copied == "", "a copy only reads where it comes from"


async def test_what_is_not_there_is_refused_as_ever(desk: Caller) -> None:
    desk.world.limits.write_lock = "parent"
    await remove(desk, "/a/y")
    path = f"/v1.0/storage/spaces/{MARKETING}/dentries/batchRemove"
    assert await write(desk, "POST", path, {"dentryIds": [7]}) == "paramError.dentryIds"
    assert await write(desk, "POST", path, {"dentryIds": ["7"]}) == "dentryNotExist"
    assert await write(desk, "POST", "/v1.0/storage/spaces/7/dentries/batchRemove", {"dentryIds": ["7"]}) == (
        "spaceNotExist"
    )


async def _writes(desk: Caller) -> dict[str, tuple[str, Json]]:
    """For each interface that writes, a call that would change the top of the marketing space."""
    file, folder = desk.at("/report.pdf").id, desk.at("/c").id
    inside = f"/v1.0/storage/spaces/{MARKETING}/dentries"
    other = f"/v1.0/storage/spaces/{ARCHIVE}/dentries"
    archived = next(d.id for d in desk.drive.spaces[ARCHIVE].tree if not d.is_folder)
    here = {"targetSpaceId": MARKETING, "targetFolderId": "0"}
    there = {"targetSpaceId": MARKETING, "targetFolderId": folder}
    desk.plant({"path": "/gone.txt"})
    await remove(desk, "/gone.txt")
    bin_path = await desk.bin()
    (item,) = (await desk.ok("GET", f"{bin_path}/recycleItems"))["recycleItems"]
    one, many = f"{inside}/{file}", "{spaceId}/dentries"
    base = "/v1.0/storage/spaces/"
    recycled = "/v1.0/storage/recycleBins/{recycleBinId}/recycleItems/"
    return {
        f"POST {base}{many}/batchRemove": (f"{inside}/batchRemove", {"dentryIds": [file]}),
        f"DELETE {base}{many}/{{dentryId}}": (one, {}),
        f"POST {base}{many}/{{parentId}}/folders": (f"{inside}/0/folders", {"name": "new"}),
        f"POST {base}{many}/{{dentryId}}/rename": (f"{one}/rename", {"newName": "new.pdf"}),
        f"POST {base}{many}/{{dentryId}}/move": (f"{one}/move", there),
        f"POST {base}{many}/batchMove": (f"{inside}/batchMove", {"dentryIds": [file], **there}),
        f"POST {base}{many}/{{dentryId}}/copy": (f"{other}/{archived}/copy", here),
        f"POST {base}{many}/batchCopy": (f"{other}/batchCopy", {"dentryIds": [archived], **here}),
        f"POST {recycled}batchRestore": (
            f"{bin_path}/recycleItems/batchRestore",
            {"recycleItemIds": [item["id"]]},
        ),
        f"POST {recycled}{{recycleItemId}}/restore": (f"{bin_path}/recycleItems/{item['id']}/restore", {}),
    }


WRITING = [e.route for e in ENDPOINTS if e.writes]


@pytest.mark.parametrize("route", WRITING)
@pytest.mark.parametrize("lock", ["parent", "space"])
async def test_every_interface_that_writes_is_locked_out_and_let_in(
    desk: Caller, route: str, lock: str
) -> None:
    path, body = (await _writes(desk))[route]
    desk.plant({"path": "/top/z.txt"})
    assert await remove(desk, "/top") == ""
    (task,) = desk.drive.running()
    desk.world.limits.write_lock = lock
    assert await write(desk, route.split(maxsplit=1)[0], path, body) == LOCKED
    for _ in range(100):
        desk.drive.poll(task.id)
    assert await write(desk, route.split(maxsplit=1)[0], path, body) == ""


async def test_the_call_says_that_it_was_locked(desk: Caller) -> None:
    desk.world.limits.write_lock = "space"
    await remove(desk, "/a/y")
    await remove(desk, "/b/w.txt")
    note = list(desk.world.calls)[-1].note
    assert note.startswith("write lock (space): ")
    assert f"another write to {MARKETING} folder {desk.at('/b').id} is open" in note


@pytest.mark.parametrize("change", [{"write_lock": "none"}, {"latency_ms": -1}, {"task_polls": 0.5}])
def test_a_limit_that_makes_no_sense_is_refused_as_a_whole(change: Json) -> None:
    limits = Limits()
    with pytest.raises(ValueError, match=r"none of|from 0"):
        limits.change(ping_seconds=7, **change)
    assert limits == Limits()
    with pytest.raises(ValueError, match=r"none of|from 0"):
        Limits(**change)
