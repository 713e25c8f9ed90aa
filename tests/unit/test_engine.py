"""The durable engine: started once, finished, also by the next process; and ended in good order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.engine import Engine, Payload
from bot.settings import load

WAIT_S = 20


class Notebook:
    """Workflows that write down what they do, and may be held."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lines: list[str] = []
        self.began = asyncio.Event()
        self.done = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        engine.add("write", self.write)
        engine.add("break", self.fail)

    async def write(self, payload: Payload) -> None:
        answer = await self.engine.step("first", lambda: self._line("first"))
        self.began.set()
        await self.go_on.wait()
        await self._line(f"{payload['name']} after {answer}")
        self.done.set()

    async def fail(self, payload: Payload) -> None:
        self.lines.append("broke")
        self.done.set()
        raise RuntimeError(payload["name"])

    async def _line(self, text: str) -> str:
        self.lines.append(text)
        return text

    async def until(self, event: asyncio.Event) -> None:
        async with asyncio.timeout(WAIT_S):
            await event.wait()


def engine(url: str, drain_s: float = 8.0) -> Engine:
    settings = load(Path("/nonexistent"), client_id="c", client_secret="s", database_url=url)
    return Engine(settings.database_url, drain_s=drain_s)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/engine.sqlite"


async def test_one_id_is_one_run(database_url: str) -> None:
    opened = engine(database_url)
    notebook = Notebook(opened)
    async with opened:
        await asyncio.gather(*(opened.start("write", "id-1", {"name": f"n{n}"}) for n in range(8)))
        await notebook.until(notebook.done)
        await opened.start("write", "id-1", {"name": "late"})
    assert notebook.lines[0] == "first"
    assert len(notebook.lines) == 2, notebook.lines


async def test_what_was_begun_is_finished_by_the_next_start(database_url: str) -> None:
    """The step that was done is not done again, and its answer is known."""
    first = engine(database_url, drain_s=0.05)
    notebook = Notebook(first)
    notebook.go_on.clear()
    async with first:
        await first.start("write", "id-1", {"name": "Ann"})
        await notebook.until(notebook.began)
    assert notebook.lines == ["first"]
    assert not notebook.done.is_set()

    second = engine(database_url)
    notebook = Notebook(second)
    async with second:
        await notebook.until(notebook.done)
    assert notebook.lines == ["Ann after first"]

    third = engine(database_url)
    notebook = Notebook(third)
    async with third:
        await third.start("write", "id-1", {"name": "Ann"})
    assert notebook.lines == [], "finished is finished"


async def test_closing_waits_for_what_runs(url: str) -> None:
    opened = engine(url)
    notebook = Notebook(opened)
    notebook.go_on.clear()
    async with opened:
        await opened.start("write", "id-1", {"name": "Ann"})
        await notebook.until(notebook.began)
        asyncio.get_running_loop().call_later(0.2, notebook.go_on.set)
    assert notebook.done.is_set()


async def test_a_workflow_that_breaks_breaks_nothing_else(url: str) -> None:
    opened = engine(url)
    notebook = Notebook(opened)
    async with opened:
        await opened.start("break", "id-1", {"name": "on purpose"})
        await notebook.until(notebook.done)
        notebook.done.clear()
        await opened.start("write", "id-2", {"name": "Ann"})
        await notebook.until(notebook.done)
    assert notebook.lines == ["broke", "first", "Ann after first"]


async def test_a_database_that_is_away_for_a_moment_ends_no_workflow(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library never begins one again that broke, not even at the next start."""
    monkeypatch.setattr("bot.engine.AWAY_S", 0.01)
    opened, tries, done = engine(url), 0, asyncio.Event()

    async def write(payload: Payload) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        done.set()

    opened.add("write", write)
    async with opened:
        await opened.start("write", "id-1", {})
        async with asyncio.timeout(WAIT_S):
            await done.wait()
    assert tries == 3


async def test_the_loop_is_as_good_as_before(url: str) -> None:
    """The library lends the loop its threads, and ends them with itself."""
    async with engine(url):
        assert await asyncio.to_thread(lambda: 1) == 1
    assert await asyncio.to_thread(lambda: 2) == 2


async def test_its_logs_are_ours(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    async with engine(url):
        pass
    assert capfd.readouterr() == ("", "")
