"""A sandbox for every test: one inside the test's own event loop, one as the program people start; databases."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from bot import engine
from sandbox.server import Server
from tests.conformance.control import Control
from tests.databases import database_url, postgres
from tests.migrated import ready_url

__all__ = ["database_url", "postgres", "ready_url"]

ROOT = Path(__file__).parents[1]
MEMORY = Path("/dev/shm")  # noqa: S108  for speed: nothing there is trusted
ROOMY_BYTES = 4 * 2**30
"""More than all files of a run; a container often has 64 MiB there."""

engine.LISTEN_EVERY_S = 0.1  # robots in the tests' own process end by the hundred, and each would wait for it


def _write_to_memory() -> None:
    """A disk waits at each commit, and takes a minute to remove what ten databases leave behind."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOMY_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


_write_to_memory()
gc.set_threshold(20_000, 20, 50)  # an eighth of a run went into looking through modules and tests, which stay


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture
async def sandbox() -> AsyncIterator[Control]:
    """A freshly seeded sandbox in this test's event loop: for clients that do not block."""
    async with Server() as server, aiohttp.ClientSession() as http:
        yield Control(http, server.url)


@pytest.fixture(scope="session")
def sandbox_program() -> Iterator[str]:
    """The address of `python -m sandbox --port 0`, started once: for clients that block."""
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    with subprocess.Popen(  # noqa: S603  our own program
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        yield program.stdout.readline().strip()
        program.terminate()
        assert program.wait(timeout=10) == 0, "the sandbox did not end cleanly"


@pytest.fixture
async def sandbox_process(sandbox_program: str) -> AsyncIterator[Control]:
    """The program's sandbox, seeded anew for this test."""
    async with aiohttp.ClientSession() as http:
        control = Control(http, sandbox_program)
        await control.ask("POST", "state/reseed")
        yield control
