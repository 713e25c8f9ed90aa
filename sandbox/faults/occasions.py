"""What a call is about, for faults that are meant for some only: whom, which spaces, which things."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.faults.faults import Occasion
from sandbox.record import CallRecord
from sandbox.wire import Endpoint, JsonObject
from sandbox.world import World

_UNION_IDS = ("unionId", "operatorId", "unionid")
_USER_IDS = ("userid", "userId", "userIds")
_ONE_TO_ONE = "IM_ROBOT."


def call_occasion(world: World, endpoint: Endpoint, call: CallRecord, named: Mapping[str, str]) -> Occasion:
    """A call of `endpoint` as it was received; `named` is what the pattern of its path holds."""
    given = {**call.request, **call.query, **named}
    return Occasion(
        endpoint.route,
        call.method,
        call.path,
        call.client_id,
        people=frozenset(_people(world, given)),
        spaces=frozenset(_spaces(world, given)),
        items=tuple(_items(world, endpoint, named, call.request)),
    )


def _people(world: World, given: Mapping[str, Any]) -> Iterator[str]:
    """In whose name it is made, and who is written to or asked about; userIds."""
    for union_id in _texts(given, *_UNION_IDS):
        person = world.person_by_union(union_id)
        if person is not None:
            yield person.user_id
    yield from _texts(given, *_USER_IDS)
    for open_space_id in _texts(given, "openSpaceId"):
        for part in open_space_id.rpartition("//")[2].split(";"):
            if part.startswith(_ONE_TO_ONE):
                yield part.removeprefix(_ONE_TO_ONE)


def _spaces(world: World, given: Mapping[str, Any]) -> Iterator[str]:
    """The spaces it works in: named by it, or those of the task, recycle items and documents it names."""
    yield from _texts(given, "spaceId", "targetSpaceId", "scopeId")
    for task_id in _texts(given, "taskId"):
        task = world.drive.tasks.get(task_id)
        if task is not None:
            yield task.space_id
    for item_id in _texts(given, "recycleItemId", "recycleItemIds"):
        items = (recycle_bin.get(item_id) for recycle_bin in world.drive.bins.values())
        yield from (item.space_id for item in items if item is not None)
    for uuid in _texts(given, "dentryUuid"):
        place = world.drive.place_of(uuid)
        if place is not None:
            yield place[0]


def _items(world: World, endpoint: Endpoint, named: Mapping[str, str], body: JsonObject) -> Iterator[Any]:
    """The things it is asked about one by one, or the one thing its path names."""
    if endpoint.items:
        yield from endpoint.items.asked(body)
        return
    yield from _texts(named, "dentryId", "recycleItemId")
    for uuid in _texts(named, "dentryUuid"):
        place = world.drive.place_of(uuid)
        if place is not None:
            yield place[1]


def _texts(given: Mapping[str, Any], *names: str) -> Iterator[str]:
    """The texts under these names, also those in a list."""
    for name in names:
        value = given.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one:
                yield one
