"""What the pages for employees and managers show, played for real under the built-in policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import App
from docs.pictures.page import Column, Note, Said
from docs.pictures.story import Scene, card, office, ticking
from tests.integration import approvals
from tests.integration.office import Message, Office


@dataclass(frozen=True)
class Words:
    """One language: what is asked for, and what is written around it."""

    own: str
    shared: tuple[str, str]
    newer: tuple[str, str]
    manager: str
    reject: str
    with_employee: str
    captions_first: tuple[str, str]
    captions_undo: tuple[str, str]
    captions_decide: tuple[str, str]
    captions_late: tuple[str, str]
    presses: str
    expired: str
    undone_title: str
    question: str


WORDS = {
    "en": Words(
        own='delete /release-notes.md "/roadmap 2025.xlsx" --reason replaced',
        shared=("24010002", "delete /drafts --reason moved to the wiki"),
        newer=("/roadmap 2025.xlsx", "adminUnionId"),
        manager="Admin",
        reject="reject {id} draft 4 is still in use",
        with_employee="Dingsweep · one to one with Alice",
        captions_first=("You ask, and see what would go.", "You press, and read what became of it."),
        captions_undo=("Undo asks first.", "Back again, and nothing was overwritten."),
        captions_decide=("Look at the details; reject, and say why.", "Whoever asked knows who, and why."),
        captions_late=("After four hours: a reminder.", "After a day without a yes: nothing goes."),
        presses="{who} presses “{button}”",
        expired="Expired",
        undone_title="Restored",
        question="Restore",
    ),
    "zh": Words(
        own='删除 /会议纪要.docx "/预算 2023.xlsx" --理由 已有新版',
        shared=("24010001", "删除 /2023/drafts --理由 季度清理"),
        newer=("/预算 2023.xlsx", "zhaoUnionId"),
        manager="李经理",
        reject="驳回 {id} 海报还在用",
        with_employee="Dingsweep · 与王小明单聊",
        captions_first=("发一条命令，先看会删什么", "点一下，再看结果"),
        captions_undo=("撤销也先问你", "放回来了，什么都没有覆盖"),
        captions_decide=("看明细；驳回，说明理由", "提出的人知道是谁、为什么"),
        captions_late=("四小时没有决定：提醒一次", "一天没人批准：什么都不删"),
        presses="{who}点了“{button}”",
        expired="已过期",
        undone_title="已恢复",
        question="恢复",
    ),
}


class Clock:
    """That afternoon, at its real pace, and moved on by hand."""

    def __init__(self) -> None:
        self._now = ticking()
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self._now() + self.ahead

    def strike(self, app: App, **by: float) -> None:
        """Time goes by, and the robot's watch looks at its clock."""
        self.ahead += timedelta(**by)
        app.services.lifecycle.made.set()


@dataclass(frozen=True)
class Pictures:
    """The columns of each picture."""

    first: tuple[Column, ...]
    undo: tuple[Column, ...]
    decide: tuple[Column, ...]
    late: tuple[Column, ...]


async def play(scene: Scene) -> Pictures:
    """Each story begins with the drive as it was."""
    words = WORDS[scene.language]
    async with office() as here, here.robot(clock=ticking(), rules=None):
        first, result = await _first(here, scene, words)
        undo = await _undo(here, scene, words, result)
    async with office() as here, here.robot(clock=ticking(), rules=None):
        decide = await _decide(here, scene, words)
    clock = Clock()
    async with office() as here, here.robot(clock=clock, rules=None) as app:
        return Pictures(first, undo, decide, await _late(here, scene, words, clock, app))


async def _first(here: Office, scene: Scene, words: Words) -> tuple[tuple[Column, ...], Message]:
    asked = await here.say(scene.who, words.own, scene.where)
    await here.press(scene.who, asked, "confirm")
    result = await here.card(scene.who, scene.where, scene.done_title, after=asked["seq"])
    ask, told = words.captions_first
    before = (Said(scene.name, words.own, mine=True), card(asked))
    pressed = Note(_presses(words, scene.name, asked, "confirm"))
    return (
        Column(ask, scene.conversation, before),
        Column(told, scene.conversation, (pressed, card(result))),
    ), result


async def _undo(here: Office, scene: Scene, words: Words, result: Message) -> tuple[Column, ...]:
    """By then somebody has put a file where one of them lay."""
    path, maker = words.newer
    space, _ = words.shared
    await here.control.create(space, {"path": path, "size": 51_200, "creator": maker})
    await here.press(scene.who, result, "undo")
    question = await here.card(scene.who, scene.where, words.question, after=result["seq"])
    await here.press(scene.who, question, "confirm")
    restored = await here.card(scene.who, scene.where, words.undone_title, after=question["seq"])
    ask, told = words.captions_undo
    pressed = Note(_presses(words, scene.name, result, "undo"))
    agreed = Note(_presses(words, scene.name, question, "confirm"))
    return (
        Column(ask, scene.conversation, (pressed, card(question))),
        Column(told, scene.conversation, (agreed, card(restored))),
    )


async def _decide(here: Office, scene: Scene, words: Words) -> tuple[Column, ...]:
    _, command = words.shared
    both = await approvals.asked(here, command, who=scene.who, approver=scene.manager, where=scene.where)
    alone = f"one:{scene.manager}"
    await here.press(scene.manager, both.approval, "details")
    details = await here.answer(scene.manager, alone, after=both.approval["seq"])
    await here.press(scene.manager, both.approval, "reject")
    why = await here.answer(scene.manager, alone, after=details["seq"])
    typed = words.reject.format(id=both.request_id)
    thanks = await here.say(scene.manager, typed, alone)
    closed = await approvals.shown(here, scene.who, scene.where, both.card, typed.split(maxsplit=2)[2])
    heard = await _heard(here, scene, both.request_id)
    look_and_say, know = words.captions_decide
    manager = words.manager
    lines = (
        Note(_presses(words, manager, both.approval, "details")),
        Said("", details["text"]),
        Note(_presses(words, manager, both.approval, "reject")),
        Said("", why["text"]),
        Said(manager, typed, mine=True, mentions=False),
        Said("", thanks["text"]),
    )
    seen = (card(closed), Note(words.with_employee), *(Said("", text) for text in heard))
    return (Column(look_and_say, scene.alone, lines), Column(know, scene.conversation, seen))


async def _heard(here: Office, scene: Scene, request_id: str) -> list[str]:
    """What the requester was told one to one, the reason last."""
    alone = f"one:{scene.who}"
    end = await here.until(scene.who, alone, 0, lambda m: request_id in m.get("text", ""))
    reason = await here.answer(scene.who, alone, after=end["seq"])
    return [end["text"], reason["text"]]


async def _late(here: Office, scene: Scene, words: Words, clock: Clock, app: App) -> tuple[Column, ...]:
    _, command = words.shared
    both = await approvals.asked(here, command, who=scene.who, approver=scene.manager, where=scene.where)
    clock.strike(app, hours=4, seconds=1)
    reminder = await approvals.told(here, scene.manager, both.request_id)
    clock.strike(app, hours=20)
    end = await here.card(scene.who, scene.where, words.expired)
    remind, expire = words.captions_late
    return (
        Column(remind, scene.alone, (Said("", reminder["text"]),)),
        Column(expire, scene.conversation, (card(end),)),
    )


def _presses(words: Words, who: str, message: Message, button: str) -> str:
    [text] = [b["text"] for b in message["buttons"] if b["id"] == button]
    return words.presses.format(who=who, button=text)
