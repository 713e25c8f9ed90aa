"""What was measured, and what is read from it."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

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
    """The calls of one request from command to last card, by route; `free` ones cost no quota."""

    files: int
    space_known: bool
    counted: Counter[str]
    free: Counter[str]


@dataclass
class Starts:
    """Each start: seconds to the open connection, and memory right then."""

    connected_s: list[float] = field(default_factory=list)
    idle_bytes: list[int] = field(default_factory=list)


@dataclass
class Figures:
    """Everything one run found out. `commands` and `clicks` are the two kinds of load; `memory` is Dingsweep's,
    in bytes, by the moment it was taken."""

    commands: list[Comparison] = field(default_factory=list)
    clicks: list[Comparison] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    dingsweep: Starts = field(default_factory=Starts)
    echo: Starts = field(default_factory=Starts)


def step_ms(times: Sequence[int]) -> float:
    """The resolution of the clock that these times (in ms) come from: the smallest step it was seen to make."""
    ordered = sorted(set(times))
    return float(min((b - a for a, b in pairwise(ordered)), default=1))
