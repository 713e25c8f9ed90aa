"""The knobs of the sandbox: how slow, how strict, how generous it is."""

from dataclasses import dataclass


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
