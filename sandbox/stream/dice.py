"""Dice that fall the same way again: chance in the sandbox is repeatable, not secret."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

ThingT = TypeVar("ThingT")
MOST = 10_000_000
"""Throws that are taken up again; more are no dice of ours."""


@dataclass
class Dice:
    """A row of numbers that follows from `seed`; `thrown` says how many of them were used, so two numbers are
    its whole state. Raises ValueError or TypeError when they are none."""

    seed: int
    thrown: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.thrown <= MOST:
            raise ValueError(f"dice were thrown 0 to {MOST} times, not {self.thrown}")
        self._rng = random.Random(self.seed)  # noqa: S311
        for _ in range(self.thrown):
            self._rng.random()

    def throw(self) -> float:
        """The next number: at least 0, below 1."""
        self.thrown += 1
        return self._rng.random()

    def choose(self, things: Sequence[ThingT]) -> ThingT:
        """One of `things`, all alike; uses up one number, whatever there is to choose from."""
        return things[int(self.throw() * len(things))]
