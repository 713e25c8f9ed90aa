"""A deletion that others must approve: the two cards it has, and what everybody sees of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from bot.app import App
from bot.models import Request
from tests.integration.office import MARKETING, PATIENCE_S, Json, Message, Office

ASK = "删除 /2023/drafts --理由 季度清理"
"""A folder: by the built-in policy, wang's manager (li) must approve."""
TWO_OF_THREE: list[dict[str, Any]] = [
    {
        "name": "Two of three",
        "answer": "approve",
        "approvals": 2,
        "from": ["user:li", "user:admin", "user:zhao"],
    }
]
ANY_OF_TWO: list[dict[str, Any]] = [
    {"name": "One of two", "answer": "approve", "from": ["user:li", "user:admin"]}
]


@dataclass(frozen=True)
class Asked:
    """A request that waits: the card in the group, and the one that approvers have."""

    card: Message
    approval: Message
    after: int = 0
    """the number of the last call before it was asked"""

    @property
    def request_id(self) -> str:
        return str(self.card["outTrackId"]).split(".")[2]


async def asked(
    office: Office,
    text: str = ASK,
    *,
    who: str = "wang",
    approver: str = "li",
    where: str = MARKETING,
    after: int = 0,
) -> Asked:
    """Say the command; both cards."""
    said = await office.control.say(who, where, text)

    def is_question(message: Message) -> bool:
        """Not the late result of another request, nor the changed card of one."""
        is_new = int(message["id"].removeprefix("m")) > said["seq"]
        return is_new and str(message.get("outTrackId", "")).startswith("dingsweep.request.")

    card = await office.until(who, where, said["seq"], is_question)
    track_id = card["outTrackId"].replace("dingsweep.request.", "dingsweep.approval.")
    approval = await office.until(approver, f"one:{approver}", 0, lambda m: m.get("outTrackId") == track_id)
    return Asked(card, approval, after)


async def now(office: Office, who: str, card: Message) -> Message:
    """The card as this person sees it now, wherever they have it."""
    for where in (f"one:{who}", MARKETING):
        for message in await office.control.read(who, where, wait_s=0):
            if message.get("outTrackId") == card["outTrackId"]:
                return dict(message)
    raise AssertionError(f"{who} does not see {card['outTrackId']}")


async def shown(office: Office, who: str, where: str, card: Message, part: str) -> Message:
    """Wait until the card says this, in its title or its text."""

    def says(message: Message) -> bool:
        texts = message.get("params", {})
        return message.get("outTrackId") == card["outTrackId"] and (
            part in texts["title"] or part in texts["markdown"]
        )

    return await office.until(who, where, 0, says)


async def told(office: Office, who: str, part: str) -> Message:
    """Wait until the robot has told somebody this, one-to-one."""
    return await office.until(who, f"one:{who}", 0, lambda m: m["kind"] == "markdown" and part in m["text"])


async def recorded(app: App, event: str) -> None:
    """Wait until the trail has this event."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if event in [record.event async for record in app.store.audit.records()]:
                return
            await asyncio.sleep(0.02)


async def stored(app: App, asked: Asked) -> Request:
    request = await app.store.requests.get(asked.request_id)
    assert request
    return request


def tips(pressed: Json) -> str:
    """What only the one who pressed is told."""
    assert pressed["ok"], pressed
    return str(pressed["response"]["userPrivateData"]["cardParamMap"]["tips"])


def title(pressed: Json) -> str:
    """The title that the answer to a click gives the card."""
    assert pressed["ok"], pressed
    return str(pressed["response"]["cardData"]["cardParamMap"]["title"])
