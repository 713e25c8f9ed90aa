"""Plain messages of the robot: to a group, to people one-to-one, or as a reply in the conversation.

https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
https://open.dingtalk.com/document/development/chatbots-send-one-on-one-chat-messages-in-batches
https://open.dingtalk.com/document/dingstart/robot-reply-and-send-messages
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bot.dingtalk.answer import Json
from bot.dingtalk.errors import DeliveryFailed
from bot.dingtalk.hosts import own_address
from bot.dingtalk.media import Media, file_type, sendable
from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Wired

TO_GROUP = Api("POST", "/v1.0/robot/groupMessages/send", write=True)
TO_USERS = Api("POST", "/v1.0/robot/oToMessages/batchSend", write=True)
REPLY = Api("POST", "/robot/sendBySession", write=True, counted=False, webhook=True)

USERS_A_CALL = 20


class _Sent(Wired):
    process_query_key: str = ""
    invalid_staff_id_list: tuple[str, ...] = ()
    flow_controlled_staff_id_list: tuple[str, ...] = ()


class _Replied(Wired):
    pass


class Robot:
    """The message calls of one robot. All raise DingTalkError; `msg_param` is JSON up to 15 000 bytes."""

    def __init__(self, wire: Wire, media: Media, robot_code: str) -> None:
        self._wire = wire
        self._media = media
        self._robot_code = robot_code

    async def send_to_group(
        self, conversation_id: str, msg_key: str, msg_param: Mapping[str, object]
    ) -> None:
        """Say something in a group the robot is in. Message kinds are named by `msg_key`: sampleMarkdown …"""
        body = {**self._message(msg_key, msg_param), "openConversationId": conversation_id}
        await self._wire.ask(TO_GROUP, _Sent, body=body)

    async def send_to_users(
        self, user_ids: Sequence[str], msg_key: str, msg_param: Mapping[str, object]
    ) -> list[str]:
        """Say something to people, each one-to-one; returns the userIds it did not reach.

        Sent to 20 people a call: when a call fails, those of the calls before have their message.
        """
        failed: list[str] = []
        for start in range(0, len(user_ids), USERS_A_CALL):
            some = list(user_ids[start : start + USERS_A_CALL])
            body = {**self._message(msg_key, msg_param), "userIds": some}
            sent = await self._wire.ask(TO_USERS, _Sent, body=body)
            failed += [*sent.invalid_staff_id_list, *sent.flow_controlled_staff_id_list]
        return failed

    async def send_file(self, user_id: str, name: str, content: bytes) -> None:
        """Send a file of up to 20 MB to one person, one-to-one; packed as a zip where its type cannot be shown.

        Raises DeliveryFailed when DingTalk took the message and says that it did not reach them.
        """
        name, content = sendable(name, content)
        media_id = await self._media.upload(name, content)
        param = {"mediaId": media_id, "fileName": name, "fileType": file_type(name)}
        if await self.send_to_users([user_id], "sampleFile", param):
            raise DeliveryFailed(TO_USERS.name, "notDelivered")

    async def reply(self, session_webhook_url: str, body: Json) -> None:
        """Answer through the address that came with a message, until it expires.

        The address came from outside, so only DingTalk's own hosts, or the configured ones, are called:
        any other raises Invalid, and nothing is sent. Raises NotFound when the session has expired.
        """
        await self._wire.post(
            REPLY, own_address(REPLY.name, session_webhook_url, self._wire.origins), body, _Replied
        )

    def _message(self, msg_key: str, msg_param: Mapping[str, object]) -> Json:
        return {
            "robotCode": self._robot_code,
            "msgKey": msg_key,
            "msgParam": json.dumps(msg_param, ensure_ascii=False),
        }
