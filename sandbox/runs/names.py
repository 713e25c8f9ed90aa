"""Names for what an application chooses by itself, so that an order of one run finds its counterpart in another.

| field of an order | name |
|---|---|
| `outTrackId` | `{card: n, conversation}`: the n-th card that appeared in that conversation since the run began |
| `seq` | `{actionCard: n, conversation}`: the n-th action card there |
| `msgId` | `{push: n, topic}`: the n-th message, callback or event of that topic |
| `connectionId` | `{connection: n}`: the n-th of those open |
| `faultId` | `{fault: n}`: the n-th fault ordered |

What was there before the run began keeps its id: it is in the state the run begins with.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.bell import Bell
from sandbox.chat import Message
from sandbox.runs.run import Name
from sandbox.world import World

PLACES = {
    "card": "conversation",
    "actionCard": "conversation",
    "push": "topic",
    "connection": "",
    "fault": "",
}
"""What a name is counted in, by what it names; "": in the whole run."""


def names_in(world: World, body: Mapping[str, Any], path: Mapping[str, str]) -> dict[str, Name]:
    """The names of what an order with this body and these parts of its path is about, by field."""
    given = {**body, **path}
    found = {key: name(world, given) for key, name in NAMERS.items() if key in given}
    return {key: name for key, name in found.items() if name}


def _name_card(world: World, given: Mapping[str, Any]) -> Name | None:
    """By the conversation where the presser sees it, else by any where it is shown."""
    track = given["outTrackId"]
    seen = world.chat.shows(str(given.get("as", "")), track)
    first = [seen.conversation_id] if seen else []
    for conversation_id in (*first, *world.chat.messages):
        cards = _cards(world, conversation_id)
        if track in cards:
            return {"card": cards.index(track) + 1, "conversation": conversation_id}
    return None


def _name_action_card(world: World, given: Mapping[str, Any]) -> Name | None:
    conversation = world.chat.find(str(given.get("conversation", "")))
    if conversation is None:
        return None
    numbers = [m.seq for m in _new(world, conversation.conversation_id, "actionCard")]
    if given["seq"] not in numbers:
        return None
    return {
        "actionCard": numbers.index(given["seq"]) + 1,
        "conversation": conversation.conversation_id,
    }


def _name_push(world: World, given: Mapping[str, Any]) -> Name | None:
    for topic, pushed in _pushes(world).items():
        if given["msgId"] in pushed:
            return {"push": pushed.index(given["msgId"]) + 1, "topic": topic}
    return None


def _name_connection(world: World, given: Mapping[str, Any]) -> Name | None:
    open_ = list(world.stream.connections)
    return {"connection": open_.index(given["connectionId"]) + 1} if given["connectionId"] in open_ else None


def _name_fault(world: World, given: Mapping[str, Any]) -> Name | None:
    ordered = world.run.faults
    return {"fault": ordered.index(given["faultId"]) + 1} if given["faultId"] in ordered else None


NAMERS: dict[str, Callable[[World, Mapping[str, Any]], Name | None]] = {
    "outTrackId": _name_card,
    "seq": _name_action_card,
    "msgId": _name_push,
    "connectionId": _name_connection,
    "faultId": _name_fault,
}


def resolve(world: World, name: Name) -> Any:
    """What a name stands for in the run that is going on; None while it is not there."""
    kind = kind_of(name)
    number, found = name[kind], _listed(world, kind, name)
    return found[number - 1] if number <= len(found) else None


def _listed(world: World, kind: str, name: Name) -> list[Any]:
    if kind == "card":
        return _cards(world, name["conversation"])
    if kind == "actionCard":
        return [m.seq for m in _new(world, name["conversation"], "actionCard")]
    if kind == "push":
        return _pushes(world).get(name["topic"], [])
    return list(world.stream.connections) if kind == "connection" else world.run.faults


def bell_of(world: World, name: Name) -> Bell:
    """The bell that rings when what it names may have come."""
    kind = kind_of(name)
    if kind == "fault":
        return world.run.bell
    return world.chat.bell if kind in {"card", "actionCard"} else world.stream.log.bell


def kind_of(name: Name) -> str:
    """Which kind of thing it names. Raises ValueError when it is no name."""
    for kind, place in PLACES.items():
        if kind in name and name.keys() == {kind, place} - {""}:
            sound = isinstance(name[kind], int) and name[kind] > 0 and isinstance(name.get(place, ""), str)
            if sound:
                return kind
    raise ValueError(f"{name} names nothing")


def told(name: Name) -> str:
    """The name in words."""
    kind = kind_of(name)
    where = name.get("conversation") or name.get("topic")
    return f"{kind} {name[kind]}" + (f" of {where}" if where else "")


def _cards(world: World, conversation_id: str) -> list[str]:
    """The cards that appeared in a conversation, each once."""
    return list(dict.fromkeys(m.out_track_id for m in _new(world, conversation_id, "card")))


def _new(world: World, conversation_id: str, kind: str) -> list[Message]:
    said = world.chat.messages.get(conversation_id, ())
    old = world.run.progress.old_messages if world.run.progress else set[str]()
    return [m for m in said if m.kind == kind and m.id not in old]


def _pushes(world: World) -> dict[str, list[str]]:
    if world.run.progress is None:
        return {}
    world.run.progress.seen()
    return {topic: [*pushed] for topic, pushed in world.run.progress.pushes.items()}
