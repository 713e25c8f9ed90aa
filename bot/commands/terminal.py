"""What commands print: names are hostile, a terminal only shows them."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text
from sqlalchemy.engine import make_url

from bot.models import Model
from bot.settings import DatabaseSettings, SettingsError, load_database
from bot.store import Store, StoreError

PIPE_WIDTH = 1000
NAME = "dingsweep"


S = TypeVar("S")


def settings_or_fail(read: Callable[[], S]) -> S:
    """What `read` reads of the settings; a mistake in them ends the program with its one line."""
    try:
        return read()
    except SettingsError as exc:
        fail(str(exc))


def records_or_fail() -> DatabaseSettings:
    """Where the robot's own records are. No file is made where there is none: somebody looks in a wrong folder."""
    settings = settings_or_fail(load_database)
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        fail(
            shown(
                f"The database {url.database} is not there: call this in the robot's folder; its first start makes it."
            )
        )
    return settings


def database_or_fail() -> DatabaseSettings:
    """Where the records are: with `--organisation`, those of one organisation of several."""
    settings = records_or_fail()
    context = click.get_current_context(silent=True)
    corp_id = context.find_root().params.get("organisation") if context else None
    if not corp_id:
        return settings
    partition = asyncio.run(_partition(settings.database_url, corp_id))
    if partition is None:
        fail(shown(f"There is no organisation {corp_id}: dingsweep organisations lists them."))
    return settings.model_copy(update={"database_url": partition})


async def _partition(database_url: str, corp_id: str) -> str | None:
    try:
        async with Store(database_url) as main:
            if await main.organisations.get(corp_id):
                return (await main.organisations.partition(corp_id)).url
    except StoreError as exc:
        fail(shown(str(exc)))
    return None


def called() -> str:
    """What to type to call this program again: its path where a shell would not find it by its name."""
    typed = sys.argv[0]
    return typed if Path(typed).name == NAME and not shutil.which(NAME) else NAME


def fail(line: str, code: int = 2) -> NoReturn:
    click.echo(line, err=True)
    sys.exit(code)


def console() -> Console:
    """As wide as the terminal; into a pipe one line a row, for grep."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def local(at: datetime, zone: str, form: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime(form)


def plain(text: str) -> Text:
    """Names are hostile: no markup, no escape sequences for the terminal."""
    return Text(shown(text))


def shown(text: str) -> str:
    return "".join(c if _is_harmless(c) else "�" for c in text)


def json_line(model: Model, **options: Any) -> str:
    """One line, also to programs that count more characters as line ends than JSON does, and to terminals."""
    return harmless_json(model.model_dump_json(**options))


def harmless_json(text: str) -> str:
    return "".join(c if _is_harmless(c) else json.dumps(c)[1:-1] for c in text)


def _is_harmless(character: str) -> bool:
    """Whether a terminal only shows it: a letter, a sign, a space of whatever width."""
    return character.isprintable() or unicodedata.category(character) == "Zs"
