"""The echo robot as a running program (the official client blocks), and what one waits for around it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests import forked
from tests.conformance.control import Control, Json

PATIENCE_S = 15


class Robot:
    """The running robot: what it printed, as it comes."""

    def __init__(self, program: asyncio.subprocess.Process | forked.Forked) -> None:
        self.program = program

    async def next(self, *kinds: str) -> Json:
        """The next thing of one of these kinds the robot noticed."""
        assert self.program.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while line := await self.program.stdout.readline():
                noticed = json.loads(line)
                if noticed["kind"] in kinds:
                    return noticed
        raise AssertionError("the robot ended")


@asynccontextmanager
async def running(sandbox: Control, *arguments: str) -> AsyncIterator[Robot]:
    """The echo robot, started; it connects in its own time."""
    program = await forked.create_subprocess_exec(
        *(sys.executable, "-m", "tests.conformance.echo_robot", *arguments),
        cwd=Path.cwd(),
        env={**os.environ, "DINGTALK_OPENAPI_ENDPOINT": sandbox.url},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Robot(program)
    finally:
        program.kill()
        await program.communicate()


async def connections(sandbox: Control, count: int) -> list[Json]:
    """Waits until so many connections are open."""
    answer = await sandbox.ask("GET", "stream", wait=PATIENCE_S, count=count)
    opened: list[Json] = answer["connections"]
    assert len(opened) >= count
    return opened


async def heard(sandbox: Control, who: str, conversation: str, words: str) -> Json:
    """Waits until somebody reads a message with these words from the robot."""
    after = 0
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for message in await sandbox.read(who, conversation, after):
                after = max(after, message["seq"])
                if "robot" in message["from"] and words in json.dumps(message, ensure_ascii=False):
                    return message
