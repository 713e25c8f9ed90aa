"""The execution of an approved request: batches, asynchronous tasks, one outcome per target, a receipt.

All progress is in the manifest's rows, so the workflow can be taken up again anywhere: a target with an
outcome is done, one that was marked as sent without an outcome is looked up before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import stamina
import structlog

from bot.channels import NoticeEvent
from bot.deletion.announcer import Announcer
from bot.deletion.batch import BATCH_SIZE, Answered, Batch, BatchSender, JobStopped
from bot.deletion.drift import Drift, Said
from bot.deletion.lifecycle import SYSTEM, Clock, Lifecycle
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import QueryItem, Task
from bot.dingtalk.errors import DingTalkError, NotFound, Throttled, TransportError
from bot.engine import Payload
from bot.models import Entry, Outcome, Receipt, Request, RequestState
from bot.notices import Notices
from bot.operators import Operators
from bot.store import Store

log = structlog.get_logger()

MAX_OWNERS = 3

PASSING = (Throttled, TransportError)
"""Errors of a reading call that are worth asking again after."""


class TaskRunning(Exception):
    """DingTalk is still deleting a folder's contents."""


@dataclass(frozen=True)
class Patience:
    """How long a job goes on: `batch` bounds the retries of one batch, `task` how long a folder's task is followed."""

    batch: timedelta = timedelta(minutes=10)
    task: timedelta = timedelta(minutes=30)


PATIENT = Patience()


class Jobs:
    """Runs jobs as durable workflows."""

    def __init__(
        self,
        dingtalk: DingTalk,
        store: Store,
        announcer: Announcer,
        operators: Operators,
        clock: Clock,
        *,
        lifecycle: Lifecycle,
        notices: Notices,
        allow_permanent: bool,
        patience: Patience = PATIENT,
    ) -> None:
        """`allow_permanent` is asked again when a job begins: settings may have changed since the request."""
        self._dingtalk = dingtalk
        self._store = store
        self._announcer = announcer
        self._operators = operators
        self._clock = clock
        self._lifecycle = lifecycle
        self._notices = notices
        self._sender = BatchSender(dingtalk, within=patience.batch)
        self._patience = patience
        self._allow_permanent = allow_permanent
        self._drift = Drift(dingtalk, store)

    async def run(self, payload: Payload) -> None:
        """The workflow: from approved to a receipt that everybody concerned has seen."""
        request_id = payload["request_id"]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            request = await self._begin(request_id)
            if request is None:
                return
            await self._tell_begin(request)
            try:
                await self._delete(request)
            except JobStopped as stop:
                await self._give_up(request, stop.cause)
            except Exception:
                log.exception("job.broke")
                await self._give_up(request, "internal")
            request = await self._finish(request)
            receipt = await self._with_owners(await self.receipt(request))
            await self._announcer.result(receipt)
            await self._announcer.changed(request, receipt)
            await self._tell_end(receipt)

    async def _tell_begin(self, request: Request) -> None:
        """What others approved: channels hear of it, and where the job may take a while, its cards say so."""
        if request.ruling.answer != "approve" or request.decided_by is None:
            return
        await self._notices.add("approved", request, actor=request.decided_by.name)
        if request.totals.folders or request.totals.targets > BATCH_SIZE:
            await self._announcer.changed(request)

    async def _tell_end(self, receipt: Receipt) -> None:
        request = receipt.request
        by = request.decided_by.name if request.decided_by else ""
        event: NoticeEvent = "failed" if request.state is RequestState.FAILED else "done"
        await self._notices.add(event, request, actor=by, deleted=receipt.deleted_dentries)

    async def final_receipt(self, request: Request) -> Receipt | None:
        """The account of a request that ended with a job; None for every other."""
        return await self.receipt(request) if request.state.has_receipt else None

    async def receipt(self, request: Request) -> Receipt:
        """The account of a job as its rows have it now."""
        results = await self._store.requests.results(request.id)
        began = request.decided_at or request.created_at
        elapsed = (request.finished_at or self._clock()) - began
        return Receipt(request=request, results=tuple(results), elapsed_s=elapsed.total_seconds())

    async def _with_owners(self, receipt: Receipt) -> Receipt:
        """Whom to ask about what was denied; a few names are enough."""
        creators = {result.entry.dentry.creator_id: None for result in receipt.having(Outcome.DENIED)}
        some = [union_id for union_id in creators if union_id][:MAX_OWNERS]
        owners = await self._operators.names(receipt.request.requester.corp_id, some)
        return receipt.model_copy(update={"owners": owners})

    async def _begin(self, request_id: str) -> Request | None:
        """Approved becomes running; a job taken up again is running already; any other state has no job."""
        request = await self._store.requests.get(request_id)
        if request and request.state is RequestState.APPROVED:
            if not _in_time(request, self._clock()):
                await self._too_late(request)
                return None
            request = await self._store.requests.change(
                request_id, {RequestState.APPROVED}, RequestState.RUNNING, at=self._clock(), actor=SYSTEM
            ) or await self._store.requests.get(request_id)
        if request is None or request.state.is_open or request.state in _WITHOUT_JOB:
            log.warning("job.not_approved", request_id=request_id)
            return None
        return request

    async def _too_late(self, request: Request) -> None:
        """Both clocks are looked at again here: a robot that was away must not carry out old decisions."""
        expired = await self._store.requests.change(
            request.id,
            {RequestState.APPROVED},
            RequestState.EXPIRED,
            at=self._clock(),
            actor=SYSTEM,
            is_news=True,
        )
        if expired:
            log.warning("job.too_late", request_id=request.id)
            self._lifecycle.spread(expired)

    async def _delete(self, request: Request) -> None:
        if not (request.to_recycle_bin or self._allow_permanent):
            raise JobStopped("permanent_refused")  # it was allowed when it was confirmed
        if await self._store.requests.digest(request.id) != request.digest:
            raise JobStopped("manifest_altered")  # somebody wrote into the database
        undecided = await self._store.requests.undecided(request.id)
        for start in range(0, len(undecided), BATCH_SIZE):
            part = undecided[start : start + BATCH_SIZE]
            await self._send(
                request, [entry for entry, _ in part], {e.dentry.dentry_id for e, sent in part if sent}
            )

    async def _send(self, request: Request, entries: Sequence[Entry], sent_before: set[str]) -> None:
        batch = Batch(
            space_id=request.space.id,
            union_id=request.runs_as.union_id,
            to_recycle_bin=request.to_recycle_bin,
            open={entry.dentry.dentry_id: "" for entry in entries},
            doubtful=set(sent_before),
        )
        await self._store.requests.mark_sent(request, list(batch.open), at=self._clock())
        log.info("batch.sending", size=len(entries), doubtful=len(sent_before))
        stopped = None
        try:
            await self._sender.send(
                batch, partial(self._changed, request, entries), partial(self._answered, request)
            )
        except JobStopped as stop:
            stopped = stop
        await self._store.requests.record_outcomes(request, batch.outcomes, at=self._clock())
        for dentry_id, task_id in batch.tasks.items():
            outcome = await self._follow(request, dentry_id, task_id)
            await self._store.requests.record_outcomes(request, {dentry_id: outcome}, at=self._clock())
        log.info("batch.settled", size=len(entries))
        if stopped:
            raise stopped

    async def _answered(self, request: Request, answer: Answered) -> None:
        await self._store.audit.append(
            self._clock(),
            corp_id=request.requester.corp_id,
            actor=request.runs_as.user_id,
            event="batch.answered",
            request_id=request.id,
            dingtalk_request_id=answer.dingtalk_request_id,
            size=answer.size,
            code=answer.code,
        )

    async def _changed(
        self, request: Request, entries: Sequence[Entry], open_ids: list[str]
    ) -> dict[str, Said]:
        waiting = [entry for entry in entries if entry.dentry.dentry_id in open_ids]
        return await self._drift.changed(request, waiting, self._clock())

    async def _follow(self, request: Request, dentry_id: str, task_id: str) -> tuple[Outcome, str]:
        """Ask for a folder's task at growing intervals until it ends; its word is then checked by looking."""
        try:
            async for attempt in stamina.retry_context(
                on=(TaskRunning, *PASSING),
                attempts=None,
                timeout=self._patience.task,
                wait_initial=0.5,
                wait_max=30,
                wait_jitter=0.3,
            ):
                with attempt:
                    task = await self._ended(request, task_id)
        except (TaskRunning, DingTalkError) as exc:
            log.warning("task.not_confirmed", task_id=task_id, error=type(exc).__name__)
            return Outcome.UNKNOWN, "task_running"
        if task and task.is_success:
            return Outcome.DELETED, ""
        return await self._looked(request, dentry_id)

    async def _ended(self, request: Request, task_id: str) -> Task | None:
        """The task once it is over; None when DingTalk has forgotten it. Raises TaskRunning."""
        try:
            task = await self._dingtalk.storage.task(task_id, union_id=request.runs_as.union_id)
        except NotFound:
            return None
        if not task.is_finished:
            raise TaskRunning
        return task

    async def _looked(self, request: Request, dentry_id: str) -> tuple[Outcome, str]:
        try:
            item = await self._found(request, dentry_id)
        except DingTalkError as exc:
            return Outcome.UNKNOWN, exc.code
        if item.is_gone:
            return Outcome.DELETED, ""
        if item.dentry is None:
            return Outcome.UNKNOWN, item.error_code or "no_answer"
        gone = await self._drift.gone_inside(request, item.dentry.as_dentry())
        await self._store.requests.note_gone(request.id, dentry_id, gone)
        return Outcome.FAILED, "task_failed"

    async def _found(self, request: Request, dentry_id: str) -> QueryItem:
        async for attempt in stamina.retry_context(on=PASSING, attempts=None, timeout=self._patience.batch):
            with attempt:
                items = await self._dingtalk.storage.dentries(
                    request.space.id, [dentry_id], union_id=request.runs_as.union_id
                )
        return next((i for i in items if i.dentry_id == dentry_id), QueryItem(dentry_id=dentry_id))

    async def _give_up(self, request: Request, cause: str) -> None:
        left = await self._store.requests.undecided(request.id)
        outcomes = {
            entry.dentry.dentry_id: (Outcome.UNKNOWN if sent else Outcome.FAILED, cause)
            for entry, sent in left
        }
        await self._store.requests.record_outcomes(request, outcomes, at=self._clock())

    async def _finish(self, request: Request) -> Request:
        state = (await self.receipt(request)).state
        finished = await self._store.requests.change(
            request.id, {RequestState.RUNNING}, state, at=self._clock(), actor=SYSTEM
        )
        log.info("job.finished", state=state)
        return finished or await self._store.requests.get(request.id) or request


_WITHOUT_JOB = {RequestState.CANCELLED, RequestState.REJECTED, RequestState.EXPIRED}


def _in_time(request: Request, now: datetime) -> bool:
    """Whether it was decided before one clock ran out, and begins before the other does."""
    decided = request.decided_at is None or request.decided_at < request.expires_at
    return decided and (request.run_before is None or now <= request.run_before)
