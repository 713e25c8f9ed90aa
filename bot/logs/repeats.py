"""The handler, and what it does when one thing is said again and again: the first lines pass, then it counts.

A minute after the first line it says once how many were left out. Lines that a trail of decisions and deletions is
read from always pass; of an error, the first for each request, each organisation and each kind of error does.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot import metrics

REPEATED = "log.repeated"
FIRST, WITHIN_S = 20, 60.0
LONGEST = 100
"""Of what is kept of a line to know it again, in characters."""
MOST = 1000
"""Kinds of lines that are counted at a time; the oldest is told of when there are more."""
ALWAYS = (
    *("message.command", "request.", "decision.", "job.", "batch.", "task.", "restore.", "dingtalk.call"),
    *("notice.", "reload.", "replica.", "program.", REPEATED),
)


@dataclass
class _Window:
    since: float
    passed: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class LeftOut:
    """So many lines of this event were not written."""

    event: str
    level: str
    number: int


class Repeats:
    """Decides which lines pass. `now` is in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows: OrderedDict[tuple[Hashable, ...], _Window] = OrderedDict()
        self._untold: list[LeftOut] = []

    def passes(self, event: str, level: str, *about: Hashable) -> bool:
        """Whether this line is written; `about` tells lines of one event apart."""
        if event.startswith(ALWAYS):
            return True
        key = (event, level, *about)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(self._now())
            if len(self._windows) > MOST:
                self._end(next(iter(self._windows)))
        if window.passed < FIRST:
            window.passed += 1
            return True
        window.left_out += 1
        return False

    def ended(self, *, all_of_them: bool = False) -> Iterator[LeftOut]:
        """What was left out by now, each told once."""
        while self._windows:
            key, window = next(iter(self._windows.items()))  # they began in this order
            if not all_of_them and self._now() - window.since < WITHIN_S:
                break
            self._end(key)
        untold, self._untold = self._untold, []
        yield from untold

    def _end(self, key: tuple[Hashable, ...]) -> None:
        window = self._windows.pop(key)
        if window.left_out:
            self._untold.append(LeftOut(str(key[0]), str(key[1]), window.left_out))


class OneHandler(logging.Handler):
    """Writes to whatever is standard error at the moment, a line for each record that passes."""

    def __init__(self, repeats: Repeats | None = None) -> None:
        super().__init__()
        self._repeats = repeats or Repeats()

    def emit(self, record: logging.LogRecord) -> None:
        """Called with the handler's lock held."""
        said: dict[str, Any] = record.msg if isinstance(record.msg, dict) else {}
        event = str(said.get("event", record.msg))[:LONGEST]
        level = str(said.get("level", record.levelname.lower()))
        if level in metrics.LEVELS:
            metrics.log_lines.labels(level).inc()
        about: tuple[Hashable, ...] = ()
        if record.levelno >= logging.ERROR:
            kind = _kind(said.get("exc_info") or record.exc_info or said.get("error"))
            whose = said.get("organisation") or said.get("corp_id") or ""
            about = (str(said.get("request_id", ""))[:LONGEST], str(whose)[:LONGEST], kind)
        if self._repeats.passes(event, level, *about):
            self._write(record)
        self._tell()

    def tick(self) -> None:
        self.acquire()
        try:
            self._tell()
        finally:
            self.release()

    def close(self) -> None:
        self._tell(all_of_them=True)
        super().close()

    def _tell(self, *, all_of_them: bool = False) -> None:
        for left_out in self._repeats.ended(all_of_them=all_of_them):
            self._write(_record(left_out))

    def _write(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception as exc:
            # What logging does then is no line of ours, and would hide that one is missing.
            sys.stderr.write(
                f'{{"event": "log.unwritable", "level": "error", "error": "{type(exc).__name__}"}}\n'
            )


def _kind(exc_info: Any) -> str:
    if isinstance(exc_info, tuple) and exc_info:
        return str(exc_info[0])
    if isinstance(exc_info, str):
        return exc_info[:LONGEST]
    current = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1] if exc_info else None
    return type(current).__name__ if current else ""


def timestamp() -> str:
    """Now, as structlog writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _record(left_out: LeftOut) -> logging.LogRecord:
    """As structlog's own records come."""
    said = {
        "event": REPEATED,
        "repeated": left_out.event,
        "left_out": left_out.number,
        "level": left_out.level,
        "timestamp": timestamp(),
    }
    return logging.makeLogRecord({"msg": said, "_logger": None, "_name": left_out.level})
