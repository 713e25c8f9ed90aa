"""Backups of a PostgreSQL database, by its own pg_dump and pg_restore; put back as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from bot.store.chain import Link
from bot.store.copying import BackupError, Copied, not_ours, refuse_newer

MAINTENANCE = "postgres"
"""The database that every server has, to be connected to while another one is renamed."""
GONE_S = 3.0


def copy(url: URL, to: Path) -> Copied:
    """Have pg_dump write the database as it is at one moment, and list what it wrote. Raises BackupError."""
    try:
        with closing(_connected(url)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            made = _described(connection, to)
            [moment] = _one(connection, "SELECT pg_export_snapshot()")
            _run("pg_dump", url, "--format=custom", f"--snapshot={moment}", f"--file={to}")
    except psycopg.Error as exc:
        raise BackupError(f"The database cannot be backed up: {_reason(exc)}.") from exc
    _run("pg_restore", None, "--list", str(to))
    return made


@contextmanager
def replacing(url: URL, file: Path, stamp: str, known: Sequence[str]) -> Iterator[tuple[URL, str, Link]]:
    """A new database with what the backup holds, to be made ready; it takes the place of the old one then.

    The old one is renamed, which PostgreSQL refuses as long as anybody is connected to it.
    """
    name = str(url.database)
    new, old = f"{name}_restoring", f"{name}_replaced_{stamp}"
    try:
        with closing(_connected(url.set(database=MAINTENANCE), autocommit=True)) as server:
            _refuse_used(server, name)
            _do(server, "DROP DATABASE IF EXISTS {}", new)
            _do(server, "CREATE DATABASE {} TEMPLATE template0", new)
            try:
                made = _restored(url.set(database=new), file)
                refuse_newer(file, made.schema, known)
                yield url.set(database=new), old, made.head
                with server.transaction():
                    _do(server, "ALTER DATABASE {} RENAME TO {}", name, old)
                    _do(server, "ALTER DATABASE {} RENAME TO {}", new, name)
            finally:
                _do(server, "DROP DATABASE IF EXISTS {}", new)
    except psycopg.Error as exc:
        raise BackupError(f"The database cannot be replaced: {_reason(exc)}.") from exc


def _restored(url: URL, file: Path) -> Copied:
    """What the backup holds, in a database of its own. Raises BackupError."""
    try:
        _run("pg_restore", url, "--no-owner", "--no-privileges", "--exit-on-error", str(file))
        with closing(_connected(url)) as connection:
            return _described(connection, file)
    except BackupError as exc:
        raise BackupError(f"{file} cannot be restored: {exc}") from exc
    except psycopg.Error as exc:
        raise not_ours(file) from exc


def _described(connection: psycopg.Connection, path: Path) -> Copied:
    [schema] = _one(connection, "SELECT version_num FROM alembic_version")
    seq, hash_ = _one(connection, "SELECT seq, hash FROM audit_head")
    return Copied(path, schema, Link(seq, hash_))


def _refuse_used(server: psycopg.Connection, name: str) -> None:
    """Connections of a robot that has just ended stay for a moment; the server's own workers are nobody."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    until = time.monotonic() + GONE_S
    while any(number for (number,) in server.execute(query, [name])):
        if time.monotonic() > until:
            raise BackupError("The robot, or something else, is connected to this database: stop it first.")
        time.sleep(GONE_S / 20)


def _arguments(url: URL) -> dict[str, Any]:
    return dict(url.get_dialect()().create_connect_args(url)[1])


def _connected(url: URL, *, autocommit: bool = False) -> psycopg.Connection:
    return psycopg.connect(**_arguments(url), autocommit=autocommit)


def _one(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    return connection.execute(sql.SQL(query)).fetchone() or ()


def _do(server: psycopg.Connection, statement: str, *names: str) -> None:
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _run(program: str, url: URL | None, *arguments: str) -> None:
    """Run one of PostgreSQL's programs. Raises BackupError with the last line it said."""
    path = shutil.which(program)
    if path is None:
        raise BackupError(
            f"{program} is not installed: install PostgreSQL's client programs, of the server's version or newer."
        )
    where, secret = _where(url) if url else ([], {})
    done = subprocess.run(  # noqa: S603  its path is from PATH, its arguments are ours
        [path, *where, *arguments], env=os.environ | secret, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BackupError(f"{program} failed: {said.removeprefix(f'{program}: ')}")


def _where(url: URL) -> tuple[list[str], Mapping[str, str]]:
    """How its programs are told which database: not with the password, which other users could read."""
    arguments = _arguments(url)
    password = arguments.pop("password", None)
    return [f"--dbname={make_conninfo(**arguments)}"], {"PGPASSWORD": password} if password else {}


def _reason(exc: psycopg.Error) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0].rstrip(".")
