"""A bare robot for the sandbox's own tests: a websocket that is read frame by frame and answers when told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, Control

ROBOT = "/v1.0/im/bot/messages/get"
CARD = "/v1.0/card/instances/callback"
ALL = (("CALLBACK", ROBOT), ("CALLBACK", CARD), ("EVENT", "*"))
PATIENCE_S = 10
Json = Any


class Listener:
    """One open connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> Json:
        """The next frame; pings are answered on the way."""
        while True:
            async with asyncio.timeout(PATIENCE_S):
                frame = await self.socket.receive_json()
            if frame["headers"]["topic"] != "ping":
                return frame
            await self.answer(frame, json.loads(frame["data"]))

    async def answer(self, frame: Json, data: Json, code: int = 200) -> None:
        """Acknowledges a frame with this data."""
        headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
        await self.socket.send_json(
            {"code": code, "headers": headers, "message": "OK", "data": json.dumps(data)}
        )

    async def answered(self, data: Json, code: int = 200) -> Json:
        """The data of the next frame, which is acknowledged."""
        frame = await self.next()
        await self.answer(frame, data, code)
        return json.loads(frame["data"])


async def ticket(
    sandbox: Control, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET, *topics: Any
) -> Json:
    """What connections/open answers."""
    subscriptions = [{"type": kind, "topic": topic} for kind, topic in topics or ALL]
    body = {"clientId": client_id, "clientSecret": secret, "subscriptions": subscriptions}
    async with sandbox.http.post(f"{sandbox.url}/v1.0/gateway/connections/open", json=body) as answer:
        return await answer.json()


async def calls(sandbox: Control, path: str, **query: int) -> list[Json]:
    """The logged calls whose path contains `path`, or whose route it is."""
    found: list[Json] = (await sandbox.ask("GET", f"calls?path={quote(path)}", **query))["calls"]
    return found


async def order(sandbox: Control, **fields: Json) -> str:
    """Orders a fault; its id."""
    fault_id: str = (await sandbox.ask("POST", "faults", fields))["id"]
    return fault_id


async def ordered(sandbox: Control, fault_id: str) -> Json:
    """How an ordered fault stands."""
    faults = (await sandbox.ask("GET", "faults"))["faults"]
    return next(fault for fault in faults if fault["id"] == fault_id)


@asynccontextmanager
async def listening(sandbox: Control, *who: str) -> AsyncIterator[Listener]:
    """An open connection of the sandbox's own application, or of `who` (clientId, secret)."""
    opened = await ticket(sandbox, *who)
    async with sandbox.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}") as socket:
        yield Listener(socket)


async def card(sandbox: Control, track: str = "card-1", **changes: Json) -> Json:
    """Creates a card with one callback button `ok` in the marketing group; the raw answer `(status, body)`."""
    buttons = json.dumps({"msgButtons": [{"text": "OK", "id": "ok", "color": "blue", "request": True}]})
    body = {
        "cardTemplateId": "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema",
        "outTrackId": track,
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "A", "sys_full_json_obj": buttons}},
        "openSpaceId": "dtv1.card//IM_GROUP.cidMarketing==",
        "imGroupOpenSpaceModel": {"supportForward": True},
        "imRobotOpenSpaceModel": {"supportForward": True},
        "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
        **changes,
    }
    body = {key: value for key, value in body.items() if value is not None}
    return await call(sandbox, "POST", "/v1.0/card/instances/createAndDeliver", body)


async def call(sandbox: Control, method: str, path: str, body: Json = None, **query: str) -> tuple[int, Json]:
    """A documented call with a good token; `(status, body)` whatever they are."""
    headers = {"x-acs-dingtalk-access-token": await sandbox.token()}
    url = sandbox.url + path
    async with sandbox.http.request(method, url, json=body, headers=headers, params=query) as answer:
        return answer.status, await answer.json()
