"""Told to end, the robot ends within ten seconds, whatever it is doing; told twice, at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import signal
import sys
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot import app, ending
from bot.stream import Stream
from tests.integration.deletions import ask, struck
from tests.integration.endings import fault
from tests.integration.gateway import Notes
from tests.integration.office import PATIENCE_S, REMOVE, Office
from tests.integration.program import ROOT, SHUTDOWN_S, robot

BLOCKED = """
import socket, sys
from bot import ending, logs

logs.set_up("json")
ending.GUARD_S = float(sys.argv[1])
ending.obey_signals(lambda: None)
one, other = socket.socketpair()
print("ready", flush=True)
one.recv(1)  # the main thread, and with it any event loop, does nothing more
"""


@pytest.mark.parametrize(
    ("guard_s", "signals", "code", "said"),
    [
        ("0.1", [signal.SIGTERM], 0, "shutdown.cut_off"),
        ("60", [signal.SIGTERM, signal.SIGTERM], 128 + signal.SIGTERM, "shutdown.at_once"),
        ("60", [signal.SIGTERM, signal.SIGINT], 128 + signal.SIGINT, "shutdown.at_once"),
    ],
)
async def test_a_process_that_does_nothing_more_ends_too(
    guard_s: str, signals: list[signal.Signals], code: int, said: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BLOCKED, guard_s),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    errors = b""
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert await process.stdout.readline() == b"ready\n"
            for number in signals:
                process.send_signal(number)
                while b"shutdown.begun" not in errors:
                    errors += await process.stderr.readline()
            errors += await process.stderr.read()
            assert await process.wait() == code
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert said in errors.decode()


async def test_a_job_whose_call_hangs_is_left_for_the_next_start(office: Office) -> None:
    async with robot(office) as program:
        card = await ask(office, "/report.pdf")
        hanging = await fault(office, REMOVE, delayMs=60_000, count=1)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        ended = await program.end(within_s=SHUTDOWN_S)
    assert ended.code == 0, ended.errors
    assert "engine.left_running" in ended.errors
    assert "shutdown.cut_off" not in ended.errors
    assert "Traceback" not in ended.printed


async def test_no_part_of_the_end_takes_what_the_others_need(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without a process: the drain would take ten minutes, and all that comes after it has its turn."""

    def patient(made: app.App) -> None:
        made.engine._drain_s = 600

    monkeypatch.setattr(ending, "ORDERLY_S", 3.2)
    stopping = asyncio.Event()
    with capture_logs() as lines:
        running = asyncio.create_task(app.run(office.settings(), stopping, patient))
        await office.control.ask("GET", "stream", wait=PATIENCE_S, count=1)
        card = await ask(office, "/report.pdf")
        hanging = await fault(office, REMOVE, delayMs=60_000, count=1)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        stopping.set()
        await asyncio.wait_for(running, SHUTDOWN_S)
    events = [line["event"] for line in lines]
    assert "engine.left_running" in events
    assert "engine.left_open" not in events


async def test_a_websocket_whose_other_side_answers_nothing_is_closed() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("POST"):
            text = f'{{"endpoint": "ws://127.0.0.1:{port}", "ticket": "t"}}'
            writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{text}".encode())
            writer.close()
            return
        [key] = [line.split(": ")[1] for line in head.splitlines() if line.startswith("Sec-WebSocket-Key")]
        magic = f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()
        accept = base64.b64encode(hashlib.sha1(magic).digest()).decode()  # noqa: S324  RFC 6455
        upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{upgrade}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        taken.append(writer)

    taken: list[Any] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        stream = Stream(
            client_id="ding1",
            client_secret="s3cret",
            api_base_url=f"http://127.0.0.1:{port}",
            receiver=Notes(),
            session=session,
        )
        running = asyncio.create_task(stream.run())
        await asyncio.wait_for(stream.connected.wait(), PATIENCE_S)
        await asyncio.wait_for(stream.stop(), SHUTDOWN_S / 2)
        await asyncio.wait([running])
    server.close()
    for writer in taken:
        writer.transport.abort()
