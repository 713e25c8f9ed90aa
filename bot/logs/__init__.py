"""Logging: one line for everything that happens, JSON in production, whoever says it and however it ends.

structlog's lines, those of libraries, warnings, stack traces and errors that nobody caught all go through one handler.
Its last step before writing takes secrets out (`redaction`), and with them what people call their files unless the
setting `log_names` says otherwise (`failures`); what repeats itself too often is counted instead (`repeats`).
docs/logs.md has every event. The lines about one message carry its `msg_id`, those about a request its `request_id`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal

import structlog

from bot.logs.failures import WithoutNames, shortened
from bot.logs.redaction import MARK, Redactor, secrets_in
from bot.logs.repeats import OneHandler, timestamp

__all__ = ["MARK", "caught", "hide", "json_line", "keep", "secrets_in", "set_up", "tick"]

log = structlog.get_logger()

_RETRY = "stamina.retry_scheduled"
_FIRST = ("timestamp", "level", "event")
_QUIET = ("aiohttp", "alembic", "aiosqlite", "asyncio", "sqlalchemy")
_OBEYED = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_redactor = Redactor()


def set_up(
    form: Literal["json", "console"],
    level: int = logging.INFO,
    *,
    secrets: Iterable[str] = (),
    log_names: bool = False,
) -> None:
    """Send every record to standard error, one a line. `secrets` never stand in one; see also `hide`."""
    keep(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _retries_in_short,
    ]
    renderer: structlog.typing.Processor = (
        _as_json if form == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = OneHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                WithoutNames(log_names=log_names),
                _redactor,
                shortened,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def keep(secrets: Iterable[str]) -> None:
    """These never stand in the log as long as the program runs; those of before neither."""
    _redactor.keep(secrets)


def hide(secret: str) -> None:
    """From now on this never stands in the log: an access token, a ticket. Of very many, the latest."""
    _redactor.hide(secret)


def tick() -> None:
    """Let it be told what was left out, also when nothing else is said for long."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, OneHandler):
            handler.tick()


@contextmanager
def caught() -> Iterator[None]:
    """Inside the block warnings, and errors that end the program or a thread, become lines of the log too."""
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    logging.captureWarnings(True)
    sys.excepthook = _broke
    threading.excepthook = lambda args: _broke(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _broke(args.exc_type, args.exc_value, args.exc_traceback)
    try:
        yield
    except BaseException as exc:
        if isinstance(exc, Exception):
            _broke(type(exc), exc, exc.__traceback__)
            raise SystemExit(1) from None
        raise
    finally:
        logging.captureWarnings(False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def json_line(event: str, level: str, **fields: Any) -> str:
    """A line as the log has them, for what is said before there are settings to set it up by."""
    return _as_json(None, "", {**fields, "event": event, "level": level, "timestamp": timestamp()})


def _as_json(logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict) -> str:
    """One line, also to programs that count more characters as line ends than JSON does, and to terminals."""
    told = {**{name: event[name] for name in _FIRST if name in event}, **event}
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(told, ensure_ascii=False))


def _broke(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), traceback)
        return
    if not any(isinstance(handler, OneHandler) for handler in logging.getLogger().handlers):
        set_up("json")
    log.critical("program.broke", exc_info=(kind, error or kind(), traceback))


def _retries_in_short(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A retry is no more than news: its number, its wait, and the kind of what went wrong."""
    if event.get("event") != _RETRY:
        return event
    for name in ("callable", "args", "kwargs"):
        event.pop(name, None)
    cause = str(event.get("caused_by", "")).partition("(")[0]
    return {**event, "caused_by": cause, "level": "info"}
