"""Faults a test orders: this interface fails in this way, so often, or with this probability."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.log import Counter


@dataclass(slots=True)
class ItemFault:
    """One entry of `resultItems` fails inside an answer that succeeds: that of a dentryId or recycleItemId."""

    dentry_id: str
    error_code: str


@dataclass(slots=True)
class Fault:
    """`route` is an interface (`POST /v1.0/…/{id}`) or the beginning of a path, with or without a method.

    It strikes `count` times (None: always), each time with `probability`. What happens, in this order:
    a pause of `delay_ms`; then, when `after` is set, the work is done all the same; then the connection is
    `reset`, or the answer is `status` with `body` (as `content_type`) or with `code` and `message`, or, when only
    `item` or a delay is given, the real answer with that item failed. With `item` it strikes only calls that ask
    for it, item by item.
    """

    id: str
    route: str
    status: int = 0
    code: str = ""
    message: str = ""
    body: Any = None
    content_type: str = "application/json"
    count: int | None = None
    probability: float = 1.0
    delay_ms: int = 0
    item: ItemFault | None = None
    after: bool = False
    reset: bool = False
    struck: int = 0
    rng: random.Random = field(default_factory=random.Random)

    @property
    def answers(self) -> bool:
        """Whether it replaces the answer."""
        return self.reset or bool(self.status) or self.body is not None or bool(self.code)

    def fits(self, route: str, method: str, path: str, asked: Sequence[Any] = ()) -> bool:
        """Whether it is meant for this call, which asks for these items."""
        if self.item is not None and self.item.dentry_id not in asked:
            return False
        if self.route == route:
            return True
        wanted, _, prefix = self.route.rpartition(" ")
        return path.startswith(prefix) and wanted in {"", method}

    def strikes(self) -> bool:
        """Rolls the dice and uses up one of `count`."""
        if self.count is not None and self.struck >= self.count:
            return False
        if self.probability < 1.0 and self.rng.random() >= self.probability:
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    """The faults ordered, oldest first; the first that fits and strikes is the one that happens."""

    ordered: dict[str, Fault] = field(default_factory=dict)
    numbers: Counter = field(default_factory=Counter)

    def order(self, route: str, *, seed: int | None = None, **fields: Any) -> Fault:
        """Adds a fault; `fields` are those of `Fault`, `seed` makes its probability repeatable."""
        fault = Fault(f"f{self.numbers.next()}", route, rng=random.Random(seed), **fields)  # noqa: S311
        self.ordered[fault.id] = fault
        return fault

    def pick(self, route: str, method: str, path: str, asked: Sequence[Any] = ()) -> Fault | None:
        """The fault that befalls this call, which asks for these items; None: none does."""
        for fault in self.ordered.values():
            if fault.fits(route, method, path, asked) and fault.strikes():
                return fault
        return None
