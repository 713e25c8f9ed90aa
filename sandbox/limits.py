"""The knobs of the sandbox: how slow, how strict, how generous it is."""

from dataclasses import dataclass


@dataclass(slots=True)
class Limits:
    """Defaults are those of DingTalk's standard edition; latency is none.

    `task_seconds` and `task_polls`: an asynchronous storage task ends once it is that old (by the sandbox
    clock) *and* was asked about that often.
    """

    latency_ms: int = 0
    calls_per_second: int = 20
    monthly_quota: int = 5000
    task_seconds: float = 0.0
    task_polls: int = 1
    permit_unlimited: bool = False
    """True switches the per-second limit and the monthly quota off (for benchmarks)."""
