"""Plain messages of the robot: to a group, to people one-to-one, or as a reply in the conversation.

https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
https://open.dingtalk.com/document/development/chatbots-send-one-on-one-chat-messages-in-batches
https://open.dingtalk.com/document/dingstart/robot-reply-and-send-messages
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from yarl import URL

from bot.dingtalk.answer import Json
from bot.dingtalk.errors import Invalid
from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Wired

TO_GROUP = Api("POST", "/v1.0/robot/groupMessages/send", write=True)
TO_USERS = Api("POST", "/v1.0/robot/oToMessages/batchSend", write=True)
REPLY = Api("POST", "/robot/sendBySession", write=True, counted=False)
"""Not a call of the API quota: webhooks have one of their own."""

USERS_A_CALL = 20
_DINGTALK = (".dingtalk.com", ".dingtalk.io")


class _Sent(Wired):
    process_query_key: str = ""
    invalid_staff_id_list: tuple[str, ...] = ()
    flow_controlled_staff_id_list: tuple[str, ...] = ()


class _Replied(Wired):
    pass


class Robot:
    """The message calls of one robot. All raise DingTalkError; `msg_param` is JSON up to 15 000 bytes."""

    def __init__(self, wire: Wire, robot_code: str) -> None:
        self._wire = wire
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

    async def reply(self, session_webhook_url: str, body: Json) -> None:
        """Answer through the address that came with a message, until it expires.

        The address came from outside, so only DingTalk's own hosts, or the configured ones, are called:
        any other raises Invalid, and nothing is sent. Raises NotFound when the session has expired.
        """
        await self._wire.post(REPLY, self._checked(session_webhook_url), body, _Replied)

    def _checked(self, address: str) -> URL:
        """The address if it is DingTalk's; the error never quotes it, for it is a key."""
        try:
            url = URL(address)
            is_ours = bool(url.host) and url.user is None and url.password is None and self._is_known(url)
        except ValueError:
            is_ours = False
        if not is_ours:
            raise Invalid(REPLY.name, "notDingTalk", "this webhook address is not one of DingTalk's")
        return url

    def _is_known(self, url: URL) -> bool:
        is_dingtalk = url.scheme == "https" and url.is_default_port() and (url.host or "").endswith(_DINGTALK)
        return is_dingtalk or url.origin() in self._wire.origins

    def _message(self, msg_key: str, msg_param: Mapping[str, object]) -> Json:
        return {
            "robotCode": self._robot_code,
            "msgKey": msg_key,
            "msgParam": json.dumps(msg_param, ensure_ascii=False),
        }
