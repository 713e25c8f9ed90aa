"""Commands and clicks at an even pace, and how long a robot took over each of them.

A command takes from the frame that carries it to the call that answers it, both as the sandbox's clock has
them; a click takes from its frame to its answer, by the sandbox's own stopwatch.
"""

import asyncio
import json
import random
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

from tests.bench.programs import BenchError
from tests.bench.stage import GROUP, PERSON, Json, Stage

CREATE_CARD = "POST /v1.0/card/instances/createAndDeliver"
UPDATE_CARD = "PUT /v1.0/card/instances"
REPLY = "POST /robot/sendBySession"
CALLBACK_MS = 2000.0
"""How long DingTalk waits for the answer to a click."""
_MARK = re.compile(r"mark\d{6}")


@dataclass(frozen=True)
class Answered:
    """One command: when its frame went out, when the call that answers it came in (ms), and that call."""

    pushed_at: int
    called_at: int
    call: Json

    @property
    def elapsed_ms(self) -> int:
        """The robot's time."""
        return self.called_at - self.pushed_at


async def paced(
    count: int, per_second: float, rng: random.Random, act: Callable[[int], Coroutine[None, None, None]]
) -> None:
    """Do `act(0)`, `act(1)`, … each at a random moment of its own slot, whether or not earlier ones are done."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.TaskGroup() as tasks:
            for i in range(count):
                await asyncio.sleep(began + (i + rng.random()) / per_second - loop.time())
                tasks.create_task(act(i))
    except* BenchError as group:
        failure = group.exceptions[0]
    else:
        return
    raise failure


async def commands(
    stage: Stage, dentry_ids: Sequence[str], answer_route: str, per_second: float, rng: random.Random
) -> list[Answered]:
    """Say a command for each file, wait for all answers, and tell how long each took."""
    said: dict[str, str] = {}

    async def say(i: int) -> None:
        text = f"delete {dentry_ids[i]} --reason mark{i:06}"
        said[f"mark{i:06}"] = (await stage.control.say(PERSON, GROUP, text))["msgId"]

    await stage.skip_calls()
    await paced(len(dentry_ids), per_second, rng, say)
    calls = await stage.calls(answer_route, count=len(dentry_ids))
    pushed_at = await stage.pushed_at()
    return [Answered(pushed_at[said[_mark(call)]], call["at"], call) for call in calls]


def _mark(call: Json) -> str:
    """Which command a call answers: both robots repeat its reason."""
    found = _MARK.search(json.dumps(call["request"]))
    if call["status"] != 200 or not found:
        raise BenchError(f"Not an answer: {call['status']} {call['request']} {call['response']}")
    return found[0]


async def clicks(
    stage: Stage, out_track_ids: Sequence[str], button: str, per_second: float, rng: random.Random
) -> list[float]:
    """Press a button on each card, and tell how many ms each answer took; CALLBACK_MS if it came too late."""
    elapsed_ms: list[float] = []

    async def press(i: int) -> None:
        elapsed_ms.append(await click(stage, out_track_ids[i], button))

    await stage.skip_calls()
    await paced(len(out_track_ids), per_second, rng, press)
    return elapsed_ms


async def click(stage: Stage, out_track_id: str, button: str) -> float:
    """Press one button; as `clicks`."""
    pressed = await stage.control.press(PERSON, out_track_id, button)
    if pressed["ok"]:
        return min(float(pressed["elapsedMs"]), CALLBACK_MS)
    if not pressed["error"].startswith("timeout"):
        raise BenchError(f"A click failed: {pressed['error']}")
    return CALLBACK_MS
