"""Whatever is done to the drive in whatever order: nothing is in two places, nothing is lost, the sums are right."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.drive import from_dict, to_dict
from sandbox.drive.conflict import STRATEGIES, Target
from sandbox.drive.dentry import ROOT, Dentry
from sandbox.drive.removal import remove
from sandbox.drive.restoring import forget, restore
from sandbox.drive.rights import Operator
from sandbox.drive.transfer import add, copy, move, rename
from sandbox.drive.tree import ORDERS
from sandbox.errors import ApiError
from tests.unit.drive_at_hand import BIN_SPACE, CORP, GROUP_SPACE, MEMBER, OWNER, StillClock, make_drive

NAMES = st.sampled_from(["a", "b", "报告.pdf", "c.txt"])
PEOPLE = st.sampled_from([OWNER, OWNER, MEMBER])
WHERE = st.sampled_from([BIN_SPACE, GROUP_SPACE])
WORDS = st.sampled_from(sorted(STRATEGIES))
PICK = st.integers(0, 10_000)
TO_BEGIN_WITH: list[dict[str, Any]] = [
    {"path": "/a/b/c.txt", "size": 3, "creator": "member"},
    {"path": "/a/b/报告.pdf", "size": 5},
    {"path": "/a/c.txt", "size": 7},
    {"path": "/b/a/", "creator": "member"},
    {"path": "/b/a/c.txt", "size": 11},
    {"path": "/b/a/note", "creator": "member", "driver": "SHANJI"},
    {"path": "/c.txt", "size": 13, "creator": "member"},
]
REFUSALS = {
    "operationConcurrentControl",
    "permissionDenied",
    "dentryAlreadyExist",
    "dentryNotExist",
    "recycleItemNotExist",
    "paramError.targetFolderId",
    "paramError.name",
}


class AnythingMayHappen(RuleBasedStateMachine):
    """A drive and the uuids of everything that was made and not deleted for ever."""

    @initialize(seconds=st.sampled_from([0, 5]), polls=st.sampled_from([0, 2]))
    def begin(self, seconds: int, polls: int) -> None:
        self.drive = make_drive(*TO_BEGIN_WITH, seconds=seconds, polls=polls)
        self.mortal = False
        """Whether the last rule was allowed to delete something for ever."""
        self.known: set[str] = set()
        self.whole = 0

    def dentries(self, space_id: str) -> list[Dentry]:
        return sorted(self.drive.space(CORP, space_id).tree, key=lambda d: int(d.id))

    def pick(self, space_id: str, number: int) -> Dentry | None:
        found = self.dentries(space_id)
        return found[number % len(found)] if found else None

    def target(self, space_id: str, number: int, who: Operator, word: str = "AUTO_RENAME") -> Target:
        folders = [ROOT, *(d.id for d in self.dentries(space_id) if d.is_folder)]
        return Target(self.drive, self.drive.space(CORP, space_id), folders[number % len(folders)], who, word)

    def attempt(self, verb: Any, *arguments: Any) -> bool:
        """Does it, or is refused for a documented reason and then has changed nothing."""
        before, last_id = json.dumps(to_dict(self.drive)), self.drive.last_id
        try:
            verb(*arguments)
        except ApiError as exc:
            code = exc.code
        else:
            return True
        assert code in REFUSALS
        self.drive.last_id = last_id
        assert json.dumps(to_dict(self.drive)) == before, "refused, yet something changed"
        return False

    def burning(self) -> bool:
        """Whether a running task deletes for ever."""
        return any(
            t.kind == "remove" and not t.to_bin and t.end_ms is None for t in self.drive.tasks.values()
        )

    @rule(
        space_id=WHERE,
        number=PICK,
        name=NAMES,
        folder=st.booleans(),
        size=st.integers(0, 99),
        who=PEOPLE,
        word=WORDS,
    )
    def create(
        self, *, space_id: str, number: int, name: str, folder: bool, size: int, who: Operator, word: str
    ) -> None:
        self.mortal = word == "OVERWRITE" or self.burning()
        target = self.target(space_id, number, who, word)
        self.attempt(add, target, name, "FOLDER" if folder else "FILE", 0 if folder else size)

    @rule(space_id=WHERE, numbers=st.lists(PICK, min_size=1, max_size=4), who=PEOPLE, to_bin=st.booleans())
    def delete(self, space_id: str, numbers: list[int], who: Operator, to_bin: bool) -> None:
        found = [d for d in (self.pick(space_id, n) for n in numbers) if d]
        self.mortal = not to_bin or self.burning()
        space = self.drive.space(CORP, space_id)
        self.attempt(lambda: remove(self.drive, space, [d.id for d in found], who, to_bin=to_bin))

    @rule(number=PICK, who=PEOPLE, word=WORDS)
    def put_back(self, number: int, who: Operator, word: str) -> None:
        recycle_bin = self.drive.recycle_bin(CORP)
        items = recycle_bin.items()
        if not items:
            return
        item = items[number % len(items)]
        self.mortal = word == "OVERWRITE" or self.burning()
        root = item.root.uuid
        done = self.attempt(restore, self.drive, recycle_bin, item.id, who, word)
        back = self.drive.by_uuid(CORP, root) is not None
        assert back == (done and item.id not in recycle_bin), (
            "restored means there, refused means still in the bin"
        )

    @rule(number=PICK)
    def take_its_name(self, number: int) -> None:
        """Something new takes the place of something in the bin."""
        self.mortal = self.burning()
        items = self.drive.recycle_bin(CORP).items()
        root = items[number % len(items)].root if items else None
        if root and root.parent_id in {ROOT, *(d.id for d in self.dentries(root.space_id) if d.is_folder)}:
            space = self.drive.space(CORP, root.space_id)
            target = Target(self.drive, space, root.parent_id, OWNER, "RETURN_ERROR_IF_EXISTS")
            self.attempt(add, target, root.name, root.type)

    @rule(number=PICK, who=PEOPLE)
    def let_go(self, number: int, who: Operator) -> None:
        items = self.drive.recycle_bin(CORP).items()
        self.mortal = True
        if items:
            self.attempt(
                forget, self.drive, self.drive.recycle_bin(CORP), [items[number % len(items)].id], who
            )

    @rule(space_id=WHERE, number=PICK, name=NAMES, who=PEOPLE)
    def call_it(self, space_id: str, number: int, name: str, who: Operator) -> None:
        self.mortal = self.burning()
        if dentry := self.pick(space_id, number):
            self.attempt(rename, self.drive, self.drive.space(CORP, space_id), dentry, name, who)

    @rule(
        here=WHERE,
        there=WHERE,
        number=PICK,
        into=PICK,
        who=PEOPLE,
        word=WORDS,
        verb=st.sampled_from([move, copy]),
    )
    def carry(
        self, *, here: str, there: str, number: int, into: int, who: Operator, word: str, verb: Any
    ) -> None:
        self.mortal = word == "OVERWRITE" or self.burning()
        dentry = self.pick(here, number)
        if dentry and (verb is move or len(self.known) < 100):
            self.attempt(verb, self.drive.space(CORP, here), dentry, self.target(there, into, who, word))

    @rule(
        space_id=WHERE,
        number=PICK,
        order_by=st.sampled_from(sorted(ORDERS)),
        descending=st.booleans(),
        size=st.integers(1, 4),
        renamed=st.lists(PICK, max_size=3),
    )
    def leaf_through(
        self, *, space_id: str, number: int, order_by: str, descending: bool, size: int, renamed: list[int]
    ) -> None:
        """Page by page, while names change: whatever did not change is seen once, in its place."""
        self.mortal = self.burning()
        tree = self.drive.space(CORP, space_id).tree
        parents = [None, ROOT, *(d.id for d in self.dentries(space_id) if d.is_folder)]
        parent_id, changed = parents[number % len(parents)], set()
        page = partial(tree.page, parent_id, order_by, descending=descending)
        before, _ = page(after=None, limit=999)
        most = len(before) + len(renamed)
        seen, after = page(after=None, limit=size)
        while after is not None:
            if renamed and (dentry := self.pick(space_id, renamed.pop())):
                changed.add(dentry.id)
                self.attempt(
                    rename, self.drive, self.drive.space(CORP, space_id), dentry, f"{dentry.name}x", OWNER
                )
            found, after = page(after=after, limit=size)
            assert len(found) <= size
            seen += found
            assert len(seen) <= most, "the pages come to no end"
        still = [d.id for d in seen if d.id not in changed]
        assert still == [d.id for d in before if d.id not in changed]

    @rule(size=st.integers(1, 4))
    def leaf_through_the_bin(self, size: int) -> None:
        self.mortal = self.burning()
        recycle_bin = self.drive.recycle_bin(CORP)
        seen, after = recycle_bin.page(None, size)
        while after is not None:
            found, after = recycle_bin.page(after, size)
            assert 0 < len(found) <= size
            seen += found
            assert len(seen) <= len(recycle_bin), "the pages come to no end"
        assert [item.id for item in seen] == [item.id for item in recycle_bin.items()]

    @rule(number=PICK)
    def poll(self, number: int) -> None:
        self.mortal = self.burning()
        if self.drive.tasks:
            self.drive.poll(sorted(self.drive.tasks)[number % len(self.drive.tasks)])

    @rule(seconds=st.integers(0, 6))
    def wait(self, seconds: int) -> None:
        self.mortal = self.burning()
        self.drive.clock.advance(seconds)
        self.drive.settle()

    @rule()
    def on_paper_and_back(self) -> None:
        self.mortal = False
        state = json.loads(json.dumps(to_dict(self.drive)))
        clock = StillClock()
        clock.advance(self.drive.clock.offset_s)
        self.drive = from_dict(clock, self.drive.limits, state)
        assert json.loads(json.dumps(to_dict(self.drive))) == state

    @invariant()
    def everything_is_in_exactly_one_place(self) -> None:
        spaces = [d.uuid for s in self.drive.spaces.values() for d in s.tree]
        bins = [d.uuid for i in self.drive.recycle_bin(CORP).items() for d in i.contents]
        held = [d.uuid for t in self.drive.tasks.values() for d in t.held]
        everywhere = spaces + bins + held
        assert len(everywhere) == len(set(everywhere))
        now = set(everywhere)
        assert self.mortal or self.known <= now, "something was lost"
        self.known = now

    @invariant()
    def no_folder_has_a_name_twice(self) -> None:
        for space in self.drive.spaces.values():
            names = [(d.parent_id, d.name) for d in space.tree]
            assert len(names) == len(set(names))

    @invariant()
    def sums_paths_and_orders_are_right(self) -> None:
        for space in self.drive.spaces.values():
            tree = space.tree
            assert tree.used == sum(d.size for d in tree)
            assert len(tree) == sum(tree.child_count(p) for p in [ROOT, *(d.id for d in tree)])
            for dentry in tree:
                assert self.drive.by_uuid(CORP, dentry.uuid) == (space, dentry)
                assert dentry in tree.children(dentry.parent_id)
            for order_by in ORDERS:
                ids = [d.id for d in tree.page(None, order_by, descending=False, after=None, limit=999)[0]]
                assert sorted(ids) == sorted(d.id for d in tree)
                down = [d.id for d in tree.page(None, order_by, descending=True, after=None, limit=999)[0]]
                assert down == ids[::-1]

    @invariant()
    def the_sizes_add_up_to_all_there_is(self) -> None:
        """Of what lies in spaces, in the bin and in the hands of tasks."""
        spaces = sum(s.tree.used for s in self.drive.spaces.values())
        assert self.drive.used(CORP) == spaces
        bins = sum(item.size for item in self.drive.recycle_bin(CORP).items())
        held = sum(d.size for t in self.drive.tasks.values() for d in t.held)
        whole = spaces + bins + held
        assert self.mortal or whole >= self.whole, "bytes were lost"
        self.whole = whole

    @invariant()
    def tasks_add_up(self) -> None:
        for task in self.drive.tasks.values():
            assert 0 <= task.done <= task.total - task.failed
            if task.end_ms is not None:
                assert task.done + task.failed == task.total
                assert not task.held


AnythingMayHappen.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
test_anything_may_happen = pytest.mark.timeout(110)(AnythingMayHappen.TestCase)
