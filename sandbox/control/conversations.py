"""Control of conversations: who is there, what they have before them, and what was said."""

from collections.abc import Iterable
from typing import Any

from sandbox.cards import buttons_of
from sandbox.chat import GROUP, Conversation, Message
from sandbox.control.desk import JsonObject, Order, Route
from sandbox.paper import to_json
from sandbox.people import Person
from sandbox.talk import MisuseError, robots_in
from sandbox.world import World

PREVIEW_CHARS = 120


async def people(order: Order) -> JsonObject:
    """Everybody; `heardAt` is when somebody last said something to them (ms, 0: nobody did). A card that changes
    says nothing."""
    world = order.world
    heard = dict.fromkeys(world.people, 0)
    for conversation in world.conversations.values():
        said = world.chat.messages.get(conversation.conversation_id, ())
        for user_id in heard.keys() & set(conversation.members):
            theirs = (m.at for m in reversed(said) if m.sender != user_id and m.visible(user_id))
            heard[user_id] = max(heard[user_id], next(theirs, 0))
    return {"people": [{**to_json(p), "heardAt": heard[p.user_id]} for p in world.people.values()]}


async def conversations(order: Order) -> JsonObject:
    """Every conversation; one with the robot carries its `userId`. With `as`, those of one person as they see them."""
    world, reader = order.world, order.query.get("as")
    if reader is None:
        return {"conversations": [_conversation(c) for c in world.conversations.values()]}
    person = order.person(reader)
    if any(person.corp_id in a.corp_ids for a in world.apps.values()):
        world.chat.one_to_one(person.user_id, person.corp_id)
    theirs = [c for c in world.conversations.values() if person.user_id in c.members]
    connected = {c.client_id for c in world.stream.connections.values()}
    return {"conversations": [_conversation(c) | _seen(world, c, person, connected) for c in theirs]}


def _conversation(conversation: Conversation) -> JsonObject:
    listed = to_json(conversation)
    if conversation.type != GROUP:
        listed["userId"] = conversation.members[0]
    return listed


def _seen(world: World, conversation: Conversation, person: Person, connected: set[str]) -> JsonObject:
    """What a person has of a conversation before opening it."""
    said = world.chat.newest_first(conversation.conversation_id)
    seen = (m for m in said if m.visible(person.user_id))
    listed = reversed(world.chat.messages.get(conversation.conversation_id, ()))
    last = next((m for m in listed if m.visible(person.user_id)), None)
    return {
        "lastSeq": next((m.seq for m in seen), 0),
        "last": _preview(world, last, person) if last else None,
        "canHear": conversation.robot_inside,
        "robots": [
            {"robotCode": a.robot_code, "name": a.robot_name, "connected": a.client_id in connected}
            for a in robots_in(world, conversation)
        ],
    }


def _preview(world: World, message: Message, person: Person) -> JsonObject:
    """The newest message in a few words (none for a picture)."""
    return {
        "at": message.at,
        "from": _sender(world, message),
        "kind": message.kind,
        "mine": message.sender == person.user_id,
        "text": " ".join(_words(world, message, person).split())[:PREVIEW_CHARS],
    }


def _words(world: World, message: Message, person: Person) -> str:
    body = message.body
    if message.kind == "card":
        card = world.cards.cards.get(message.out_track_id)
        return world.cards.seen_by(card, person.user_id).get("title", "") if card else ""
    if message.kind in {"richText", "feedCard"}:
        parts = body.get("richText") or body.get("links") or ()
        return " ".join(_texts(parts, "text" if message.kind == "richText" else "title"))
    named = (body.get(key) for key in ("title", "content", "fileName", "recognition", "text"))
    return next((value for value in named if isinstance(value, str) and value), "")


def _texts(parts: Any, name: str) -> Iterable[str]:
    """What the parts of a message say, whatever was sent in their place."""
    listed = parts if isinstance(parts, list) else ()
    return (str(part[name]) for part in listed if isinstance(part, dict) and name in part)


async def read(order: Order) -> JsonObject:
    """What somebody (`as`) sees in a conversation after a number; without `as`, everything that was said.

    `limit` leaves the newest of it, `before` those numbered below; `more` says whether others would fit.
    """
    world, reader = order.world, order.query.get("as") or None
    conversation = _find(world, order.path["conversationId"])
    if reader is not None and reader not in conversation.members:
        raise MisuseError(f"{reader} is not in this conversation")
    after = order.number("after")

    def seen() -> list[Message]:
        return world.chat.read(conversation.conversation_id, reader, after)

    if reader is not None:
        _show(world, world.people[reader], conversation)
    await world.chat.bell.until(lambda: bool(seen()), order.wait_s)
    messages = seen()
    recalled = world.chat.recalled(conversation.conversation_id, reader, after)
    last = max((*(m.seq for m in messages), *(m.recalled_seq for m in recalled)), default=after)
    if (before := order.number("before")) > 0:
        messages = [m for m in messages if m.seq < before]
    kept = _newest(messages, order.limit)
    return {
        "messages": [_message(world, m, reader) for m in kept],
        "lastSeq": last,
        "recalled": [m.id for m in recalled],
        "more": len(kept) < len(messages),
    }


def _show(world: World, person: Person, conversation: Conversation) -> None:
    """Somebody has the cards of a conversation before their eyes."""
    for message in world.chat.read(conversation.conversation_id, person.user_id):
        card = world.cards.cards.get(message.out_track_id) if message.out_track_id else None
        if card and card.sources:
            world.screens.show(person, card)


def _newest(messages: list[Message], limit: int | None) -> list[Message]:
    """Those with the highest numbers, in the order they were said in."""
    if limit is None or len(messages) <= limit:
        return messages
    lowest = sorted(m.seq for m in messages)[-limit]
    return [m for m in messages if m.seq >= lowest]


def _find(world: World, conversation_id: str) -> Conversation:
    conversation = world.chat.find(conversation_id)
    if conversation is None and conversation_id.startswith("one:"):
        person = world.people.get(conversation_id.removeprefix("one:"))
        conversation = world.chat.one_to_one(person.user_id, person.corp_id) if person else None
    if conversation is None:
        raise MisuseError(f"there is no conversation {conversation_id}")
    return conversation


def _message(world: World, message: Message, reader: str | None) -> JsonObject:
    shown: JsonObject = {
        **message.body,  # first: nothing in it may pass for whose message it is
        "seq": message.seq,
        "id": message.id,
        "at": message.at,
        "kind": message.kind,
        "from": _sender(world, message),
        "visibleTo": message.visible_to,
    }
    return {**shown, **_card(world, message, reader)} if message.kind == "card" else shown


def _sender(world: World, message: Message) -> JsonObject:
    sender = world.people.get(message.sender)
    return {"userId": sender.user_id, "name": sender.name} if sender else {"robot": message.robot_code}


def _card(world: World, message: Message, reader: str | None) -> JsonObject:
    """What a card shows to this person; nothing when it is so old that it was forgotten."""
    card = world.cards.cards.get(message.out_track_id)
    if card is None:
        return {}
    params, pulled = world.cards.seen_by(card, reader), card.dynamic.get(reader or "", {})
    return {
        "templateId": card.template_id,
        "params": params,
        "private": [
            key for key, value in params.items() if card.params.get(key) != value and key not in pulled
        ],
        "dynamic": [*pulled],
        "buttons": [to_json(b) for b in buttons_of(params)],
        "revision": card.revision,
    }


ROUTES: tuple[Route, ...] = (
    ("GET", "/people", people),
    ("GET", "/conversations", conversations),
    ("GET", "/conversations/{conversationId}", read),
)
