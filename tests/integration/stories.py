"""What people do until a request has ended, with a robot that may die in between; and what must be true then."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any

import aiohttp

from bot.models import Outcome, Request, RequestState
from bot.store.audit import Audit
from bot.store.database import Database
from bot.store.requests import Requests
from sandbox.server import Server
from tests.conformance.control import Control
from tests.integration import crashing_robot
from tests.integration.deletions import until
from tests.integration.office import (
    CONFIRMED,
    CREATE_CARD,
    MARKETING,
    MARKETING_SPACE,
    PATIENCE_S,
    REMOVE,
    Json,
    Message,
    Office,
)
from tests.integration.program import environment
from tests.migrated import begin

EVERYTHING = 1000
ASKED_AGAIN_S = 20
"""DingTalk delivers what was not acknowledged again after 16 s."""
MANAGER = [{"name": "Manager", "answer": "approve", "from": ["user:li"]}]
REQUEST, APPROVAL, RESULT = "dingsweep.request.", "dingsweep.approval.", "dingsweep.result."


@dataclass(frozen=True)
class Say:
    """wang says something in the group, once; `{request}` is the number of the request made last."""

    text: str


@dataclass(frozen=True)
class Press:
    """Somebody presses a button of a card: its outTrackId begins so, and it is about that of the requests made."""

    who: str
    where: str
    card: str
    button: str
    number: int = 0


@dataclass(frozen=True)
class Story:
    """What people do, one after another, and for each request made how it ends and which cards it has, each once.

    `undone`: what the first request deleted is back in the end.
    """

    name: str
    steps: tuple[Say | Press, ...]
    ends: tuple[RequestState, ...]
    posted: tuple[tuple[str, ...], ...]
    rules: tuple[dict[str, Any], ...] = tuple(CONFIRMED)
    undone: bool = False

    def __str__(self) -> str:
        return self.name


_TARGETS = "/2023/drafts /report.pdf 品牌手册.pdf"
"""A folder, a file, and one that wang may not delete."""
_DENIED = "/品牌手册.pdf"
CONFIRM = Story(
    "confirm",
    (Say(f"rm {_TARGETS}"), Press("wang", MARKETING, REQUEST, "confirm")),
    (RequestState.PARTLY_DONE,),
    ((REQUEST, RESULT),),
)
APPROVE = Story(
    "approve",
    (Say(f"rm {_TARGETS}"), Press("li", "one:li", APPROVAL, "approve")),
    (RequestState.PARTLY_DONE,),
    ((REQUEST, APPROVAL, RESULT),),
    rules=tuple(MANAGER),
)
REJECT = Story(
    "reject",
    (Say(f"rm {_TARGETS}"), Press("li", "one:li", APPROVAL, "reject")),
    (RequestState.REJECTED,),
    ((REQUEST, APPROVAL),),
    rules=tuple(MANAGER),
)
CANCEL = Story(
    "cancel",
    (Say("rm /report.pdf"), Press("wang", MARKETING, REQUEST, "cancel")),
    (RequestState.CANCELLED,),
    ((REQUEST,),),
)
UNDO = Story(
    "undo",
    (*CONFIRM.steps, Say("undo {request}"), Press("wang", MARKETING, REQUEST, "confirm", number=1)),
    (RequestState.PARTLY_DONE, RequestState.DONE),
    ((REQUEST, RESULT), (REQUEST, RESULT)),
    undone=True,
)
STORIES = (CONFIRM, APPROVE, REJECT, CANCEL, UNDO)


_PLACES = {MARKETING: "wang", "one:wang": "wang", "one:li": "li"}
"""Where the robot may be heard, and who reads there."""


class Trial:
    """One story in a sandbox and with a database of its own."""

    def __init__(self, office: Office, story: Story, paths: set[str]) -> None:
        self.office = office
        self.story = story
        self.paths = paths
        """what was in the space before"""
        self._said: set[Say] = set()
        self._died = False
        self._doing: asyncio.Task[Json] | None = None

    async def whole(self) -> list[str]:
        """The story with a robot that lives; the places it passed."""
        async with self._robot():
            await self._live()
        await self.check()
        return crashing_robot.passed(self.office.folder)

    async def broken(self, *places: str) -> bool:
        """The story with a robot that dies at the first of these places, comes back, dies at the next one, and so on.

        Whether it came to the first.
        """
        self._died = True
        died = [await self._until_death(place) for place in places]
        async with self._robot():
            await self.office.control.advance(ASKED_AGAIN_S)
            await self._live()
        await self.check()
        return died[0]

    async def _until_death(self, place: str) -> bool:
        async with self._robot(place) as ended:
            await self.office.control.advance(ASKED_AGAIN_S)
            living = asyncio.create_task(self._live())
            either: set[asyncio.Future[Any]] = {living, ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            is_late = living.done()
            living.cancel()
            await asyncio.wait(
                filter(None, (living, self._doing))
            )  # DingTalk waits for an answer that will not come
            if is_late:
                living.result()
        await self.office.control.ask("GET", "stream", wait=PATIENCE_S, count=0)
        return ended.result() == -SIGKILL

    @asynccontextmanager
    async def _robot(self, die_at: str = "") -> AsyncIterator[asyncio.Future[int | None]]:
        """A robot in a process of its own; what it gives is the exit code, once there is one."""
        await begin(self.office.folder / "robot.sqlite")
        variables = environment(self.office, DINGSWEEP_RULES=json.dumps(self.story.rules))
        process = await asyncio.to_thread(crashing_robot.start, self.office.folder, variables, die_at=die_at)
        ended = asyncio.ensure_future(asyncio.to_thread(crashing_robot.ended, process))
        try:
            await self.office.control.ask("GET", "stream", wait=PATIENCE_S, count=1)
            yield ended
        finally:
            process.terminate()
            await ended

    async def _live(self) -> None:
        """What people do, also when they did it before: say it once, press what can be pressed, wait for the end."""
        control = self.office.control
        for step in self.story.steps:
            if isinstance(step, Press):
                await self._press(step)
            elif step not in self._said:
                if self._said:
                    await until(self._has_ended)
                text = step.text.format(request=await self._latest())
                self._said.add(step)
                await self._do(control.say("wang", MARKETING, text))
        await until(self._has_ended)

    async def _press(self, step: Press) -> None:
        """Again, when it is said that it failed: a busy robot answers late, and may have decided all the same."""
        await until(lambda: self._card(step))
        while (card := await self._card(step)) and step.button in {
            button["id"] for button in card["buttons"]
        }:
            pressing = asyncio.create_task(
                self.office.control.press(step.who, card["outTrackId"], step.button)
            )
            self._pressing = {pressing}
            await asyncio.wait({pressing})
            if pressing.result()["ok"]:
                return

    async def _do(self, what: Coroutine[Any, Any, Json]) -> Json:
        """What people have begun is done, also when the robot dies over it."""
        self._doing = asyncio.create_task(what)
        return await asyncio.shield(self._doing)

    async def _card(self, step: Press) -> Message | None:
        """This card as it is now, if it is there."""
        cards = [card for card in await self._cards(step.where) if card["outTrackId"].startswith(step.card)]
        return cards[step.number] if step.number < len(cards) else None

    async def _latest(self) -> str:
        """The number of the request made last; empty when there is none."""
        cards = [card for card in await self._cards(MARKETING) if card["outTrackId"].startswith(REQUEST)]
        return str(cards[-1]["outTrackId"]).split(".")[2] if cards else ""

    async def _cards(self, where: str) -> list[Message]:
        """The cards in one place, in the order they came."""
        cards = [m for m in await self._seen(where) if m["kind"] == "card"]
        return sorted(cards, key=lambda card: int(card["id"].removeprefix("m")))

    async def _has_ended(self) -> bool:
        """Whether the database has no work left, and no card waits for anybody."""
        if _unfinished(self.office.folder / "robot.sqlite"):
            return False
        cards = [m for m in await self._seen(*_PLACES) if m["kind"] == "card"]
        return bool(cards) and not any(_asks(card) for card in cards)

    async def _seen(self, *places: str) -> list[Message]:
        """All that is seen of the robot in these places, as it is now."""
        seen: dict[str, Message] = {}
        for where in places:
            for message in await self.office.control.read(_PLACES[where], where, wait_s=0):
                if "robot" in message["from"]:
                    seen[f"{where} {message['id']}"] = message
        return list(seen.values())

    async def check(self) -> None:
        """All that must be true whatever happened on the way, seen from outside."""
        async with Database(self.office.settings().database_url) as database:
            requests, audit = Requests(database), Audit(database)
            made = (await requests.latest())[::-1]
            assert tuple(request.state for request in made) == self.story.ends
            gone = await self._receipt_is_true(requests, made[0])
            for request in made:
                await self._trail_is_whole(audit, request)
            assert (await audit.verify()).broken is None
        await self._calls_are_right(gone)
        await self._people_saw_it_once(made)

    async def _receipt_is_true(self, requests: Requests, request: Request) -> set[str]:
        """The receipt equals the drive, and nothing else is gone; the dentryIds of what was deleted."""
        outcomes = {r.entry.dentry.path: r.outcome for r in await requests.results(request.id)}
        shown = await requests.entries(request.id, limit=EVERYTHING)
        targets = [entry.dentry for entry in shown if entry.target_id is None]
        if request.state.has_receipt:
            expected = {t.path: Outcome.DENIED if t.path == _DENIED else Outcome.DELETED for t in targets}
            assert outcomes == expected
        else:
            assert outcomes == {}
        gone = {t.dentry_id for t in targets if outcomes.get(t.path) is Outcome.DELETED}
        lost = [e.dentry for e in shown if e.dentry.dentry_id in gone or e.target_id in gone]
        if self.story.undone:
            lost = []
        assert await self.office.paths() == self.paths - {dentry.path for dentry in lost}
        everything = (await self.office.control.ask("GET", f"drive/{MARKETING_SPACE}", deleted=1))["dentries"]
        binned = Counter(entry["id"] for entry in everything if entry["deleted"])
        assert binned == Counter(dentry.dentry_id for dentry in lost)
        return gone

    async def _trail_is_whole(self, audit: Audit, request: Request) -> None:
        """It was made once and ended once, and every target has one outcome."""
        events = Counter([record.event async for record in audit.records(request.id)])
        once = {name for name in events if name.startswith("request.")}
        assert {"request.created", f"request.{request.state}"} <= once
        assert {events[name] for name in once} == {1}
        assert events["dentry.outcome"] == (request.totals.targets if request.state.has_receipt else 0)

    async def _calls_are_right(self, gone: set[str]) -> None:
        """Every dentry was deleted by one call and by no other, to the recycle bin."""
        calls = await self.office.calls(REMOVE)
        assert all(call["request"]["option"] == {"toRecycleBin": True} for call in calls)
        done = Counter(item["dentryId"] for call in calls for item in _succeeded(call))
        assert done == Counter(gone)
        restored = [item for call in await self.office.calls("batchRestore") for item in _succeeded(call)]
        assert len(restored) == (len(gone) if self.story.undone else 0)
        if not self._died:  # else people press again in the moment in which a card is brought up to date
            state = await self.office.control.ask("GET", "state")
            assert state["violations"] == []

    async def _people_saw_it_once(self, made: list[Request]) -> None:
        """Each card was made once, under the id that comes of its request, and says how it ended."""
        calls = await self.office.calls(CREATE_CARD)
        shown = Counter(call["request"]["outTrackId"] for call in calls if call["status"] == 200)
        asked = zip(made, self.story.posted, strict=True)
        assert shown == Counter(f"{kind}{r.id}.{r.nonce}" for r, kinds in asked for kind in kinds)
        seen = await self._seen(*_PLACES)
        assert not [card for card in seen if card["kind"] == "card" and _asks(card)]
        words = Counter(message["text"] for message in seen if message["kind"] == "markdown")
        assert all(times <= 2 for times in words.values()), words


def _asks(card: Message) -> bool:
    return {button["id"] for button in card["buttons"]} & {"confirm", "approve"} != set()


def _succeeded(call: Json) -> list[Json]:
    if call["status"] != 200:
        return []
    return [item for item in call["response"]["resultItems"] if item.get("success") or item.get("taskId")]


def _unfinished(database: Path) -> int:
    """How many pieces of work the database still has: workflows, jobs, and news that were not told."""
    with closing(sqlite3.connect(database, timeout=PATIENCE_S)) as connection:
        [(number,)] = connection.execute(
            "SELECT (SELECT count(*) FROM workflow_status WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED'))"
            " + (SELECT count(*) FROM requests WHERE state IN ('approved', 'running') OR told < news)"
        )
    return int(number)


@asynccontextmanager
async def trial(story: Story, folder: Path) -> AsyncIterator[Trial]:
    """A new sandbox and a new database for this story."""
    await asyncio.to_thread(folder.mkdir)
    async with Server() as server, aiohttp.ClientSession() as http:
        office = Office(Control(http, server.url), folder)
        await office.control.limits(taskSeconds=0.2)
        yield Trial(office, story, await office.paths())
