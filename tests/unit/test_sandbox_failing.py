"""Tasks that were made to fail, in whole or in part: what they report is what is on the drive, and nothing is lost."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from sandbox.drive import Drive
from sandbox.drive.conflict import Target
from sandbox.drive.dentry import ROOT
from sandbox.drive.failing import TaskFault, failing
from sandbox.drive.removal import remove
from sandbox.drive.restoring import restore
from sandbox.drive.task import Task
from sandbox.drive.transfer import copy, move
from tests.unit.drive_at_hand import (
    CORP,
    GROUP_SPACE,
    OWNER,
    at,
    bin_paths,
    make_drive,
    paths,
    the_space,
)
from tests.unit.test_sandbox_drive_random import AnythingMayHappen

TREE: tuple[dict[str, Any], ...] = (
    {"path": "/a/b/c.txt", "size": 1},
    {"path": "/a/b/d.txt", "size": 2},
    {"path": "/a/e.txt", "size": 4},
    {"path": "/f.txt", "size": 8},
)
"""/a is five dentries: a, b, e.txt, then c.txt and d.txt."""


def only_task(drive: Drive) -> Task:
    (task,) = drive.tasks.values()
    return task


def outcome(task: Task) -> tuple[str, int, int, str]:
    return task.status, task.done, task.failed, task.fail_message


def delete(drive: Drive, path: str, failed: Any) -> None:
    with failing(TaskFault(failed, "because")):
        remove(drive, the_space(drive), [at(drive, path).id], OWNER, to_bin=True)


@pytest.mark.parametrize(
    ("failed", "left", "recycled"),
    [
        ("all", {"/a", "/a/b", "/a/e.txt", "/a/b/c.txt", "/a/b/d.txt"}, []),
        (99, {"/a", "/a/b", "/a/e.txt", "/a/b/c.txt", "/a/b/d.txt"}, []),
        (1, {"/a"}, ["/a/b", "/a/e.txt"]),
        (2, {"/a", "/a/b"}, ["/a/b/c.txt", "/a/b/d.txt", "/a/e.txt"]),
        (0.5, {"/a", "/a/b"}, ["/a/b/c.txt", "/a/b/d.txt", "/a/e.txt"]),
        (0.01, {"/a"}, ["/a/b", "/a/e.txt"]),
    ],
)
def test_a_deletion_stops_short(failed: Any, left: set[str], recycled: list[str]) -> None:
    drive = make_drive(*TREE)
    delete(drive, "/a", failed)
    assert paths(drive) == {*left, "/f.txt"}
    assert sorted(bin_paths(drive)) == recycled
    assert outcome(only_task(drive)) == ("FAIL", 5 - len(left), len(left), "because")


def test_what_an_operator_may_not_delete_is_the_reason_that_is_told() -> None:
    drive = make_drive(*TREE, {"path": "/a/note", "driver": "SHANJI"})
    delete(drive, "/a", 1)
    assert outcome(only_task(drive)) == ("FAIL", 4, 2, "operationNotSupported")


def test_it_fails_in_its_time_and_is_locked_until_then() -> None:
    drive = make_drive(*TREE, polls=2)
    delete(drive, "/a", "all")
    task = only_task(drive)
    assert (task.status, drive.poll(task.id).status) == ("INIT", "INIT")
    assert drive.locked(the_space(drive), at(drive, "/a/e.txt"))
    assert drive.poll(task.id).status == "FAIL"
    assert not drive.locked(the_space(drive), at(drive, "/a/e.txt"))


def put_back(drive: Drive, failed: Any) -> None:
    recycle_bin = drive.recycle_bin(CORP)
    (item,) = recycle_bin.items()
    drive.tasks.clear()
    with failing(TaskFault(failed, "because")):
        restore(drive, recycle_bin, item.id, OWNER, "AUTO_RENAME")


@pytest.mark.parametrize(
    ("failed", "back", "left"),
    [
        ("all", {"/a"}, ["/a/b", "/a/e.txt"]),
        (3, {"/a", "/a/b"}, ["/a/b/c.txt", "/a/b/d.txt", "/a/e.txt"]),
        (1, {"/a", "/a/b", "/a/b/c.txt", "/a/e.txt"}, ["/a/b/d.txt"]),
    ],
)
def test_what_does_not_come_back_stays_in_the_bin(failed: Any, back: set[str], left: list[str]) -> None:
    drive = make_drive(*TREE)
    remove(drive, the_space(drive), [at(drive, "/a").id], OWNER, to_bin=True)
    put_back(drive, failed)
    assert paths(drive) == {*back, "/f.txt"}
    assert sorted(bin_paths(drive)) == left
    assert outcome(only_task(drive)) == ("FAIL", len(back) - 1, 5 - len(back), "because")


def test_what_stayed_in_the_bin_comes_back_later_to_where_the_rest_is() -> None:
    drive = make_drive(*TREE)
    remove(drive, the_space(drive), [at(drive, "/a").id], OWNER, to_bin=True)
    taken = Target(drive, the_space(drive), ROOT, OWNER)
    drive.make(taken.space, ROOT, "a", "FOLDER", "owner")
    put_back(drive, 0.5)
    recycle_bin = drive.recycle_bin(CORP)
    for item in recycle_bin.items():
        restore(drive, recycle_bin, item.id, OWNER, "RETURN_ERROR_IF_EXISTS")
    whole = {"/a(1)", "/a(1)/b", "/a(1)/e.txt", "/a(1)/b/c.txt", "/a(1)/b/d.txt"}
    assert paths(drive) == {"/a", "/f.txt", *whole}
    assert not bin_paths(drive)


def test_a_copy_stays_incomplete() -> None:
    drive = make_drive(*TREE)
    target = Target(drive, the_space(drive, GROUP_SPACE), ROOT, OWNER)
    with failing(TaskFault(2, "because")):
        copy(the_space(drive), at(drive, "/a"), target)
    assert paths(drive, GROUP_SPACE) == {"/a", "/a/b", "/a/e.txt"}
    assert outcome(only_task(drive)) == ("FAIL", 2, 2, "because")


def test_a_move_that_fails_leaves_everything_where_it_was() -> None:
    drive = make_drive(*TREE)
    before = paths(drive)
    target = Target(drive, the_space(drive, GROUP_SPACE), ROOT, OWNER)
    with failing(TaskFault(1, "because")):
        move(the_space(drive), at(drive, "/a"), target)
    assert (paths(drive), paths(drive, GROUP_SPACE)) == (before, set())
    assert outcome(only_task(drive)) == ("FAIL", 0, 5, "because")


@pytest.mark.parametrize("path", ["/f.txt", "/a/e.txt"])
def test_what_needs_no_task_does_not_fail(path: str) -> None:
    drive = make_drive(*TREE)
    with failing(TaskFault()) as spoilt:
        remove(drive, the_space(drive), [at(drive, path).id], OWNER, to_bin=True)
        move(the_space(drive), at(drive, "/a/b/c.txt"), Target(drive, the_space(drive), ROOT, OWNER))
    assert path not in paths(drive)
    assert spoilt
    assert not spoilt.struck


def test_nothing_fails_outside() -> None:
    drive = make_drive(*TREE)
    with failing(TaskFault()):
        pass
    remove(drive, the_space(drive), [at(drive, "/a").id], OWNER, to_bin=True)
    assert only_task(drive).status == "SUCCESS"


class AnythingMayFail(AnythingMayHappen):
    """The same, and from time to time the tasks that start fail."""

    fault: TaskFault | None = None

    @rule(failed=st.sampled_from(["all", 1, 2, 0.3, 0.5, 0.9]))
    def let_them_fail(self, failed: Any) -> None:
        self.fault = TaskFault(failed)

    @rule()
    def let_them_work(self) -> None:
        self.fault = None

    def attempt(self, verb: Any, *arguments: Any) -> bool:
        with failing(self.fault):
            return super().attempt(verb, *arguments)


AnythingMayFail.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
test_anything_may_fail = pytest.mark.timeout(110)(AnythingMayFail.TestCase)
