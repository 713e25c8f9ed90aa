"""A run: what people did to the sandbox, order by order, kept so that it can be done again.

An order names what the application chose by itself (a card, a message) by its place in the run: the application
of another run chooses other ids. `Noted.names` holds these names, see `sandbox.runs.names`.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sandbox.bell import Bell
from sandbox.runs.progress import Progress, Seen

JsonObject = dict[str, Any]
Name = dict[str, Any]

VERSION = 1
ORDERS_KEPT = 10_000
IDLE = "idle"
RECORDING = "recording"
REPLAYING = "replaying"


@dataclass(slots=True, eq=False)
class Noted:
    """One order: `method` and `path` under `/sandbox`, `query`, `body`; given `at_ms` after the run began.

    `seen` is how far the application was by then, `open` the numbers of the orders before it that were still
    being answered, `refused` whether it was refused.
    """

    at_ms: int
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: JsonObject = field(default_factory=dict)
    names: dict[str, Name] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    open: list[int] = field(default_factory=list)
    refused: bool = False


@dataclass(slots=True)
class Recording:
    """The state a run began with, its orders, and when it ended and how far the application was by then."""

    state: JsonObject
    orders: list[Noted] = field(default_factory=list)
    end_ms: int = 0
    seen: Seen = field(default_factory=Seen)


@dataclass(slots=True)
class Run:
    """What is being recorded or replayed, or was last. `failed`: why it ended before its end, "" if it did not.

    `orders` were noted or are to be given, `done` of them are answered; `faults` are the ids of those ordered
    since it began, `missing` what the application did less than in the recording.
    """

    state: str = IDLE
    orders: int = 0
    done: int = 0
    failed: str = ""
    missing: Seen = field(default_factory=Seen)
    faults: list[str] = field(default_factory=list)
    bell: Bell = field(default_factory=Bell)
    recording: Recording | None = None
    progress: Progress | None = None
    began_ms: int = 0
    unanswered: set[int] = field(default_factory=set)
    task: asyncio.Task[None] | None = None

    def begin(self, state: str, progress: Progress, now_ms: int, recording: Recording) -> None:
        """Starts counting from nothing."""
        self.state, self.progress, self.recording = state, progress, recording
        self.began_ms = now_ms
        self.orders, self.done, self.failed, self.missing = len(recording.orders), 0, "", Seen()
        self.faults.clear()
        self.unanswered.clear()
        self.bell.ring()

    def end(self, failed: str = "") -> None:
        """Is idle again."""
        self.state, self.failed = IDLE, failed
        self.recording = self.progress = self.task = None
        self.unanswered.clear()
        self.bell.ring()

    async def cancel(self) -> None:
        """Ends what is being replayed, if anything is."""
        if self.task is not None:
            task = self.task
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.end()

    async def close(self) -> None:
        """Ends for good."""
        self.bell.close()
        await self.cancel()
