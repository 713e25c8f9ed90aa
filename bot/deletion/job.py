"""The execution of an approved request: batches, asynchronous tasks, one outcome per target, a receipt.

All progress is in the manifest's rows, so the workflow can be taken up again anywhere: a target with an
outcome is done, one that was marked as sent without an outcome is looked up before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from bot import metrics
from bot.channels import NoticeEvent
from bot.deletion.announcer import Announcer
from bot.deletion.batch import QUOTA, BatchSender, JobStopped
from bot.deletion.drift import Drift
from bot.deletion.follow import PATIENT, Follower, Patience
from bot.deletion.lifecycle import SYSTEM, Clock, Lifecycle
from bot.deletion.progress import Teller
from bot.deletion.receipts import Receipts
from bot.deletion.restore import Restores
from bot.deletion.sweep import Sweep
from bot.dingtalk import DingTalk
from bot.engine import AWAY, Payload
from bot.models import AnyReceipt, Request, RequestState
from bot.notices import Notices
from bot.store import NotMineError, StopAskedError, Store

log = structlog.get_logger()

STOPPED = "stopped"
"""Why what is left of a job is given up when somebody asked for that."""


class Jobs:
    """Runs jobs as durable workflows."""

    def __init__(
        self,
        dingtalk: DingTalk,
        store: Store,
        announcer: Announcer,
        receipts: Receipts,
        clock: Clock,
        *,
        lifecycle: Lifecycle,
        notices: Notices,
        runner: Callable[[], str],
        allow_permanent: bool,
        has_events: bool = False,
        patience: Patience = PATIENT,
    ) -> None:
        """`runner` names this process among those on the database; `has_events`: DingTalk tells of deletions.

        `allow_permanent` is asked again when a job begins: settings may have changed since the request.
        """
        self._store = store
        self._announcer = announcer
        self._receipts = receipts
        self._clock = clock
        self._lifecycle = lifecycle
        self._notices = notices
        self._runner = runner
        self._allow_permanent = allow_permanent
        self._teller = Teller(announcer, store, clock)
        drift = Drift(dingtalk, store)
        follower = Follower(dingtalk, store, drift, patience=patience, has_events=has_events)
        self._restores = Restores(
            dingtalk,
            store,
            announcer,
            receipts,
            clock,
            notices=notices,
            follower=follower,
            within=patience.batch,
        )
        sender = BatchSender(dingtalk, within=patience.batch)
        self._sweep = Sweep(store, sender, follower, drift, clock=clock, late=patience.late)

    async def run(self, payload: Payload) -> None:
        """The workflow: from approved to a receipt that everybody concerned has seen."""
        request_id = payload["request_id"]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            request = await self._begin(request_id, payload.get("runs", 0))
            if request is None:
                return
            structlog.contextvars.bind_contextvars(msg_id=request.msg_id)
            log.info("job.taken_up", state=request.state)
            if request.state is RequestState.RUNNING:
                await self._tell_begin(request)
                if not await self._carry_out(request):
                    return
                request = await self._finish(request)
            await self._tell_end(request)

    async def _tell_begin(self, request: Request) -> None:
        """What others approved: channels hear of it, and where the job may take a while, its cards say so."""
        if request.ruling.answer != "approve" or request.decided_by is None:
            return
        await self._notices.add("approved", request, actor=request.decided_by.name)
        if request.totals.folders or request.is_long:
            await self._announcer.changed(request)

    async def _tell_end(self, request: Request) -> None:
        if request.state is RequestState.CANCELLED:
            self._lifecycle.spread(request)
            return
        if request.is_restore:
            await self._restores.tell_end(request)
            return
        receipt = await self._receipts.with_owners(await self._receipts.of(request))
        await self._announcer.result(receipt)
        await self._announcer.changed(request, receipt)
        by = request.decided_by.name if request.decided_by else ""
        event: NoticeEvent = "failed" if request.state is RequestState.FAILED else "done"
        await self._notices.add(event, request, actor=by, deleted=receipt.deleted_dentries)

    async def _begin(self, request_id: str, runs: int) -> Request | None:
        """Approved becomes running; a job taken up again is running already; any other state has no job.

        Of one that went on after a rest, `runs` tells the workflow that began to rest from the one that goes on.
        """
        request = await self._store.requests.get(request_id)
        if request and request.state is RequestState.APPROVED and not _in_time(request, self._clock()):
            await self._too_late(request)
            return None
        begun = await self._store.jobs.begin(request_id, self._runner(), runs=runs, at=self._clock())
        if begun or request is None:
            return begun
        if request.state.has_receipt:  # it ended, and whoever ended it may not have told everybody
            return request
        log.warning("job.not_approved", request_id=request_id)
        return None

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

    async def _carry_out(self, request: Request) -> bool:
        """Go on until everything has an outcome; False when somebody else goes on with it, later or elsewhere."""
        try:
            cause = await self._done(request)
            if cause == QUOTA:
                if await self._rests(request):
                    return False
                cause = STOPPED
            if cause:
                await self._give_up(request, cause)
        except NotMineError:
            log.warning("job.not_mine")
            return False
        return True

    async def _done(self, request: Request) -> str:
        """Send until everything has an outcome: then "", else what stopped it. Raises NotMineError."""
        try:
            await self._check(request)
            async with self._teller.telling(request):
                await (self._restores if request.is_restore else self._sweep).run(request)
        except StopAskedError:
            return STOPPED
        except JobStopped as stop:
            return stop.cause
        except (NotMineError, *AWAY):
            raise
        except Exception:
            log.exception("job.broke")
            return "internal"
        return ""

    async def _check(self, request: Request) -> None:
        if not (request.to_recycle_bin or self._allow_permanent):
            raise JobStopped("permanent_refused")  # it was allowed when it was confirmed
        if await self._store.requests.digest(request.id) != request.digest:
            raise JobStopped("manifest_altered")  # somebody wrote into the database

    async def _rests(self, request: Request) -> bool:
        """The month's calls are used up: rest until somebody has it go on; False when somebody wants it to end.

        Raises NotMineError.
        """
        try:
            paused = await self._store.jobs.pause(request, QUOTA, at=self._clock())
        except StopAskedError:
            return False
        log.warning("job.paused", cause=QUOTA)
        await self._announcer.paused(paused, await self._store.jobs.progress(paused, at=self._clock()))
        return True

    async def _give_up(self, request: Request, cause: str) -> None:
        """Nothing more is sent: what was sent is looked at, and all else is left as it is."""
        if request.is_restore:
            await self._restores.give_up(request, cause)
            return
        await self._sweep.look(request)
        await self._store.jobs.give_up(request, cause, at=self._clock())

    async def _finish(self, request: Request) -> Request:
        now = await self._store.requests.get(request.id) or request
        end = _end(now, await self._receipts.either(now))
        finished = await self._store.requests.change(
            request.id,
            {RequestState.RUNNING},
            end,
            at=self._clock(),
            actor=SYSTEM,
            decided_by=now.stop_asked if end is RequestState.CANCELLED else None,
        )
        now = finished or await self._store.requests.get(request.id) or request
        log.info("job.finished", state=now.state)
        if finished:
            took = self._clock() - (request.began_at or self._clock())
            metrics.job_finished(now.kind, now.state, took.total_seconds())
        return now


def _end(request: Request, receipt: AnyReceipt) -> RequestState:
    """The state it ends in; one that was stopped before anything went, or came back, was cancelled."""
    if request.stop_asked and receipt.is_without_effect:
        return RequestState.CANCELLED
    return receipt.state


def _in_time(request: Request, now: datetime) -> bool:
    """Whether it was decided before one clock ran out, and begins before the other does."""
    decided = request.decided_at is None or request.decided_at < request.expires_at
    return decided and (request.run_before is None or now <= request.run_before)
