"""Asynchronous storage tasks: what DingTalk does to a folder after it has already answered.

A task works through its dentries one by one; how many are done follows from the sandbox clock and from how
often somebody asked (`Limits.task_seconds`, `Limits.task_polls`). Until it ends, nobody else may write to
what it works on (`operationConcurrentControl`).
https://open.dingtalk.com/document/development/get-the-asynchronous-task-information-in-storage
"""

from dataclasses import dataclass, field
from typing import Literal

from sandbox.drive.dentry import Dentry
from sandbox.limits import Limits

TaskKind = Literal["remove", "place"]


@dataclass(slots=True)
class Task:
    """One task on the tree under `root_id`; `total` = `done` + `failed` + what still waits.

    A `remove` task takes the dentries `waiting` (the next one last, children before their parents) out of the
    space into `held`; when it comes to one named in `units` it hands all it holds to the recycle bin as one
    item with that original path, or forgets it unless `to_bin`. A `place` task puts `held` (the next one
    last, parents before their children) into the space. `failed` were found impossible when it was planned.
    """

    id: str
    kind: TaskKind
    corp_id: str
    space_id: str
    root_id: str
    operator_id: str
    begin_ms: int
    total: int
    failed: int = 0
    fail_message: str = ""
    to_bin: bool = False
    waiting: list[str] = field(default_factory=list)
    units: dict[str, list[str]] = field(default_factory=dict)
    held: list[Dentry] = field(default_factory=list)
    done: int = 0
    polls: int = 0
    end_ms: int | None = None

    @property
    def status(self) -> str:
        """INIT, IN_PROGRESS, SUCCESS or FAIL (at least one of its dentries failed)."""
        if self.end_ms is not None:
            return "FAIL" if self.failed else "SUCCESS"
        return "IN_PROGRESS" if self.done else "INIT"

    def due(self, now_ms: int, limits: Limits) -> int:
        """How many of its dentries should be done by now."""
        by_time = (now_ms - self.begin_ms) / (limits.task_seconds * 1000) if limits.task_seconds else 1.0
        by_polls = self.polls / limits.task_polls if limits.task_polls else 1.0
        return int((self.total - self.failed) * min(by_time, by_polls, 1.0))

    def finished(self, now_ms: int, limits: Limits) -> bool:
        """Whether it is old enough and was asked about often enough to end."""
        old = now_ms - self.begin_ms >= limits.task_seconds * 1000
        return old and self.polls >= limits.task_polls

    def next_ms(self, limits: Limits) -> float | None:
        """When (ms since 1970) the next step is due, or the end; None while it waits to be asked about."""
        going = self.total - self.failed
        asked = min(self.polls / limits.task_polls, 1.0) if limits.task_polls else 1.0
        if self.done < int(going * asked):
            return self.begin_ms + (self.done + 1) / going * limits.task_seconds * 1000
        return self.begin_ms + limits.task_seconds * 1000 if asked == 1.0 else None
