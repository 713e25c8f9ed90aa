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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "others can reach 0.0.0.0; add --allow-remote if they may."),  # noqa: S104
        (["--seed", "/nowhere.json"], "cannot read /nowhere.json: No such file or directory."),
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
        "dingsandbox",
        "README.md",
        "Ctrl-C",
    ):
        assert wanted in text
    assert max(map(len, text.splitlines())) <= 100


def test_what_is_loopback() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_loopback(h) for h in ("0.0.0.0", "192.168.1.1", "example.com")] == [False] * 3  # noqa: S104
