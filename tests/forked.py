"""Our programs in processes of their own, forked from one in which everything was imported.

Each is as separate as one that is started anew: it is signalled and killed, and ends with an exit code. It only
saves the second of processor time that its imports would take, and there are a hundred such starts. That the programs
start from nothing is for the tests of the programs.
"""

from __future__ import annotations

import asyncio
import os
import runpy
import signal
import sys
from asyncio import StreamReader, StreamReaderProtocol
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any

SERVER = get_context("forkserver")
"""Where it is imported. Nothing must run in it that a fork would cut in two: no thread, no event loop."""
SERVER.set_forkserver_preload(
    [
        "bot.__main__",
        "bot.app",
        "sandbox.__main__",
        "tests.integration.crashing_robot",
    ]
)
File = int | IO[Any] | None


class Forked:
    """What `asyncio.subprocess.Process` is, as far as we use it; and it can be waited for without an event loop."""

    def __init__(self, process: Any, forget: Callable[[], None]) -> None:
        self._process = process
        self._forget = forget
        self.stdout: StreamReader | None = None
        self.stderr: StreamReader | None = None

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    @property
    def returncode(self) -> int | None:
        """Negative for a signal."""
        code: int | None = self._process.exitcode
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def join(self, timeout_s: float | None = None) -> int | None:
        """Block until it has ended, or the time is over."""
        self._process.join(timeout_s)
        return self._ended()

    async def wait(self) -> int:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        handle = os.dup(self._process.sentinel)  # several may wait, and each has its own
        loop.add_reader(handle, ended.set)
        try:
            while (code := self._ended()) is None:
                await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)
        return code

    async def communicate(self) -> tuple[bytes, bytes]:
        """All it still says, and its end."""
        said, failed, _ = await asyncio.gather(_rest(self.stdout), _rest(self.stderr), self.wait())
        return said, failed

    def _ended(self) -> int | None:
        if self.returncode is not None:
            self._forget()
        return self.returncode


async def create_subprocess_exec(
    *command: str | Path,
    cwd: Path | str,
    env: Mapping[str, str],
    stdin: File = None,
    stdout: File = None,
    stderr: File = None,
    **_more: Any,
) -> Forked:
    """As asyncio's, for `PYTHON -m MODULE …` alone; what nobody wants to hear goes nowhere."""
    reading: dict[str, int] = {}
    with ExitStack() as inherited:

        def of(name: str, file: File) -> int:
            if file != PIPE:
                return _number(file)
            reading[name], writing = os.pipe()
            inherited.callback(os.close, writing)
            return writing

        out = of("stdout", stdout)
        err = out if stderr == STDOUT else of("stderr", stderr)
        forked = await asyncio.to_thread(
            fork, *map(str, command[2:]), cwd=cwd, env=env, is_held=stdin == PIPE, stdout=out, stderr=err
        )
    for name, file in reading.items():
        setattr(forked, name, await _reader(file))
    return forked


def fork(
    module: str,
    *arguments: str,
    cwd: Path | str,
    env: Mapping[str, str],
    is_held: bool = False,
    stdout: int = -1,
    stderr: int = -1,
) -> Forked:
    """`python -m MODULE ARGUMENTS`, that says everything to these files, or to nobody.

    With `is_held` its input ends when we do; otherwise it has none.
    """
    inherited, held = os.pipe() if is_held else (-1, -1)
    files = [None if file < 0 else DupFd(file) for file in (inherited, stdout, stderr)]
    process = SERVER.Process(target=_run, args=(module, arguments, str(cwd), dict(env), files), daemon=True)
    process.start()
    kept = ExitStack()
    if is_held:
        os.close(inherited)
        kept.callback(os.close, held)
    return Forked(process, kept.close)


def _number(file: File) -> int:
    return file.fileno() if file is not None and not isinstance(file, int) else -1


async def _reader(file: int) -> StreamReader:
    loop = asyncio.get_running_loop()
    reader = StreamReader(loop=loop)
    await loop.connect_read_pipe(
        lambda: StreamReaderProtocol(reader, loop=loop), os.fdopen(file, "rb", buffering=0)
    )
    return reader


async def _rest(reader: StreamReader | None) -> bytes:
    return await reader.read() if reader else b""


def _run(module: str, arguments: tuple[str, ...], cwd: str, env: dict[str, str], files: list[Any]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for name in [name for name in sys.modules if name.startswith("dingtalk_stream")]:
        del sys.modules[name]  # at its import it reads from the environment where DingTalk is
    for number, file in enumerate(files):
        os.dup2(file.detach() if file else os.open(os.devnull, os.O_RDWR), number)
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
