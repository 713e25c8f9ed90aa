"""Files and pictures that people send, and where their files lie.

https://open.dingtalk.com/document/development/receive-message
"""

from typing import Any

from sandbox import ids
from sandbox.chat import GROUP, Conversation
from sandbox.drive.conflict import Target
from sandbox.drive.dentry import ROOT, Dentry
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator, allows
from sandbox.drive.space import Space
from sandbox.drive.transfer import add
from sandbox.people import Person
from sandbox.storage.arguments import operator_of
from sandbox.talk import MisuseError, Utterance, conversation_of
from sandbox.world import World


def file(world: World, user_id: str, conversation_id: str, wish: Any) -> Utterance:
    """A file somebody sends: `{spaceId, dentryId}` one that is there, `{name, size}` a new one.

    A new one is put into the space of the group, where its sender may add to it, else into a space of the sender's
    own. Raises MisuseError, or ApiError with the storage code.
    """
    if not isinstance(wish, dict):
        raise MisuseError("file is no object")
    person = world.people.get(user_id)
    if person is None:
        raise MisuseError(f"nobody is called {user_id}")
    conversation = conversation_of(world, person, conversation_id)
    who = operator_of(world, person.union_id)
    sent = _existing(world, who, wish) if "dentryId" in wish else _new(world, person, conversation, who, wish)
    content = {
        "downloadCode": ids.opaque(),
        "fileName": sent.name,
        "spaceId": sent.space_id,
        "fileId": sent.id,
    }
    return Utterance("file", content, shown={"size": sent.size})


def image(wish: Any) -> Utterance:
    """A picture somebody sends, `true` or `{name}`; its name is seen in the conversation only."""
    shown = {"name": str(wish["name"])} if isinstance(wish, dict) and "name" in wish else {}
    return Utterance("picture", {"downloadCode": ids.opaque()}, shown=shown)


def _existing(world: World, who: Operator, wish: dict[str, Any]) -> Dentry:
    world.drive.settle()
    space = world.drive.spaces.get(str(wish.get("spaceId")))
    if space is None:
        raise refusal("spaceNotExist", str(wish.get("spaceId")))
    found = world.drive.dentry(space, str(wish["dentryId"]))
    world.drive.require(space, found, who, "INFO")
    if found.is_folder:
        raise MisuseError(f"{found.name} is a folder")
    return found


def _new(
    world: World, person: Person, conversation: Conversation, who: Operator, wish: dict[str, Any]
) -> Dentry:
    name, size = wish.get("name"), wish.get("size", 0)
    if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise MisuseError("a file has a name and a size in bytes")
    world.drive.settle()
    space = _group_space(world, conversation, who) or own_space(world, person)
    return add(Target(world.drive, space, ROOT, who), name, "FILE", size)


def _group_space(world: World, conversation: Conversation, who: Operator) -> Space | None:
    """The space of the group, unless this person may not add to it."""
    space = world.drive.spaces.get(conversation.space_id or "") if conversation.type == GROUP else None
    return space if space and allows(space.role(who), "ADD") else None


def own_space(world: World, person: Person) -> Space:
    """The space that holds a person's own files; made at its first use."""
    drive, union_id = world.drive, person.union_id
    for space in drive.spaces.values():
        if space.kind == "own" and space.owner_id == union_id:
            return space
    now = drive.clock.now_ms()
    space = Space(
        id=drive.new_id(),
        corp_id=person.corp_id,
        name=f"{person.name}'s files" if person.language.startswith("en") else f"{person.name}的文件",
        kind="own",
        creator_id=union_id,
        created_ms=now,
        modified_ms=now,
        modifier_id=union_id,
        owner_id=union_id,
        recycles=True,
        grants={f"USER:{union_id}": "OWNER"},
    )
    return drive.add_space(space)
