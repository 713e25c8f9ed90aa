"""The deleting of one job: batches side by side as far as the space bears it, and what DingTalk goes on with by itself.

All progress is in the manifest's rows, so that it can be taken up again anywhere: a target with an outcome is
done, one with a task is followed, one that was sent is looked up before anything is sent again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.deletion.batch import BATCH_SIZE, Answered, Batch, BatchSender, JobStopped
from bot.deletion.crew import Crew
from bot.deletion.drift import Drift, Said
from bot.deletion.follow import Follower
from bot.deletion.lifecycle import Clock
from bot.deletion.window import Window, Windows
from bot.models import Entry, Request
from bot.store import Answer, StopAskedError, Store, Waiting

log = structlog.get_logger()

FRESH_S = 1.0
"""After so long in the queue of calls, folders are looked into again: what came into them would go with them."""


class Sweep:
    """Sends what a request's manifest names, until every target has an outcome or something stops it."""

    def __init__(
        self,
        store: Store,
        sender: BatchSender,
        follower: Follower,
        drift: Drift,
        *,
        clock: Clock,
        late: timedelta,
    ) -> None:
        """`late`: for so long a call that nobody answered may still be carried out."""
        self._store = store
        self._sender = sender
        self._follower = follower
        self._drift = drift
        self._clock = clock
        self._late = late
        self._windows = Windows()

    async def run(self, request: Request) -> None:
        """Raises what stopped it (JobStopped, StopAskedError, NotMineError …) once all that was under way has ended."""
        window = self._windows.of(request.space.id)
        after = -1
        async with Crew() as crew:
            while crew.stop is None:
                waiting = await self._store.jobs.undecided(request.id, after=after, limit=BATCH_SIZE)
                if not waiting:
                    break
                after = waiting[-1].position
                for target in waiting:
                    if target.task_id:
                        crew.start(self._follow(request, target.id, target.task_id))
                if batch := [target for target in waiting if not target.task_id]:
                    await window.enter()
                    crew.start(self._send(request, batch, window, crew), then=window.leave)
                await crew.room()

    async def look(self, request: Request) -> None:
        """Settle what was sent and is gone, by looking; nothing is sent.

        What is still there when no call can be under way any more counts as never sent.
        """
        await self._until_none_is_late(request)
        after = -1
        while waiting := await self._store.jobs.undecided(request.id, after=after, limit=BATCH_SIZE):
            after = waiting[-1].position
            if sent := [target for target in waiting if target.sent and not target.task_id]:
                batch = _batch(request, sent)
                await self._sender.look(batch)
                await self._store.jobs.record(request, batch.outcomes, at=self._clock())
                await self._store.jobs.not_sent(request, batch.open.keys() - batch.doubtful)
            for target in waiting:
                if target.task_id:
                    with suppress(JobStopped):  # then nobody knows
                        await self._follow(request, target.id, target.task_id)

    async def _until_none_is_late(self, request: Request) -> None:
        if sent_at := await self._store.jobs.last_sent(request.id):
            left = sent_at + self._late - self._clock()
            # A clock that was set back makes nobody wait for longer than that.
            await asyncio.sleep(max(min(left, self._late), timedelta()).total_seconds())

    async def _send(self, request: Request, waiting: Sequence[Waiting], window: Window, crew: Crew) -> None:
        batch = _batch(request, waiting)
        entries = {target.id: target.entry for target in waiting}
        log.info("batch.sending", size=len(entries), doubtful=len(batch.doubtful))
        ledger = _Ledger(self._store, self._drift, request, batch, entries, window, self._clock)
        try:
            if crew.stop is None:  # it may have come while this one waited for its place
                await self._sender.send(batch, ledger)
        except (JobStopped, StopAskedError):
            await self._store.jobs.not_sent(request, batch.open.keys() - batch.doubted)
            await self._store.jobs.record(request, ledger.unrecorded, at=self._clock())
            raise
        await self._store.jobs.record(request, ledger.unrecorded, at=self._clock())
        log.info("batch.settled", size=len(entries))
        for dentry_id, task_id in batch.tasks.items():
            crew.start(self._follow(request, dentry_id, task_id))

    async def _follow(self, request: Request, dentry_id: str, task_id: str) -> None:
        said = await self._follower.outcome(request, dentry_id, task_id)
        await self._store.jobs.record(request, {dentry_id: said}, at=self._clock())


@dataclass
class _Ledger:
    """What is asked and noted around each call of one batch."""

    store: Store
    drift: Drift
    request: Request
    batch: Batch
    entries: Mapping[str, Entry]
    window: Window
    clock: Clock
    call: int = 0
    recorded: frozenset[str] = frozenset()
    looked_at: float = 0.0

    @property
    def unrecorded(self) -> dict[str, Said]:
        """Outcomes that came without a call or after the last one; mostly there are none, and nothing to be written."""
        return {id_: said for id_, said in self.batch.outcomes.items() if id_ not in self.recorded}

    async def changed(self, dentry_ids: Sequence[str]) -> dict[str, Said]:
        self.looked_at = time.monotonic()
        waiting = [self.entries[dentry_id] for dentry_id in dentry_ids]
        return await self.drift.changed(self.request, waiting, self.clock())

    async def still(self, dentry_ids: Sequence[str]) -> bool:
        folders = [dentry_id for dentry_id in dentry_ids if self.entries[dentry_id].dentry.is_folder]
        if not folders or time.monotonic() - self.looked_at < FRESH_S:
            return True
        return not await self.changed(folders)

    async def sending(self, dentry_ids: Sequence[str]) -> None:
        await self.store.jobs.sending(self.request, dentry_ids, at=self.clock())
        self.call = self.window.call()

    async def answered(self, answer: Answered) -> None:
        if answer.is_busy:
            self.window.busy(self.call)
        elif not answer.code:
            self.window.good()
        said = Answer(
            size=answer.size,
            dingtalk_request_id=answer.dingtalk_request_id,
            code=answer.code,
            outcomes=dict(self.batch.outcomes),
            tasks=dict(self.batch.tasks),
        )
        await self.store.jobs.answered(self.request, said, at=self.clock())
        self.recorded = frozenset(said.outcomes)


def _batch(request: Request, waiting: Sequence[Waiting]) -> Batch:
    return Batch(
        space_id=request.space.id,
        union_id=request.runs_as.union_id,
        to_recycle_bin=request.to_recycle_bin,
        open={target.id: "" for target in waiting},
        doubtful={target.id for target in waiting if target.sent},
    )
