"""Making asynchronous tasks fail: what is started inside `failing` ends in FAIL, in whole or in part."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

ALL = "all"


@dataclass(frozen=True, slots=True)
class TaskFault:
    """How much of a task fails: `"all"`, so many of its dentries, or (below 1) a part of them, at least one.

    `message` becomes the task's failMessage.
    """

    failed: str | int | float = ALL
    message: str = "systemError"

    def __post_init__(self) -> None:
        if isinstance(self.failed, str):
            sound = self.failed == ALL
        else:
            sound = 0 < self.failed < 1 or (self.failed >= 1 and self.failed == int(self.failed))
        if not sound:
            raise ValueError('task.failed is "all", a whole number from 1, or a part between 0 and 1')

    def of(self, total: int) -> int:
        """How many of `total` dentries fail."""
        if isinstance(self.failed, str):
            return total
        wanted = round(total * self.failed) if self.failed < 1 else int(self.failed)
        return min(total, max(1, wanted))


@dataclass(slots=True)
class Failing:
    """What one call lets fail, and how many tasks it has struck."""

    fault: TaskFault
    struck: int = 0


_FAILING: ContextVar[Failing | None] = ContextVar("failing", default=None)


@contextmanager
def failing(fault: TaskFault | None) -> Iterator[Failing | None]:
    """Lets every task fail that is started inside; None: lets none."""
    current = Failing(fault) if fault else None
    token = _FAILING.set(current)
    try:
        yield current
    finally:
        _FAILING.reset(token)


def doomed(total: int) -> tuple[int, str]:
    """How many dentries of a task of `total` that starts now will fail, and why; (0, "") unless it was ordered."""
    current = _FAILING.get()
    if current is None:
        return 0, ""
    current.struck += 1
    return current.fault.of(total), current.fault.message
