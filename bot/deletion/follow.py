"""Follows what DingTalk deletes by itself, a folder with its contents, until it is known what came of it.

Every question is a counted call. So they come at growing intervals; and where the app is subscribed to
`storage_dentry_delete`, DingTalk's word that the folder is gone is waited for before the first one is asked.
https://open.dingtalk.com/document/development/get-the-asynchronous-task-information-in-storage
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import stamina
import structlog

from bot.deletion.batch import stop_of
from bot.deletion.drift import Drift, Said
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import QueryItem, Task
from bot.dingtalk.errors import DingTalkError, NotFound, Throttled, TransportError
from bot.models import Outcome, Request
from bot.store import Store

log = structlog.get_logger()

PASSING = (Throttled, TransportError)
"""Errors of a reading call that are worth asking again after."""
FIRST_LOOK_S, LONGEST_S = 0.6, 30.0
EVENT_S, GLANCE_S, LONGEST_GLANCE_S = 60.0, 0.5, 4.0
"""How long an event is waited for, and how often the row is read that another replica may note it in: less and less
often, since hundreds of folders may be waited for at once."""


class TaskRunning(Exception):
    """DingTalk is still deleting a folder's contents."""


@dataclass(frozen=True)
class Patience:
    """How long a job goes on: `batch` bounds the retries of one batch, `task` how long a folder's task is followed.

    `late` is how long after it was sent a call that nobody answered may still be carried out.
    """

    batch: timedelta = timedelta(minutes=10)
    task: timedelta = timedelta(minutes=30)
    late: timedelta = timedelta(minutes=1)


PATIENT = Patience()


class Follower:
    """Follows tasks. `has_events`: the app is subscribed to deletions."""

    def __init__(
        self, dingtalk: DingTalk, store: Store, drift: Drift, *, patience: Patience, has_events: bool
    ) -> None:
        self._storage = dingtalk.storage
        self._store = store
        self._drift = drift
        self._patience = patience
        self._has_events = has_events

    async def outcome(self, request: Request, dentry_id: str, task_id: str) -> Said:
        """What came of a folder that was left to this task. Raises JobStopped when nothing can be asked any more."""
        if self._has_events:
            await self._word(request, dentry_id)
        else:
            await asyncio.sleep(FIRST_LOOK_S)
        try:
            task = await self.ended(request, task_id)
        except (TaskRunning, DingTalkError) as exc:
            if stop := stop_of(exc):
                raise stop from exc
            log.warning("task.not_confirmed", task_id=task_id, error=type(exc).__name__)
            return Outcome.UNKNOWN, "task_running"
        if task and task.is_success:
            return Outcome.DELETED, ""
        return await self._looked(request, dentry_id)

    async def _word(self, request: Request, dentry_id: str) -> None:
        """Return when DingTalk said that it is gone, or has not for long."""
        pause_s = GLANCE_S
        try:
            async with asyncio.timeout(EVENT_S):
                # Another process may be the one that is told, so the row is asked.
                while not await self._store.jobs.is_seen_gone(request, dentry_id):
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 1.5, LONGEST_GLANCE_S)
        except TimeoutError:
            log.info("task.no_event", dentry_id=dentry_id)

    async def ended(self, request: Request, task_id: str) -> Task | None:
        """The task once it is over; None when DingTalk has forgotten it. Raises TaskRunning when it takes too long."""
        async for attempt in stamina.retry_context(
            on=(TaskRunning, *PASSING),
            attempts=None,
            timeout=self._patience.task,
            wait_initial=1,
            wait_max=LONGEST_S,
            wait_jitter=0.3,
        ):
            with attempt:
                task = await self._asked(request, task_id)
        return task

    async def _asked(self, request: Request, task_id: str) -> Task | None:
        try:
            task = await self._storage.task(task_id, union_id=request.runs_as.union_id)
        except NotFound:
            return None
        if not task.is_finished:
            raise TaskRunning
        return task

    async def _looked(self, request: Request, dentry_id: str) -> Said:
        try:
            item = await self._found(request, dentry_id)
        except DingTalkError as exc:
            if stop := stop_of(exc):
                raise stop from exc
            return Outcome.UNKNOWN, exc.code
        if item.is_gone:
            return Outcome.DELETED, ""
        if item.dentry is None:
            return Outcome.UNKNOWN, item.error_code or "no_answer"
        gone = await self._drift.gone_inside(request, item.dentry.as_dentry())
        await self._store.jobs.note_gone(request.id, dentry_id, gone)
        return Outcome.FAILED, "task_failed"

    async def _found(self, request: Request, dentry_id: str) -> QueryItem:
        async for attempt in stamina.retry_context(on=PASSING, attempts=None, timeout=self._patience.batch):
            with attempt:
                items = await self._storage.dentries(
                    request.space.id, [dentry_id], union_id=request.runs_as.union_id
                )
        return next((i for i in items if i.dentry_id == dentry_id), QueryItem(dentry_id=dentry_id))
