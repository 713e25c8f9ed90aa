"""The drive: all spaces, recycle bins, tasks and subscriptions, and what keeps them whole.

A dentry is at any time in exactly one place: a space's tree, a recycle item, or the hands of a task. The
verbs (remove, restore, move, …) live in modules of their own and are built from what is here.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from sandbox.clock import Clock
from sandbox.drive.changes import ChangeKind, Changes
from sandbox.drive.dentry import Dentry, DentryType, undivided
from sandbox.drive.recyclebin import RecycleBin, RecycleItem
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator, allows
from sandbox.drive.space import Space
from sandbox.drive.task import Task
from sandbox.limits import Limits
from sandbox.newest import Newest

Push = Callable[[str, str, dict[str, Any]], None]
"""Sends an event to an organisation's application: corpId, event type, data."""

ORG_QUOTA = 100 * 1024**3
"""Bytes an organisation has: https://open.dingtalk.com/document/development/ding-drive-overview"""

TASKS_KEPT = 5000
PACE_S = 0.02
"""How long `work` leaves tasks alone at least, however many steps they have."""

_FIRST_ID = 118_000_000_000
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
"""What each byte becomes in a dentryUuid."""


def _push_nothing(corp_id: str, event_type: str, data: dict[str, Any]) -> None:
    """The event channel of a drive nobody listens to."""


class Drive:
    """Every space of every organisation. `push` receives the events somebody subscribed to."""

    def __init__(self, clock: Clock, limits: Limits, push: Push = _push_nothing) -> None:
        self.clock = clock
        self.limits = limits
        self.push = push
        self.spaces: dict[str, Space] = {}
        self.bins: dict[str, RecycleBin] = {}
        """By corpId."""
        self.tasks: Newest[str, Task] = Newest(TASKS_KEPT)
        self.subscriptions: set[tuple[str, str, str]] = set()
        """(corpId, scope, scopeId)"""
        self.changes = Changes(clock)
        self.last_id = _FIRST_ID
        self._places: dict[str, tuple[str, str]] = {}
        """uuid → (spaceId, dentryId), of what lies in a space."""
        self._running: dict[str, Task] = {}

    # -- identities -----------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """A number as text that nothing else here has."""
        self.last_id += 1
        return str(self.last_id)

    def new_uuid(self) -> str:
        """A dentryUuid: 32 letters and digits, the same ones in every sandbox that did the same things."""
        digest = hashlib.sha256(f"dentry {self.new_id()}".encode()).digest()
        return digest.translate(_LETTERS).decode()

    # -- looking things up ----------------------------------------------------------------------------------

    def space(self, corp_id: str, space_id: str) -> Space:
        """A space of this organisation; spaceNotExist (also for another organisation's)."""
        self.settle()
        space = self.spaces.get(space_id)
        if space is None or space.corp_id != corp_id:
            raise refusal("spaceNotExist", space_id)
        return space

    def dentry(self, space: Space, dentry_id: str) -> Dentry:
        """A dentry of the space; dentryNotExist."""
        found = space.tree.get(dentry_id)
        if found is None:
            raise refusal("dentryNotExist", dentry_id)
        return found

    def by_uuid(self, corp_id: str, uuid: str) -> tuple[Space, Dentry] | None:
        """Where the dentry with this dentryUuid lies now, or None."""
        self.settle()
        space_id, dentry_id = self._places.get(uuid, ("", ""))
        space = self.spaces.get(space_id)
        if space is None or space.corp_id != corp_id:
            return None
        return space, self.dentry(space, dentry_id)

    def place_of(self, uuid: str) -> tuple[str, str] | None:
        """(spaceId, dentryId) of what has this dentryUuid and lies in a space."""
        return self._places.get(uuid)

    def require(self, space: Space, dentry: Dentry | None, operator: Operator, privilege: str) -> None:
        """Raises permissionDenied unless the operator holds the privilege there (None: at the top)."""
        role = space.role(operator) if dentry is None else space.role_on(dentry, operator)
        if not allows(role, privilege):
            raise refusal("permissionDenied", f"{privilege} on {dentry.id if dentry else space.id}")

    def recycle_bin(self, corp_id: str) -> RecycleBin:
        """The organisation's recycle bin, after all tasks did what is due."""
        self.settle()
        return self._bin(corp_id)

    def _bin(self, corp_id: str) -> RecycleBin:
        if corp_id not in self.bins:
            name = hashlib.sha256(f"bin {corp_id}".encode()).hexdigest()[:12]
            self.bins[corp_id] = RecycleBin(id=f"rb{name}", corp_id=corp_id)
        return self.bins[corp_id]

    def used(self, corp_id: str) -> int:
        """Bytes of all files in the organisation's spaces."""
        return sum(s.tree.used for s in self.spaces.values() if s.corp_id == corp_id)

    def require_room(self, space: Space, size: int) -> None:
        """Raises spaceQuotaInsufficient or orgQuotaInsufficient unless `size` more bytes fit."""
        if space.quota is not None and space.tree.used + size > space.quota:
            raise refusal("spaceQuotaInsufficient", space.id)
        if self.used(space.corp_id) + size > ORG_QUOTA:
            raise refusal("orgQuotaInsufficient", space.corp_id)

    # -- putting in and taking out --------------------------------------------------------------------------

    def make(
        self, space: Space, parent_id: str, name: str, kind: DentryType, creator_id: str, **more: Any
    ) -> Dentry:
        """A new dentry, put into the space as it is (no check of rights, name or quota)."""
        now = self.clock.now_ms()
        times = {"created_ms": now, "modified_ms": now, "modifier_id": creator_id, "uuid": self.new_uuid()}
        known: dict[str, Any] = {"id": self.new_id(), "creator_id": creator_id, **times, **more}
        dentry = Dentry(space_id=space.id, parent_id=parent_id, type=kind, name=name, **known)
        self.put(space, dentry)
        return dentry

    def put(self, space: Space, dentry: Dentry) -> None:
        """Attaches a dentry to the space's tree."""
        dentry.space_id = space.id
        space.tree.attach(dentry)
        self._places[dentry.uuid] = (space.id, dentry.id)

    def take(self, space: Space, dentry_id: str) -> Dentry:
        """Detaches a dentry (without children) from the space's tree."""
        dentry = space.tree.detach(dentry_id)
        del self._places[dentry.uuid]
        return dentry

    def take_all(self, space: Space, dentry: Dentry) -> list[Dentry]:
        """Detaches a dentry and all below it; parents before children."""
        below = space.tree.subtree(dentry)
        for one in reversed(below):
            self.take(space, one.id)
        return below

    def recycle(
        self, space: Space, contents: list[Dentry], names: list[str], operator_id: str
    ) -> RecycleItem:
        """Puts detached dentries (parents before children) into the bin as one item; `names`: their path."""
        now = self.clock.now_ms()
        item = RecycleItem(self.new_id(), space.id, names, operator_id, now, contents)
        self._bin(space.corp_id).add(item)
        return item

    def add_space(self, space: Space) -> Space:
        """Takes on a space."""
        self.spaces[space.id] = space
        self.changes.bell.ring()
        return space

    def drop_space(self, space: Space) -> None:
        """Forgets a space, all that lies in it, and all that came from it into the bin."""
        for dentry in space.tree:
            del self._places[dentry.uuid]
        del self.spaces[space.id]
        self._bin(space.corp_id).drop_space(space.id)
        self.changes.bell.ring()

    # -- tasks ----------------------------------------------------------------------------------------------

    def start(self, task: Task) -> Task:
        """Takes a task on; it may end at once when the limits say so."""
        self.adopt(task)
        self.changes.bell.ring()
        self.settle()
        return task

    def adopt(self, task: Task) -> None:
        """Takes on a task of a saved state."""
        self.tasks[task.id] = task
        if task.end_ms is None:
            self._running[task.id] = task
            self.clock.wake()

    def poll(self, task_id: str) -> Task:
        """The task, after it was asked about once more; taskNotExist."""
        if task_id not in self.tasks:
            raise refusal("taskNotExist", task_id)
        self.tasks[task_id].polls += 1
        self.clock.wake()
        self.settle()
        return self.tasks[task_id]

    def settle(self) -> None:
        """Lets every running task do what is due by now."""
        for task in list(self._running.values()):
            self._advance(task)

    async def work(self) -> None:
        """Lets tasks do what is due although nobody asks, until it is cancelled."""
        while True:
            await self.clock.nap_until(self._next_due_s())
            self.settle()

    def _next_due_s(self) -> float | None:
        """When (seconds since 1970) time alone brings the next step of a task; None: it brings none."""
        dues = [t.next_ms(self.limits) for t in self._running.values()]
        times = [due for due in dues if due is not None]
        return max(min(times) / 1000, self.clock.now() + PACE_S) if times else None

    def running(self) -> list[Task]:
        """The tasks that have not ended, after all did what is due."""
        self.settle()
        return list(self._running.values())

    def take_over(self, other: "Drive") -> None:
        """Becomes the same as `other`, which is not used any more."""
        self.changes.clear()
        vars(self).update({**vars(other), "changes": self.changes})
        self.changes.bell.ring()
        self.clock.wake()

    def locked(self, space: Space, dentry: Dentry) -> bool:
        """Whether a running task works on this dentry, on a folder above it, or on something below it.

        Nothing is locked where `Limits.write_lock` is off.
        """
        if self.limits.write_lock == "off":
            return False
        roots = {t.root_id for t in self._running.values() if t.space_id == space.id}
        if not roots:
            return False
        above = {dentry.id, *(d.id for d in space.tree.ancestors(dentry))}
        return not roots.isdisjoint(above) or any(
            any(d.id == dentry.id for d in space.tree.ancestors(root))
            for root in map(space.tree.get, roots)
            if root is not None
        )

    def require_unlocked(self, space: Space, dentry: Dentry) -> None:
        """Raises operationConcurrentControl while a running task works there."""
        if self.locked(space, dentry):
            raise refusal("operationConcurrentControl", dentry.id)

    def _advance(self, task: Task) -> None:
        now = self.clock.now_ms()
        space = self.spaces.get(task.space_id)
        if space is None:
            self._end(task, now)
            return
        finished = task.finished(now, self.limits)
        due = task.total - task.failed if finished else task.due(now, self.limits)
        if task.done < due:
            self.changes.bell.ring()
        step = self._remove_next if task.kind == "remove" else self._place_next
        while task.done < min(due, task.total - task.failed):
            if step(task, space):
                task.done += 1
            else:
                task.failed, task.fail_message = task.failed + 1, "dentryNotExist"
        if finished:
            self._end(task, now)

    def _end(self, task: Task, now: int) -> None:
        task.end_ms = now
        self.changes.bell.ring()
        del self._running[task.id]

    def _remove_next(self, task: Task, space: Space) -> bool:
        """Removes one more; False when somebody took it away, or put something into it, past all locks."""
        dentry_id = task.waiting.pop()
        removable = space.tree.get(dentry_id) is not None and not space.tree.child_count(dentry_id)
        if removable:
            task.held.append(self.take(space, dentry_id))
        if dentry_id in task.units:
            self._hand_over(task, space)
        return removable

    def _hand_over(self, task: Task, space: Space) -> None:
        """Recycles or forgets what the task holds: one tree, or several when their folder had to stay."""
        contents, task.held = task.held[::-1], []
        for root, *below in undivided(contents):
            names = task.units.get(root.id) or self._names(space, root)
            if task.to_bin:
                self.recycle(space, [root, *below], names, task.operator_id)
            kind: ChangeKind = "recycled" if task.to_bin else "gone"
            count, by = 1 + len(below), task.operator_id
            self.changes.note(kind, space, root, by, names=names, count=count, task_id=task.id)
            self.publish("storage_dentry_delete", space, root, task.operator_id)

    def _names(self, space: Space, dentry: Dentry) -> list[str]:
        """The path of something detached, as far as the folders above it are still there."""
        parent = space.tree.get(dentry.parent_id)
        return [*(space.tree.names(parent) if parent else []), dentry.name]

    def _place_next(self, task: Task, space: Space) -> bool:
        """Places one more; False when its folder was taken away past all locks."""
        dentry = task.held.pop()
        if space.tree.get(dentry.parent_id) is None:
            return False
        self.put(space, dentry)
        return True

    # -- events ---------------------------------------------------------------------------------------------

    def publish(self, event_type: str, space: Space, dentry: Dentry, operator_id: str) -> None:
        """Pushes a file change to every subscription it falls under.

        https://open.dingtalk.com/document/development/event-storage-dentry-delete
        """
        for scope, scope_id in (("ORG", space.corp_id), ("SPACE", space.id)):
            if (space.corp_id, scope, scope_id) in self.subscriptions:
                where = {
                    "spaceId": space.id,
                    "dentryId": dentry.id,
                    "eventScope": scope,
                    "eventScopeId": scope_id,
                }
                what = {"type": dentry.type, "extension": dentry.extension, "unionId": operator_id}
                self.push(space.corp_id, event_type, {**where, **what})
