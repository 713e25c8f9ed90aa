"""What was measured, and what is read from it."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

FILES_PER_CALL = 50
COARSE = 0.1
"""A figure is coarse when one step of its clock is more than this part of it."""


@dataclass(frozen=True)
class Latency:
    """Durations in ms, read from a clock that goes in steps of `step_ms`."""

    values_ms: tuple[float, ...]
    step_ms: float

    @property
    def p50_ms(self) -> float:
        """The median. Both ends of a duration are cut to steps, which adds nothing on average, so inside the
        middle step it is interpolated."""
        return statistics.median_grouped(self.values_ms, self.step_ms)

    @property
    def p99_ms(self) -> float:
        """What 99 of 100 stay under; the largest when there are few."""
        ordered = sorted(self.values_ms)
        return ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]

    def reaching(self, limit_ms: float) -> int:
        """How many took that long."""
        return sum(value >= limit_ms for value in self.values_ms)

    @property
    def is_coarse(self) -> bool:
        """Whether the clock is too coarse for the median."""
        return self.step_ms > COARSE * self.p50_ms


@dataclass(frozen=True)
class Comparison:
    """The same thing asked of both robots."""

    what: str
    dingsweep: Latency
    echo: Latency


@dataclass(frozen=True)
class Bill:
    """The calls of one request from command to last card, by route; `free` ones cost no quota.

    Each of the files was named by its id, or `in_folder` the one folder that they lie in.
    """

    files: int
    space_known: bool
    counted: Counter[str]
    free: Counter[str]
    in_folder: bool = False


@dataclass(frozen=True)
class Pace:
    """What DingTalk allows and how long it takes over an answer. The defaults are those of the standard edition."""

    calls_per_second: int = 20
    latency_ms: int = 100


@dataclass(frozen=True)
class Race:
    """So many files deleted by both, in seconds. `throttled` are calls of Dingsweep's that came too fast."""

    files: int
    pace: Pace
    dingsweep_s: float
    sdk_s: float
    cpu_s: float
    throttled: int = 0

    @property
    def limit_s(self) -> float:
        """The least it can take anybody: ceil(files / 50) calls, of which `calls_per_second` leave at once, as many
        again a second after them, and so on; and the last of them takes its latency. What whoever asks would do
        before or after costs nothing here: no request, no record, no second look."""
        calls = math.ceil(self.files / FILES_PER_CALL)
        waves = math.ceil(calls / self.pace.calls_per_second)
        return waves - 1 + self.pace.latency_ms / 1000

    @property
    def over_limit(self) -> float:
        """How many times the least Dingsweep took."""
        return self.dingsweep_s / self.limit_s

    @property
    def over_sdk(self) -> float:
        """How many times the SDK's time Dingsweep took."""
        return self.dingsweep_s / self.sdk_s


@dataclass(frozen=True)
class Peak:
    """The most memory a robot ever held, in bytes, that deleted a folder with very much in it; and how long it took."""

    dentries: int
    asked_bytes: int
    """when the card was there that asks whether it is meant"""
    peak_bytes: int
    asked_s: float
    deleted_s: float


@dataclass
class Costs:
    """What jobs of one file took a robot, from command to closed card: real time each, and its processor time."""

    elapsed_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    """for one job, on average"""

    @property
    def p50_ms(self) -> float:
        return statistics.median(self.elapsed_ms)


@dataclass
class Growth:
    """The same jobs, in turns, for a robot with an empty store and for one with so many past requests in it."""

    past: int
    files_each: int
    records: int
    """of the audit trail"""
    store_bytes: int
    empty: Costs = field(default_factory=Costs)
    full: Costs = field(default_factory=Costs)

    @property
    def cpu_ratio(self) -> float:
        """How many times the processor time a job takes with the past."""
        return self.full.cpu_ms / self.empty.cpu_ms


@dataclass
class Starts:
    """Each start: seconds to the open connection, and memory right then."""

    connected_s: list[float] = field(default_factory=list)
    idle_bytes: list[int] = field(default_factory=list)


@dataclass
class Figures:
    """Everything one run found out. `commands` and `clicks` are the two kinds of load; `thousand` are bills of many
    files, each named or in one folder; `memory` is Dingsweep's, in bytes, by the moment it was taken."""

    commands: list[Comparison] = field(default_factory=list)
    clicks: list[Comparison] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    thousand: list[Bill] = field(default_factory=list)
    races: list[Race] = field(default_factory=list)
    peak: Peak | None = None
    growth: Growth | None = None
    memory: dict[str, int] = field(default_factory=dict)
    dingsweep: Starts = field(default_factory=Starts)
    echo: Starts = field(default_factory=Starts)


def step_ms(times: Sequence[int]) -> float:
    """The resolution of the clock that these times (in ms) come from: the smallest step it was seen to make."""
    ordered = sorted(set(times))
    return float(min((b - a for a, b in pairwise(ordered)), default=1))
