"""The end, in ten seconds whatever is running: one span of time for all that must be closed, and a guard behind it.

Supervisors kill what takes longer (systemd after 90 s, Kubernetes after 30 s, Docker after 10 s). Nothing is lost by
being cut off: what was begun is in the database, and is taken up by the next start.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

ORDERLY_S = 8.0
GUARD_S = 9.0
LAST_WORD_S = 0.2
SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})


class Ending:
    """The time that all parts of an end share. Until it has begun, each part may take what it likes."""

    def __init__(self) -> None:
        self._until: float | None = None

    def begin(self) -> None:
        if self._until is None:
            self._until = time.monotonic() + ORDERLY_S

    def left(self, at_most_s: float, *, kept_s: float = 0.0) -> float:
        """How long a part may take that would like `at_most_s`, when those after it need `kept_s`."""
        if self._until is None:
            return at_most_s
        return max(0.0, min(at_most_s, self._until - time.monotonic() - kept_s))


def obey_signals(tell: Callable[[], object]) -> None:
    """At the first SIGTERM or SIGINT `tell` is called; at the second, or when the end takes too long, the process ends.

    By a thread of its own: a handler would wait for whatever keeps the event loop, such as a database's library that
    looks up a name. Call it before other threads are started, or they would take the signals.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    threading.Thread(target=_listen, args=[tell], name="signals", daemon=True).start()


def _listen(tell: Callable[[], object]) -> None:
    number = signal.sigwait(SIGNALS)
    guard = threading.Timer(GUARD_S, _leave, [0, "shutdown.cut_off"])
    guard.daemon = True
    guard.start()
    with contextlib.suppress(RuntimeError):  # the loop has ended by itself just now
        tell()
    log.info("shutdown.begun", signal=signal.Signals(number).name)
    _leave(128 + signal.sigwait(SIGNALS), "shutdown.at_once")


def _leave(code: int, event: str) -> None:
    """End this process. Where standard error takes nothing more, without a last word."""
    saying = threading.Thread(target=log.warning, args=[event], daemon=True)
    saying.start()
    saying.join(LAST_WORD_S)
    os._exit(code)
