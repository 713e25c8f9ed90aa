"""Control of people and conversations: who is there, what they see, what they say and press."""

from typing import Any

from sandbox.cards import buttons_of
from sandbox.chat import GROUP, Conversation, Message
from sandbox.control.desk import JsonObject, Order, Route
from sandbox.paper import to_json
from sandbox.press import Click, Pressed, press_action_card, press_card
from sandbox.talk import MisuseError, Utterance, say
from sandbox.world import World


async def people(order: Order) -> JsonObject:
    """Everybody."""
    return {"people": [to_json(p) for p in order.world.people.values()]}


async def conversations(order: Order) -> JsonObject:
    """Every conversation; one with the robot carries its `userId`."""
    return {"conversations": [_conversation(c) for c in order.world.chat.conversations.values()]}


def _conversation(conversation: Conversation) -> JsonObject:
    listed = to_json(conversation)
    if conversation.type != GROUP:
        listed["userId"] = conversation.members[0]
    return listed


async def read(order: Order) -> JsonObject:
    """What somebody (`as`) sees in a conversation after a number; without `as`, everything that was said."""
    world, reader = order.world, order.query.get("as") or None
    conversation = _find(world, order.path["conversationId"])
    if reader is not None and reader not in conversation.members:
        raise MisuseError(f"{reader} is not in this conversation")
    after = order.number("after")

    def seen() -> list[Message]:
        return world.chat.read(conversation.conversation_id, reader, after)

    await world.chat.bell.until(lambda: bool(seen()), order.wait_s)
    messages = seen()
    last = max((m.seq for m in messages), default=after)
    return {"messages": [_message(world, m, reader) for m in messages], "lastSeq": last}


def _find(world: World, conversation_id: str) -> Conversation:
    conversation = world.chat.find(conversation_id)
    if conversation is None and conversation_id.startswith("one:"):
        person = world.people.get(conversation_id.removeprefix("one:"))
        conversation = world.chat.one_to_one(person.user_id, person.corp_id) if person else None
    if conversation is None:
        raise MisuseError(f"there is no conversation {conversation_id}")
    return conversation


def _message(world: World, message: Message, reader: str | None) -> JsonObject:
    sender = world.people.get(message.sender)
    shown: JsonObject = {
        "seq": message.seq,
        "id": message.id,
        "at": message.at,
        "kind": message.kind,
        "from": {"userId": sender.user_id, "name": sender.name} if sender else {"robot": message.robot_code},
        "visibleTo": message.visible_to,
        **message.body,
    }
    return {**shown, **_card(world, message, reader)} if message.kind == "card" else shown


def _card(world: World, message: Message, reader: str | None) -> JsonObject:
    """What a card shows to this person; nothing when it is so old that it was forgotten."""
    card = world.cards.cards.get(message.out_track_id)
    if card is None:
        return {}
    params = world.cards.seen_by(card, reader)
    return {
        "templateId": card.template_id,
        "params": params,
        "buttons": [to_json(b) for b in buttons_of(params)],
        "revision": card.revision,
    }


async def speak(order: Order) -> JsonObject:
    """Says something: `{as, conversation, text | richText | audio | msgtype + content, atRobot?, nick?, …}`."""
    body = order.body
    msgtype, content = _content(body)
    what = Utterance(
        msgtype,
        content,
        at_robot=body.get("atRobot", True),
        nick=body.get("nick", ""),
        robot_code=body.get("robotCode", ""),
        overrides=body.get("overrides") or {},
    )
    said = say(order.world, order.need("as"), order.need("conversation"), what)
    return {
        "msgId": said.msg_id,
        "messageId": said.message_id or None,
        "delivered": said.delivered,
        "seq": said.seq,
    }


def _content(body: JsonObject) -> tuple[str, dict[str, Any]]:
    if "text" in body:
        return "text", {"content": body["text"]}
    if "richText" in body:
        return "richText", {"richText": body["richText"]}
    if "audio" in body:
        return "audio", {"recognition": body["audio"], "duration": 4000, "downloadCode": "sandbox-audio"}
    if "msgtype" in body and isinstance(body.get("content"), dict):
        return body["msgtype"], body["content"]
    raise MisuseError("say text, richText, audio, or msgtype with content")


async def press(order: Order) -> JsonObject:
    """Presses a button: `{as, outTrackId, button}` of a card, `{as, conversation, seq, button}` of an action card."""
    body = order.body
    if "outTrackId" not in body:
        seq, conversation = order.need("seq"), order.need("conversation")
        pressed = press_action_card(
            order.world, order.need("as"), conversation, seq, str(order.need("button"))
        )
        return _pressed(pressed)
    click = Click(
        str(order.need("button")),
        params=body.get("params") or {},
        overrides=body.get("overrides") or {},
        force=body.get("force", False),
        shape=body.get("shape", "params"),
        conversation_id=body.get("conversation", ""),
    )
    return _pressed(await press_card(order.world, order.need("as"), body["outTrackId"], click))


def _pressed(pressed: Pressed) -> JsonObject:
    optional = {"error", "opened", "said"}
    return {k: v for k, v in to_json(pressed).items() if v is not None or k not in optional}


ROUTES: tuple[Route, ...] = (
    ("GET", "/people", people),
    ("GET", "/conversations", conversations),
    ("GET", "/conversations/{conversationId}", read),
    ("POST", "/say", speak),
    ("POST", "/press", press),
)
