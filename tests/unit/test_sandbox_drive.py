"""The drive of the sandbox: deleting, tasks, rights, restoring, moving, saving."""

import json
from typing import Any

import pytest

from sandbox.drive import from_dict, plant, to_dict
from sandbox.drive.conflict import STRATEGIES, Target
from sandbox.drive.dentry import clean_name, numbered_name
from sandbox.drive.drive import Drive
from sandbox.drive.removal import remove
from sandbox.drive.restoring import forget, restore
from sandbox.drive.rights import Operator
from sandbox.drive.transfer import add, copy, move, rename
from sandbox.errors import ApiError
from sandbox.limits import Limits
from tests.unit.drive_at_hand import (
    BIN_SPACE,
    CORP,
    GROUP_SPACE,
    MEMBER,
    OWNER,
    PLAIN_SPACE,
    STRANGER,
    StillClock,
    at,
    bin_paths,
    make_drive,
    operator,
    paths,
    the_space,
)

TREE: tuple[dict[str, Any], ...] = (
    {"path": "/a/b/c.txt", "size": 5, "creator": "member"},
    {"path": "/a/d.txt", "size": 7},
    {"path": "/e.txt", "size": 1},
)


def delete(
    drive: Drive, *where: str, by: Operator = OWNER, to_bin: bool = True, space_id: str = BIN_SPACE
) -> list[str]:
    """Deletes by path (or id); the outcome of each: "", an error code, or "task"."""
    space = the_space(drive, space_id)
    ids = [at(drive, w, space_id).id if w.startswith("/") else w for w in where]
    return [r.error or ("task" if r.task else "") for r in remove(drive, space, ids, by, to_bin=to_bin)]


def refused(code: str) -> Any:
    """A context in which the drive must refuse with this code."""
    return pytest.raises(ApiError, match=rf"\d+ {code}")


def test_a_deleted_file_lies_in_the_bin_and_nowhere_else() -> None:
    drive = make_drive(*TREE)
    assert delete(drive, "/e.txt") == [""]
    assert "/e.txt" not in paths(drive)
    assert bin_paths(drive) == ["/e.txt"]
    assert the_space(drive).tree.used == 12


def test_deleted_for_ever_is_gone() -> None:
    drive = make_drive(*TREE)
    assert delete(drive, "/e.txt", to_bin=False) == [""]
    assert bin_paths(drive) == []


def test_a_folder_goes_as_one_item_by_a_task() -> None:
    drive = make_drive(*TREE)
    assert delete(drive, "/a") == ["task"]
    assert paths(drive) == {"/e.txt"}
    (item,) = drive.recycle_bin(CORP).items()
    assert (item.original_path, item.size, len(item.contents)) == ("/a", 12, 4)


def test_an_empty_folder_goes_at_once() -> None:
    drive = make_drive({"path": "/empty/"})
    assert delete(drive, "/empty") == [""]


def test_a_task_advances_with_the_clock() -> None:
    drive = make_drive(*TREE, seconds=8)
    delete(drive, "/a")
    (task,) = drive.tasks.values()
    seen = []
    for _ in range(5):
        seen.append((task.status, task.done, len(paths(drive))))
        drive.clock.advance(2)
        drive.settle()
    assert seen == [
        ("INIT", 0, 5),
        ("IN_PROGRESS", 1, 4),
        ("IN_PROGRESS", 2, 3),
        ("IN_PROGRESS", 3, 2),
        ("SUCCESS", 4, 1),
    ]


def test_a_task_advances_with_polls() -> None:
    drive = make_drive(*TREE, polls=3)
    delete(drive, "/a")
    (task_id,) = drive.tasks
    assert [drive.poll(task_id).status for _ in range(4)] == [
        "IN_PROGRESS",
        "IN_PROGRESS",
        "SUCCESS",
        "SUCCESS",
    ]


def test_what_a_task_works_on_is_locked() -> None:
    drive = make_drive(*TREE, seconds=8)
    delete(drive, "/a")
    space = the_space(drive)
    for path in ("/a", "/a/d.txt", "/a/b"):
        with refused("operationConcurrentControl"):
            delete(drive, path, "/e.txt")
    with refused("operationConcurrentControl"):
        add(Target(drive, space, at(drive, "/a").id, OWNER), "new", "FOLDER")
    assert delete(drive, "/e.txt") == [""]


def test_a_folder_above_a_running_task_is_locked_too() -> None:
    drive = make_drive(*TREE, seconds=8)
    delete(drive, "/a/b")
    with refused("operationConcurrentControl"):
        delete(drive, "/a")


def test_a_folder_and_its_child_in_one_call() -> None:
    drive = make_drive(*TREE, seconds=8)
    assert delete(drive, "/a", "/a/d.txt") == ["task", "operationConcurrentControl"]
    drive = make_drive(*TREE, seconds=8)
    assert delete(drive, "/a/d.txt", "/a") == ["", "task"]


def test_each_id_has_its_own_outcome() -> None:
    drive = make_drive(*TREE)
    twice = at(drive, "/a/b/c.txt").id
    assert delete(drive, twice, "/a/d.txt", "999", twice, by=MEMBER) == [
        "",
        "permissionDenied",
        "dentryNotExist",
        "dentryNotExist",
    ]


def test_the_whole_call_is_refused() -> None:
    drive = make_drive(*TREE)
    with refused("permissionDenied"):
        delete(drive, "/e.txt", by=STRANGER)
    plant(drive, the_space(drive, PLAIN_SPACE), [{"path": "/x.txt"}])
    with refused("recycleBinNotSupportForSpace"):
        delete(drive, "/x.txt", space_id=PLAIN_SPACE)
    assert delete(drive, "/x.txt", space_id=PLAIN_SPACE, to_bin=False) == [""]


def test_what_is_shared_with_a_stranger_is_theirs_to_delete() -> None:
    drive = make_drive({"path": "/shared.txt", "grants": {"USER:stranger": "MANAGER"}})
    assert delete(drive, "/shared.txt", by=STRANGER) == [""]


def test_a_flash_note_cannot_be_recycled_but_deleted() -> None:
    drive = make_drive({"path": "/note", "driver": "SHANJI"})
    assert delete(drive, "/note") == ["operationNotSupported"]
    assert delete(drive, "/note", to_bin=False) == [""]


def test_a_task_spares_what_the_operator_may_not_delete() -> None:
    drive = make_drive(
        {"path": "/mine/", "creator": "member"},
        {"path": "/mine/sub/", "creator": "member"},
        {"path": "/mine/sub/own.txt", "creator": "member", "size": 3},
        {"path": "/mine/theirs.txt", "creator": "owner"},
        {"path": "/mine/note", "creator": "member", "driver": "SHANJI"},
    )
    assert delete(drive, "/mine", by=MEMBER) == ["task"]
    (task,) = drive.tasks.values()
    assert (task.status, task.total, task.done, task.failed) == ("FAIL", 5, 2, 3)
    assert task.fail_message == "permissionDenied"
    assert paths(drive) == {"/mine", "/mine/theirs.txt", "/mine/note"}
    assert bin_paths(drive) == ["/mine/sub"]


def test_roles_pass_down_and_break_stops_only_the_weak() -> None:
    drive = make_drive(
        {"path": "/team/", "grants": {"USER:helper": "MANAGER"}},
        {"path": "/team/closed/", "inheritance": "BREAK"},
        {"path": "/team/closed/x.txt"},
        {"path": "/private/", "inheritance": "BREAK"},
        {"path": "/private/y.txt"},
    )
    space, helper = the_space(drive), operator("helper")
    assert space.role_on(at(drive, "/team/closed/x.txt"), helper).name == "MANAGER"
    assert space.role_on(at(drive, "/private/y.txt"), helper).name == "NONE"
    assert space.role_on(at(drive, "/private/y.txt"), OWNER).name == "OWNER"


def test_restoring_brings_everything_back_under_new_ids() -> None:
    drive = make_drive(*TREE)
    before = {d.uuid: (the_space(drive).tree.path(d), d.id) for d in the_space(drive).tree}
    delete(drive, "/a")
    recycle_bin = drive.recycle_bin(CORP)
    done = restore(drive, recycle_bin, recycle_bin.items()[0].id, OWNER, "AUTO_RENAME")
    assert done.dentry_id == at(drive, "/a").id
    assert done.task is not None
    assert done.task.status == "SUCCESS"
    after = {d.uuid: (the_space(drive).tree.path(d), d.id) for d in the_space(drive).tree}
    assert {uuid: path for uuid, (path, _) in after.items()} == {
        uuid: path for uuid, (path, _) in before.items()
    }
    assert after[at(drive, "/a/d.txt").uuid][1] != before[at(drive, "/a/d.txt").uuid][1]
    assert len(recycle_bin) == 0
    assert the_space(drive).tree.used == 13


def test_folders_that_are_gone_are_made_anew() -> None:
    drive = make_drive(*TREE)
    delete(drive, "/a/b/c.txt")
    delete(drive, "/a", to_bin=False)
    recycle_bin = drive.recycle_bin(CORP)
    restore(drive, recycle_bin, recycle_bin.items()[0].id, OWNER, "RETURN_ERROR_IF_EXISTS")
    assert paths(drive) == {"/a", "/a/b", "/a/b/c.txt", "/e.txt"}


def test_a_restored_file_finds_its_folder_where_it_is_now() -> None:
    drive = make_drive(*TREE)
    delete(drive, "/a/d.txt")
    rename(drive, the_space(drive), at(drive, "/a"), "renamed", OWNER)
    recycle_bin = drive.recycle_bin(CORP)
    restore(drive, recycle_bin, recycle_bin.items()[0].id, OWNER, "AUTO_RENAME")
    assert "/renamed/d.txt" in paths(drive)


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_restoring_where_the_name_is_taken(strategy: str) -> None:
    drive = make_drive(*TREE)
    old = at(drive, "/e.txt").uuid
    delete(drive, "/e.txt")
    (new,) = plant(drive, the_space(drive), [{"path": "/e.txt", "size": 100}])
    recycle_bin = drive.recycle_bin(CORP)
    item_id = recycle_bin.items()[0].id
    if strategy == "RETURN_ERROR_IF_EXISTS":
        with refused("dentryAlreadyExist"):
            restore(drive, recycle_bin, item_id, OWNER, strategy)
        assert item_id in recycle_bin
        return
    done = restore(drive, recycle_bin, item_id, OWNER, strategy)
    found = {d.name: d.uuid for d in the_space(drive).tree.children("0")}
    if strategy == "AUTO_RENAME":
        assert (found["e.txt"], found["e(1).txt"]) == (new.uuid, old)
    elif strategy == "OVERWRITE":
        assert found["e.txt"] == old
        assert drive.by_uuid(CORP, new.uuid) is None
    else:
        assert (done.dentry_id, item_id in recycle_bin) == (new.id, True)


def test_only_who_could_delete_it_may_restore_or_forget_it() -> None:
    drive = make_drive(*TREE)
    delete(drive, "/e.txt", "/a/b/c.txt")
    recycle_bin = drive.recycle_bin(CORP)
    theirs, own = (i.id for i in sorted(recycle_bin.items(), key=lambda i: i.original_path != "/e.txt"))
    for verb in (
        lambda: restore(drive, recycle_bin, theirs, MEMBER, "AUTO_RENAME"),
        lambda: forget(drive, recycle_bin, [own, theirs], MEMBER),
    ):
        with refused("permissionDenied"):
            verb()
    assert len(recycle_bin) == 2
    forget(drive, recycle_bin, [own], MEMBER)
    with refused("recycleItemNotExist"):
        restore(drive, recycle_bin, own, OWNER, "AUTO_RENAME")


def test_deleting_a_space_empties_its_part_of_the_bin() -> None:
    drive = make_drive(*TREE)
    delete(drive, "/e.txt")
    drive.drop_space(the_space(drive))
    assert bin_paths(drive) == []
    with refused("spaceNotExist"):
        the_space(drive)


def test_moving_and_copying() -> None:
    drive = make_drive(*TREE)
    space, group = the_space(drive), the_space(drive, GROUP_SPACE)
    kept = at(drive, "/a").id
    assert copy(space, at(drive, "/a"), Target(drive, group, "0", OWNER)).task is not None
    assert paths(drive, GROUP_SPACE) == {"/a", "/a/b", "/a/b/c.txt", "/a/d.txt"}
    arrived = move(space, at(drive, "/a"), Target(drive, group, at(drive, "/a/b", GROUP_SPACE).id, OWNER))
    assert arrived.dentry.id == kept
    assert "/a/b/a/d.txt" in paths(drive, GROUP_SPACE)
    assert paths(drive) == {"/e.txt"}
    assert (space.tree.used, group.tree.used) == (1, 24)
    with refused("paramError.targetFolderId"):
        move(
            group,
            at(drive, "/a", GROUP_SPACE),
            Target(drive, group, at(drive, "/a/b", GROUP_SPACE).id, OWNER),
        )


def test_a_full_space_takes_no_more() -> None:
    drive = make_drive(*TREE)
    group = the_space(drive, GROUP_SPACE)
    group.quota = 11
    with refused("spaceQuotaInsufficient"):
        copy(the_space(drive), at(drive, "/a"), Target(drive, group, "0", OWNER))


def test_changes_past_the_locks_do_not_break_a_task() -> None:
    drive = make_drive(*TREE, polls=1)
    delete(drive, "/a")
    plant(drive, the_space(drive), [{"path": "/a/late.txt"}])
    drive.take(the_space(drive), at(drive, "/a/b/c.txt").id)
    (task,) = drive.tasks.values()
    assert drive.poll(task.id).status == "FAIL"
    assert paths(drive) == {"/a", "/a/late.txt", "/e.txt"}
    assert sorted(bin_paths(drive)) == ["/a/b", "/a/d.txt"]


def test_subscribers_hear_of_what_is_deleted() -> None:
    heard: list[tuple[str, str, dict[str, Any]]] = []
    drive = make_drive(*TREE)
    drive.push = lambda *event: heard.append(event)
    delete(drive, "/e.txt")
    assert heard == []
    drive.subscriptions = {(CORP, "ORG", CORP), (CORP, "SPACE", BIN_SPACE), (CORP, "SPACE", "999")}
    folder = at(drive, "/a")
    delete(drive, "/a")
    assert [(corp, kind, e["eventScope"], e["eventScopeId"]) for corp, kind, e in heard] == [
        (CORP, "storage_dentry_delete", "ORG", CORP),
        (CORP, "storage_dentry_delete", "SPACE", BIN_SPACE),
    ]
    assert {k: heard[0][2][k] for k in ("spaceId", "dentryId", "type", "extension", "unionId")} == {
        "spaceId": BIN_SPACE,
        "dentryId": folder.id,
        "type": "FOLDER",
        "extension": "",
        "unionId": "owner",
    }


def test_the_state_survives_paper_in_the_middle_of_everything() -> None:
    drive = make_drive(*TREE, {"path": "/f/g.txt"}, seconds=8)
    delete(drive, "/e.txt")
    delete(drive, "/a")
    drive.clock.advance(4)
    drive.subscriptions.add((CORP, "ORG", CORP))
    paper = json.loads(json.dumps(to_dict(drive)))
    again = from_dict(drive.clock, drive.limits, paper)
    assert json.loads(json.dumps(to_dict(again))) == paper
    for one in (drive, again):
        one.clock.advance(4)
        one.settle()
        assert paths(one) == {"/f", "/f/g.txt"}
        assert bin_paths(one) == ["/a", "/e.txt"]


@pytest.mark.parametrize("entry", [{"parentId": "77"}, {"parentId": "1"}])
def test_a_state_with_lost_dentries_is_refused(entry: dict[str, str]) -> None:
    paper = to_dict(make_drive(*TREE))
    paper["spaces"][0]["dentries"][0] |= entry
    with pytest.raises(ValueError, match="not there"):
        from_dict(StillClock(), Limits(), paper)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (" a b ", "a b"),
        ("预算 2023.xlsx", "预算 2023.xlsx"),
        ("", None),
        ("  ", None),
        ("end.", None),
        ("a*b", None),
    ]
    + [(f"a{c}b", None) for c in '\t"<>|/'],
)
def test_names(name: str, kept: str | None) -> None:
    assert clean_name(name) == kept


def test_numbered_names() -> None:
    assert numbered_name("a.b.txt", 1, folder=False) == "a.b(1).txt"
    assert numbered_name("a.b", 2, folder=True) == "a.b(2)"
    assert numbered_name(".env", 1, folder=False) == ".env(1)"


def test_a_space_of_100_000_is_quick() -> None:
    """Not a measurement: it only fails (by the time limit of the test) when something is quadratic."""
    drive = make_drive()
    space = the_space(drive)
    plant(drive, space, [{"path": f"/big/f{i}.txt", "size": 1} for i in range(100_000)])
    seen, after = 0, None
    while True:
        found, after = space.tree.page(None, "MODIFIED_TIME", descending=True, after=after, limit=50)
        seen += len(found)
        if after is None:
            break
    assert seen == 100_001
    for number in range(500):
        delete(drive, f"/big/f{number}.txt")
    delete(drive, "/big")
    assert (len(space.tree), len(drive.recycle_bin(CORP))) == (0, 501)
