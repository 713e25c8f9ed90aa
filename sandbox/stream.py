"""The stream side of DingTalk: open connections and what is pushed through them."""

from typing import Any

from sandbox.clock import Clock


class Stream:
    """Delivers frames to the connections of an application."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def push_event(self, corp_id: str, event_type: str, data: dict[str, Any]) -> None:
        """Sends an EVENT frame of `event_type` to one connection that subscribes to it, if any."""
