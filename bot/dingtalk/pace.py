"""How fast one API may be called now: a value that learns from what DingTalk refuses.

A lane lets at most `rate` calls leave in any window of a second; token buckets would let twice as many through
in the first one. DingTalk counts by the second, so the calls it took in the window before a refusal *are* what
it allows at the moment: that is the new rate. After the hold one call more is tried now and then (a probe). Once
DingTalk has taken a whole window at a rate, that rate is proven and is doubled, until it is refused or full
speed. So a limit that is lifted is used again within a second of the next probe.

Everything here is a function of the value and the time, so that several processes can share one lane.
https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

WINDOW_S = 1.05
"""One second, and a little for calls that overtake each other on the way."""
PROOF_S = 0.9
"""One second, and a little less for the same reason."""
SOON_S, RARELY_S = 3.0, 12.0
"""Between two probes, when the rate is new, and when it has been the same for minutes."""
LATE_S = 1.5
"""So far apart, a call that was held up on its way and one that was not may meet in one second of DingTalk."""
_CALM_S = 2 * WINDOW_S
"""After so long without one, a refusal is the first."""
MOST_STRIKES = 5
SPREAD = 4
"""A slowed lane lets its calls leave this many times as fast as the rate: over a quarter of a window, then none."""
_MOST_AHEAD_S, _LONGEST_HOLD_S = 5.0, 600.0
"""Turns and holds further ahead than these were noted by a clock that has gone back since."""


@dataclass(frozen=True, slots=True)
class Turn:
    """That a call may leave at `leaves_at`, decided at `given_at`. `proves`: the rate it shows to be allowed when
    DingTalk takes it, 0 for none. `strikes`: how often the platform had been too busy before."""

    leaves_at: float
    given_at: float
    proves: int = 0
    strikes: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `rate` of the `ceiling` calls a window; `proven` is the rate that DingTalk is known to take.

    Times are seconds of whatever clock the caller has. `departures` are the latest, oldest first.
    """

    ceiling: int
    rate: int
    proven: int
    departures: tuple[float, ...] = ()
    held_until: float = 0.0
    refused_at: float = -3.0
    probe_at: float = 0.0
    failed_probes: int = 0
    strikes: int = 0

    @classmethod
    def full(cls, ceiling: int) -> Self:
        """Nothing is known against full speed."""
        return cls(ceiling, ceiling, ceiling)

    @classmethod
    def read(cls, kept: Mapping[str, Any] | None, ceiling: int, now: float) -> Self:
        """What `kept()` gave; the ceiling, the clock and the version that wrote it may have been others."""
        if kept is None or set(kept) != {field.name for field in fields(cls)}:
            return cls.full(ceiling)
        pace = cls(**{**kept, "departures": tuple(kept["departures"])})
        if pace.ceiling != ceiling:
            rate = ceiling if pace.rate == pace.ceiling else min(pace.rate, ceiling)
            pace = replace(pace, ceiling=ceiling, rate=rate, proven=min(pace.proven, rate))
        ahead_s = max(pace.departures, default=now) - now
        if ahead_s > _MOST_AHEAD_S or pace.held_until - now > _LONGEST_HOLD_S:
            return cls(ceiling, pace.rate, pace.rate)
        return pace

    def kept(self) -> dict[str, Any]:
        """It as plain JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def free_at(self) -> float:
        """When the next call may leave. Below full speed they keep a distance, so that few are on their way when one
        is refused."""
        times = [self.held_until, *self.departures[-1:]]
        if len(self.departures) >= self.rate:
            times.append(self.departures[-self.rate] + WINDOW_S)
        if self.departures and self.proven < self.ceiling:
            times.append(self.departures[-1] + WINDOW_S / (SPREAD * self.rate))
        return max(times)

    def is_full(self, now: float) -> bool:
        """Whether as many calls as the rate allows left within what is a second for DingTalk too, however they fared
        on their way: only then does one more, or the last of them, tell something."""
        return len(self.departures) >= self.rate and self.departures[-self.rate] > now - PROOF_S

    def probing(self, now: float) -> Self:
        """It with a rate of one more where it is time to ask whether DingTalk allows that, and calls are waiting."""
        is_due = self.rate == self.proven < self.ceiling and max(self.probe_at, self.held_until) <= now
        return replace(self, rate=self.rate + 1) if is_due and self.is_full(now) else self

    def taken(self, now: float) -> tuple[Self, Turn]:
        """It after the next call was given its turn."""
        leaves_at = max(now, self.free_at)
        departures = (*self.departures, leaves_at)[-2 * self.ceiling :]
        after = replace(self, departures=departures)
        is_proof = self.rate > self.proven and after.is_full(leaves_at)
        return after, Turn(leaves_at, now, self.rate if is_proof else 0, self.strikes)

    def answered(self, turn: Turn) -> Self:
        """It after DingTalk took the call of this turn."""
        calm = replace(self, strikes=0)
        if not self.proven < turn.proves == self.rate:
            return calm
        return replace(calm, proven=self.rate, rate=min(2 * self.rate, self.ceiling), failed_probes=0)

    def refused(self, turn: Turn, now: float, hold_s: float) -> Self:
        """It after DingTalk found the call of this turn one too many and asked to wait `hold_s`.

        Those that were on their way together are refused together, and tell nothing new. The first one in a full
        lane may just have met another that was late: the rate goes down by one, and nothing is held until a second.
        Where the window holds refused calls too, or the limit is one by the minute, the rate is a guess.
        """
        if turn.given_at <= self.refused_at:
            return self.held(now + hold_s) if self.held_until > self.refused_at else self
        since_s = turn.leaves_at - self.refused_at
        by_second, is_first = hold_s <= WINDOW_S, since_s > _CALM_S and self.rate == self.proven
        if by_second and is_first and self._before(turn, LATE_S) >= 0.9 * self.rate - 1:
            return self._slowed(self.rate - 1, now, now)
        guess = self.rate * 3 // 4 if by_second else self.rate // 2
        allowed = self._before(turn, WINDOW_S) if by_second and since_s > PROOF_S else guess
        return self._slowed(allowed, now, now + hold_s).held(now + hold_s)

    def _before(self, turn: Turn, seconds: float) -> int:
        """How many calls left in so many seconds before this turn, and after those of an earlier refusal."""
        begin = max(turn.leaves_at - seconds, self.refused_at)
        return sum(begin < at < turn.leaves_at for at in self.departures)

    def _slowed(self, allowed: int, now: float, until: float) -> Self:
        """It at the rate that seems to be allowed, lower than before, and with a probe some time after `until`."""
        rate = max(1, min(allowed, self.rate - 1))
        failed = self.failed_probes + 1 if rate <= self.proven < self.rate else 0
        probe_at = until + _until_next_probe_s(failed)
        return replace(self, rate=rate, proven=rate, refused_at=now, probe_at=probe_at, failed_probes=failed)

    def struck(self, turn: Turn) -> Self:
        """It after the call of this turn found the whole platform too busy; those that left together count once."""
        return replace(self, strikes=max(self.strikes, min(turn.strikes + 1, MOST_STRIKES)))

    def held(self, until: float) -> Self:
        """It with nothing leaving before `until`."""
        return replace(self, held_until=max(self.held_until, until))


def _until_next_probe_s(failed: int) -> float:
    """1, 2 and then 3 seconds; as each failed one is a call refused, ever more rarely after a minute."""
    return min(2.0 ** min(failed, 10), max(SOON_S, failed / 3), RARELY_S)
