"""The drive on paper: the whole state as JSON and back, and the shorter form a seed is written in."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sandbox.clock import Clock
from sandbox.drive.dentry import ROOT, Dentry
from sandbox.drive.drive import Drive, Push
from sandbox.drive.recyclebin import RecycleItem
from sandbox.drive.space import Space
from sandbox.drive.task import Task
from sandbox.limits import Limits
from sandbox.paper import camel, fitting, require

JsonObject = dict[str, Any]


def to_dict(drive: Drive) -> JsonObject:
    """Everything the drive holds, as JSON; `from_dict` makes the same drive of it."""
    drive.settle()
    return {
        "lastId": drive.last_id,
        "spaces": [_space_out(space) for space in drive.spaces.values()],
        "bins": [
            {"corpId": b.corp_id, "items": [_item_out(i) for i in reversed(b.items())]}
            for b in drive.bins.values()
        ],
        "tasks": [_task_out(task) for task in drive.tasks.values()],
        "subscriptions": sorted(map(list, drive.subscriptions)),
    }


def from_dict(clock: Clock, limits: Limits, state: Mapping[str, Any], push: Push | None = None) -> Drive:
    """A drive with this state; raises KeyError, TypeError or ValueError when it is none."""
    drive = Drive(clock, limits, push) if push else Drive(clock, limits)
    drive.last_id = max(int(state.get("lastId", 0)), drive.last_id)
    for raw in state.get("spaces", ()):
        _space_in(drive, raw)
    for raw in state.get("bins", ()):
        recycle_bin = drive.recycle_bin(raw["corpId"])
        for item in raw["items"]:
            recycle_bin.add(_item_in(item))
    for raw in state.get("tasks", ()):
        drive.adopt(_task_in(raw))
    drive.subscriptions = {
        (corp, scope, scope_id) for corp, scope, scope_id in state.get("subscriptions", ())
    }
    return drive


def plant(drive: Drive, space: Space, entries: list[JsonObject]) -> list[Dentry]:
    """Puts files and folders into a space without asking for rights, names or quota.

    An entry is `{path | parent + name, type?, size?, creator?, modified?, grants?, inheritance?, driver?, …}`:
    missing folders of the path are made (by the same creator), the type is FOLDER when the path ends in `/`
    and FILE otherwise, `creator` and `modifier` are unionIds, `created` and `modified` ISO times.
    """
    return [_plant_one(drive, space, entry) for entry in entries]


def _plant_one(drive: Drive, space: Space, entry: JsonObject) -> Dentry:
    creator = entry.get("creator", space.creator_id)
    *folders, name = _names(entry)
    parent_id = ROOT
    for folder in folders:
        step = space.tree.named(parent_id, folder)
        step = step or drive.make(space, parent_id, folder, "FOLDER", creator)
        parent_id = step.id
    is_folder = entry.get("type") == "FOLDER" or entry.get("path", "").endswith("/")
    return drive.make(space, parent_id, name, "FOLDER" if is_folder else "FILE", creator, **_details(entry))


def _names(entry: JsonObject) -> list[str]:
    folders = [part for part in entry.get("parent", "").split("/") if part]
    if "name" in entry:
        return [*folders, entry["name"]]
    names = [part for part in entry.get("path", "").split("/") if part]
    if not names:
        raise ValueError("an entry of a space needs a path, or a name")
    return names


def _details(entry: JsonObject) -> JsonObject:
    plain: JsonObject = {
        key: entry[key] for key in ("id", "size", "version", "driver", "inheritance", "uuid") if key in entry
    }
    if "grants" in entry:
        plain["grants"] = dict(entry["grants"])
    if "readOnly" in entry:
        plain["read_only"] = entry["readOnly"]
    if "modifier" in entry:
        plain["modifier_id"] = entry["modifier"]
    for key in ("created", "modified"):
        if key in entry:
            plain[f"{key}_ms"] = int(datetime.fromisoformat(entry[key]).timestamp() * 1000)
    if "modified" in entry:
        plain.setdefault("created_ms", plain["modified_ms"])
    return plain


def _plain(thing: Any, *, without: tuple[str, ...] = ()) -> JsonObject:
    """The fields of a dataclass as JSON, camelCase, one level deep."""
    values = {camel(f.name): getattr(thing, f.name) for f in fields(thing) if f.name not in without}
    return {name: dict(value) if isinstance(value, dict) else value for name, value in values.items()}


def _known(kind: Any, raw: Mapping[str, Any]) -> JsonObject:
    """The constructor arguments of a dataclass out of its JSON; ValueError when one is missing."""
    require(kind, raw)
    return fitting(kind, {f.name: raw[camel(f.name)] for f in fields(kind) if camel(f.name) in raw})


def _space_out(space: Space) -> JsonObject:
    in_order = sorted(space.tree, key=lambda d: int(d.id))
    return {**_plain(space, without=("tree",)), "dentries": [_plain(d) for d in in_order]}


def _space_in(drive: Drive, raw: Mapping[str, Any]) -> None:
    """A space of a saved state (`dentries`), or of a seed (`entries`, and less said)."""
    now = drive.clock.now_ms()
    defaults = {
        "createdMs": now,
        "modifiedMs": now,
        "modifierId": raw.get("creatorId", ""),
        "ownerId": raw.get("creatorId", ""),
    }
    space = Space(**_known(Space, {**defaults, **raw}))
    drive.spaces[space.id] = space
    waiting = [Dentry(**_known(Dentry, d)) for d in raw.get("dentries", ())]
    for dentry in _parents_first(waiting):
        drive.put(space, dentry)
    plant(drive, space, list(raw.get("entries", ())))


def _parents_first(dentries: list[Dentry]) -> list[Dentry]:
    children: dict[str, list[Dentry]] = {}
    for dentry in dentries:
        children.setdefault(dentry.parent_id, []).append(dentry)
    found = list(children.get(ROOT, ()))
    for dentry in found:
        found.extend(children.get(dentry.id, ()))
    if len(found) != len(dentries):
        raise ValueError("a dentry lies in a folder that is not there")
    return found


def _item_out(item: RecycleItem) -> JsonObject:
    return {**_plain(item), "contents": [_plain(d) for d in item.contents]}


def _item_in(raw: Mapping[str, Any]) -> RecycleItem:
    contents = [Dentry(**_known(Dentry, d)) for d in raw["contents"]]
    return RecycleItem(**_known(RecycleItem, {**raw, "contents": contents}))


def _task_out(task: Task) -> JsonObject:
    return {**_plain(task), "held": [_plain(d) for d in task.held]}


def _task_in(raw: Mapping[str, Any]) -> Task:
    held = [Dentry(**_known(Dentry, d)) for d in raw["held"]]
    return Task(**_known(Task, {**raw, "held": held}))
