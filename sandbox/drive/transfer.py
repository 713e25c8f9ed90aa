"""Making, renaming, moving and copying files and folders.

https://open.dingtalk.com/document/development/add-folder
https://open.dingtalk.com/document/development/rename-a-file-or-folder
https://open.dingtalk.com/document/development/move-a-file-or-folder
https://open.dingtalk.com/document/development/copy-an-object
"""

from dataclasses import dataclass, replace

from sandbox.drive.conflict import Landing, Target, clear, landing, require_folder
from sandbox.drive.dentry import Dentry, DentryType, clean_name
from sandbox.drive.drive import Drive
from sandbox.drive.failing import doomed
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator
from sandbox.drive.space import Space
from sandbox.drive.task import Task


@dataclass(frozen=True, slots=True)
class Arrived:
    """What now lies at the target (its contents may still follow, by `task`)."""

    dentry: Dentry
    task: Task | None = None


def add(target: Target, name: str, kind: DentryType, size: int = 0) -> Dentry:
    """Makes a file or an empty folder. Errors: dentryNameIllegal, dentryAlreadyExist, dentryNotExist (parent),
    permissionDenied, operationConcurrentControl, spaceQuotaInsufficient, orgQuotaInsufficient."""
    cleaned = clean_name(name)
    if cleaned is None:
        raise refusal("dentryNameIllegal", name)
    require_folder(target)
    target.drive.require_room(target.space, size)
    place = landing(target, cleaned, folder=kind == "FOLDER")
    if place.existing is not None:
        return place.existing
    clear(target, place)
    union_id = target.operator.union_id
    made = target.drive.make(target.space, place.parent_id, place.name, kind, union_id, size=size)
    target.drive.changes.note("created", target.space, made, union_id)
    target.drive.publish("storage_dentry_create", target.space, made, union_id)
    return made


def rename(drive: Drive, space: Space, dentry: Dentry, new_name: str, operator: Operator) -> Dentry:
    """Gives a dentry another name. Errors: paramError.name, dentryAlreadyExist, permissionDenied,
    operationConcurrentControl."""
    name = clean_name(new_name)
    if name is None:
        raise refusal("paramError.name", new_name)
    drive.require(space, dentry, operator, "RENAME")
    drive.require_unlocked(space, dentry)
    taken = space.tree.named(dentry.parent_id, name)
    if taken is not None and taken is not dentry:
        raise refusal("dentryAlreadyExist", name)
    old_path = space.tree.path(dentry)
    space.tree.change(dentry, name=name, modified_ms=drive.clock.now_ms(), modifier_id=operator.union_id)
    drive.changes.note("renamed", space, dentry, operator.union_id, old_path=old_path)
    drive.publish("storage_dentry_update", space, dentry, operator.union_id)
    return dentry


def move(space: Space, dentry: Dentry, target: Target) -> Arrived:
    """Moves a dentry with all below it into the target folder, also of another space; its id stays.

    What has children is reported as a task, though it is all there at once; one that was made to fail leaves
    everything where it was. Errors: dentryNotExist (target), dentryAlreadyExist, permissionDenied,
    paramError.targetFolderId (into itself), the quota errors, operationConcurrentControl.
    """
    drive = target.drive
    _require_source(drive, space, dentry, target.operator, "DELETE")
    require_folder(target)
    below = space.tree.subtree(dentry)
    if target.parent_id in {d.id for d in below}:
        raise refusal("paramError.targetFolderId", "a folder cannot move into itself")
    if target.space is not space:
        drive.require_room(target.space, sum(d.size for d in below))
    if target.space is space and target.parent_id == dentry.parent_id:
        return Arrived(dentry)
    place = landing(target, dentry.name, folder=dentry.is_folder)
    if place.existing is not None:
        return Arrived(place.existing)
    if place.replaces is not None and dentry in space.tree.subtree(place.replaces):
        raise refusal("paramError.targetFolderId", "the folder to overwrite holds the one to move")
    failed, why = doomed(len(below)) if len(below) > 1 else (0, "")
    if failed:
        return Arrived(dentry, _report(replace(target, space=space), below, why))
    clear(target, place)
    old_path, by = space.tree.path(dentry), target.operator.union_id
    _carry(space, below, target, place)
    drive.changes.note("moved", target.space, dentry, by, count=len(below), old_path=old_path)
    drive.publish("storage_dentry_update", target.space, dentry, by)
    return Arrived(dentry, _report(target, below) if len(below) > 1 else None)


def copy(space: Space, dentry: Dentry, target: Target) -> Arrived:
    """Copies a dentry into the target folder; what lies in it follows as a task, except what was made to fail.

    Errors as for `move`.
    """
    drive = target.drive
    _require_source(drive, space, dentry, target.operator, "COPY")
    require_folder(target)
    below = space.tree.subtree(dentry)
    drive.require_room(target.space, sum(d.size for d in below))
    place = landing(target, dentry.name, folder=dentry.is_folder)
    if place.existing is not None:
        return Arrived(place.existing)
    if place.replaces is not None and dentry in [place.replaces, *space.tree.ancestors(dentry)]:
        raise refusal("dentryAlreadyExist", dentry.name)
    clones = _clones(below, target, place)
    clear(target, place)
    drive.put(target.space, clones[0])
    failed, why = doomed(len(clones) - 1) if len(clones) > 1 else (0, "")
    count, by = len(clones) - failed, target.operator.union_id
    drive.changes.note("created", target.space, clones[0], by, count=count)
    drive.publish("storage_dentry_create", target.space, clones[0], by)
    return Arrived(clones[0], follow(target, clones[: len(clones) - failed], failed, why))


def follow(target: Target, placed: list[Dentry], failed: int = 0, why: str = "") -> Task | None:
    """The task that puts everything after the first of `placed` (already there) in its place, if anything.

    It ends in FAIL for `failed` more that are not coming.
    """
    if len(placed) + failed == 1:
        return None
    drive = target.drive
    return drive.start(
        Task(
            id=drive.new_id(),
            kind="place",
            corp_id=target.space.corp_id,
            space_id=target.space.id,
            root_id=placed[0].id,
            operator_id=target.operator.union_id,
            begin_ms=drive.clock.now_ms(),
            total=len(placed) - 1 + failed,
            failed=failed,
            fail_message=why,
            held=placed[:0:-1],
        )
    )


def _require_source(drive: Drive, space: Space, dentry: Dentry, operator: Operator, privilege: str) -> None:
    drive.require(space, dentry, operator, privilege)
    drive.require_unlocked(space, dentry)


def _carry(space: Space, below: list[Dentry], target: Target, place: Landing) -> None:
    now, root = target.drive.clock.now_ms(), below[0]
    moved = {"parent_id": place.parent_id, "name": place.name}
    seen = {"modified_ms": now, "modifier_id": target.operator.union_id}
    if target.space is space:
        space.tree.change(root, **moved, **seen)
        return
    for dentry in reversed(below):
        target.drive.take(space, dentry.id)
    root.parent_id, root.name = place.parent_id, place.name
    root.modified_ms, root.modifier_id = now, target.operator.union_id
    for dentry in below:
        target.drive.put(target.space, dentry)


def _report(target: Target, below: list[Dentry], failed: str = "") -> Task:
    """A task for what is already done, or has already `failed` for this reason: only to be told."""
    drive = target.drive
    now = drive.clock.now_ms()
    return drive.start(
        Task(
            id=drive.new_id(),
            kind="place",
            corp_id=target.space.corp_id,
            space_id=target.space.id,
            root_id=below[0].id,
            operator_id=target.operator.union_id,
            begin_ms=now,
            total=len(below),
            done=0 if failed else len(below),
            failed=len(below) if failed else 0,
            fail_message=failed,
        )
    )


def _clones(below: list[Dentry], target: Target, place: Landing) -> list[Dentry]:
    """Copies of a subtree with ids of their own, made by the operator, without the rights of the originals."""
    drive, now = target.drive, target.drive.clock.now_ms()
    new_ids = {below[0].parent_id: place.parent_id}
    clones: list[Dentry] = []
    for dentry in below:
        new_ids[dentry.id] = drive.new_id()
        clone = replace(
            dentry, id=new_ids[dentry.id], parent_id=new_ids[dentry.parent_id], uuid=drive.new_uuid()
        )
        clone.creator_id = clone.modifier_id = target.operator.union_id
        clone.created_ms = clone.modified_ms = now
        clone.version, clone.grants, clone.inheritance = 1, {}, "PASS_ON"
        clones.append(clone)
    clones[0].name = place.name
    return clones
