"""The tables of a robot that has started once: made once in each process of the tests, then copied.

To make them takes a third of what a small test takes. That they are made from nothing is for the tests of the
store, of the engine, and of the program, which begin without a file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy.engine import make_url

from bot.engine import Engine
from bot.store import Store
from tests.databases import Postgres

_made: list[bytes] = []


@pytest.fixture(params=["sqlite", "postgresql"])
async def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As `database_url`, with all tables and no rows of ours."""
    if request.param == "postgresql":
        return await begin_on(request.getfixturevalue("postgres"))
    await begin(tmp_path / "test.sqlite")
    return f"sqlite:///{tmp_path}/test.sqlite"


async def begin(path: Path) -> None:
    """Put a SQLite file with all tables and no rows of ours there; one that is there stays as it is."""
    if not _made:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "robot.sqlite"
            await _from_nothing(f"sqlite+aiosqlite:///{made}")
            with closing(sqlite3.connect(made)) as connection:
                _made.append(connection.serialize())
    _copy(_made[0], path)


async def begin_on(postgres: Postgres) -> str:
    """The same on this server; the URL, without a driver name."""
    if not postgres.ready:
        url = make_url(postgres())
        await _from_nothing(url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
        postgres.ready = url.database or ""
    return postgres.copy()


def _copy(database: bytes, path: Path) -> None:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(database)


async def _from_nothing(url: str) -> None:
    async with Store(url), Engine(url):
        pass
