"""One robot a file: two on one SQLite would take up each other's running jobs and send their batches twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUseError(Exception):
    """Another process has the lease."""


@contextmanager
def lease(database: Path) -> Iterator[None]:
    """Held until the block ends or the process does, however it ends. Raises InUseError."""
    path = database.with_name(f"{database.name}.lock")
    path.touch(mode=0o600)
    path.chmod(0o600)  # whoever may open it could hold it, and keep the robot from starting
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError from None
        yield
