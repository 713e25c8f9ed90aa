"""A robot on the official `dingtalk-stream` client, as its documentation shows: `python echo_robot.py`.

It repeats what it hears; "card" makes it send a card whose button changes the card, "two steps" one that is created,
delivered and changed one after the other, "markdown" a text with a title, "upload" a picture; "silent" makes its
handler fail, which this client answers with no acknowledgement at all. What arrives is also printed, a JSON object a
line. The address of the platform is the environment's DINGTALK_OPENAPI_ENDPOINT, which the client reads at import.
`--ping-seconds S` pings that often and waits for the pong as long, where the client leaves both at 20 s.
"""

import asyncio
import json
import os
import sys
from functools import partial
from typing import Any

import dingtalk_stream
import requests
from dingtalk_stream import AckMessage, CallbackMessage, CardCallbackMessage, ChatbotMessage, EventMessage

TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
BUTTONS = {"msgButtons": [{"text": "Agree", "color": "blue", "id": "agree", "request": True}]}
OLD_INTERFACES = "https://oapi.dingtalk.com"
"""Where this client uploads to, wherever else it was told the platform is."""


def note(kind: str, **facts: Any) -> None:
    """Prints what happened."""
    sys.stdout.write(json.dumps({"kind": kind, **facts}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class Echo(dingtalk_stream.ChatbotHandler):  # type: ignore[misc]
    """Repeats what it hears."""

    async def process(self, callback: CallbackMessage) -> tuple[int, str]:
        """One message to the robot."""
        message = ChatbotMessage.from_dict(callback.data)
        text = "".join(message.get_text_list()).strip()
        note("message", text=text, msgId=message.message_id, messageId=callback.headers.message_id)
        if text == "silent":
            raise RuntimeError("told to be silent")
        if text == "card":
            self.send_card(message)
        elif text == "two steps":
            self.reply_markdown_button(message, "first", BUTTONS["msgButtons"]).update(
                "then", [], tips="changed"
            )
        elif text == "markdown":
            self.reply_markdown("a title", f"**{message.sender_nick}**", message)
        elif text == "upload":
            note("upload", mediaId=self.dingtalk_client.upload_to_dingtalk(b"a picture"))
        else:
            self.reply_text(f"{message.sender_nick}: {text}", message)
        return AckMessage.STATUS_OK, "OK"

    def send_card(self, message: ChatbotMessage) -> None:
        """A card with one button, through the client's own helper."""
        replier = dingtalk_stream.CardReplier(self.dingtalk_client, message)
        data = {"markdown": "agree?", "tips": "nobody yet", "sys_full_json_obj": json.dumps(BUTTONS)}
        note("card", outTrackId=replier.create_and_deliver_card(TEMPLATE, data))


class Clicks(dingtalk_stream.CallbackHandler):  # type: ignore[misc]
    """Answers a click with the card's new data."""

    def __init__(self) -> None:
        super().__init__()
        self.pulls = 0

    async def process(self, callback: CallbackMessage) -> tuple[int, Any]:
        """One click; the button "fail" is answered by nothing, "refuse" by an error. Or a question for its data."""
        if callback.data["type"] == "dynamicDataCallback":
            return AckMessage.STATUS_OK, self.pulled(callback.data)
        click = CardCallbackMessage.from_dict(callback.data)
        frame = {"messageId": callback.headers.message_id, "content": click.content}
        note("click", userId=click.user_id, outTrackId=click.card_instance_id, **frame)
        if "fail" in json.dumps(click.content):
            raise RuntimeError("told to fail")
        if "refuse" in json.dumps(click.content):
            return AckMessage.STATUS_BAD_REQUEST, "told to refuse"
        return AckMessage.STATUS_OK, {
            "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
            "cardData": {"cardParamMap": {"markdown": f"agreed by {click.user_id}"}},
            "userPrivateData": {"cardParamMap": {"tips": "you agreed"}},
        }

    def pulled(self, data: dict[str, Any]) -> dict[str, Any]:
        """How often it was asked, as https://open.dingtalk.com/document/development/dynamic-data-source has it."""
        self.pulls += 1
        sources = [
            s["dynamicDataSourceId"] for s in json.loads(data["content"])["dynamicDataSourceQueryRequests"]
        ]
        note(
            "pull",
            userId=data["userId"],
            outTrackId=data["outTrackId"],
            corpId=data["corpId"],
            sources=sources,
        )
        answer = {"dynamicDataValueType": "OBJECT", "data": json.dumps({"tips": f"asked {self.pulls} times"})}
        return {"dataSourceQueryResponses": [answer | {"dynamicDataSourceId": each} for each in sources]}


class Events(dingtalk_stream.EventHandler):  # type: ignore[misc]
    """Prints events."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    async def process(self, event: EventMessage) -> tuple[int, str]:
        """One event; of the type "twice" only the second delivery is taken."""
        headers = event.headers
        note(
            "event",
            type=headers.event_type,
            corpId=headers.event_corp_id,
            data=event.data,
            id=headers.event_id,
        )
        if headers.event_type == "twice" and headers.event_id not in self.seen:
            self.seen.add(headers.event_id)
            return AckMessage.STATUS_SYSTEM_EXCEPTION, "told to wait"
        return AckMessage.STATUS_OK, "OK"


def upload_to(platform: str) -> None:
    """Lets the client upload to this address, too."""
    post = requests.post

    def post_there(url: str, **more: Any) -> requests.Response:
        return post(url.replace(OLD_INTERFACES, platform), **more)

    requests.post = post_there  # type: ignore[assignment]  # this client gives an address and keywords only


def main() -> None:
    """Connects and runs until it is ended."""
    if "--ping-seconds" in sys.argv:
        seconds = float(sys.argv[sys.argv.index("--ping-seconds") + 1])
        websockets = dingtalk_stream.stream.websockets
        websockets.connect = partial(websockets.connect, ping_interval=seconds, ping_timeout=seconds)
    upload_to(os.environ["DINGTALK_OPENAPI_ENDPOINT"])
    client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential("dingsandbox", "sandbox-secret"))
    client.register_callback_handler(ChatbotMessage.TOPIC, Echo())
    client.register_callback_handler(dingtalk_stream.CallbackHandler.TOPIC_CARD_CALLBACK, Clicks())
    client.register_all_event_handler(Events())
    asyncio.run(client.start())


if __name__ == "__main__":
    main()
