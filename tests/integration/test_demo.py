"""The demo as people start it: the story holds, it can be gone on with by hand, and it leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import select
import shlex
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import aiohttp
import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.demo import by_hand, company, programs, story
from bot.demo.director import Director
from bot.demo.markup import rendered
from bot.demo.programs import ProgramError
from bot.demo.sandbox import Sandbox
from bot.demo.stage import Stage
from tests import forked
from tests.integration.office import REMOVE

PATIENCE_S = 30
COMMAND = (sys.executable, "-m", "bot", "demo")
ON_LINUX = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for processes that are not ours")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Ours, with temporary files in the test's folder and no terminal's width."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "FORCE_COLOR"}}
    return kept | {"TMPDIR": str(folder), "PYTHONIOENCODING": "utf-8"} | more


def is_file(path: str) -> bool:
    return Path(path).is_file()


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


class Watched:
    """A demo that runs, and what it has said."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, part: str) -> str:
        """The next line that holds `part`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line.rstrip("\n"))
                if part in line:
                    return self.lines[-1]
        raise AssertionError(f"{part!r} was never said, but this: {self.lines}")

    async def end(self) -> int:
        """Its exit code, once it is over; the rest of what it says."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            self.lines += (await self.process.stdout.read()).decode().splitlines()
            return await self.process.wait()

    def programs(self) -> dict[str, int]:
        """The process ids of the two programs it started, by what they run."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        running = {
            Path(f"/proc/{child}/cmdline").read_text().split("\0")[3]: int(child) for child in children
        }
        assert running.keys() == {"sandbox", "bot"}
        return running


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Watched]:
    process = await asyncio.create_subprocess_exec(*COMMAND, env=environment(folder), stdout=PIPE)
    try:
        yield Watched(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's programs, forked: for tests of what they say and not of how they start."""
    monkeypatch.setattr(asyncio, "create_subprocess_exec", forked.create_subprocess_exec)


@asynccontextmanager
async def company_at_work(folder: Path) -> AsyncIterator[Sandbox]:
    """The sandbox and the robot, set up as in the demo."""
    async with programs.sandbox(folder) as (_, box):
        company.set_up(folder, box)
        async with programs.robot(folder, box):
            yield box


def test_the_story_holds_and_ends_by_itself(tmp_path: Path) -> None:
    folder, picture = tmp_path / "temporary", tmp_path / "story.svg"
    folder.mkdir()
    done = subprocess.run(  # noqa: S603
        [*COMMAND, "--svg", str(picture)],
        env=environment(
            folder, DEMO_ONCE="1", DINGSWEEP_ALLOW_PERMANENT="true", HTTP_PROXY="http://127.0.0.1:9"
        ),
        capture_output=True,
        timeout=60,
        check=False,
    )
    said = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b""), said
    assert "\x1b" not in said
    assert max(cell_len(line) for line in said.splitlines()) <= 80
    assert "✘" not in said
    marks = sum(line.startswith("✔") for line in said.splitlines())
    assert f"All {marks} checks hold." in said
    for part in (
        "删除 8 项，等待审批",
        "只有王小明",
        "[批准]",
        "已移到回收站：7 / 8 项",
        "已恢复：7 项",
        "都放回了",
        "[移到回收站]",
        "已驳回",
        "周报还在用",
        "Nobody approved",
        "永久",
        "试运行",
        "值班播报",
    ):
        assert part in said
    for part in (
        REMOVE,
        "200 counted",
        "200 free",
        "200 webhook",
        "📁 /2023/drafts",
        "…/recycleBins/",
        "decision.refused",
    ):
        assert part in said
    assert "Your turn" not in said
    assert is_empty(folder)
    assert picture.read_text("utf-8").startswith("<svg")


async def test_afterwards_it_goes_on_by_hand_until_it_is_told_to_stop(tmp_path: Path) -> None:
    async with demo(tmp_path) as shown, aiohttp.ClientSession() as http:

        async def paste(line: str) -> None:
            """What the shell would do with the line."""
            curl, quiet, url, *data = shlex.split(line)
            assert (curl, quiet, data[:1]) == ("curl", "-s", ["-d"])
            async with http.post(url, data=data[1].encode()) as answer:
                assert answer.status == 200, await answer.text()

        await shown.until("All ")
        page = (await shown.until("page   ")).split()[-1]
        async with http.get(page) as answer:
            assert "<title>" in await answer.text()
        log = (await shown.until("robot log")).split()[-1]
        assert is_file(log)
        await shown.until("Prove the trail")
        verify = await asyncio.create_subprocess_shell(await shown.until("DATABASE_URL"), stdout=PIPE)
        assert (await verify.communicate())[0].startswith(b"Sound: ")
        asking = next(line for line in shown.lines if line.startswith("curl") and "删除 /2023/Q4" in line)
        await paste(asking)
        await shown.until("删除 4 项，等待审批")
        await shown.until("Press [批准] as li")
        await paste(await shown.until("curl"))
        await shown.until("POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove")
        await shown.until("已移到回收站：")

        shown.process.send_signal(signal.SIGINT)
        assert await shown.end() == 0
        assert shown.lines[-1] == "Stopped."
        assert is_empty(tmp_path)


@ON_LINUX
async def test_a_program_that_ends_is_told_in_one_sentence(tmp_path: Path) -> None:
    async with demo(tmp_path) as shown:
        await shown.until("An employee wants")
        os.kill(shown.programs()["bot"], signal.SIGKILL)
        assert await shown.end() == 1
        told, log = shown.lines[-1].split(" Its log: ")
        assert told == "✘ The robot was ended by SIGKILL."
        assert is_file(log)


@ON_LINUX
async def test_nothing_is_left_running_however_it_ends(tmp_path: Path) -> None:
    async with demo(tmp_path) as shown:
        await shown.until("An employee wants")
        running = [os.pidfd_open(pid) for pid in shown.programs().values()]
        shown.process.kill()
        await shown.process.wait()
        for handle in running:
            ended = select.poll()
            ended.register(handle, select.POLLIN)
            assert await asyncio.to_thread(ended.poll, PATIENCE_S * 1000), "still running"
            os.close(handle)


@pytest.mark.usefixtures("forking")
async def test_what_the_page_offers_to_say_makes_sense_after_the_story(tmp_path: Path) -> None:
    """Every suggestion is a command that the robot carries out, on files that are still there."""
    async with company_at_work(tmp_path) as box:
        await by_hand.offer(box)
        offered = (await box.ask("GET", "hello"))["suggestions"]
        assert [(one["as"], one["conversation"], one["text"]) for one in offered] == [*by_hand.SUGGESTIONS]
        director = await Director.arrive(box, Stage(Console(file=StringIO(), width=80), paced=False))
        await story.play(director, programs.database_url(tmp_path))
        assert not director.failures
        for who, where, text in by_hand.SUGGESTIONS:
            after = await director.say(who, where, text)
            answer = await box.answer(who, where, after)
            words = f"{answer.title} {answer.words}"
            assert answer.is_card == text.startswith("删除"), words
            refusals = ("找不到", "不认识", "There is no", "don't know")
            assert not any(refused in words for refused in refusals), words


async def test_a_robot_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "dingsweep.toml").write_text("colour = 'blue'\n")
    async with programs.sandbox(tmp_path) as (_, box):
        with pytest.raises(ProgramError) as told:
            async with programs.robot(tmp_path, box):
                pytest.fail("it started")
    assert "The robot ended with code 2 (There is no setting colour" in str(told.value)
    assert str(told.value).endswith(f"Its log: {tmp_path / 'robot.log'}")


@pytest.mark.usefixtures("forking")
async def test_a_story_that_does_not_hold_is_told(tmp_path: Path) -> None:
    """Nothing is deleted, whatever the robot wants: every check on what is left must see it."""
    output = StringIO()
    async with company_at_work(tmp_path) as box:
        fault = {"route": REMOVE, "status": 403, "code": "permissionDenied", "message": "made to fail"}
        await box.ask("POST", "faults", fault)
        director = await Director.arrive(box, Stage(Console(file=output, width=80), paced=False))
        await story.play(director, programs.database_url(tmp_path))
    assert any("left the drive" in failure for failure in director.failures)
    assert any("recycle bin" in failure for failure in director.failures)
    assert "no call was refused" in director.failures
    assert "the result offers to undo it" in director.failures
    assert "nothing has left the drive" not in director.failures
    assert "the story was played to its end" not in director.failures
    assert output.getvalue().count("✘") == len(director.failures)


def test_what_the_robot_writes_is_drawn_without_its_signs() -> None:
    text = rendered(
        "**王小明** 要删除\n\n📄 a\x1b[31m.txt\n\n<font colorTokenV2=common_red1_color>**永久**</font>"
    )
    assert text.plain == "王小明 要删除\n📄 a�[31m.txt\n永久"
    assert [text.plain[span.start : span.end] for span in text.spans if "bold" in str(span.style)] == [
        "王小明",
        "永久",
    ]
    assert any("red" in str(span.style) for span in text.spans)
