"""What faults do, as data: the effect on a call. What carries it out is where calls are answered.

Which class of effects an order is for follows from its route (`effect_class`): a call's interface, unless it
begins with one of the words of `SIDES`.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.drive.failing import TaskFault


@dataclass(frozen=True, slots=True)
class CallEffect:
    """What happens to a call, in this order.

    A pause of `delay_ms`. The work, unless it is answered without: when `after` is set it is done all the same.
    A pause of `first_byte_ms`. Then the connection is `reset`; or the answer is `status` with `body` or with
    `code` and `message`; or the real answer: with an item failed (`Which.item`), with no card delivered for the
    reason `deliver`, with the asynchronous tasks it started failing as `task` says. The answer comes as
    `content_type`, and only its first `truncate` bytes do.

    `early`: before token, permission and limits are looked at, and uncounted. `counted_only`: only to calls that
    use up the month's quota.
    """

    status: int = 0
    code: str = ""
    message: str = ""
    body: Any = None
    content_type: str = ""
    delay_ms: int = 0
    first_byte_ms: int = 0
    truncate: int | None = None
    reset: bool = False
    after: bool = False
    early: bool = False
    counted_only: bool = False
    task: TaskFault | None = None
    deliver: str = ""

    def __post_init__(self) -> None:
        if self.status and not 200 <= self.status <= 599:  # noqa: PLR2004  what HTTP answers with
            raise ValueError("status is no HTTP status of an answer")
        if min(self.delay_ms, self.first_byte_ms, self.truncate or 0) < 0:
            raise ValueError("delayMs, firstByteMs and truncate are not below 0")
        if self.early and not self.answers:
            raise ValueError("early needs an answer: status, code, body or reset")
        if self.early and self.after:
            raise ValueError("early and after exclude each other: early, no work is done")

    @property
    def answers(self) -> bool:
        """Whether it replaces the answer."""
        return self.reset or bool(self.status) or self.body is not None or bool(self.code)


SIDES: dict[str, type[Any]] = {}
"""Effects on what is no call, by the first word of the route."""


def effect_class(route: str) -> type[Any]:
    """The effects a fault on this route can have."""
    return SIDES.get(route.split(" ", 1)[0], CallEffect)
