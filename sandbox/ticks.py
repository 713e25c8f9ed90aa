"""What has changed: a bell for each topic, whose rings are counted."""

from collections.abc import Mapping

from sandbox.bell import Bell

TOPICS = ("chat", "calls", "frames", "stream", "drive", "faults", "limits", "clock", "people", "run")


class Ticks:
    """A number for each topic that grows with every change of it. `any` rings with all of them.

    `bells` are those that something else rings; a topic without one gets its own.
    """

    def __init__(self, bells: Mapping[str, Bell]) -> None:
        self.any = Bell()
        self._bells = {topic: bells.get(topic, Bell()) for topic in TOPICS}
        for bell in self._bells.values():
            bell.beyond = self.any

    def now(self) -> dict[str, int]:
        """How often each topic has changed so far."""
        return {topic: bell.rings for topic, bell in self._bells.items()}

    def ring(self, *topics: str) -> None:
        """Says that these have changed. Raises KeyError for a topic there is not."""
        for topic in topics:
            self._bells[topic].ring()

    def close(self) -> None:
        """Lets nobody wait any longer, for whatever it is."""
        for bell in (*self._bells.values(), self.any):
            bell.close()
