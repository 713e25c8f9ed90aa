"""Sandboxes, each as new: the program of a test that has left no trace which stays serves the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType

from tests.browser import programs
from tests.browser.programs import Sandbox


class Boxes:
    """Gives one test at a time a sandbox as new. To start one takes half of what a small test does."""

    def __init__(self) -> None:
        self._kept: Sandbox | None = None
        self._running = ExitStack()

    def __enter__(self) -> Boxes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    @contextmanager
    def shared(self) -> Iterator[Sandbox]:
        """A sandbox that may have served other tests."""
        box = self._kept or self._running.enter_context(programs.sandbox())
        self._kept = None
        yield box
        if _as_new(box):
            self._kept = box
        else:
            self._running.close()


def _as_new(box: Sandbox) -> bool:
    """Seed it anew, unless something would stay: time, what robots were sent, a recording."""
    moved = box.ask("GET", "clock")["offsetS"]
    sent = box.ask("GET", "frames", limit=1)["frames"]
    if moved or sent or box.ask("GET", "run")["state"] != "idle":
        return False
    box.ask("POST", "state/reseed")
    return True
