"""What commands print: names are hostile, a terminal only shows them."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from bot.models import Model
from bot.settings import SettingsError

PIPE_WIDTH = 1000


S = TypeVar("S")


def settings_or_fail(read: Callable[[], S]) -> S:
    """What `read` reads of the settings; a mistake in them ends the program with its one line."""
    try:
        return read()
    except SettingsError as exc:
        fail(str(exc))


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
