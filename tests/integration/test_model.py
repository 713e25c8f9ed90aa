"""Whatever people do in whatever order, whatever DingTalk answers: every receipt is what is true on the drive.

A model of a drive and of requests beside the real ones. Everything goes through the front door: commands and
clicks in, cards out; the robot is real, its database is real, and DingTalk's answers fail at random.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from bot.app import App
from bot.models import Outcome, Request, RestoreOutcome
from sandbox.server import Server
from tests.conformance.control import Control
from tests.integration.deletions import until
from tests.integration.office import MARKETING, MARKETING_SPACE, REMOVE, Message, Office
from tests.integration.undoing import RESTORE, in_bin, purge, true_on_the_drive

T = TypeVar("T")

SHORT, LONG = (2, 25), (400, 25)
"""Runs, and steps in each: 50 in the short form, 10 000 in the long one."""
FAULTS: list[dict[str, Any]] = [
    {"status": 500, "code": "systemError"},
    {"status": 500, "code": "systemError", "after": True},
    {"status": 503, "code": "operationTimeout", "after": True},
    {"status": 429, "code": "tooManyRequests", "after": True},
    {"status": 400, "code": "operationConcurrentControl"},
    {"status": 403, "code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"},
    {"status": 500, "code": "", "reset": True},
    {"status": 500, "code": "", "reset": True, "after": True},
]
PICKS = st.integers(0, 2**16)
"""What to choose with. What may be chosen depends on how far things are, and that on this machine's pace: so neither
rules nor what is drawn for them may depend on it, or no run could be had again."""
TOLD = {
    RestoreOutcome.RESTORED,
    RestoreOutcome.RENAMED,
    RestoreOutcome.MOVED,
    RestoreOutcome.ALREADY_BACK,
    RestoreOutcome.PURGED,
    RestoreOutcome.UNKNOWN,
}
"""Unknown: purged after a call for it had left and was refused. Nobody can tell whether it was back in between."""


@dataclass
class Wish:
    """What the model knows of a request: its card, what it names, and whether anybody agreed to it.

    `undoes` is the deletion that it wants back; `paths` are those of a deletion's targets.
    """

    card: Message
    ids: set[str]
    undoes: Wish | None = None
    paths: list[str] = field(default_factory=list)
    agreed: bool = False
    over: bool = False


class Company(RuleBasedStateMachine):
    """One drive, two people, one robot that is started anew now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.robot = AsyncExitStack()
        self.office: Office
        self.app: App
        self.files: dict[str, str] = {}
        """what should be there: path by dentryId"""
        self.seeded: set[str] = set()
        """what was there before, some of it other people's: nobody ever asks for it"""
        self.wishes: list[Wish] = []
        self.made = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        server = await self.stack.enter_async_context(Server())
        http = await self.stack.enter_async_context(aiohttp.ClientSession())
        self.office = Office(Control(http, server.url), folder)
        await self.office.control.limits(permitUnlimited=True)
        self.files = {e["id"]: path for path, e in (await self._entries()).items()}
        self.seeded = set(self.files)
        self.app = await self.robot.enter_async_context(self.office.robot())

    async def _entries(self) -> dict[str, Any]:
        return await self.office.control.entries(MARKETING_SPACE)

    @rule(dice=st.integers(1, 5))
    def start_anew(self, dice: int) -> None:
        """Now and then, in the middle of whatever runs."""
        if dice == 5:  # not 1: that is what the simplest run is made of
            self.run(self._start_anew())

    async def _start_anew(self) -> None:
        await self.robot.aclose()
        self.app = await self.robot.enter_async_context(self.office.robot())

    @rule(count=st.integers(1, 5), folder=st.booleans())
    def somebody_makes_files(self, count: int, folder: bool) -> None:
        self.run(self._make(count, folder=folder))

    async def _make(self, count: int, *, folder: bool) -> None:
        self.made += 1
        top = f"/new {self.made}" if folder else ""
        names = [f"{top}/file {self.made}-{number}" for number in range(count)]
        wishes = [{"path": name, "size": 10, "creator": "wangUnionId"} for name in names]
        made = await self.office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"create": wishes})
        self.files |= {entry["id"]: entry["path"] for entry in made["created"]}

    @rule(pick=PICKS, count=st.integers(1, 4))
    def ask(self, pick: int, count: int) -> None:
        """Name some that nobody else wants gone; sometimes a whole folder."""
        self.run(self._ask(pick, count))

    async def _ask(self, pick: int, count: int) -> None:
        wanted = set().union(*(wish.ids for wish in self.wishes if not wish.over))
        if not self.files.keys() - self.seeded - wanted:
            await self._make(5, folder=bool(pick % 2))
        free = sorted(dentry_id for dentry_id in self.files.keys() - self.seeded if dentry_id not in wanted)
        named = random.Random(pick).sample(free, min(count, len(free)))  # noqa: S311  repeatable, not secret
        if not named or any(self._inside(dentry_id) & wanted for dentry_id in named):
            return
        card = await self._answer(f"delete {' '.join(named)}")
        assert card["kind"] == "card", card
        ids = set(named).union(*(self._inside(dentry_id) for dentry_id in named))
        self.wishes.append(Wish(card, ids))

    async def _answer(self, text: str) -> Message:
        """The question or the words that answer this, while results of other requests come in."""
        said = await self.office.control.say("wang", MARKETING, text)
        after = int(said["seq"])

        def answers(message: Message) -> bool:
            is_new = "robot" in message["from"] and int(message["id"].removeprefix("m")) > after
            return is_new and (message["kind"] == "markdown" or ".request." in message["outTrackId"])

        return await self.office.until("wang", MARKETING, after, answers)

    def _inside(self, dentry_id: str) -> set[str]:
        top = self.files[dentry_id] + "/"
        return {other for other, path in self.files.items() if path.startswith(top)}

    def _open_wishes(self) -> list[Wish]:
        return [wish for wish in self.wishes if not (wish.agreed or wish.over)]

    @rule(pick=PICKS, fault=st.none() | st.sampled_from(FAULTS))
    def confirm(self, pick: int, fault: dict[str, Any] | None) -> None:
        if not self._open_wishes():
            self.ask(pick, 1 + pick % 4)
        if wish := _chosen(self._open_wishes(), pick):
            self.run(self._confirm(wish, fault))

    async def _confirm(self, wish: Wish, fault: dict[str, Any] | None) -> None:
        if fault:
            route = RESTORE if wish.undoes else REMOVE
            await self.office.control.ask("POST", "faults", {"route": route, "count": 1, **fault})
        pressed = await self.office.press("wang", wish.card, "confirm")
        assert pressed["ok"], pressed
        wish.agreed = True

    @rule(pick=PICKS)
    def cancel(self, pick: int) -> None:
        if wish := _chosen(self._open_wishes(), pick):
            self.run(self._cancel(wish))

    async def _cancel(self, wish: Wish) -> None:
        pressed = await self.office.press("wang", wish.card, "cancel")
        assert pressed["ok"], pressed
        wish.over = True

    def _deleted_path(self, pick: int) -> str | None:
        wish = _chosen(self._done(), pick)
        return _chosen(wish.paths, pick) if wish else None

    def _done(self) -> list[Wish]:
        if not any(wish.over and wish.paths for wish in self.wishes):
            self.confirm(len(self.wishes), None)
            self.all_that_was_agreed_to_ends()
        return [w for w in self.wishes if w.over and w.agreed and not w.undoes and w.paths]

    @rule(pick=PICKS, part=st.booleans())
    def want_back(self, pick: int, part: bool) -> None:
        """All of a deletion, or one target; a second time, too, and while the first is still open."""
        if wish := _chosen(self._done(), pick):
            path = _chosen(wish.paths, pick)
            self.run(self._want_back(wish, [path] if part and path else []))

    async def _want_back(self, wish: Wish, paths: list[str]) -> None:
        request = await self._request(wish)
        said = await self._answer(" ".join(["undo", request.id, *(f'"{path}"' for path in paths)]))
        if said["kind"] == "card":  # else there is nothing to bring back, or somebody does it already
            self.wishes.append(Wish(said, set(), undoes=wish))

    @rule(pick=PICKS)
    def somebody_takes_a_name(self, pick: int) -> None:
        """What is deleted has its name taken by something new."""
        if path := self._deleted_path(pick):
            self.run(self._take(path))

    async def _take(self, path: str) -> None:
        if not any(wish.agreed and not wish.over for wish in self.wishes):
            wish = {"path": path, "size": 11, "creator": "wangUnionId"}
            if path not in await self._entries():
                await self.office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"create": [wish]})
            self.files = {entry["id"]: path for path, entry in (await self._entries()).items()}

    @rule(pick=PICKS)
    def somebody_purges(self, pick: int) -> None:
        if path := self._deleted_path(pick):
            self.run(self._purge(path))

    async def _purge(self, path: str) -> None:
        if await in_bin(self.office, path):
            await purge(self.office, path)

    @rule(pick=PICKS, button=st.sampled_from(["confirm", "cancel", "approve", "x"]))
    def somebody_else_presses(self, pick: int, button: str) -> None:
        """It is not theirs."""
        if wish := _chosen(self.wishes, pick):
            self.run(self._press("li", wish, button))

    @rule(pick=PICKS)
    def press_again(self, pick: int) -> None:
        if wish := _chosen([wish for wish in self.wishes if wish.agreed], pick):
            self.run(self._press("wang", wish, "confirm"))

    async def _press(self, who: str, wish: Wish, button: str) -> None:
        await self.office.press(who, wish.card, button)

    @rule()
    def all_that_was_agreed_to_ends(self) -> None:
        """And what it says is so: the drive has what the model says it has."""
        self.run(self._settle())

    async def _settle(self) -> None:
        before = set(self.files)
        under_way = [wish for wish in self.wishes if wish.agreed and not wish.over]
        for wish in under_way:
            await until(partial(self._has_ended, wish))
        back = sum([await self._end_restore(wish) for wish in under_way if wish.undoes])
        for wish in under_way:
            if not wish.undoes:
                await self._end(wish)
        there = {entry["id"]: path for path, entry in (await self._entries()).items()}
        assert before & there.keys() == set(self.files), "nothing but what receipts say is gone"
        assert len(there.keys() - before) >= back, "what receipts say is back is there, each once"
        self.files = there
        await self.office.control.ask("DELETE", "faults")

    async def _request(self, wish: Wish) -> Request:
        found = await self.app.store.requests.by_card(wish.card["outTrackId"])
        assert found
        return found

    async def _has_ended(self, wish: Wish) -> bool:
        return (await self._request(wish)).state.is_final

    async def _end_restore(self, wish: Wish) -> int:
        """How many dentries it says it brought back."""
        wish.over = True
        request = await self._request(wish)
        assert request.state.has_receipt
        results = {r.entry.dentry.path: r for r in await self.app.store.restores.results(request.id)}
        assert {r.outcome for r in results.values()} <= TOLD, results
        await true_on_the_drive(self.office, results)
        return sum(1 + r.entry.contents - r.missing for r in results.values() if r.outcome.is_ours)

    async def _end(self, wish: Wish) -> None:
        request = await self._request(wish)
        assert request.state.has_receipt, "what was agreed to in time has a job"
        results = await self.app.store.requests.results(request.id)
        there = {entry["id"] for entry in (await self._entries()).values()}
        for result in results:
            dentry_id = result.entry.dentry.dentry_id
            if result.outcome is Outcome.CHANGED:  # somebody put something into it
                assert result.added
                assert dentry_id in there
                continue
            assert result.outcome in {Outcome.DELETED, Outcome.ALREADY_GONE}, result
            assert dentry_id not in there, result
            for gone in (dentry_id, *self._inside(dentry_id)):
                del self.files[gone]
        wish.over = True
        wish.paths = [r.entry.dentry.path for r in results if r.outcome is Outcome.DELETED]

    def teardown(self) -> None:
        try:
            if hasattr(self, "app"):
                self.run(self._settle())
                self.run(self._proved())
        finally:
            self.run(self._close())
            self.loop.close()

    async def _proved(self) -> None:
        """The trail is whole, every batch went to the bin, and nobody broke a rule of cards."""
        assert (await self.app.store.audit.verify()).is_sound
        assert all(
            call["request"]["option"] == {"toRecycleBin": True} for call in await self.office.calls(REMOVE)
        )
        assert (await self.office.control.ask("GET", "state"))["violations"] == []

    async def _close(self) -> None:
        await self.robot.aclose()
        await self.stack.aclose()


def _chosen(choices: Sequence[T], pick: int) -> T | None:
    return choices[pick % len(choices)] if choices else None


@pytest.mark.parametrize("size", [SHORT, pytest.param(LONG, marks=pytest.mark.soak)], ids=["short", "long"])
def test_every_receipt_is_true(size: tuple[int, int]) -> None:
    """Print the seed, so that a run can be had again: MODEL_SEED."""
    chosen = int(os.environ.get("MODEL_SEED") or random.SystemRandom().randrange(2**32))
    print(f"MODEL_SEED={chosen}")  # noqa: T201  pytest shows it where it fails
    runs, steps = size
    machine = seed(chosen)(Company)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
