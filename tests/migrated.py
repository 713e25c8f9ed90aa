"""The tables of a robot that has started once: made once in each process of the tests, then copied.

To make them takes a third of what a small test takes. That they are made from nothing is for the tests of the
store, of the engine, and of the program, which begin without a file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.engine import Engine
from bot.store import Store

_made: list[bytes] = []


async def begin(path: Path) -> None:
    """Put a SQLite file with all tables and no rows of ours there; one that is there stays as it is."""
    if not _made:
        with TemporaryDirectory() as folder:
            _made.append(await _from_nothing(Path(folder) / "robot.sqlite"))
    _copy(_made[0], path)


def _copy(database: bytes, path: Path) -> None:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(database)


async def _from_nothing(path: Path) -> bytes:
    url = f"sqlite+aiosqlite:///{path}"
    async with Store(url), Engine(url):
        pass
    with closing(sqlite3.connect(path)) as connection:
        return connection.serialize()
