"""The real robot, that dies where it is told to: at any place where something has just been, or is about to be, kept.

Those places are not listed by hand. Whatever commits a transaction that wrote (ours or the engine's), calls DingTalk
to change something, or acknowledges a frame, passes one right before and one right after it; each passing is written
to a file by its name and how often that name was passed, so that a run which goes well yields the list.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock
from typing import Any

import aiohttp
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect
from yarl import URL

from bot import app, logs
from bot.settings import load
from tests.forked import SERVER

PASSED, SAID = "passed.txt", "robot.log"
_WRITES = re.compile(r"\b(?:INSERT INTO|(?<!DO )UPDATE|DELETE FROM)\s+(?:\"?\w+\"?\.)?\"?(\w+)")
_AN_ID = re.compile(r"/(?=[^/]*\d)(?!v1\.0)[^/]+")
_HARMLESS = re.compile(r"accessToken|connections/open|/query$|listAll|/topapi/")
"""What is a POST and changes nothing."""


def start(folder: Path, variables: Mapping[str, str], *, die_at: str = "") -> BaseProcess:
    """A robot with these settings, in a process of its own, that kills itself at the place `die_at`."""
    process = SERVER.Process(target=_robot, args=(folder, dict(variables), die_at), daemon=True)
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """Wait for its end; the exit code, negative for a signal."""
    process.join()
    return process.exitcode


def passed(folder: Path) -> list[str]:
    """The places that were passed, in their order."""
    return (folder / PASSED).read_text("utf-8").splitlines()


class _Places:
    """Counts and writes down every place that is passed, once the robot is connected."""

    def __init__(self, path: Path, die_at: str) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._die_at = die_at
        self._counts: Counter[str] = Counter()
        self._lock = Lock()
        self.is_open = False

    def pass_(self, name: str) -> None:
        if not self.is_open:
            return
        with self._lock:
            self._counts[name] += 1
            place = f"{name} #{self._counts[name]}"
            os.write(self._file, f"{place}\n".encode())
            if place == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)


def _robot(folder: Path, variables: dict[str, str], die_at: str) -> None:
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith("DINGSWEEP_")]:
        del os.environ[name]
    os.environ.update(variables)
    sys.stderr = (folder / SAID).open("a")
    settings = load()
    logs.set_up(settings.log)
    places = _Places(folder / PASSED, die_at)
    _watch_commits(places)
    _watch_calls(places)
    _watch_answers(places)
    asyncio.run(_until_told(settings))


async def _until_told(settings: Any) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await app.run(settings, stopping)


def _watch_commits(places: _Places) -> None:
    """Every database engine of this process, whoever makes it."""

    @event.listens_for(Engine, "before_cursor_execute")
    def _(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        if tables := _WRITES.findall(statement):
            connection.connection.info.setdefault("written", {}).update(dict.fromkeys(tables))

    @event.listens_for(Engine, "rollback")
    def _(connection: Connection) -> None:
        connection.connection.info.pop("written", None)

    commit: Any = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        name = _commit_of(connection.info.pop("written", ()))
        if name:
            places.pass_(f"before {name}")
        commit(self, connection)
        if name:
            places.pass_(f"after {name}")

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def _commit_of(tables: Iterable[str]) -> str:
    """What a commit keeps; the count of calls is no promise to anybody, and written by a timer."""
    told = [table for table in tables if table not in {"api_calls", "audit_head"}]
    return f"commit of {', '.join(told)}" if told else ""


def _watch_calls(places: _Places) -> None:
    request = aiohttp.ClientSession._request

    async def _request(self: aiohttp.ClientSession, method: str, url: Any, **more: Any) -> Any:
        path = _AN_ID.sub("/*", URL(url).path)
        name = "" if method == "GET" or _HARMLESS.search(path) else f"{method} {path}"
        return await _around(places, name, lambda: request(self, method, url, **more))

    aiohttp.ClientSession._request = _request  # type: ignore[method-assign, assignment]


def _watch_answers(places: _Places) -> None:
    """Also the beginning: nothing is promised to anybody before the robot is connected."""
    send, connect = aiohttp.ClientWebSocketResponse.send_str, aiohttp.ClientSession._ws_connect

    async def send_str(self: aiohttp.ClientWebSocketResponse, data: str, *more: Any, **named: Any) -> None:
        await _around(places, "acknowledgement", lambda: send(self, data, *more, **named))

    async def _ws_connect(*given: Any, **named: Any) -> Any:
        socket = await connect(*given, **named)
        places.is_open = True
        return socket

    aiohttp.ClientWebSocketResponse.send_str = send_str  # type: ignore[method-assign, assignment]
    aiohttp.ClientSession._ws_connect = _ws_connect  # type: ignore[method-assign]


async def _around(places: _Places, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
    if name:
        places.pass_(f"before {name}")
    answer = await work()
    if name:
        places.pass_(f"after {name}")
    return answer
