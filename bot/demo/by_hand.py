"""After the story: how to go on by hand, and on the screen what comes of it."""

from __future__ import annotations

import asyncio
import json
import shlex
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from bot.demo.director import Director
from bot.demo.sandbox import Json, Message, Refused, Sandbox

WHERE, WHO = "cidMarketing==", "wang"
WAIT_S = 60
SUGGESTIONS = (
    "帮助",
    "删除 /2023/Q3 会议纪要.docx --理由 季度清理",
    "列表 /2023",
    "delete /2024/投放 --dry-run",
    "状态",
)
"""What there is to say after the story, in its group."""


async def offer(box: Sandbox) -> None:
    """Let the page offer something to say."""
    offered = [{"text": text, "conversation": WHERE} for text in SUGGESTIONS]
    await box.ask("PUT", "state", {"suggestions": offered})


def explain(director: Director, log: Path) -> None:
    """The page, the log, and lines ready to paste into another terminal."""
    url, stage = director.box.url, director.stage
    stage.scene(7, "Your turn")
    stage.tell(
        "Both programs keep running until you press Ctrl-C. Open the page in a browser: there you are any of these "
        "people, several of them side by side, look into the drive and the recycle bin, see every call and frame, "
        "and can make DingTalk fail."
    )
    stage.note(f"\npage       {url}/?as={WHO}&in={quote(WHERE)}\nrobot log  {log}\n")
    stage.tell(
        "Or paste these lines into another terminal and watch this one: what is said and pressed appears here, "
        "and under every card the lines that press its buttons."
    )
    name, group = director.name(WHO), director.groups[WHERE]
    stage.paste(
        f"Say something as {name} ({WHO}) in the group {group}:", _say(url, "删除 /2023/Q4 --reason 不再需要")
    )
    stage.paste("Ask what can be said:", _say(url, "help"))
    conversation = f"{url}/sandbox/conversations/{quote(WHERE)}?as={WHO}"
    stage.paste("Read the conversation as he sees it:", _curl(conversation))
    stage.paste("Look into the recycle bin:", _curl(f"{url}/sandbox/bin"))
    stage.note("Everything else that can be done is in sandbox/README.md.")


async def follow(director: Director) -> None:
    """Show what is said in all conversations from now on, until cancelled."""
    screen = asyncio.Lock()
    alone = {f"one:{who}": "one-to-one with the robot" for who in director.people}
    async with asyncio.TaskGroup() as tasks:
        for where, title in (director.groups | alone).items():
            tasks.create_task(_Follower(director, where, title, screen).run())


class _Follower:
    """One conversation on the screen; the screen is shared, one event after the other."""

    def __init__(self, director: Director, where: str, title: str, screen: asyncio.Lock) -> None:
        self._director = director
        self._where = where
        self._title = title
        self._screen = screen
        self._seen: set[str] = set()
        self._speaker = WHO

    async def run(self) -> None:
        """Show everything new; a conversation that is gone (somebody changed the whole state) is let go."""
        with suppress(Refused):
            await self._follow()

    async def _follow(self) -> None:
        box, after = self._director.box, 0
        for message in await box.read(self._where):
            after = max(after, message.seq)
            self._seen.add(message.id)
        while True:
            for message in await box.read(self._where, after, wait_s=WAIT_S):
                after = max(after, message.seq)
                async with self._screen:
                    await self._show(message)

    async def _show(self, message: Message) -> None:
        stage = self._director.stage
        if not message.by_robot:
            self._speaker = message.sender.user_id
            stage.bubble(message.sender.name, self._title, message.words)
            return
        await self._director.show_calls()
        if message.id in self._seen:
            stage.changed(message.title, message.words.rpartition("\n")[2])
            return
        self._seen.add(message.id)
        stage.robot(message)
        url = self._director.box.url
        for button in message.buttons:
            order = {"as": self._speaker, "outTrackId": message.out_track_id, "button": button.id}
            stage.paste(f"Press [{button.text}] as {self._speaker}:", _post(f"{url}/sandbox/press", order))


def _say(url: str, text: str) -> str:
    return _post(f"{url}/sandbox/say", {"as": WHO, "conversation": WHERE, "text": text})


def _post(url: str, order: Json) -> str:
    return f"{_curl(url)} -d {shlex.quote(json.dumps(order, ensure_ascii=False))}"


def _curl(url: str) -> str:
    return f"curl -s {shlex.quote(url)}"
