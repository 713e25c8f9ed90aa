"""Whether a database that cannot be used is worth waiting for: it may be there in a minute, or somebody must mend it.

Worth waiting for is a server that is not there yet, does not take us yet or has no room, a name that is not known
yet, a file that is locked, and a folder or volume that is not there yet. What only a person mends is not: a password,
a name of a database, a schema, damage, missing rights. What nobody here knows ends the program with its one line, and
whatever keeps it running begins again.
https://www.postgresql.org/docs/current/errcodes-appendix.html, https://www.sqlite.org/rescode.html
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from pathlib import Path

import psycopg

FSTAB = Path("/etc/fstab")
_NOT_YET = re.compile(
    r"connection refused|failed to resolve host|could not translate host name|timeout expired|timed out"
    r"|server closed the connection|connection reset|no route to host|unreachable|host is down|no such file"
    r"|consuming input failed|terminating connection|the database system is|too many clients|too many connections"
    r"|remaining connection slots",
    re.IGNORECASE,
)
"""What PostgreSQL's client says itself, and what servers say that start, stop or are full. Before somebody is let in
the client keeps no code, only the sentence."""
_CODES_NOT_YET = ("08", "53", "57P")
"""Connection lost, no room, shut down or starting."""
_FILE_NOT_YET = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_PLACE_NOT_YET = {errno.EIO, errno.ENOSPC, errno.ESTALE, errno.ETIMEDOUT, errno.ENODEV}


class NotMounted(OSError):
    """The file's volume is not there yet; the text says which."""


def is_worth_waiting(cause: BaseException | None) -> bool:
    match cause:
        case psycopg.OperationalError():
            if cause.sqlstate:
                return cause.sqlstate.startswith(_CODES_NOT_YET)
            return bool(_NOT_YET.search(str(cause)))
        case sqlite3.OperationalError():
            return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _FILE_NOT_YET
        case NotMounted():
            return True
        case OSError():
            return cause.errno in _PLACE_NOT_YET
    return False


def require_place(path: Path) -> None:
    """Raises NotMounted where the file would be made beside the place that it is meant for.

    A robot that starts before its volume is mounted would begin with an empty database, and that would vanish under
    the volume later. So of a path only the last folder is made, and what /etc/fstab names must be mounted.
    """
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100  a link that leads nowhere yet is no mistake
    if not folder.parent.is_dir():
        raise NotMounted(f"there is no folder {folder.parent}")
    for place in _places():
        if folder.is_relative_to(place) and not place.is_mount():
            raise NotMounted(f"{place} is not mounted")


def _places() -> list[Path]:
    """Where volumes belong on this machine, as far as it says."""
    try:
        lines = FSTAB.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines if not line.lstrip().startswith("#")]
    return [Path(of[1].replace("\\040", " ")) for of in fields if len(of) > 1 and of[1].startswith("/")]
