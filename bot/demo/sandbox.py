"""The sandbox's control interface, as somebody outside of it sees it: people speak, press and read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

ROBOT = "dingsandbox"
"""Its robotCode, which is also its client id."""
PATIENCE_S = 20
"""How long an answer of the robot may take before the story is broken off."""

Json = Any


class Refused(Exception):
    """The sandbox refused an order, or what was waited for did not come. Its text is one sentence."""


class Unreachable(Exception):
    """The sandbox did not answer at all."""


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class Person(_Wire):
    """Somebody who works with this robot, or (another `corp_id`) only sits in one of its groups."""

    user_id: str
    union_id: str
    name: str
    corp_id: str


class Sender(_Wire):
    """A person (`user_id`, `name`) or a robot (its code in `robot`)."""

    user_id: str = ""
    name: str = ""
    robot: str = ""


class Button(_Wire):
    """A button as it is drawn."""

    id: str
    text: str
    color: str = ""


class Message(_Wire):
    """One message. A card comes again with the same `id` and a higher `seq` whenever it changes."""

    seq: int
    id: str
    kind: str
    sender: Sender = Field(alias="from")
    content: Json = None
    text: str = ""
    out_track_id: str = ""
    params: dict[str, str] = {}
    buttons: tuple[Button, ...] = ()

    @property
    def is_card(self) -> bool:
        return self.kind == "card"

    @property
    def by_robot(self) -> bool:
        """Whether a robot says it: ours, or a custom one."""
        return bool(self.sender.robot)

    @property
    def by_us(self) -> bool:
        return self.sender.robot == ROBOT

    def is_new(self, after: int) -> bool:
        """Whether it came after that number; a card that changes gets a new number and keeps its id."""
        return int(self.id.removeprefix("m")) > after

    @property
    def title(self) -> str:
        """The title of a card."""
        return self.params.get("title", "")

    @property
    def words(self) -> str:
        """What it says, markdown of DingTalk's kind where it is the robot's."""
        if self.is_card:
            return self.params.get("markdown", "")
        return self.text or (self.content if isinstance(self.content, str) else f"({self.kind})")


class Pressed(_Wire):
    """What the presser of a button got: an `error`, or the robot's `response` after `elapsed_ms`."""

    ok: bool
    elapsed_ms: float = 0
    error: str = ""
    response: Json = None

    @property
    def title(self) -> str:
        """The new title that the answer gives the card for everybody; empty when it gives none."""
        return self._param("cardData", "title")

    @property
    def private_words(self) -> str:
        """What the answer shows to the presser alone."""
        return self._param("userPrivateData", "tips")

    def _param(self, part: str, key: str) -> str:
        found = (self.response or {}).get(part) or {}
        return str(found.get("cardParamMap", {}).get(key, ""))


class Call(_Wire):
    """A call that the sandbox received. `counted`: it uses up monthly quota."""

    seq: int
    route: str
    status: int
    counted: bool
    query: dict[str, str] = {}
    request: Json = None


class BinItem(_Wire):
    """What lies in a recycle bin: a file, or a folder with its `contents` (itself among them)."""

    space_id: str
    original_path: str
    type: str
    size: int
    operator_id: str
    contents: list[Json] = []

    @property
    def is_folder(self) -> bool:
        return self.type == "FOLDER"


class Sandbox:
    """One running sandbox at `url`. Every method raises Refused when it does not do it, Unreachable when it is gone."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __aenter__(self) -> Sandbox:
        self._http = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def ask(self, method: str, path: str, body: Json = None, **query: str | int) -> Json:
        """One request to the control interface; its JSON answer."""
        url = f"{self.url}/sandbox/{path}"
        try:
            async with self._http.request(method, url, json=body, params=query) as answer:
                found = await answer.json()
        except (aiohttp.ClientError, ValueError) as exc:
            raise Unreachable(f"The sandbox did not answer {method} /sandbox/{path}: {exc}") from exc
        if answer.status >= 400:  # noqa: PLR2004
            raise Refused(f"The sandbox refused {method} /sandbox/{path}: {found.get('error')}")
        return found

    async def connected(self, wait_s: int) -> None:
        """Wait until a robot is connected."""
        await self.ask("GET", "stream", count=1, wait=wait_s)

    async def people(self) -> dict[str, Person]:
        """Everybody, by userId."""
        people = [Person.model_validate(raw) for raw in (await self.ask("GET", "people"))["people"]]
        return {person.user_id: person for person in people}

    async def groups(self) -> dict[str, str]:
        """The titles of the groups that have the robot in them, by conversation id."""
        listed = (await self.ask("GET", "conversations"))["conversations"]
        return {
            group["conversationId"]: group["title"]
            for group in listed
            if group["robotInside"] and "userId" not in group
        }

    async def say(self, who: str, where: str, text: str) -> int:
        """Somebody writes in a conversation, to the robot; the number after which its answers come."""
        said = await self.ask("POST", "say", {"as": who, "conversation": where, "text": text})
        return int(said["seq"])

    async def press(self, who: str, card: Message, button: str, *, forged: bool = False) -> Pressed:
        """Somebody presses a button of a card; returns when the robot has answered or two seconds are over.

        `forged`: by a client that sends what its person could not press.
        """
        body = {"as": who, "outTrackId": card.out_track_id, "button": button, "force": forged}
        return Pressed.model_validate(await self.ask("POST", "press", body))

    async def read(self, where: str, after: int = 0, *, who: str = "", wait_s: int = 0) -> list[Message]:
        """What somebody (or nobody in particular) sees in a conversation after a number."""
        path = f"conversations/{quote(where, safe='')}"
        answer = await self.ask("GET", path, **{"as": who}, after=after, wait=wait_s)
        return [Message.model_validate(message) for message in answer["messages"]]

    async def until(self, who: str, where: str, after: int, fits: Callable[[Message], bool]) -> Message:
        """The first message, or state of a card, that somebody sees after a number and that fits."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    for message in await self.read(where, after, who=who, wait_s=PATIENCE_S):
                        after = max(after, message.seq)
                        if fits(message):
                            return message
        except TimeoutError:
            raise Refused(f"Nothing of the kind came within {PATIENCE_S} s") from None

    async def card(self, who: str, where: str, out_track_id: str) -> Message:
        """A card as somebody sees it now."""
        for message in await self.read(where, who=who):
            if message.out_track_id == out_track_id:
                return message
        raise Refused(f"{who} sees no card {out_track_id}")

    async def sees(self, who: str, out_track_id: str) -> bool:
        """Whether somebody has this card in any of their conversations."""
        listed = (await self.ask("GET", "conversations", **{"as": who}))["conversations"]
        read = [await self.read(each["conversationId"], who=who) for each in listed]
        return any(message.out_track_id == out_track_id for messages in read for message in messages)

    async def answer(self, who: str, where: str, after: int) -> Message:
        """The first new thing our robot says after a number; an older card that changes is none."""
        return await self.until(who, where, after, lambda message: message.by_us and message.is_new(after))

    async def calls(self, after: int = 0) -> list[Call]:
        """The calls received after a number."""
        answer = await self.ask("GET", "calls", after=after)
        return [Call.model_validate(call) for call in answer["calls"]]

    async def drive(self) -> set[str]:
        """What lies in all spaces, as `{spaceId}:{path}`."""
        found: set[str] = set()
        for space in (await self.ask("GET", "drive"))["spaces"]:
            listed = await self.ask("GET", f"drive/{space['spaceId']}")
            found |= {f"{space['spaceId']}:{entry['path']}" for entry in listed["dentries"]}
        return found

    async def binned(self) -> list[BinItem]:
        """What lies in the recycle bins."""
        return [BinItem.model_validate(item) for item in (await self.ask("GET", "bin"))["items"]]

    async def state(self, part: str) -> Json:
        """One part of the sandbox's whole state, such as `meter` or `violations`."""
        return (await self.ask("GET", "state"))[part]
