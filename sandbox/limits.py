"""The knobs of the sandbox: how slow, how strict, how generous it is."""

from dataclasses import dataclass
from typing import Any

from sandbox.paper import camel

WRITE_LOCKS = ("task", "parent", "space", "off")
MOST = 10**12
LEAST = {"ping_seconds": 0.01}
"""Of what would never pause below it; of all others 0."""


@dataclass(slots=True)
class Limits:
    """Defaults are those of DingTalk's standard edition; latency is none.

    Monthly quota and push quota: https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
    `task_seconds` and `task_polls`: an asynchronous storage task ends once it is that old (by the sandbox
    clock) *and* was asked about that often. With the defaults it ends by itself.
    """

    latency_ms: int = 0
    calls_per_second: int = 20
    monthly_quota: int = 5000
    push_quota: int = 3000
    """Stream pushes and webhook calls of an organisation in a month."""
    task_seconds: float = 0.5
    task_polls: int = 0
    ping_seconds: float = 30.0
    """Real time between two SYSTEM/ping frames on a connection."""
    callback_seconds: float = 2.0
    """Real time a card callback may take."""
    permit_unlimited: bool = False
    """True switches the per-second limit and both monthly quotas off (for benchmarks)."""
    write_lock: str = "task"
    """What a write that is still open keeps others from writing to: the tree a task works on, everything in the
    same folder (`parent`) or in the same space (`space`), nothing (`off`)."""

    def __post_init__(self) -> None:
        for name in Limits.__slots__:
            _check(name, getattr(self, name))

    def change(self, **changes: Any) -> None:
        """Turns some knobs, or none: ValueError for a value that makes no sense."""
        for name, value in changes.items():
            _check(name, value)
        for name, value in changes.items():
            setattr(self, name, value)


def _check(name: str, value: Any) -> None:
    kind = Limits.__annotations__[name]
    if kind is str:
        if value not in WRITE_LOCKS:
            raise ValueError(f"{camel(name)} is none of {', '.join(WRITE_LOCKS)}")
    elif kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{camel(name)} is not true or false")
    elif type(value) not in {int, kind} or not LEAST.get(name, 0) <= value <= MOST:
        whole = "whole " if kind is int else ""
        raise ValueError(f"{camel(name)} is no {whole}number from {LEAST.get(name, 0)} to {MOST}")
