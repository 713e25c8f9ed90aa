"""Faults somebody ordered: which occasion they befall, when, and what happens then.

An occasion is anything a fault can befall: a call of an interface, a push on the stream, a connection. This
module decides whether one does, for all of them alike; what a fault then does is its effect (`sandbox.faults.effects`),
and whoever reports the occasion carries it out.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.bell import Bell
from sandbox.clock import Clock
from sandbox.faults.effects import effect_class
from sandbox.log import Counter

EffectT = TypeVar("EffectT")

_SEEDS = 2**32
_FATES = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class ItemFault:
    """One thing of a call fails, that of a dentryId or recycleItemId: in a list, inside an answer that succeeds.

    Without a dentryId it is whichever a call names first.
    """

    dentry_id: str
    error_code: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """What may be befallen: a call of `route` (`POST /v1.0/…/{id}`), a `PUSH {topic}`, a `SOCKET`.

    `people` are userIds, in whose name a call is made or to whom something is pushed; `spaces` and `items` what a
    call names.
    """

    route: str
    method: str = ""
    path: str = ""
    client_id: str = ""
    people: frozenset[str] = frozenset()
    spaces: frozenset[str] = frozenset()
    items: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Which:
    """Which occasions a fault is meant for: what is not empty must fit.

    `route` is the whole name of an occasion's route, or the beginning of a path, with or without a method.
    """

    route: str = ""
    person: str = ""
    space_id: str = ""
    client_id: str = ""
    item: ItemFault | None = None

    def fits(self, occasion: Occasion) -> bool:
        """Whether it is meant for this one."""
        return (
            self._leads_to(occasion)
            and (not self.person or self.person in occasion.people)
            and (not self.space_id or self.space_id in occasion.spaces)
            and (not self.client_id or self.client_id == occasion.client_id)
            and (self.item is None or self._names_item(occasion))
        )

    def _names_item(self, occasion: Occasion) -> bool:
        wanted = self.item.dentry_id if self.item else ""
        return wanted in occasion.items if wanted else bool(occasion.items)

    def _leads_to(self, occasion: Occasion) -> bool:
        if self.route == occasion.route:
            return True
        wanted, _, prefix = self.route.rpartition(" ")
        return occasion.path.startswith(prefix) and wanted in {"", occasion.method}


@dataclass(slots=True)
class When:
    """When a fault strikes: `count` times (None: always), each time with `probability`, and for so many `seconds`
    of the sandbox's clock from the first time on.

    The dice depend on `seed` and on how many fitting occasions were `seen`, nothing else: the same ones in the
    same order have the same fate, also in a state that was saved in between. `ends_at` is in ms since 1970.
    """

    count: int | None = None
    probability: float = 1.0
    seed: int = field(default_factory=lambda: _FATES.randrange(_SEEDS))
    seconds: float | None = None
    struck: int = 0
    seen: int = 0
    ends_at: int | None = None

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 0:
            raise ValueError("count is below 0")
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError("probability is not between 0 and 1")
        if self.seconds is not None and self.seconds <= 0:
            raise ValueError("seconds must be above 0")

    def over(self, now_ms: int) -> bool:
        """Whether it will not strike any more."""
        worn = self.count is not None and self.struck >= self.count
        return worn or (self.ends_at is not None and now_ms >= self.ends_at)

    def strikes(self, now_ms: int) -> bool:
        """Rolls the dice for one more fitting occasion and uses up one of `count`."""
        if self.over(now_ms):
            return False
        self.seen += 1
        if random.Random(f"{self.seed}/{self.seen}").random() >= self.probability:  # noqa: S311  dice, no secret
            return False
        self.struck += 1
        if self.seconds is not None and self.ends_at is None:
            self.ends_at = now_ms + round(self.seconds * 1000)
        return True

    def take_back(self) -> None:
        """Undoes a strike that had no effect; the dice go on."""
        self.struck -= 1
        if not self.struck:
            self.ends_at = None


@dataclass(frozen=True, slots=True)
class Fault(Generic[EffectT]):
    """One fault. `kind`: the name in the catalogue it was ordered by, if it was."""

    id: str
    kind: str
    which: Which
    when: When
    what: EffectT


def any_effect(_: Any) -> bool:
    """Every effect will do."""
    return True


class Faults:
    """The faults ordered, oldest first; the first that fits and strikes is the one that happens.

    `bell` rings when one is ordered, taken back or strikes.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ordered: dict[str, Fault[Any]] = {}
        self.numbers = Counter()
        self.bell = Bell()

    def order(self, route: str = "", *, kind: str = "", seed: int | None = None, **fields: Any) -> Fault[Any]:
        """Adds a fault; `fields` are those of `Which`, `When` and the effect that goes with the route.

        Raises TypeError for a field none of them has, ValueError for a value that makes no sense.
        """
        if seed is not None:
            fields["seed"] = seed
        fault = make_fault(f"f{self.numbers.next()}", kind, {"route": route, **fields})
        self.ordered[fault.id] = fault
        self.bell.ring()
        return fault

    def pick(
        self, occasion: Occasion, effect: type[EffectT], suits: Callable[[EffectT], bool] = any_effect
    ) -> Fault[EffectT] | None:
        """The fault with an effect of this class that befalls the occasion; None: none does.

        `suits` says whether an effect is possible here: a fault that is not is passed over, its dice untouched.
        """
        now = self.clock.now_ms()
        for fault in self.ordered.values():
            if not isinstance(fault.what, effect) or not suits(fault.what) or not fault.which.fits(occasion):
                continue
            if fault.when.strikes(now):
                self.bell.ring()
                return fault
        return None

    def take_back(self, fault: Fault[Any]) -> None:
        """Says that a strike came to nothing: it counts as none."""
        fault.when.take_back()
        self.bell.ring()

    def cancel(self, fault_id: str) -> bool:
        """Takes one back; False when there is no such fault."""
        found = self.ordered.pop(fault_id, None)
        self.bell.ring()
        return found is not None

    def replace(self, faults: Iterable[Fault[Any]] = ()) -> None:
        """These faults and no others. Numbers go on."""
        self.ordered = {fault.id: fault for fault in faults}
        numbers = (int(name[1:]) for name in self.ordered if name[1:].isdecimal())
        self.numbers.last = max([self.numbers.last, *numbers])
        self.bell.ring()


def make_fault(fault_id: str, kind: str, fields: dict[str, Any]) -> Fault[Any]:
    """A fault out of the fields of its three parts; TypeError, ValueError as for `Faults.order`."""
    which = {name: fields.pop(name) for name in Which.__slots__ if name in fields}
    when = {name: fields.pop(name) for name in When.__slots__ if name in fields}
    effect = effect_class(which.get("route", ""))
    return Fault(fault_id, kind, Which(**which), When(**when), effect(**fields))
