"""A numbered log that tests and people read from where they left off."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sandbox.bell import Bell


class Numbered(Protocol):
    """Anything with a sequence number."""

    seq: int


EntryT = TypeVar("EntryT", bound=Numbered)


@dataclass(slots=True)
class Counter:
    """Hands out 1, 2, 3, …"""

    last: int = 0

    def next(self) -> int:
        """The next number."""
        self.last += 1
        return self.last


class Log(Generic[EntryT]):
    """Keeps the newest `capacity` entries; sequence numbers only grow, also over `clear`."""

    def __init__(self, capacity: int = 20_000) -> None:
        self._entries: deque[EntryT] = deque(maxlen=capacity)
        self.numbers = Counter()
        self.bell = Bell()

    def __iter__(self) -> Iterator[EntryT]:
        return iter(self._entries)

    def add(self, entry: EntryT) -> EntryT:
        """Numbers `entry`, keeps it, wakes whoever waits."""
        entry.seq = self.numbers.next()
        self._entries.append(entry)
        self.bell.ring()
        return entry

    def clear(self) -> None:
        """Forgets the entries, not the numbering."""
        self._entries.clear()

    def after(
        self,
        seq: int,
        fits: Callable[[EntryT], bool] = lambda _: True,
        *,
        before: int | None = None,
        limit: int | None = None,
    ) -> list[EntryT]:
        """The entries younger than `seq` (and older than `before`) that fit, oldest first; the newest `limit`."""
        found: list[EntryT] = []
        for entry in reversed(self._entries):
            if entry.seq <= seq or len(found) == limit:
                break
            if (before is None or entry.seq < before) and fits(entry):
                found.append(entry)
        return found[::-1]

    async def wait(
        self, seq: int, seconds: float, fits: Callable[[EntryT], bool] = lambda _: True
    ) -> list[EntryT]:
        """As `after`, but waits up to `seconds` of real time until there is at least one."""
        await self.bell.until(lambda: bool(self.after(seq, fits)), seconds)
        return self.after(seq, fits)
