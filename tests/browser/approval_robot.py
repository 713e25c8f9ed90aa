"""A robot for the page's tests, on the official `dingtalk-stream` client: a manager decides with somebody beside.

"delete NAME" makes a card that only 李经理 may press; whoever else does is told so on the card, and only they see it.
When she has decided, the card says so to everybody. Anything else is repeated as Markdown. The platform's address is
the environment's DINGTALK_OPENAPI_ENDPOINT.
"""

import asyncio
import json
from typing import Any

import dingtalk_stream
from dingtalk_stream import AckMessage, CallbackMessage, CardCallbackMessage, ChatbotMessage

TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
MANAGER = "li"
BUTTONS = (
    {"text": "批准", "color": "blue", "id": "approve", "request": True},
    {"text": "驳回", "color": "red", "id": "reject", "request": True},
)
DECIDED = {"approve": "✅ 李经理 已批准", "reject": "⛔ 李经理 已驳回"}
REFUSED = "只有李经理可以审批"


def buttons(*shown: dict[str, Any]) -> str:
    """The variable of the template that holds its buttons."""
    return json.dumps({"msgButtons": shown}, ensure_ascii=False)


class Asking(dingtalk_stream.ChatbotHandler):  # type: ignore[misc]
    """Makes a card of a wish."""

    async def process(self, callback: CallbackMessage) -> tuple[int, str]:
        """One message to the robot."""
        message = ChatbotMessage.from_dict(callback.data)
        text = "".join(message.get_text_list() or ()).strip()
        command, _, name = text.partition(" ")
        if command != "delete":
            self.reply_markdown("answer", text, message)
            return AckMessage.STATUS_OK, "OK"
        replier = dingtalk_stream.CardReplier(self.dingtalk_client, message)
        data = {
            "title": f"请审批：{message.sender_nick}要删除 {name}",
            "markdown": f"移到回收站：**{name}**",
            "tips": "等待李经理审批",
            "sys_full_json_obj": buttons(*BUTTONS),
        }
        await replier.async_create_and_deliver_card(TEMPLATE, data)
        return AckMessage.STATUS_OK, "OK"


class Deciding(dingtalk_stream.CallbackHandler):  # type: ignore[misc]
    """Answers a click with what the card is from then on."""

    async def process(self, callback: CallbackMessage) -> tuple[int, Any]:
        """One click."""
        click = CardCallbackMessage.from_dict(callback.data)
        answer: dict[str, Any] = {
            "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
        }
        if click.user_id == MANAGER:
            pressed = click.content["cardPrivateData"]["params"]["id"]
            params = {"tips": DECIDED[pressed], "sys_full_json_obj": buttons()}
            return AckMessage.STATUS_OK, answer | {"cardData": {"cardParamMap": params}}
        params = {"tips": REFUSED}
        return AckMessage.STATUS_OK, answer | {"userPrivateData": {"cardParamMap": params}}


def main() -> None:
    """Connects and runs until it is ended."""
    client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential("dingsandbox", "sandbox-secret"))
    client.register_callback_handler(ChatbotMessage.TOPIC, Asking())
    client.register_callback_handler(dingtalk_stream.CallbackHandler.TOPIC_CARD_CALLBACK, Deciding())
    asyncio.run(client.start())


if __name__ == "__main__":
    main()
