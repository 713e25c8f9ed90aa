"""What keeps the robot from working, each with a sentence for whoever reads the page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.dingtalk.errors import BadCredentials
from bot.health.part import Part
from bot.replica import Replica
from bot.store import Store
from bot.stream import HEARD_WITHIN_S, Stream

WITHIN_S = 2.0
"""For the database to answer, and for a token."""
TOKEN_AGAIN_S = 30.0
"""After a token was refused: however often the page is asked, DingTalk is not."""
STARTING = "It is starting, or stopping."


@dataclass(frozen=True)
class Watched:
    """What there is to look at. `parts` are those of the moment."""

    stream: Stream
    replica: Replica
    store: Store
    parts: Callable[[], Sequence[Part]]


class Readiness:
    """Runs on the robot's own loop, whatever loop the page is on."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._database: asyncio.Task[None] | None = None
        self._token_wrong = ""
        self._token_asked_at = -TOKEN_AGAIN_S

    async def wrong(self) -> dict[str, str]:
        """By the name of the check; empty when all is well."""
        database, token = await asyncio.gather(self._of_database(), self._of_token())
        found = {
            "replica": self._of_replica(),
            "database": database,
            "stream": self._of_stream(),
            "token": token,
        }
        return {name: said for name, said in found.items() if said}

    def _of_replica(self) -> str:
        if self._watched.replica.may_act_now:
            return ""
        return "It could not say for a while that it lives, and does nothing until it has."

    def _of_stream(self) -> str:
        stream = self._watched.stream
        if not stream.connected.is_set():
            return "There is no connection to DingTalk."
        if stream.silent_s > HEARD_WITHIN_S:
            return (
                f"Nothing has come from DingTalk for {stream.silent_s:.0f} s, not even an answer to a ping."
            )
        return ""

    async def _of_database(self) -> str:
        """Asked now; one question at a time, for one that hangs hangs the next, too."""
        away = "The database does not answer."
        if self._watched.replica.lost.is_set():
            return away
        if self._database is None or self._database.done():
            self._database = asyncio.create_task(self._watched.store.watch.ping())
        return "" if await _goes_well(self._database) else away

    async def _of_token(self) -> str:
        """Where one is at hand nobody is asked; one organisation that is served is enough."""
        parts = self._watched.parts()
        if not parts or (self._token_wrong and time.monotonic() - self._token_asked_at < TOKEN_AGAIN_S):
            return self._token_wrong
        self._token_asked_at = time.monotonic()
        self._token_wrong = ""
        for part in parts:
            self._token_wrong = await _why_no_token(part.token)
            if not self._token_wrong:
                break
        return self._token_wrong


async def _goes_well(task: asyncio.Task[None]) -> bool:
    """A cancelled question to a database that is away can take long to end, so that is not waited for."""
    done, _ = await asyncio.wait({task}, timeout=WITHIN_S)
    if not done:
        task.cancel()
        return False
    return not task.cancelled() and task.exception() is None


async def _why_no_token(token: Callable[[], Awaitable[object]]) -> str:
    try:
        async with asyncio.timeout(WITHIN_S):
            await token()
    except BadCredentials as exc:
        return f"DingTalk gives no access token: {exc.code}."
    except TimeoutError:
        return "DingTalk does not answer when asked for an access token."
    except Exception as exc:
        return f"There is no access token ({type(exc).__name__})."
    return ""
