"""Errors in the log: their kind and where they come from, and what they say only as far as that names nobody's files.

DingTalk's sentences quote file names, and Python's quote whatever was at hand. Unless the setting `log_names` is on,
an error says its kind and DingTalk's code, and fields that hold what people have written are left out.
"""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Any

from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, WrappedLogger

from bot.logs.redaction import MARK

NAMES = frozenset(
    {"name", "names", "path", "paths", "file", "files", "nick", "title", "text", "note", "words"}
)
"""Fields that hold what people have written."""
_LONGEST_FIELD = 2000
"""What arrives from outside may be of any length."""
_LONGEST = 20_000
"""Of a stack trace, in characters: its end says the most."""
_ROOM = 10
"""So many times as much is looked through for secrets: one that is cut in two is not known any more."""


class WithoutNames:
    """A processor: turns errors and stack traces into text."""

    def __init__(self, *, log_names: bool) -> None:
        self._log_names = log_names

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if not self._log_names:
            for name in NAMES & event.keys():
                event[name] = MARK
        for name, value in event.items():
            if isinstance(value, BaseException):
                event[name] = f"{type(value).__name__}: {self._said(value)}".removesuffix(": ")
            elif isinstance(value, str):
                event[name] = value[: _ROOM * _LONGEST_FIELD]
        if error := _error(event.pop("exc_info", None)):
            event["error_type"] = type(error).__name__
            event["exception"] = self._traced(error)[-_ROOM * _LONGEST :]
            if "logger" in event and not self._log_names:  # asyncio quotes the error in its second line
                event["event"] = str(event.get("event", "")).partition("\n")[0]
        return event

    def _traced(self, error: BaseException) -> str:
        told = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        if not self._log_names:
            self._hush(told, error)
        return "".join(told.format()).rstrip("\n")

    def _hush(self, told: traceback.TracebackException, error: BaseException) -> None:
        """Put what may be said in the place of what was said, in the error and all it came from."""
        told._str = self._said(error)  # type: ignore[attr-defined]  # noqa: SLF001  it has no other way in
        told.__notes__ = []
        for next_told, next_error in (
            (told.__cause__, error.__cause__),
            (told.__context__, error.__context__),
            *zip(told.exceptions or (), getattr(error, "exceptions", ()), strict=False),
        ):
            if next_told and next_error:
                self._hush(next_told, next_error)

    def _said(self, error: BaseException) -> str:
        if self._log_names:
            return str(error)
        if brief := getattr(error, "brief", None):
            return str(brief)
        if isinstance(error, DBAPIError):
            return (str(error.orig).splitlines() or [""])[0]  # the next lines quote values
        if isinstance(error, OSError):
            return error.strerror or ""
        return MARK if str(error) else ""


def shortened(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A processor, for when there are no secrets in it any more: no text is longer than it needs to be."""
    for name, value in event.items():
        if name == "exception":
            event[name] = str(value)[-_LONGEST:]
        elif isinstance(value, str) and len(value) > _LONGEST_FIELD:
            event[name] = f"{value[:_LONGEST_FIELD]}{MARK}"
    return event


def _error(exc_info: Any) -> BaseException | None:
    """The error in what loggers call exc_info."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if exc_info is True:  # a handler's formatter runs inside the except block it is about
        return sys.exc_info()[1]
    if isinstance(exc_info, tuple) and exc_info and isinstance(exc_info[1], BaseException):
        error, trace = exc_info[1], exc_info[2]
        return error.with_traceback(trace) if isinstance(trace, TracebackType) else error
    return None
