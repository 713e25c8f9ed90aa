"""What the pictures show, played for real: the robot at work in the sandbox, people speaking and pressing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from docs.pictures.page import Button, Card, Column, Line, Note, Said
from sandbox.server import Server
from tests.conformance.control import Control
from tests.integration import approvals
from tests.integration.office import ENGINEERING, MARKETING, Message, Office

AFTERNOON = datetime(2026, 3, 12, 14, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
WEBSITE: dict[str, Any] = {
    "name": "Website files",
    "creator": "admin",
    "recycles": True,
    "grants": {f"CONVERSATION:{ENGINEERING}": "EDITOR"},
    "create": [
        {"path": "/launch drafts/", "creator": "aliceUnionId"},
        *(
            {"path": f"/launch drafts/post {n}.md", "size": 18_400 + 911 * n, "creator": "aliceUnionId"}
            for n in range(5)
        ),
        {"path": "/report.pdf", "size": 12_400_000, "creator": "aliceUnionId"},
        {"path": "/brand guide.pdf", "size": 28_600_000, "creator": "adminUnionId"},
        {"path": "/old banners.zip", "size": 61_300_000, "creator": "aliceUnionId"},
    ],
}
"""A space in which Alice may delete what is hers and nothing else; the sandbox's own English one is hers to rule."""


@dataclass(frozen=True)
class Scene:
    """One language's pictures: who asks for what and where, and what is written around it."""

    language: str
    who: str
    name: str
    colleague: str
    where: str
    conversation: str
    command: str
    permanent: str
    mistakes: tuple[str, ...]
    done_title: str
    pressed: str
    asked_details: str
    colleague_pressed: str
    captions: tuple[str, str, str, str]
    manager: str
    folder: str
    approve_captions: tuple[str, str, str]
    alone: str
    approved: str
    closed: str


ENGLISH = Scene(
    language="en",
    who="alice",
    name="Alice",
    colleague="wang",
    where=ENGINEERING,
    conversation="Engineering",
    command='delete "/launch drafts" /report.pdf "/brand guide.pdf" --reason moved to the wiki',
    permanent='delete "/old banners.zip" --permanent',
    mistakes=("delet /report.pdf", 'delete "/brand giude.pdf"', "delete /"),
    done_title="Moved to the bin",
    pressed="Alice presses “Move to bin”",
    asked_details="“Details” tells her what became of each, one to one",
    colleague_pressed="A colleague presses “Delete permanently” and is told, one to one:",
    captions=(
        "You ask. It shows what would go.",
        "You confirm. It says what went, and what did not.",
        "For ever only where settings allow it, said in red.",
        "What it cannot do, it says in one sentence.",
    ),
    manager="admin",
    folder='delete /drafts "/design docs" --reason moved to the wiki',
    approve_captions=(
        "Folders and others' files need a manager.",
        "The manager has all it takes, and presses once.",
        "The group reads what was done, and who agreed.",
    ),
    alone="Dingsweep · one to one with Admin",
    approved="Admin presses “Approve”",
    closed="Both cards now say the same, and can be pressed no more",
)
CHINESE = Scene(
    language="zh",
    who="wang",
    name="王小明",
    colleague="zhao",
    where=MARKETING,
    conversation="市场部",
    command="删除 /2023/drafts 品牌手册.pdf --理由 季度清理",
    permanent="删除 /交接 --永久",
    mistakes=("删徐 /2024", "删除 品牌手侧.pdf", "删除 /"),
    done_title="已移到回收站",
    pressed="王小明点了“移到回收站”",
    asked_details="点“查看明细”，单聊收到每一项的结果",
    colleague_pressed="同事点了“永久删除”，单聊收到：",
    captions=(
        "发一条命令，先看到会删掉什么",
        "本人确认后，逐项说清删了什么、没删什么",
        "只有配置允许才能永久删除，并用红字写明",
        "做不到的事，一句话说清原因和办法",
    ),
    manager="li",
    folder="删除 /2023/drafts /客户名单.xlsx --理由 季度清理",
    approve_captions=(
        "文件夹和别人的文件，要由主管批准",
        "主管一眼看全，一次点击就能决定",
        "群里看到结果，也看到是谁批准的",
    ),
    alone="Dingsweep · 与李经理单聊",
    approved="李经理点了“批准”",
    closed="前面两张卡片也同时显示这个结果，不能再点",
)


def ticking() -> Callable[[], datetime]:
    """A clock that goes on from that afternoon at its real pace."""
    began = time.monotonic()
    return lambda: AFTERNOON + timedelta(seconds=time.monotonic() - began)


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    """The sandbox and its people."""
    with TemporaryDirectory() as folder:
        async with Server() as server, aiohttp.ClientSession() as http:
            yield Office(Control(http, server.url), Path(folder))


@dataclass(frozen=True)
class Pictures:
    """The columns of each picture."""

    delete: tuple[Column, ...]
    limits: tuple[Column, ...]
    approve: tuple[Column, ...]


async def play(scene: Scene) -> Pictures:
    """The main job and the permanent one where requesters confirm, and a deletion under the built-in policy."""
    async with office() as here:
        website = await here.control.ask("POST", "drive", WEBSITE)
        spaces = {ENGINEERING: website["spaceId"]}
        async with here.robot(clock=ticking(), allow_permanent=True, spaces=spaces):
            delete = await _main_job(here, scene)
            limits = (await _permanent(here, scene), await _mistakes(here, scene))
    async with office() as here, here.robot(clock=ticking(), rules=None):
        return Pictures(delete, limits, await _approval(here, scene))


async def _main_job(here: Office, scene: Scene) -> tuple[Column, ...]:
    asked = await here.say(scene.who, scene.command, scene.where)
    await here.press(scene.who, asked, "confirm")
    result = await here.card(scene.who, scene.where, scene.done_title, after=asked["seq"])
    await here.press(scene.who, result, "details")
    details = await here.answer(scene.who, f"one:{scene.who}", after=0)
    before = (Said(scene.name, scene.command, mine=True), card(asked), Note(scene.pressed))
    after = (card(result), Note(scene.asked_details), Said("", details["text"]))
    return (
        Column(scene.captions[0], scene.conversation, before),
        Column(scene.captions[1], scene.conversation, after),
    )


async def _approval(here: Office, scene: Scene) -> tuple[Column, ...]:
    both = await approvals.asked(here, scene.folder, who=scene.who, approver=scene.manager, where=scene.where)
    await here.press(scene.manager, both.approval, "approve")
    result = await here.card(scene.who, scene.where, scene.done_title, after=both.card["seq"])
    title = result["params"]["title"]
    for who, where, which in (
        (scene.who, scene.where, both.card),
        (scene.manager, f"one:{scene.manager}", both.approval),
    ):
        closed = await approvals.shown(here, who, where, which, title)
        if closed["buttons"]:
            raise RuntimeError(f"the picture would not be true: {closed}")
    first, second, third = scene.approve_captions
    return (
        Column(first, scene.conversation, (Said(scene.name, scene.folder, mine=True), card(both.card))),
        Column(second, scene.alone, (card(both.approval), Note(scene.approved))),
        Column(third, scene.conversation, (card(result), Note(scene.closed))),
    )


async def _permanent(here: Office, scene: Scene) -> Column:
    asked = await here.say(scene.who, scene.permanent, scene.where)
    await here.press(scene.colleague, asked, "confirm")
    told = await here.answer(scene.colleague, f"one:{scene.colleague}", after=0)
    lines: tuple[Line, ...] = (
        Said(scene.name, scene.permanent, mine=True),
        card(asked),
        Note(scene.colleague_pressed),
        Said("", told["text"]),
    )
    return Column(scene.captions[2], scene.conversation, lines)


async def _mistakes(here: Office, scene: Scene) -> Column:
    lines: list[Line] = []
    for typed in scene.mistakes:
        answer = await here.say(scene.who, typed, scene.where)
        lines += [Said(scene.name, typed, mine=True), Said("", answer["text"])]
    return Column(scene.captions[3], scene.conversation, tuple(lines))


def card(message: Message) -> Card:
    params: dict[str, str] = message["params"]
    buttons: list[dict[str, Any]] = message["buttons"]
    return Card(
        title=params["title"],
        markdown=params["markdown"],
        tips=params["tips"],
        buttons=tuple(Button(button["text"], button["color"]) for button in buttons),
    )
