"""What people say, and how it reaches the robot.

https://open.dingtalk.com/document/development/receive-message
https://open.dingtalk.com/document/development/robot-message-type
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox import ids
from sandbox.chat import GROUP, Conversation, Session
from sandbox.people import Application, Person
from sandbox.stream.frames import CALLBACK, ROBOT_TOPIC, Push
from sandbox.world import World

SESSION_MS = 5_400_000
"""How long a session webhook works, as in the documented examples: 90 minutes."""
ONLY_ONE_TO_ONE = {"audio", "video", "file"}
"""A robot does not hear these in a group."""
QUOTA_TEXT = "受调用量超量影响，当前我的消息服务已经暂停。请联系你所在的组织管理员并予以处理"


class MisuseError(Exception):
    """The test asks for something nobody could do."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody says: `msgtype` and the `content` object that goes with it.

    `overrides` replace fields of the robot message (None removes one); `robot_code` chooses the robot. `shown` is
    in the conversation only, beside the content.
    """

    msgtype: str
    content: dict[str, Any]
    at_robot: bool = True
    nick: str = ""
    robot_code: str = ""
    overrides: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """`message_id` is empty when no frame went out: the robot was not spoken to, is not connected, or the push is
    held back."""

    msg_id: str
    message_id: str
    seq: int

    @property
    def delivered(self) -> bool:
        """Whether a frame went out."""
        return bool(self.message_id)


def say(world: World, user_id: str, conversation_id: str, what: Utterance) -> Said:
    """Posts a message and, when the robot hears it, pushes it. Raises MisuseError."""
    person = world.people.get(user_id)
    if person is None:
        raise MisuseError(f"nobody is called {user_id}")
    conversation = conversation_of(world, person, conversation_id)
    body = {**what.content, **what.shown, **_mention(world, conversation, what)}
    message = world.chat.post(conversation.conversation_id, what.msgtype, body, sender=person.user_id)
    msg_id = ids.msg_id()
    app = _hearer(world, conversation, what)
    if app is None:
        return Said(msg_id, "", message.seq)
    data = _robot_message(world, app, person, conversation, what)
    data = {**data, "msgId": msg_id, **what.overrides}
    data = {key: value for key, value in data.items() if value is not None}
    msg_id, people = str(data.get("msgId", msg_id)), frozenset({person.user_id})
    push = Push(app.client_id, CALLBACK, ROBOT_TOPIC, data, msg_id=msg_id, people=people)
    world.stream.push(push)
    return Said(push.msg_id, push.message_ids[-1] if push.message_ids else "", message.seq)


def conversation_of(world: World, person: Person, conversation_id: str) -> Conversation:
    """The conversation, with this person in it. Raises MisuseError."""
    if person.left:
        raise MisuseError(f"{person.user_id} has left the organisation")
    if conversation_id == f"one:{person.user_id}":
        return world.chat.one_to_one(person.user_id, person.corp_id)
    conversation = world.chat.find(conversation_id)
    if conversation is None:
        raise MisuseError(f"there is no conversation {conversation_id}")
    if person.user_id not in conversation.members:
        raise MisuseError(f"{person.user_id} is not in {conversation_id}")
    return conversation


def _mention(world: World, conversation: Conversation, what: Utterance) -> dict[str, Any]:
    """Whom the message @s, by name, as everybody in a group reads it."""
    if conversation.type != GROUP or not what.at_robot:
        return {}
    named = [a for a in robots_in(world, conversation) if what.robot_code in {"", a.robot_code}]
    return {"atRobots": [a.robot_name for a in named[:1]]} if named else {}


def _hearer(world: World, conversation: Conversation, what: Utterance) -> Application | None:
    """The application whose robot hears it: the one named, else the first of the organisation that listens."""
    in_group = conversation.type == GROUP
    if in_group and (not what.at_robot or not conversation.robot_inside or what.msgtype in ONLY_ONE_TO_ONE):
        return None
    if what.robot_code:
        return world.application(what.robot_code)
    connected = {c.client_id for c in world.stream.connections.values()}
    return next((a for a in robots_in(world, conversation) if a.client_id in connected), None)


def robots_in(world: World, conversation: Conversation) -> list[Application]:
    """The applications whose robots may hear what is said there; one to one, every one of them."""
    if conversation.type != GROUP:
        return list(world.apps.values())
    homes = [a for a in world.apps.values() if conversation.corp_id in a.corp_ids]
    return homes if conversation.robot_inside else []


def _robot_message(
    world: World, app: Application, person: Person, conversation: Conversation, what: Utterance
) -> dict[str, Any]:
    """The data of a robot message without its msgId."""
    home = conversation.corp_id if app.suite else app.corp_id
    colleague = person.corp_id == home
    session, expires_at = _open_session(world, app, person, conversation)
    data: dict[str, Any] = {
        "senderPlatform": "Mac",
        "conversationId": conversation.conversation_id,
        "chatbotCorpId": home,
        "chatbotUserId": ids.encrypted(app.robot_code),
        "senderNick": what.nick or person.name,
        "isAdmin": colleague and person.admin,
        "senderStaffId": person.user_id if colleague else "",
        "sessionWebhookExpiredTime": expires_at,
        "createAt": world.clock.now_ms(),
        "senderCorpId": person.corp_id,
        "conversationType": conversation.type,
        "senderId": ids.encrypted(person.user_id),
        "sessionWebhook": f"{world.base_url}/robot/sendBySession?session={session}",
        "robotCode": app.robot_code,
        "msgtype": what.msgtype,
    }
    if conversation.type == GROUP:
        data["conversationTitle"] = conversation.title
        data["isInAtList"] = True
        data["atUsers"] = [{"dingtalkId": data["chatbotUserId"]}]
    return {**data, **_content(world, conversation, what)}


def _content(world: World, conversation: Conversation, what: Utterance) -> dict[str, Any]:
    if not world.meter.spend_push():
        return {"errorCode": "20001", "errorMessage": QUOTA_TEXT}
    if what.msgtype != "text":
        return {"content": what.content}
    at = " " if conversation.type == GROUP else ""
    return {"text": {**what.content, "content": at + str(what.content.get("content", ""))}}


def _open_session(
    world: World, app: Application, person: Person, conversation: Conversation
) -> tuple[str, int]:
    session, expires_at = ids.opaque(), world.clock.now_ms() + SESSION_MS
    world.chat.sessions[session] = Session(
        conversation.conversation_id, app.robot_code, person.user_id, expires_at
    )
    return session, expires_at
