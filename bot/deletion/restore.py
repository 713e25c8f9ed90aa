"""The execution of a restore: find the recycle items of a deletion, put them back, see where they came to lie.

All progress is in the rows (see `bot.store.restores`), so it can be begun again anywhere. An item leaves the bin
once, so nothing comes back twice; and no name is ever overwritten: what finds its name taken gets another one.

What each answer asks for: nothing was done (a lock, a throttle, no connection): wait and send again; nobody knows
(a time-out, a reset, a 5xx): look into the bin, and send again only what is still there; an item that is not in the
bin is looked for where it lay, and what is seen there or not seen is what is told.
Source: https://open.dingtalk.com/document/development/batch-restore-recycled-items
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import stamina
import structlog

from bot.deletion.announcer import Announcer
from bot.deletion.batch import (
    MAX_REFUSED_IN_A_ROW,
    JobStopped,
    Unsettled,
    cause_of,
    retry_after,
    stop_of,
    stop_or_wait,
)
from bot.deletion.follow import PASSING, Follower, TaskRunning
from bot.deletion.lifecycle import Clock
from bot.deletion.receipts import Receipts
from bot.deletion.whereabouts import Whereabouts, verdict_of
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import Progress, Task
from bot.dingtalk.errors import (
    Conflict,
    Denied,
    DingTalkError,
    NotFound,
    QuotaUsedUp,
    Throttled,
    TransportError,
    UnknownOutcome,
)
from bot.dingtalk.recycle import RESTORE_BATCH, RecycleItem, RestoreItem
from bot.models import Request, RestoreOutcome, Space
from bot.notices import Notices
from bot.store import BEGINNING, Landing, Returning, Store, Verdict

log = structlog.get_logger()

T = TypeVar("T")

MARGIN = timedelta(minutes=15)
"""By how much our clock and DingTalk's may differ; its times may lack their seconds, too."""
ABSENT_AT_ONCE = 300

_NOT_IN_BIN = "recycleItemNotExist"
_BUSY = {"operationConcurrentControl"}
_DOUBTFUL = {"systemError", "unknownError", "operationTimeout"}
_OF_BIN = {"recycleBinNotExist", "paramError.recycleBinId", "paramError.conflictStrategy"}
"""Refusals that hold for every item: to ask for fewer at a time would only cost calls."""


@dataclass(frozen=True)
class Bin:
    """The bin of one organisation, seen by one person, and when the deletion began and ended in it."""

    id: str
    union_id: str
    space_id: str
    deleted_by: str
    began: datetime
    ended: datetime

    def may_have(self, item: RecycleItem) -> bool:
        """Whether the deletion may have put this item there.

        What somebody else deleted at another time, after it had been brought back, is theirs. Neither the clocks
        nor the name that DingTalk notes for a call of ours are sure enough to decide that alone.
        """
        if item.space_id != self.space_id:
            return False
        in_time = item.operator_time is None or self.began <= item.operator_time <= self.ended
        return in_time or item.operator_id in {"", self.deleted_by}


@dataclass
class NewestFirst:
    """The order in which DingTalk lists a bin, as far as anybody has seen. It does not promise it.

    So that a page is older than the deletion ends the reading only while all that came before was in that order.
    """

    _last: datetime | None = None
    _holds: bool = True

    def see(self, items: Sequence[RecycleItem]) -> None:
        for item in items:
            if item.operator_time is None or (self._last and item.operator_time > self._last):
                self._holds = False
            self._last = item.operator_time or self._last

    def is_past(self, moment: datetime) -> bool:
        """Whether nothing that follows can be as young as that."""
        return self._holds and self._last is not None and self._last < moment


@dataclass
class Batch:
    """The targets of one call, by recycle item. `open` maps those that are to be sent to the last trouble with them.

    `doubtful` may be back through us although nobody said so; `gone` are not in the bin.
    """

    rows: dict[str, Returning]
    open: dict[str, str] = field(init=False)
    doubtful: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    refused_in_a_row: int = 0

    def __post_init__(self) -> None:
        self.open = dict.fromkeys(self.rows, "")
        self.doubted |= {item_id for item_id, row in self.rows.items() if row.doubted}

    def ids(self, item_ids: Collection[str]) -> list[str]:
        """Their dentryIds."""
        return [self.rows[item_id].id for item_id in item_ids]

    def doubt(self, item_id: str, cause: str) -> None:
        self.open[item_id] = cause
        self.doubtful.add(item_id)
        self.doubted.add(item_id)

    def leave(self, item_id: str) -> None:
        """It is not in the bin: where it is has to be seen."""
        self._close(item_id)
        self.gone.add(item_id)

    def land(self, item_id: str) -> None:
        self._close(item_id)

    def settle(self, item_id: str, outcome: RestoreOutcome, cause: str) -> None:
        self._close(item_id)
        self.verdicts[self.rows[item_id].id] = Verdict(outcome, cause)

    def _close(self, item_id: str) -> None:
        self.open.pop(item_id, None)
        self.doubtful.discard(item_id)


class Restores:
    """Runs restores, called from the workflow of jobs."""

    def __init__(
        self,
        dingtalk: DingTalk,
        store: Store,
        announcer: Announcer,
        receipts: Receipts,
        clock: Clock,
        *,
        notices: Notices,
        follower: Follower,
        within: timedelta,
    ) -> None:
        """`within` bounds the retries of one batch."""
        self._dingtalk = dingtalk
        self._store = store
        self._announcer = announcer
        self._receipts = receipts
        self._clock = clock
        self._notices = notices
        self._within = within
        self._follower = follower

    async def run(self, request: Request) -> None:
        """Put back until everything has an outcome. Raises what ends a job before that: see `Jobs`."""
        restores = self._store.restores
        the_bin = await self._bin(request)
        await self._find(request, the_bin)
        await self._land(request, by_task=False)  # what was begun before
        at = BEGINNING
        while ready := await restores.ready(request.id, after=at, limit=RESTORE_BATCH):
            await self._put_back(request, the_bin, ready)
            await self._land(request, by_task=False, after=at)
            at = ready[-1].position
        await self._land(request, by_task=True)
        at = BEGINNING
        while absent := await restores.absent(request.id, after=at, limit=ABSENT_AT_ONCE):
            await self._look_for(request, absent)
            at = absent[-1].position

    async def give_up(self, request: Request, cause: str) -> None:
        """Nothing more is sent: what landed is looked at, and all else is left as it is."""
        try:
            await self._land(request, by_task=False)
        except JobStopped as stop:
            log.warning("restore.unseen", cause=stop.cause)
        await self._store.restores.give_up(request, cause, at=self._clock())

    async def tell_end(self, request: Request) -> None:
        """Show everybody concerned what came of it, also on the result of the deletion, which would still offer it.

        Channels hear of it under the number that they know.
        """
        receipt = await self._receipts.restored(request)
        await self._announcer.result(receipt)
        deletion = await self._store.requests.get(request.undoes)
        if deletion:
            account = await self._receipts.of(deletion)
            await self._announcer.undone(await self._receipts.with_owners(account))
        await self._announcer.changed(request, receipt)
        if deletion and receipt.restored_dentries > 0:
            by, done = request.requester.name, receipt.restored_dentries
            await self._notices.add("restored", deletion, actor=by, deleted=done)

    async def _bin(self, request: Request) -> Bin:
        """The bin's id does not change and is remembered: to ask for it is a counted call."""
        corp_id = request.space.corp_id or request.requester.corp_id
        union_id = request.requester.union_id
        key, now = f"bin:{corp_id}", self._clock()
        known = await self._store.spaces.get(key, now)
        if known is None:
            bin_id = await self._asked(lambda: self._dingtalk.recycle.bin_id(corp_id, union_id=union_id))
            known = Space(id=bin_id, name="", corp_id=corp_id)
            await self._store.spaces.put(key, known, now)
        deletion = await self._store.requests.get(request.undoes)
        began = deletion and (deletion.began_at or deletion.decided_at or deletion.created_at)
        return Bin(
            id=known.id,
            union_id=union_id,
            space_id=request.space.id,
            deleted_by=deletion.runs_as.union_id if deletion else "",
            began=(began or request.created_at) - MARGIN,
            ended=((deletion and deletion.finished_at) or request.created_at) + MARGIN,
        )

    async def _find(self, request: Request, the_bin: Bin) -> None:
        """Note the recycle items of what is to come back; begun again from the first page while trouble may pass."""
        try:
            async for attempt in stamina.retry_context(on=PASSING, attempts=None, timeout=self._within):
                with attempt:
                    await self._read(request, the_bin)
        except DingTalkError as exc:
            raise (stop_of(exc) or JobStopped(cause_of(exc))) from exc

    async def _read(self, request: Request, the_bin: Bin) -> None:
        """Page by page, no further than it takes: each is a counted call."""
        left = await self._store.restores.unfound(request.id)
        if not left:
            return
        order = NewestFirst()
        async for items in self._dingtalk.recycle.pages(the_bin.id, union_id=the_bin.union_id):
            theirs = {item.dentry_id: item.id for item in items if the_bin.may_have(item)}
            found = await self._store.restores.note_found(request, theirs)
            left -= found
            order.see(items)
            if left <= 0 or (not found and order.is_past(the_bin.began)):
                return

    async def _put_back(self, request: Request, the_bin: Bin, rows: Sequence[Returning]) -> None:
        """Send a batch until each of it has landed, has an outcome, or time is up."""
        batch = Batch({row.item_id: row for row in rows})
        stopped: JobStopped | None = None
        try:
            async for attempt in stamina.retry_context(
                on=retry_after,
                attempts=None,
                timeout=self._within,
                wait_initial=0.3,
                wait_max=15,
                wait_jitter=0.5,
            ):
                with attempt:
                    await self._once(request, the_bin, batch)
        except Unsettled:
            await self._look_last(the_bin, batch)
        except JobStopped as stop:
            stopped = stop
        await self._store.restores.settle(request, batch.verdicts, at=self._clock())
        if stopped:
            raise stopped
        if batch.gone:
            await self._look_for(
                request,
                [batch.rows[item_id] for item_id in batch.gone],
                doubted={batch.rows[item_id].id for item_id in batch.doubted},
            )

    async def _look_last(self, the_bin: Bin, batch: Batch) -> None:
        """Nothing is sent any more. What went out once may be back whatever was answered; nobody is to guess.

        What is still in the bin after a call without an answer stays unknown: that call may arrive late.
        """
        unanswered = set(batch.doubtful)
        batch.doubtful |= batch.doubted & batch.open.keys()
        with suppress(Unsettled, JobStopped):
            await self._look_into(the_bin, batch)
        for item_id, cause in list(batch.open.items()):
            unsure = item_id in batch.doubtful | unanswered
            batch.settle(item_id, RestoreOutcome.UNKNOWN if unsure else RestoreOutcome.FAILED, cause)

    async def _once(self, request: Request, the_bin: Bin, batch: Batch) -> None:
        """Look where there is doubt, send what is in the bin. Raises Unsettled when something is left."""
        if batch.doubtful:
            await self._look_into(the_bin, batch)
        if batch.open:
            await self._send(request, the_bin, batch, list(batch.open))
        if batch.open:
            raise Unsettled

    async def _look_into(self, the_bin: Bin, batch: Batch) -> None:
        """Whether what is in doubt is still in the bin."""

        async def look(item_id: str) -> None:
            try:
                await self._dingtalk.recycle.item(the_bin.id, item_id, union_id=the_bin.union_id)
            except NotFound as exc:
                if exc.code != _NOT_IN_BIN:
                    raise
                batch.leave(item_id)
                return
            except Denied as exc:  # it is there; who may not see it will be told so when it is sent
                if exc.code != "permissionDenied":
                    raise
            batch.doubtful.discard(item_id)

        looks = (look(item_id) for item_id in sorted(batch.doubtful))
        for trouble in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(trouble, DingTalkError):
                raise stop_or_wait(trouble) from trouble
            if trouble is not None:
                raise trouble

    async def _send(self, request: Request, the_bin: Bin, batch: Batch, item_ids: list[str]) -> None:
        await self._store.restores.sending(request, batch.ids(item_ids), at=self._clock())
        try:
            items = await self._dingtalk.recycle.restore(the_bin.id, item_ids, union_id=the_bin.union_id)
        except UnknownOutcome as exc:
            for item_id in item_ids:
                batch.doubt(item_id, exc.code or "no_answer")
            await self._answered(request, item_ids, exc.request_id, exc.code or "no_answer")
        except DingTalkError as exc:
            if isinstance(exc, Throttled):  # refused, they say; should it be back when sent again, it was us
                batch.doubted.update(item_ids)
            await self._answered(
                request,
                item_ids,
                exc.request_id,
                exc.code,
                untouched=batch.ids(item_ids),
                is_sure=not isinstance(exc, Throttled),
            )
            await self._refused(request, the_bin, batch, item_ids, exc)
        else:
            batch.refused_in_a_row = 0
            landings = _taken_in(batch, items)
            untouched = batch.ids(batch.open.keys() - batch.doubtful)
            await self._answered(
                request, item_ids, items[0].dingtalk_request_id, "", landings=landings, untouched=untouched
            )

    async def _answered(
        self,
        request: Request,
        item_ids: Sequence[str],
        dingtalk_request_id: str,
        code: str,
        *,
        landings: dict[str, Landing] | None = None,
        untouched: Collection[str] = (),
        is_sure: bool = True,
    ) -> None:
        await self._store.restores.answered(
            request,
            size=len(item_ids),
            dingtalk_request_id=dingtalk_request_id,
            code=code,
            landings=landings or {},
            untouched=untouched,
            is_sure=is_sure,
            at=self._clock(),
        )

    async def _refused(
        self, request: Request, the_bin: Bin, batch: Batch, item_ids: list[str], exc: DingTalkError
    ) -> None:
        """The whole call was refused. With several items in it, one may have spoilt it for all."""
        if isinstance(exc, Throttled | Conflict | TransportError | QuotaUsedUp) or stop_of(exc):
            batch.open.update(dict.fromkeys(item_ids, cause_of(exc)))
            raise stop_or_wait(exc) from exc
        if exc.code == _NOT_IN_BIN and len(item_ids) > 1:  # the bin knows which
            batch.doubtful.update(item_ids)
            await self._look_into(the_bin, batch)
            return
        batch.refused_in_a_row += 1
        if exc.code in _OF_BIN:
            raise JobStopped(exc.code) from exc
        if len(item_ids) == 1:
            _read_code(batch, item_ids[0], exc.code)
            return
        middle = len(item_ids) // 2
        for half in (item_ids[:middle], item_ids[middle:]):
            if batch.refused_in_a_row < MAX_REFUSED_IN_A_ROW:
                await self._send(request, the_bin, batch, half)
            else:
                for item_id in half:
                    _read_code(batch, item_id, exc.code)

    async def _land(self, request: Request, *, by_task: bool, after: int = BEGINNING) -> None:
        """See where what came back lies, once its contents are there, too."""
        at, landed = after, self._store.restores.landed
        while rows := await landed(request.id, by_task=by_task, after=at, limit=RESTORE_BATCH):
            ends = await self._ends(request, rows) if by_task else {}
            await self._see(request, rows, ends)
            at = rows[-1].position

    async def _ends(self, request: Request, rows: Sequence[Returning]) -> dict[str, Task | None]:
        """How the tasks of these folders ended. Raises JobStopped."""
        tasks = await asyncio.gather(*(self._ended(request, row.task_id) for row in rows))
        return {row.id: task for row, task in zip(rows, tasks, strict=True)}

    async def _see(self, request: Request, rows: Sequence[Returning], ends: dict[str, Task | None]) -> None:
        whereabouts = Whereabouts(self._dingtalk, request)
        lost: list[Returning] = []
        verdicts: dict[str, Verdict] = {}
        try:
            seen = await self._asked(lambda: whereabouts.by_id([row.new_id for row in rows]))
        except DingTalkError as exc:
            log.warning("restore.unseen", error=exc)
            verdicts = {row.id: _unseen(row, ends) for row in rows}
            seen = {}
        for row in rows:
            item = seen.get(row.new_id)
            if item is None:
                continue
            if item.is_gone:
                lost.append(row)
            elif item.dentry is None:  # DingTalk took it, and does not let this person look
                verdicts[row.id] = Verdict(RestoreOutcome.RESTORED, item.error_code, row.new_id)
            else:
                verdict = verdict_of(row.entry.dentry, item.dentry)
                verdicts[row.id] = await self._whole(request, whereabouts, row, ends, verdict)
        await self._store.restores.settle(request, verdicts, at=self._clock())
        if lost:
            await self._look_for(request, lost, doubted={row.id for row in lost})

    async def _whole(
        self,
        request: Request,
        whereabouts: Whereabouts,
        row: Returning,
        ends: dict[str, Task | None],
        verdict: Verdict,
    ) -> Verdict:
        """The same, unless a folder came back without some of what it held. A task's word is checked by looking."""
        if row.id not in ends:
            return verdict
        task = ends[row.id]
        if task and task.is_success:
            return verdict
        try:
            missing = await self._asked(lambda: whereabouts.missing(row.new_id, row.entry.contents))
        except DingTalkError as exc:
            return Verdict(RestoreOutcome.UNKNOWN, cause_of(exc), row.new_id, verdict.new_path)
        if not missing:
            return verdict
        if task is None or not task.is_finished:
            return Verdict(RestoreOutcome.UNKNOWN, "task_running", row.new_id, verdict.new_path)
        return Verdict(RestoreOutcome.PARTLY, "task_failed", row.new_id, verdict.new_path, missing)

    async def _ended(self, request: Request, task_id: str) -> Task | None:
        """A folder's task once it is over; None when DingTalk does not say in time. Raises JobStopped."""
        try:
            return await self._follower.ended(request, task_id)
        except (TaskRunning, DingTalkError) as exc:
            if stop := stop_of(exc):
                raise stop from exc
            log.warning("task.not_confirmed", task_id=task_id, error=type(exc).__name__)
        return None

    async def _look_for(
        self, request: Request, rows: Sequence[Returning], *, doubted: Collection[str] = ()
    ) -> None:
        """What is not in the bin: is it back where it was? Through us, if a call for it may have been carried out."""
        whereabouts = Whereabouts(self._dingtalk, request)
        doubts = {row.id for row in rows if row.doubted} | set(doubted)
        try:
            found = await self._asked(lambda: whereabouts.of([row.entry.dentry for row in rows]))
        except DingTalkError as exc:
            verdicts = {row.id: Verdict(RestoreOutcome.UNKNOWN, cause_of(exc)) for row in rows}
        else:
            verdicts = {}
            for row in rows:
                verdict = found.get(row.id)
                if verdict is None and row.id in doubts:
                    verdicts[row.id] = Verdict(RestoreOutcome.UNKNOWN, "no_trace")
                elif verdict is None:
                    verdicts[row.id] = Verdict(RestoreOutcome.PURGED)
                elif row.id in doubts:
                    verdicts[row.id] = verdict
                else:
                    outcome = RestoreOutcome.ALREADY_BACK
                    verdicts[row.id] = Verdict(outcome, "", verdict.new_id, verdict.new_path)
        await self._store.restores.settle(request, verdicts, at=self._clock())

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What a reading call answers, asked again while the trouble may pass.

        Raises DingTalkError, and JobStopped when no further call can succeed.
        """
        try:
            async for attempt in stamina.retry_context(on=PASSING, attempts=None, timeout=self._within):
                with attempt:
                    return await ask()
        except DingTalkError as exc:
            if stop := stop_of(exc):
                raise stop from exc
            raise
        raise AssertionError("the last attempt answers or raises")


def _unseen(row: Returning, ends: dict[str, Task | None]) -> Verdict:
    """DingTalk said that it is back, and where it came to lie could not be looked at."""
    task = ends.get(row.id)
    is_back = row.id not in ends or (task is not None and task.is_success)
    return Verdict(RestoreOutcome.RESTORED if is_back else RestoreOutcome.UNKNOWN, "unseen", row.new_id)


def _taken_in(batch: Batch, items: Sequence[RestoreItem]) -> dict[str, Landing]:
    """Take in per-item results; where what was taken comes back, by the dentryId it had."""
    landings: dict[str, Landing] = {}
    for item in items:
        item_id = item.recycle_item_id
        match item.progress:
            case Progress.PENDING if item.dentry_id:
                landings[batch.rows[item_id].id] = Landing(item.dentry_id, item.task_id)
                batch.land(item_id)
            case Progress.DONE if item.dentry_id:
                landings[batch.rows[item_id].id] = Landing(item.dentry_id)
                batch.land(item_id)
            case Progress.FAILED:
                _read_code(batch, item_id, item.error_code or "unnamed")
            case _:
                batch.doubt(item_id, "no_answer")
    return landings


def _read_code(batch: Batch, item_id: str, code: str) -> None:
    if code == _NOT_IN_BIN:
        batch.leave(item_id)
    elif code in _BUSY:
        batch.open[item_id] = code
    elif code in _DOUBTFUL:
        batch.doubt(item_id, code)
    else:
        denied = code == "permissionDenied"
        batch.settle(item_id, RestoreOutcome.DENIED if denied else RestoreOutcome.FAILED, code)
