"""Watching the drive: a folder by portions, what changed, what is at work, what lies in the bin."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.drive import plant
from sandbox.drive.dentry import ROOT
from sandbox.drive.tree import SHELVES
from tests.conformance.control import Control
from tests.unit.drive_at_hand import make_drive, the_space
from tests.unit.storage_at_hand import MARKETING, caller

Json = Any
NAMES = st.sampled_from(["a", "B", "b", "10", "9", "报告", "éa", "ß", "SS", "<x>", "\ud800"])
ENTRIES = st.lists(st.tuples(NAMES, st.booleans(), st.integers(0, 3)), max_size=25)


async def children(sandbox: Control, space_id: str = MARKETING, **query: Json) -> Json:
    return await sandbox.ask("GET", f"drive/{space_id}/children", **query)


@given(ENTRIES, st.integers(1, 7), st.sampled_from(sorted(SHELVES)), st.booleans(), st.integers(0, 25))
def test_portions_hold_everything_exactly_once(
    entries: list[tuple[str, bool, int]], limit: int, order: str, descending: bool, renamed: int
) -> None:
    """Also when something changed after the folder was put in order; folders first, and each part in order."""
    drive = make_drive()
    space = the_space(drive)
    for name, folder, size in entries:
        drive.make(space, ROOT, name, "FOLDER" if folder else "FILE", "owner", size=0 if folder else size)
    space.tree.shelf(ROOT, order, descending=descending, offset=0, limit=1)
    for dentry in space.tree.children(ROOT)[:renamed]:
        space.tree.change(dentry, name=dentry.name + "x", modified_ms=dentry.modified_ms + int(dentry.id) % 3)
    for dentry in space.tree.children(ROOT)[:renamed:3]:
        drive.take(space, dentry.id)
    total = space.tree.child_count(ROOT)
    portions = [
        space.tree.shelf(ROOT, order, descending=descending, offset=offset, limit=limit)
        for offset in range(0, total + limit, limit)
    ]
    assert [len(p) for p in portions[:-1]] == [limit] * (total // limit) + [total % limit] * (
        total % limit > 0
    )
    found = [d for portion in portions for d in portion]
    assert sorted(d.id for d in found) == sorted(d.id for d in space.tree.children(ROOT))
    assert [d.is_folder for d in found] == sorted((d.is_folder for d in found), reverse=True)
    for part in ([d for d in found if d.is_folder], [d for d in found if not d.is_folder]):
        keys: list[Any] = [
            {"name": d.name.casefold(), "modified": d.modified_ms, "size": d.size}[order] for d in part
        ]
        assert keys == sorted(keys, reverse=descending)


async def test_a_folder_is_told_with_all_that_is_seen_of_it(sandbox: Control) -> None:
    top = await children(sandbox)
    entries = await sandbox.entries(MARKETING)
    assert top["total"] == len(top["items"]) == sum("/" not in path[1:] for path in entries)
    shown = {item["name"]: item for item in top["items"]}
    report, year = shown["report.pdf"], shown["2023"]
    assert report.keys() == {
        "id",
        "uuid",
        "name",
        "type",
        "size",
        "modifiedMs",
        "creatorId",
        "creatorName",
        "children",
        "state",
    }
    assert (report["creatorName"], report["size"], report["state"]) == ("王小明", 12400000, "normal")
    assert (year["type"], year["children"]) == ("FOLDER", entries["/2023"]["children"])
    inside = await children(sandbox, parent=year["id"], order="modified", descending=1)
    assert {item["name"] for item in inside["items"]} == {"drafts", "Q1", "Q2", "Q3", "Q4"}


async def test_paging_by_http(sandbox: Control) -> None:
    everything = [item["id"] for item in (await children(sandbox))["items"]]
    paged: list[str] = []
    while portion := (await children(sandbox, offset=len(paged), limit=4))["items"]:
        paged += [item["id"] for item in portion]
    assert paged == everything


@pytest.mark.parametrize(
    "query",
    [
        {"order": "colour"},
        {"order": "NAME"},
        {"offset": -1},
        {"limit": 0},
        {"limit": "x"},
    ],
)
async def test_nonsense_is_refused(sandbox: Control, query: Json) -> None:
    async with sandbox.http.get(f"{sandbox.url}/sandbox/drive/{MARKETING}/children", params=query) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("parent", ["7", ""])
async def test_a_folder_that_is_not_there_is_gone(sandbox: Control, parent: str) -> None:
    assert await children(sandbox, parent=parent) == {"total": 0, "offset": 0, "items": [], "gone": True}


async def test_a_file_has_nothing_in_it(sandbox: Control) -> None:
    report = (await sandbox.entries(MARKETING))["/report.pdf"]["id"]
    async with sandbox.http.get(
        f"{sandbox.url}/sandbox/drive/{MARKETING}/children", params={"parent": report}
    ) as answer:
        assert answer.status == 400


async def test_what_a_running_task_deletes_is_marked(sandbox: Control) -> None:
    await sandbox.limits(taskSeconds=1000)
    entries = await sandbox.entries(MARKETING)
    year, quarter = entries["/2023"]["id"], entries["/2023/Q1"]["id"]

    async def states(parent: str = "0") -> dict[str, str]:
        return {i["name"]: i["state"] for i in (await children(sandbox, parent=parent))["items"]}

    await sandbox.remove(MARKETING, "wangUnionId", quarter)
    assert {name for name, state in (await states(year)).items() if state == "deleting"} == {"Q1"}
    assert set((await states(quarter)).values()) == {"deleting"}
    assert set((await states()).values()) == {"normal"}
    await sandbox.advance(1000)
    assert "Q1" not in await states(year)
    assert set((await states(year)).values()) == {"normal"}


async def test_names_of_every_kind_are_listed(sandbox: Control) -> None:
    names = ["<b>x</b>", "a\u0000b", "\u202ex", "\ud800", "..", "a" * 3000, "🎉", "' or 1=1"]
    wishes = [{"parent": "/odd", "name": name, "creator": "nobody <x>"} for name in names]
    await sandbox.ask("POST", f"drive/{MARKETING}", {"create": wishes})
    odd = (await sandbox.entries(MARKETING))["/odd"]["id"]
    items = (await children(sandbox, parent=odd))["items"]
    assert sorted(item["name"] for item in items) == sorted(names)
    assert {(item["creatorId"], item["creatorName"]) for item in items} == {("nobody <x>", "")}
    changed = (await sandbox.ask("GET", "drive/changes"))["changes"]
    assert [c["name"] for c in changed] == names


async def test_changes_behind_the_robots_back_are_told(sandbox: Control) -> None:
    for order in (
        {"create": [{"path": "/x/a.txt", "size": 5, "creator": "wang"}]},
        {"touch": [{"path": "/x/a.txt", "by": "li"}]},
        {"rename": [{"path": "/x/a.txt", "name": "b.txt"}]},
        {"move": [{"path": "/x/b.txt", "to": "/"}]},
        {"remove": [{"path": "/b.txt", "toBin": True, "by": "zhao"}, {"path": "/x"}]},
    ):
        await sandbox.ask("POST", f"drive/{MARKETING}", order)
    found = (await sandbox.ask("GET", "drive/changes"))["changes"]
    assert [(c["kind"], c["oldPath"], c["path"], c["by"]) for c in found] == [
        ("created", "", "/x/a.txt", "wang"),
        ("changed", "", "/x/a.txt", "li"),
        ("renamed", "/x/a.txt", "/x/b.txt", "li"),
        ("moved", "/x/b.txt", "/b.txt", "li"),
        ("recycled", "", "/b.txt", "zhao"),
        ("gone", "", "/x", "wang"),
    ]
    assert [c["seq"] for c in found] == list(range(1, 7))
    newest = await sandbox.ask("GET", "drive/changes", limit=2)
    assert ([c["seq"] for c in newest["changes"]], newest["more"]) == ([5, 6], True)
    older = await sandbox.ask("GET", "drive/changes", limit=9, before=5)
    assert ([c["seq"] for c in older["changes"]], older["more"]) == ([1, 2, 3, 4], False)
    assert (await sandbox.ask("GET", "drive/changes", after=6))["lastSeq"] == 6
    assert (await sandbox.ask("GET", "drive/changes", spaceId="24010002"))["changes"] == []


async def test_waiting_for_a_change(sandbox: Control) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(sandbox.ask("GET", "drive/changes", after=0, wait=30))
        await sandbox.ask("POST", f"drive/{MARKETING}", {"create": [{"path": "/x"}]})
    assert [c["path"] for c in waiting.result()["changes"]] == ["/x"]


async def test_what_applications_do_is_told_too(sandbox: Control) -> None:
    async with caller() as robot:
        control = Control(sandbox.http, robot.url)
        robot.world.limits.task_polls = 0
        drafts, year = robot.at("/2023/drafts").id, robot.at("/2024").id
        base = f"/v1.0/storage/spaces/{MARKETING}/dentries"
        await robot.ok("POST", f"{base}/0/folders", {"name": "f"})
        await robot.ok("POST", f"{base}/{drafts}/rename", {"newName": "d"})
        target = {"targetSpaceId": MARKETING, "targetFolderId": year}
        await robot.ok("POST", f"{base}/{drafts}/copy", target)
        await robot.ok(
            "POST", f"{base}/{drafts}/move", {**target, "option": {"conflictStrategy": "OVERWRITE"}}
        )
        await robot.remove(robot.at("/report.pdf").id)
        bin_path = await robot.bin()
        await robot.ok("POST", f"{bin_path}/clear")
        found = (await control.ask("GET", "drive/changes"))["changes"]
    assert [(c["kind"], c["path"], c["count"]) for c in found] == [
        ("created", "/f", 1),
        ("renamed", "/2023/d", 1),
        ("created", "/2024/d", 6),
        ("gone", "/2024/d", 6),
        ("moved", "/2024/d", 6),
        ("recycled", "/report.pdf", 1),
        ("purged", "/report.pdf", 1),
    ]
    assert {c["by"] for c in found} == {"wang"}


async def test_another_state_begins_a_new_account(sandbox: Control) -> None:
    await sandbox.ask("POST", f"drive/{MARKETING}", {"create": [{"path": "/x"}, {"path": "/y"}]})
    state = await sandbox.ask("GET", "state")
    await sandbox.ask("PUT", "state", {"drive": state["drive"]})
    assert (await sandbox.ask("GET", "drive/changes"))["changes"] == []
    await sandbox.ask("POST", f"drive/{MARKETING}", {"create": [{"path": "/z"}]})
    (change,) = (await sandbox.ask("GET", "drive/changes"))["changes"]
    assert (change["path"], change["seq"]) == ("/z", 3)


async def test_the_bin_by_portions(sandbox: Control) -> None:
    wishes = [{"path": f"/n{number}", "size": 1} for number in range(9)]
    await sandbox.ask("POST", f"drive/{MARKETING}", {"create": wishes})
    removed = [{"path": wish["path"], "toBin": True} for wish in wishes]
    await sandbox.ask("POST", f"drive/{MARKETING}", {"remove": removed})
    whole = await sandbox.ask("GET", "bin", **{"as": "wang"})
    assert whole["total"] == 9
    assert all(item["contents"] for item in whole["items"])
    paged: list[Json] = []
    while portion := (await sandbox.ask("GET", "bin", **{"as": "wang"}, offset=len(paged), limit=4))["items"]:
        paged += portion
    assert [item["id"] for item in paged] == [item["id"] for item in whole["items"]]
    assert all("contents" not in item for item in paged)
    assert (await sandbox.ask("GET", "bin", spaceId="24010002", limit=5)) == {"total": 0, "items": []}
    async with sandbox.http.get(f"{sandbox.url}/sandbox/bin", params={"as": "nobody"}) as answer:
        assert answer.status == 400


async def test_a_folder_of_ten_thousand_is_put_in_order_once(sandbox: Control) -> None:
    """What is asked for again is not sorted again: nothing is compared but what is shown."""
    async with caller() as robot:
        control = Control(sandbox.http, robot.url)
        space = robot.drive.spaces[MARKETING]
        plant(robot.drive, space, [{"path": f"/many/{number}.txt"} for number in range(10_000)])
        many = robot.at("/many").id
        first = await children(control, parent=many, limit=500)
        assert first["total"] == 10_000
        keys = space.tree._sorted[many, "name"]
        robot.drive.take(space, first["items"][0]["id"])
        again = await children(control, parent=many, limit=500, offset=9_500)
        assert (again["total"], len(again["items"])) == (9_999, 499)
        assert space.tree._sorted[many, "name"] is keys
