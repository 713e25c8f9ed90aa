"""Logging: structlog for everything, JSON in production, and other libraries' records through the same pipe.

Stack traces come without the values of variables, and retries without the arguments of what is retried: tokens,
nonces and reasons are among them.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

_RETRY = "stamina.retry_scheduled"
_QUIET = ("alembic", "aiosqlite", "asyncio", "sqlalchemy")


def set_up(form: Literal["json", "console"], level: int = logging.INFO) -> None:
    """Send every record to standard error, one a line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _retries_in_short,
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


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
