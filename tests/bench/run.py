"""One run: starts and bills first, then both robots side by side under load, then the large jobs.

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

from tests.bench.figures import Comparison, Figures, Latency, Pace, Starts, step_ms
from tests.bench.growth import growth
from tests.bench.jobs import bill, delete
from tests.bench.load import CREATE_CARD, REPLY, UPDATE_CARD, Answered, clicks, commands
from tests.bench.peak import peak
from tests.bench.races import races
from tests.bench.stage import GROUP, Robot, Stage, Starter, dingsweep, echo, new_stage
from tests.conformance.control import CLIENT_ID

TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
CLOCK_OF_CLICKS_MS = 0.001

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured; the defaults are what `make bench` does."""

    seed: int = 1
    trial_starts: int = 1
    """for cold disks, not measured"""
    files: tuple[int, ...] = (1, 50, 500)
    commands_per_second: int = 20
    command_rounds: int = 15
    sustained_s: int = 10
    clicks_per_second: int = 50
    click_rounds: int = 4
    race_files: tuple[int, ...] = (1000, 10_000)
    race_pace: Pace = field(default_factory=Pace)
    past_requests: int = 10_000
    past_files: int = 5
    growth_jobs: int = 20
    folder_files: int = 1000
    peak_dentries: int = 100_000


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
        await self._races()
        most = str(max(self.plan.peak_dentries, self.plan.folder_files + 1))
        async with dingsweep(
            self.sweeping, DINGSWEEP_MAX_DENTRIES=most, DINGSWEEP_CALLS_PER_SECOND="1000"
        ) as robot:
            await self._growth(robot)
            await self._folders(robot)
        return self.figures

    async def _make_files(self) -> None:
        plan = self.plan
        seconds = 1 + plan.command_rounds + plan.sustained_s
        count = 2 * sum(plan.files) + seconds * plan.commands_per_second
        sizes = [self._rng.randrange(1, 10**8) for _ in range(count)]
        self._dentry_ids = iter(
            await self.sweeping.plant([f"/bench/{i:05}.bin" for i in range(count)], sizes)
        )

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
            for _ in range(self.plan.trial_starts):
                async with starter(stage):
                    pass
        for files in self.plan.files:
            async with self._start(echo, self.echoing):
                pass
            async with self._start(dingsweep, self.sweeping) as robot:
                for times, space_known in ((1, False), (2, True)):
                    await delete(self.sweeping, " ".join(self._files(files)))
                    self.figures.bills.append(await bill(self.sweeping, files, space_known=space_known))
                    if files == max(self.plan.files):
                        self._note_memory(robot, f"after {times * files} deletions")

    async def _races(self) -> None:
        sizes, pace = self.plan.race_files, self.plan.race_pace
        self.say(f"{' and '.join(f'{size:,}' for size in sizes)} files, ours and the official SDK in a loop")
        self.figures.races, of_first = await races(self.sweeping, sizes, pace)
        self.figures.thousand.append(of_first)

    async def _growth(self, robot: Robot) -> None:
        plan = self.plan
        self.say(f"jobs with an empty store and with {plan.past_requests:,} past requests in it")
        self.figures.growth = await growth(
            self.sweeping,
            robot,
            self.echoing,
            past=plan.past_requests,
            files_each=plan.past_files,
            jobs=plan.growth_jobs,
        )

    async def _folders(self, robot: Robot) -> None:
        """Last: the large one makes the sandbox large, too."""
        stage, few, many = self.sweeping, self.plan.folder_files, self.plan.peak_dentries
        await stage.plant(f"/few/{i:05}.bin" for i in range(few))
        await delete(stage, "/few")
        self.figures.thousand.append(await bill(stage, few, space_known=True, in_folder=True))
        self.say(f"memory for a folder of {many:,}")
        self.figures.peak = await peak(stage, robot, many)

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
