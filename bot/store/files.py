"""Backups of a SQLite file: copied by SQLite itself while others write, put back as a whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL

from bot.store.chain import Link
from bot.store.copying import BackupError, Copied, not_ours, refuse_newer
from bot.store.lease import InUseError, lease

BUSY_S = 30.0
_BESIDE = ("-wal", "-shm")
"""Where SQLite keeps what is not in the file yet."""


def copy(url: URL, to: Path) -> Copied:
    """Copy the database as it is at one moment, and read the copy through. Raises BackupError."""
    source = _path(url)
    if not source.exists():
        raise BackupError(f"There is no database {source}: dingsweep run makes it.")
    try:
        _copy(source, to)
        return _proved(to)
    except sqlite3.Error as exc:
        raise BackupError(f"{source} cannot be backed up: {exc}.") from exc


@contextmanager
def replacing(url: URL, file: Path, stamp: str, known: Sequence[str]) -> Iterator[tuple[URL, str, Link]]:
    """A checked copy of the backup to be made ready, and where what it replaces will lie; it takes its place then."""
    database = _path(url)
    new = database.with_name(f"{database.name}.restoring")
    old = database.with_name(f"{database.name}.replaced-{stamp}") if database.exists() else None
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with lease(database):
            try:
                _forget(new)
                new.touch(mode=0o600)
                made = _read(file, new)
                refuse_newer(file, made.schema, known)
                yield url.set(database=str(new)), str(old or ""), made.head
                _settle(new)
                _swap(database, new, old)
            finally:
                _forget(new)
    except InUseError:
        raise BackupError("The robot is running on this database: stop it first.") from None
    except OSError as exc:
        raise BackupError(f"{database} cannot be replaced: {exc.strerror}.") from exc


def require_ours(file: Path, known: Sequence[str]) -> None:
    """Raises BackupError for what could not be put back."""
    try:
        made = _proved(file)
    except sqlite3.Error as exc:
        raise not_ours(file) from exc
    refuse_newer(file, made.schema, known)


def beside(path: Path) -> dict[str, Path]:
    """The files of the organisations of several whose main file this is, or was copied from, by their part's name."""
    named = re.compile(rf"{re.escape(path.stem)}\.(org_[a-z0-9_]+){re.escape(path.suffix)}")
    folder = path.parent if path.parent.is_dir() else Path()
    found = ((named.fullmatch(each.name), each) for each in sorted(folder.iterdir()))
    return {match[1]: each for match, each in found if match}


def part(path: Path, name: str) -> Path:
    """The file of the part of this name beside this main file."""
    return path.with_name(f"{path.stem}.{name}{path.suffix}")


def _path(url: URL) -> Path:
    return Path(url.database or "")


def _copy(source: Path, to: Path) -> None:
    with closing(_opened(source)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)  # in one step: what others write meanwhile is in it as a whole or not at all
        other.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    with to.open("rb") as written:
        os.fsync(written.fileno())


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=BUSY_S)


def _read(file: Path, to: Path) -> Copied:
    """The backup, copied and proved. Raises BackupError."""
    try:
        _copy(file, to)
        return _proved(to)
    except sqlite3.Error as exc:
        raise not_ours(file) from exc


def _proved(path: Path) -> Copied:
    """Raises sqlite3.Error when anything in it is damaged, or it has not our tables."""
    with closing(_opened(path)) as connection:
        [(said,), *_] = connection.execute("PRAGMA integrity_check")
        if said != "ok":
            raise sqlite3.DatabaseError(said)
        [(schema,)] = connection.execute("SELECT version_num FROM alembic_version")
        [head] = connection.execute("SELECT seq, hash FROM audit_head")
    return Copied(path, schema, Link(*head))


def _settle(path: Path) -> None:
    """All of it into the file itself, and onto the disk."""
    with closing(_opened(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _swap(database: Path, new: Path, old: Path | None) -> None:
    """At no moment is there no database, and never one with what another one had not in its file yet."""
    if old:
        try:
            _settle(database)
        except sqlite3.Error:  # it is damaged: kept as it is, with what lies beside it
            for beside in _BESIDE:
                if (found := Path(f"{database}{beside}")).exists():
                    shutil.copy2(found, f"{old}{beside}")
        shutil.copy2(database, old)
    for beside in _BESIDE:
        Path(f"{database}{beside}").unlink(missing_ok=True)
    new.replace(database)


def _forget(path: Path) -> None:
    for end in ("", "-journal", *_BESIDE):
        Path(f"{path}{end}").unlink(missing_ok=True)
