"""One robot a database: two would take up each other's running jobs and send their batches twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

LEASE = 0x44494E48
"""The advisory lock of the running robot on a PostgreSQL."""


class InUseError(Exception):
    """Another process has the lease."""


@contextmanager
def lease(url: URL) -> Iterator[None]:
    """Held until the block ends or the process does, however it ends. Raises InUseError."""
    with _on_file(Path(f"{url.database}.lock")) if url.get_backend_name() == "sqlite" else _on_server(url):
        yield


@contextmanager
def _on_file(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError from None
        yield


@contextmanager
def _on_server(url: URL) -> Iterator[None]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        with engine.connect() as connection:  # the lock is this session's, and goes with it
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEASE}):
                raise InUseError
            yield
    finally:
        engine.dispose()
