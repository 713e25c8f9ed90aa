"""The programs that a page is about, each a process of its own: the sandbox, and robots connected to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, CORP_ID, HEADER
from tests.forked import fork

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
END_S = 15

Json = Any


class Sandbox:
    """A running sandbox at `url`, and its control interface for what a test prepares or looks up."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, body: Json = None, **query: str | int) -> Json:
        """One request to the control interface, its JSON answer; AssertionError when it is refused."""
        return self._request(method, f"/sandbox/{path}", body, {}, query)

    def api(self, method: str, path: str, body: Json = None, **query: str | int) -> Json:
        """One documented call by the sandbox's own application, its JSON answer; AssertionError when refused."""
        key = {"appKey": CLIENT_ID, "appSecret": CLIENT_SECRET}
        token: str = self._request("POST", "/v1.0/oauth2/accessToken", key, {}, {})["accessToken"]
        return self._request(method, path, body, {HEADER: token}, query)

    def say(self, who: str, conversation: str, text: str, **more: Json) -> Json:
        """Somebody writes in a conversation (in a group the robot is mentioned)."""
        return self.ask("POST", "say", {"as": who, "conversation": conversation, "text": text, **more})

    def create(self, space_id: str, *entries: Json) -> None:
        """Puts files and folders (`path`, `size`, `creator`) into a space."""
        self.ask("POST", f"drive/{space_id}", {"create": entries})

    def paths(self, space_id: str) -> set[str]:
        """What is in a space now."""
        return {entry["path"] for entry in self.ask("GET", f"drive/{space_id}")["dentries"]}

    def messages(self, who: str, conversation: str) -> list[Json]:
        """What somebody sees in a conversation."""
        path = f"conversations/{quote(conversation, safe='')}"
        messages: list[Json] = self.ask("GET", path, **{"as": who})["messages"]
        return messages

    def connected(self, count: int = 1) -> None:
        """Wait until so many stream connections are open."""
        found = self.ask("GET", "stream", wait=PATIENCE_S, count=count)["connections"]
        assert len(found) == count, f"{len(found)} connections, not {count}"

    def _request(
        self, method: str, path: str, body: Json, headers: dict[str, str], query: dict[str, str | int]
    ) -> Json:
        target = f"{path}?{urlencode(query)}" if query else path
        text = None if body is None else json.dumps(body).encode()
        named = headers if text is None else headers | {"Content-Type": "application/json"}
        with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_S * 2)) as connection:
            connection.request(method, target, text, named)
            answer = connection.getresponse()
            said = answer.read().decode()
        assert answer.status < 400, f"{method} {target}: {answer.status} {said}"
        return json.loads(said) if said else {}


@contextmanager
def sandbox(*arguments: str) -> Iterator[Sandbox]:
    """`python -m sandbox` on a free port."""
    reading, writing = os.pipe()
    with (
        os.fdopen(reading, encoding="utf-8") as said,
        os.fdopen(writing, "wb") as saying,
        _running("sandbox", "--port", "0", *arguments, folder=ROOT, stdout=saying.fileno()),
    ):
        saying.close()
        url = said.readline().strip()
        assert url, "the sandbox did not start"
        yield Sandbox(url)


CONFIRMED = '[{"name": "Whoever asks confirms", "answer": "confirm"}]'
"""The policy where a test says nothing else."""


@contextmanager
def dingsweep(box: Sandbox, folder: Path, **settings: str | None) -> Iterator[None]:
    """The real robot, connected; `settings` are named as in its environment, without the prefix; None is unset."""
    given: dict[str, str | None] = {
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "CORP_ID": CORP_ID,
        "API_BASE_URL": box.url,
        "OAPI_BASE_URL": box.url,
        "DATABASE_URL": f"sqlite:///{folder / 'robot.sqlite'}",
        "RULES": CONFIRMED,
        "HEALTH": "off",
    }
    variables = {
        f"DINGSWEEP_{name}": value for name, value in (given | settings).items() if value is not None
    }
    with _running("bot", "run", folder=folder, variables=variables):
        box.connected()
        yield


@contextmanager
def approval_robot(box: Sandbox) -> Iterator[None]:
    """The small robot that asks a manager, connected."""
    variables = {"DINGTALK_OPENAPI_ENDPOINT": box.url}
    with _running("tests.browser.approval_robot", folder=ROOT, variables=variables):
        box.connected()
        yield


@contextmanager
def _running(
    module: str, *arguments: str, folder: Path, variables: Mapping[str, str] | None = None, stdout: int = -1
) -> Iterator[None]:
    """A program of ours, without the settings of whoever runs the tests; ended as SIGTERM does."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("DINGSWEEP_")}
    environment = {**kept, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", **(variables or {})}
    program = fork(module, *arguments, cwd=folder, env=environment, stdout=stdout)
    try:
        yield
    finally:
        program.terminate()
        if program.join(END_S) is None:
            program.kill()
