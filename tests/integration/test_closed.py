"""What a robot leaves open to others: no port but the health page's, and no file but to its owner."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import run
from tests.integration.deletions import delete, files
from tests.integration.office import PATIENCE_S, Office
from tests.integration.program import environment, ran_inside

LISTENING = "0A"
LOOPBACK = "0100007F"
"""127.0.0.1, as Linux writes it there."""


@pytest.fixture
def generous() -> Iterator[None]:
    """A machine that lets everybody read whatever is made without a mode."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("generous")
async def test_nobody_else_can_read_a_file_that_it_made(office: Office) -> None:
    """Database, lock, log of the database, backup, exported trail: all hold names and paths of a company."""
    url = f"sqlite:///{office.folder}/var/robot.sqlite"
    variables = environment(office, DINGSWEEP_DATABASE_URL=url)
    before = set(office.folder.rglob("*"))
    async with office.robot(database_url=url) as app:
        await delete(office, app, *await files(office, "a"))
        for words in ("backup one.backup", "audit export --output trail.jsonl"):
            ended = await ran_inside(office.folder, *words.split(), variables=variables)
            assert ended.code == 0, ended.printed
        made = set(office.folder.rglob("*")) - before
        names = {path.name for path in made}
        assert names >= {"robot.sqlite", "robot.sqlite-wal", "robot.sqlite.lock", "one.backup", "trail.jsonl"}
        assert {path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077} == set()


async def test_it_listens_for_the_health_page_alone(office: Office) -> None:
    before, stopping = _listening(), asyncio.Event()
    running = asyncio.create_task(run(office.settings(health="127.0.0.1:0"), stopping))
    await office.control.ask("GET", "stream", wait=PATIENCE_S, count=1)
    assert "Here I am" in str(await office.say("wang", "ping"))
    found = _listening() - before
    stopping.set()
    await running
    assert [address for address, _ in found] == [LOOPBACK]


def _listening() -> set[tuple[str, str]]:
    """Address and inode of each socket of this process that takes connections or datagrams."""
    links = (str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink())
    ours = {found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    rows = [
        (kind, line.split())
        for kind in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/self/net/{kind}").read_text().splitlines()[1:]
    ]
    return {
        (row[1].partition(":")[0], row[9])
        for kind, row in rows
        if row[9] in ours and (row[3] == LISTENING or kind.startswith("udp"))
    }
