"""The program `python -m sandbox`: how it starts, how it refuses to, how it ends."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp
import pytest

from sandbox.__main__ import main
from sandbox.guard import is_loopback
from tests.conformance.control import Control


async def start(*arguments: str) -> Process:
    """The program, which may not warn about anything."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "sandbox", *arguments, stdout=PIPE, stderr=PIPE
    )


async def address(program: Process) -> str:
    """The first line it prints."""
    assert program.stdout is not None
    return (await program.stdout.readline()).decode().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_says_where_it_is_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"people": [{"userId": "zoe", "name": "Zoe"}]}))
    program = await start("--port", "0", "--seed", str(seed))
    url = await address(program)
    assert url.startswith("http://127.0.0.1:")
    async with aiohttp.ClientSession() as http:
        assert [p["name"] for p in (await Control(http, url).people()).values()] == ["Zoe"]
    program.send_signal(number)
    _, errors = await program.communicate()
    assert (program.returncode, errors) == (0, b"")


async def test_a_used_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        program = await start("--port", str(number))
        printed, errors = await program.communicate()
    assert (program.returncode, printed) == (2, b"")
    assert errors.decode() == (
        f"python -m sandbox: port {number} on 127.0.0.1 is in use;"
        " choose another with --port, or --port 0 for any free one.\n"
    )


async def test_the_second_line_is_for_people(tmp_path: Path) -> None:
    program = await start("--port", "0", "--suggest", "帮助", "--suggest", "<b>")
    url = await address(program)
    assert program.stdout is not None
    assert (await program.stdout.readline()).decode() == f"The page, for a browser: {url}/\n"
    async with aiohttp.ClientSession() as http:
        hello = await Control(http, url).ask("GET", "hello")
    assert hello["suggestions"] == [{"text": "帮助"}, {"text": "<b>"}]
    assert hello["baseUrl"] == url
    program.terminate()
    assert (await program.communicate())[1] == b""


VISITOR = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1]) as page:
    text = page.read()
print("visited", sys.argv[1], b"<title>" in text, flush=True)
"""


async def test_it_opens_its_page_when_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = tmp_path / "browser.py"
    visitor.write_text(VISITOR)
    monkeypatch.setenv("BROWSER", f"{sys.executable} {visitor} %s")
    program = await start("--port", "0", "--open")
    url = await address(program)
    assert program.stdout is not None
    await program.stdout.readline()
    async with asyncio.timeout(20):
        visited = (await program.stdout.readline()).decode()
    assert visited == f"visited {url}/ True\n"
    program.terminate()
    assert (await program.communicate())[1] == b""


async def test_without_a_browser_it_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", f"{sys.executable} -c exit(1) %s")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("DISPLAY", raising=False)
    program = await start("--port", "0", "--open")
    url = await address(program)
    assert program.stderr is not None
    async with asyncio.timeout(20):
        told = (await program.stderr.readline()).decode()
    assert told == f"No browser could be started; open {url}/ yourself.\n"
    async with aiohttp.ClientSession() as http:
        assert await Control(http, url).people()
    program.terminate()
    assert (await program.communicate())[1] == b""
    assert program.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "others can reach 0.0.0.0; add --allow-remote if they may."),  # noqa: S104
        (["--seed", "/nowhere.json"], "cannot read /nowhere.json: No such file or directory."),
        (["--suggest", ""], "what was given is no seed: a suggestion needs a text."),
        (["--host", "::ffff:1.2.3.4"], "others can reach ::ffff:1.2.3.4; add --allow-remote if they may."),
    ],
)
def test_a_refusal_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", f"python -m sandbox: {sentence}\n")


@pytest.mark.parametrize("number", ["none", "-1", "65536", "１", ""])
def test_what_is_no_port(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--port={number}"])
    assert ended.value.code == 2
    assert "is no number from 0 to 65535" in capsys.readouterr().err


def test_its_help_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert not ended.value.code
    text = capsys.readouterr().out
    for wanted in (
        "--port N",
        "--host",
        "--allow-remote",
        "--seed FILE",
        "--suggest TEXT",
        "--open",
        "dingsandbox",
        "README.md",
        "Ctrl-C",
    ):
        assert wanted in text
    assert max(map(len, text.splitlines())) <= 100


def test_what_is_loopback() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_loopback(h) for h in ("0.0.0.0", "192.168.1.1", "example.com")] == [False] * 3  # noqa: S104
