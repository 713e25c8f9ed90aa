"""The two files that `init` writes: what of a file that exists is kept, and how it gets onto the disk.

A file is written whole beside its place and then put there, with its mode from the first byte on, so nobody ever
reads half of it or more than they may. Nothing is replaced without a copy of what was there.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

Values = Mapping[str, str | None]
"""By name; None takes a value out."""

PRIVATE, SHARED = 0o600, 0o640
FRESH = """\
# Settings of Dingsweep, written by `dingsweep init`: in short; README.md, Settings, and deploy/dingsweep.toml have them
# all. The environment wins over .env, and .env over this file. The secret is in .env.

# cn is DingTalk in mainland China, intl the international one.
region = "cn"

# auto answers each command in its own language; zh or en always in that one.
language = "auto"

# A SQLite file, for one robot, or PostgreSQL, which several may share: postgresql://user:password@host/dingsweep
database_url = "sqlite:///var/dingsweep.sqlite"

# Where a page says how the robot is.
# health = "127.0.0.1:8080"

# For a third-party app (第三方企业应用): its Client ID once more, and the organisation that installed it.
# suite_key = "suitexxxxxxxxxxxxxxxx"
# auth_corp_id = "dingxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

# Who must agree to what: without rules of your own the built-in ones hold. `dingsweep policy write -` prints them as a
# beginning, `dingsweep policy check` tells mistakes. Tables such as [[rules]] and [[notify]] stand at the end.
"""


class Unchangeable(Exception):
    """A file whose lines cannot be changed without touching what else is in it."""


def env_text(old: str, values: Values) -> str:
    """`old`, which is shared with other programs, with these variables in it and all else as it was.

    Raises Unchangeable.
    """
    lines = [line for line in old.splitlines() if not _names_one_of(line, values)]
    lines += [f"{name}={_quoted(value)}" for name, value in values.items() if value is not None]
    text = "".join(f"{line}\n" for line in lines)
    wanted = {name: value for name, value in {**_variables(old), **values}.items() if value is not None}
    read = dotenv_values(stream=StringIO(text))  # as the robot does, for which ${…} stands for a variable
    if _variables(text) != wanted or any(read.get(name) != value for name, value in values.items()):
        raise Unchangeable
    return text


def _names_one_of(line: str, values: Values) -> bool:
    found = re.match(r"\s*(?:export\s+)?(\w+)\s*=", line)
    return found is not None and found[1].upper() in values


def _variables(text: str) -> dict[str, str | None]:
    found = dotenv_values(stream=StringIO(text), interpolate=False)
    return {name.upper() if name.lower().startswith("dingsweep_") else name: v for name, v in found.items()}


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w.:/@+-]+", value, re.ASCII):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def toml_text(old: str, values: Values) -> str:
    """`old` with these settings in it, each in its line if it has one, and all else as it was.

    Raises Unchangeable, and tomllib.TOMLDecodeError for an `old` that is none.
    """
    lines = old.splitlines()
    before = tomllib.loads(old)
    for name, value in values.items():
        _set_line(lines, name, None if value is None else f"{name} = {json.dumps(value, ensure_ascii=False)}")
    text = "".join(f"{line}\n" for line in lines)
    wanted = {name: value for name, value in {**before, **values}.items() if value is not None}
    try:
        is_so = tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        is_so = False
    if not is_so:
        raise Unchangeable
    return text


def _set_line(lines: list[str], name: str, line: str | None) -> None:
    """In place of what sets it, or of what shows how to, or at the top; what follows a table's head is the table's."""
    tables = next((number for number, each in enumerate(lines) if each.lstrip().startswith("[")), len(lines))
    for pattern in (rf"\s*{name}\s*=", rf"# {name} = "):
        for number in range(tables):
            if re.match(pattern, lines[number]):
                if line is not None:
                    lines[number] = line
                elif not lines[number].startswith("#"):
                    del lines[number]
                return
    if line is not None:
        lines.insert(0, line)


def put(file: Path, text: str, mode: int, *, replace: bool) -> Path | None:
    """Write a file; returns where the one before is kept, if there was one.

    Raises OSError, FileExistsError among it unless it may `replace` one.
    """
    place = Path(os.path.realpath(file))  # a link stays one
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        _write(draft, text.encode(), mode)
        kept = _keep(place) if replace and place.exists() else None
        if replace:
            draft.replace(place)
        else:
            _appear(draft, place)
    finally:
        draft.unlink(missing_ok=True)
    return kept


def _write(file: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(descriptor)


def _keep(place: Path) -> Path:
    """A copy that only its owner reads, whoever could read the file."""
    kept = place.with_name(f"{place.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    _write(kept, place.read_bytes(), PRIVATE)
    return kept


def _appear(draft: Path, place: Path) -> None:
    """Never in place of a file that has come meanwhile."""
    try:
        os.link(draft, place)
    except FileExistsError:
        raise
    except OSError:  # not every file system has links
        if place.exists():
            raise FileExistsError(place) from None
        draft.replace(place)
