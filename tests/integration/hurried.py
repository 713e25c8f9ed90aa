"""Workers that call one interface of DingTalk as fast as they may; also as a process of its own.

As `python -m tests.integration.hurried SANDBOX DATABASE SECONDS` it says "ready", waits for a line, and begins.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from pydantic import SecretStr

from bot.dingtalk import DingTalk, InternalAppTokens
from bot.dingtalk.errors import Throttled
from bot.dingtalk.limit import Lanes
from bot.store import Store
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET

ROUTE = "POST /topapi/v2/user/get"
WORKERS = 20


@asynccontextmanager
async def working(url: str, lanes: Lanes | None = None, calls_per_second: int = 20) -> AsyncIterator[None]:
    """Keeps them at work meanwhile; a failure of one of them ends the block."""
    async with (
        DingTalk(
            api_base_url=url,
            oapi_base_url=url,
            tokens=InternalAppTokens(CLIENT_ID, SecretStr(CLIENT_SECRET)),
            robot_code=CLIENT_ID,
            calls_per_second=calls_per_second,
            lanes=lanes,
        ) as dingtalk,
        asyncio.TaskGroup() as tasks,
    ):
        workers = [tasks.create_task(_call_for_ever(dingtalk)) for _ in range(WORKERS)]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()


async def _call_for_ever(dingtalk: DingTalk) -> None:
    while True:
        with suppress(Throttled):  # refused four times in a row, as in the second in which the limit falls
            await dingtalk.contact.user("wang")


async def _main(url: str, database_url: str, seconds: str) -> None:
    async with Store(database_url) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        async with working(url, store.lanes):
            await asyncio.sleep(float(seconds))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
