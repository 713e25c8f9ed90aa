"""One run: starts and bills first, then both robots side by side under load.

Load comes in rounds of one second, in turns: a slow moment of the machine meets both robots. The first round
of each kind only warms up. Rounds of commands also keep Dingsweep below its own limit of 20 calls a second;
what that limit costs without pauses is measured by itself.
"""

import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

from tests.bench.bills import bill
from tests.bench.figures import Comparison, Figures, Latency, Starts, step_ms
from tests.bench.load import CREATE_CARD, REPLY, UPDATE_CARD, Answered, clicks, commands
from tests.bench.stage import GROUP, PERSON, SPACE, Robot, Stage, Starter, dingsweep, echo, new_stage
from tests.conformance.control import CLIENT_ID

TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
CLOCK_OF_CLICKS_MS = 0.001

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured; the defaults are what `make bench` does."""

    seed: int = 1
    files: tuple[int, ...] = (1, 50, 500)
    commands_per_second: int = 20
    command_rounds: int = 15
    sustained_s: int = 10
    clicks_per_second: int = 50
    click_rounds: int = 4


@dataclass
class Bench:
    """A run under way."""

    plan: Plan
    sweeping: Stage
    echoing: Stage
    say: Say
    figures: Figures = field(default_factory=Figures)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.plan.seed)  # noqa: S311  repeatable, not secret
        self._dentry_ids: Iterator[str] = iter(())

    async def run(self) -> Figures:
        """Measure everything."""
        await self._make_files()
        await self._bills()
        async with self._start(dingsweep, self.sweeping) as robot, self._start(echo, self.echoing):
            cards = await self._commands()
            echo_card = await self._echo_card()
            half = (1 + self.plan.click_rounds) * self.plan.clicks_per_second
            await self._clicks("cancel", cards[:half], echo_card)
            await self._clicks("confirm", cards[half : 2 * half], echo_card)
            self._note_memory(robot, f"after {len(cards)} requests under load")
        return self.figures

    async def _make_files(self) -> None:
        plan = self.plan
        seconds = 1 + plan.command_rounds + plan.sustained_s
        count = 2 * sum(plan.files) + seconds * plan.commands_per_second
        wishes = [
            {"path": f"/bench/{i:05}.bin", "size": self._rng.randrange(1, 10**8), "creator": PERSON}
            for i in range(count)
        ]
        made = await self.sweeping.control.ask("POST", f"drive/{SPACE}", {"create": wishes})
        self._dentry_ids = (entry["id"] for entry in made["created"] if entry["type"] == "FILE")

    def _files(self, count: int) -> list[str]:
        return list(islice(self._dentry_ids, count))

    @asynccontextmanager
    async def _start(self, starter: Starter, stage: Stage) -> AsyncIterator[Robot]:
        """A robot whose start is one more of those measured."""
        starts: Starts = self.figures.dingsweep if starter is dingsweep else self.figures.echo
        async with starter(stage) as robot:
            starts.connected_s.append(robot.connected_after_s)
            starts.idle_bytes.append(robot.idle_bytes)
            yield robot

    def _note_memory(self, robot: Robot, moment: str) -> None:
        self.figures.memory[moment] = robot.program.resident_bytes()

    async def _bills(self) -> None:
        """For each number of files a robot that has seen nothing yet: first request cold, second warm."""
        self.say("starts, and calls by request")
        for starter, stage in ((dingsweep, self.sweeping), (echo, self.echoing)):
            async with starter(stage):
                pass  # the first start pays for cold disks
        for files in self.plan.files:
            async with self._start(echo, self.echoing):
                pass
            async with self._start(dingsweep, self.sweeping) as robot:
                for times, space_known in ((1, False), (2, True)):
                    found = await bill(self.sweeping, self._files(files), space_known=space_known)
                    self.figures.bills.append(found)
                    if files == max(self.plan.files):
                        self._note_memory(robot, f"after {times * files} deletions")

    async def _commands(self) -> list[str]:
        """Commands in rounds, then without a pause; returns the outTrackIds of all cards they led to."""
        plan, rate = self.plan, self.plan.commands_per_second
        self.say(f"{rate} commands a second")
        ours, theirs = await self._command_rounds(1 + plan.command_rounds, rate)
        warm = ours[rate:], theirs[rate:]
        self._compare_commands(f"{rate} commands/s", *warm)
        if plan.sustained_s:
            self.say(f"{rate} commands a second, {plan.sustained_s} s without a pause")
            long = await self._command_rounds(1, rate * plan.sustained_s)
            self._compare_commands(f"{rate} commands/s, {plan.sustained_s} s", *long)
            ours = ours + long[0]
        return [answered.call["request"]["outTrackId"] for answered in ours]

    async def _command_rounds(self, rounds: int, size: int) -> tuple[list[Answered], list[Answered]]:
        """Rounds of `size` commands to Dingsweep and to the echo robot in turn."""
        rate, rng = self.plan.commands_per_second, self._rng
        ours: list[Answered] = []
        theirs: list[Answered] = []
        for _ in range(rounds):
            dentry_ids = self._files(size)
            ours += await commands(self.sweeping, dentry_ids, CREATE_CARD, rate, rng)
            theirs += await commands(self.echoing, dentry_ids, REPLY, rate, rng)
        return ours, theirs

    def _compare_commands(self, what: str, ours: list[Answered], theirs: list[Answered]) -> None:
        step = step_ms([time for a in ours + theirs for time in (a.pushed_at, a.called_at)])
        latencies = (Latency(tuple(a.elapsed_ms for a in side), step) for side in (ours, theirs))
        self.figures.commands.append(Comparison(what, *latencies))

    async def _clicks(self, button: str, cards: list[str], echo_card: str) -> None:
        """Rounds of clicks. What is confirmed is deleted meanwhile, and done before the echo robot's round."""
        rate, rng = self.plan.clicks_per_second, self._rng
        self.say(f"{rate} clicks a second: {button}")
        ours: list[float] = []
        theirs: list[float] = []
        for start in range(0, len(cards), rate):
            round_ = cards[start : start + rate]
            ours += await clicks(self.sweeping, round_, button, rate, rng)
            if button == "confirm":
                await self.sweeping.calls(UPDATE_CARD, count=len(round_))
            theirs += await clicks(self.echoing, [echo_card] * len(round_), button, rate, rng)
        sides = (Latency(tuple(side[rate:]), CLOCK_OF_CLICKS_MS) for side in (ours, theirs))
        self.figures.clicks.append(Comparison(f"{rate} clicks/s, {button}", *sides))

    async def _echo_card(self) -> str:
        """A card with a button for the echo robot, which makes none itself.

        https://open.dingtalk.com/document/development/create-and-deliver-cards
        """
        buttons = [
            {"text": name, "id": name, "color": "gray", "request": True} for name in ("confirm", "cancel")
        ]
        shown = json.dumps({"msgButtons": buttons})
        card = {
            "outTrackId": "bench-echo",
            "cardTemplateId": TEMPLATE,
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": {"title": "bench", "sys_full_json_obj": shown}},
            "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP}",
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
            "userIdType": 1,
        }
        await self.echoing.control.api("POST", "/v1.0/card/instances/createAndDeliver", card)
        return "bench-echo"


async def run(plan: Plan, say: Say = lambda _: None) -> Figures:
    """Measure by `plan`; `say` is told what comes next. Raises BenchError when a robot does not do its work."""
    async with AsyncExitStack() as stages:
        sweeping, echoing = [await stages.enter_async_context(new_stage()) for _ in range(2)]
        return await Bench(plan, sweeping, echoing, say).run()
