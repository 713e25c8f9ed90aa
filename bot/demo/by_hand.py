"""After the story: how to go on by hand, and on the screen what comes of it."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from bot.demo import programs
from bot.demo.company import CHANNEL
from bot.demo.director import Director, alone
from bot.demo.places import MARKETING
from bot.demo.sandbox import Json, Message, Refused, Sandbox

WHERE, WHO, MANAGER = MARKETING, "wang", "li"
WAIT_S = 60
SUGGESTIONS: tuple[tuple[str, str, str], ...] = (
    (WHO, WHERE, "帮助"),
    (WHO, WHERE, "删除 /2023/Q4 --理由 已归档"),
    (WHO, WHERE, '删除 "/预算 2023.xlsx" --理由 已有新版'),
    (WHO, WHERE, "列表 /2023"),
    (WHO, WHERE, "delete /2024/投放 --dry-run"),
    (MANAGER, alone(MANAGER), "状态"),
)
"""What there is to say after the story: who would say it, where, and what. What is deleted is still there."""


async def offer(box: Sandbox) -> None:
    """Let the page offer something to say."""
    offered = [{"as": who, "conversation": where, "text": text} for who, where, text in SUGGESTIONS]
    await box.ask("PUT", "state", {"suggestions": offered})


def explain(director: Director, folder: Path, log: Path) -> None:
    """The page, the log, and lines ready to paste into another terminal."""
    url, stage = director.box.url, director.stage
    name, manager, group = director.name(WHO), director.name(MANAGER), director.groups[WHERE]
    stage.scene("Your turn")
    stage.tell(
        f"Both programs keep running until you press Ctrl-C. Open the page in a browser: at the left you are {name}, "
        f"at the right his manager {manager}, and you can be any of the others. Look into the drive and the recycle "
        "bin, see every call and frame, and make DingTalk fail."
    )
    stage.note(f"\npage       {url}/?as={WHO},{MANAGER}&in={quote(WHERE)}\nrobot log  {log}\n")
    stage.tell(
        "Or paste these lines into another terminal and watch this one: what is said and pressed appears here, "
        f"and under every card the lines that press its buttons. A minute after its first message {CHANNEL} reads "
        "out, in one more, how the other requests of the story ended."
    )
    stage.paste(
        f"Ask for a folder as {name} ({WHO}) in the group {group}:",
        _say(url, "删除 /2023/Q4 --reason 不再需要"),
    )
    stage.paste("Ask what can be said:", _say(url, "help"))
    conversation = f"{url}/sandbox/conversations/{quote(WHERE)}?as={WHO}"
    stage.paste("Read the conversation as he sees it:", _curl(conversation))
    stage.paste("Prove the trail:", _dingsweep(folder, "audit", "verify"))
    stage.note("Everything else that can be done is in sandbox/README.md.")


async def follow(director: Director) -> None:
    """Show what is said in all conversations from now on, until cancelled."""
    screen = asyncio.Lock()
    async with asyncio.TaskGroup() as tasks:
        for where, title in director.groups.items():
            tasks.create_task(_Follower(director, where, f"in {title}", WHO, screen).run())
        for who in director.people:
            tasks.create_task(_Follower(director, alone(who), "to the robot alone", who, screen).run())


class _Follower:
    """One conversation on the screen; the screen is shared, one event after the other."""

    def __init__(
        self, director: Director, where: str, title: str, speaker: str, screen: asyncio.Lock
    ) -> None:
        self._director = director
        self._where = where
        self._title = title
        self._screen = screen
        self._seen: set[str] = set()
        self._speaker = speaker

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
        stage.robot(message, self._to())
        url = self._director.box.url
        for button in message.buttons:
            order = {"as": self._speaker, "outTrackId": message.out_track_id, "button": button.id}
            stage.paste(f"Press [{button.text}] as {self._speaker}:", _post(f"{url}/sandbox/press", order))

    def _to(self) -> str:
        """Who alone reads it; nothing in a group."""
        return (
            "" if self._where in self._director.groups else f"to {self._director.name(self._speaker)} alone"
        )


def _dingsweep(folder: Path, *arguments: str) -> str:
    """The line that runs the command line on the robot's database."""
    database = f"DINGSWEEP_DATABASE_URL={shlex.quote(programs.database_url(folder))}"
    return f"{database} {shlex.join([sys.executable, '-m', 'bot', *arguments])}"


def _say(url: str, text: str) -> str:
    return _post(f"{url}/sandbox/say", {"as": WHO, "conversation": WHERE, "text": text})


def _post(url: str, order: Json) -> str:
    return f"{_curl(url)} -d {shlex.quote(json.dumps(order, ensure_ascii=False))}"


def _curl(url: str) -> str:
    return f"curl -s {shlex.quote(url)}"
