"""A small company at work: the sandbox with its people, and a real robot connected to it.

Everything goes through the front door: people speak and press, the robot answers in conversations, and what
it called is read from the sandbox's log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.app import App, running, utc_now
from bot.deletion.follow import PATIENT, Patience
from bot.replica import TIMES, Times
from bot.settings import Settings, load
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, Control
from tests.migrated import begin

Json = Any
Message = dict[str, Any]

MARKETING = "cidMarketing=="
ENGINEERING = "cidEngineering=="
MARKETING_SPACE = "24010001"
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
CREATE_CARD = "POST /v1.0/card/instances/createAndDeliver"
PATIENCE_S = 20
CONFIRMED: list[dict[str, Json]] = [{"name": "Whoever asks confirms", "answer": "confirm"}]
"""The policy of most tests: nobody but the requester is asked. `rules=None` brings the built-in one."""


class Office:
    """One sandbox, and how to follow what is said in its conversations."""

    def __init__(self, control: Control, folder: Path, database_url: str = "") -> None:
        """Its robots have a SQLite in `folder` unless another `database_url` is given."""
        self.control = control
        self.folder = folder
        self.database_url = database_url or f"sqlite:///{folder}/robot.sqlite"

    def settings(self, **changed: Any) -> Settings:
        """Settings that point at the sandbox, with a database of this test's own."""
        given = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "api_base_url": self.control.url,
            "oapi_base_url": self.control.url,
            "database_url": self.database_url,
            "rules": CONFIRMED,
            "health": "off",
        }
        return load(self.folder, **given | changed)

    @asynccontextmanager
    async def robot(
        self,
        *,
        clock: Callable[[], Any] = utc_now,
        patience: Patience = PATIENT,
        times: Times = TIMES,
        **changed: Any,
    ) -> AsyncIterator[App]:
        """A connected robot; ends as it would on SIGTERM."""
        if "database_url" not in changed and self.database_url.startswith("sqlite"):
            await begin(self.folder / "robot.sqlite")
        async with running(self.settings(**changed), clock=clock, patience=patience, times=times) as app:
            serving = asyncio.create_task(app.serve())
            await self.control.ask("GET", "stream", wait=PATIENCE_S, count=1)
            try:
                yield app
            finally:
                await app.stream.stop()
                serving.cancel()
                await asyncio.wait([serving])

    async def say(self, who: str, text: str, where: str = MARKETING, **more: Json) -> Message:
        """Say something and wait for the robot's answer to it, in whatever form."""
        said = await self.control.say(who, where, text, **more)
        return await self.answer(who, where, after=said["seq"])

    async def answer(self, who: str, where: str, after: int) -> Message:
        """The first new thing the robot says there after `after`; an older card that changes is none."""
        return await self.until(
            who, where, after, lambda m: "robot" in m["from"] and int(m["id"].removeprefix("m")) > after
        )

    async def until(self, who: str, where: str, after: int, fits: Callable[[Message], bool]) -> Message:
        """The first message or card state after `after` that fits, waiting for it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for message in await self.control.read(who, where, after, wait_s=5):
                    after = max(after, message["seq"])
                    if fits(message):
                        return dict(message)

    async def card(self, who: str, where: str, title_part: str, after: int = 0) -> Message:
        """The first card whose title holds `title_part`."""
        return await self.until(
            who, where, after, lambda m: m["kind"] == "card" and title_part in m["params"]["title"]
        )

    async def press(self, who: str, card: Message, button: str, **more: Json) -> Json:
        return await self.control.press(who, card["outTrackId"], button, **more)

    async def calls(self, part: str) -> list[Json]:
        """The calls received so far whose method and route hold `part`."""
        calls = (await self.control.ask("GET", "calls"))["calls"]
        return [call for call in calls if part in f"{call['method']} {call['route']}"]

    async def paths(self, space_id: str = MARKETING_SPACE) -> set[str]:
        """What is in a space now."""
        return set(await self.control.entries(space_id))
