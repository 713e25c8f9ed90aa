"""One batch of deletions, sent until every dentry in it has an outcome or time is up.

What each answer of DingTalk asks for: nothing was done (a lock, a throttle, no connection): wait and send
again; nobody knows (a time-out, a reset, a 5xx): look before sending again; a refusal for one dentry: that is
its outcome; a refusal for the whole call: find whose fault it was.
Source: https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import stamina
import structlog

from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import Progress, QueryItem, RemoveItem
from bot.dingtalk.errors import (
    BadCredentials,
    Conflict,
    Denied,
    DingTalkError,
    QuotaUsedUp,
    Throttled,
    TokenRefused,
    TransportError,
    UnknownOutcome,
)
from bot.dingtalk.storage import REMOVE
from bot.dingtalk.wire import NOT_SENT
from bot.models import ONE_CALL, Outcome

log = structlog.get_logger()

BATCH_SIZE = ONE_CALL
"""The most dentryIds that batchRemove takes."""

QUOTA = "quota"
"""Why a job is stopped that can go on next month."""

_BY_CODE = {
    "permissionDenied": Outcome.DENIED,
    "recycleBinNotSupportForSpace": Outcome.NOT_RECYCLABLE,
    "operationNotSupported": Outcome.NOT_RECYCLABLE,
}
_OF_SPACE = {"spaceNotExist", "paramError.spaceId", "recycleBinNotSupportForSpace"}
"""Refusals that hold for every dentry of the space: to ask for fewer at a time would only cost calls."""
MAX_REFUSED_IN_A_ROW = 8
"""Halving 50 down to one takes 7 calls. When none of those brought anything, it is no single dentry's fault, and
each further call would be a counted one for nothing."""
_GONE = {"dentryNotExist"}
_BUSY = {"operationConcurrentControl"}
_DOUBTFUL = {"systemError", "unknownError", "operationTimeout"}


class Unsettled(Exception):
    """Some dentries of the batch still have no outcome. `wait_s` is how long DingTalk asked us to wait."""

    def __init__(self, wait_s: float = 0.0) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class JobStopped(Exception):
    """No further batch can succeed: quota used up, or a scope is missing. `cause` says which."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass
class Batch:
    """The dentries of one call. `open` maps those without an outcome to the last trouble seen with them.

    `doubtful` are those that may be gone through us although nobody said so, `doubted` those of which that was
    ever the case: a call without an answer may still arrive late; `tasks` those that DingTalk goes on deleting
    by itself.
    """

    space_id: str
    union_id: str
    to_recycle_bin: bool
    open: dict[str, str]
    doubtful: set[str] = field(default_factory=set)
    tasks: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    doubted: set[str] = field(init=False)
    refused_in_a_row: int = 0

    def __post_init__(self) -> None:
        self.doubted = set(self.doubtful)

    def settle(self, dentry_id: str, outcome: Outcome, cause: str = "") -> None:
        self.open.pop(dentry_id, None)
        self.doubtful.discard(dentry_id)
        self.outcomes[dentry_id] = (outcome, cause)

    def settle_all(self, dentry_ids: Iterable[str], outcome: Outcome, cause: str) -> None:
        for dentry_id in list(dentry_ids):
            self.settle(dentry_id, outcome, cause)

    def doubt(self, dentry_id: str, cause: str) -> None:
        self.open[dentry_id] = cause
        self.doubtful.add(dentry_id)
        self.doubted.add(dentry_id)


@dataclass(frozen=True)
class Answered:
    """How DingTalk answered one call for `size` dentries: `code` is its error code, empty where it took the call.

    `is_busy`: another write keeps the space, or some of the dentries, locked.
    """

    size: int
    dingtalk_request_id: str
    code: str = ""
    is_busy: bool = False


class Ledger(Protocol):
    """Who is asked before each call, and told after it."""

    async def changed(self, dentry_ids: Sequence[str]) -> dict[str, tuple[Outcome, str]]:
        """Which of these must not go, as they are not, or may not be, what was agreed to. Raises DingTalkError."""

    async def still(self, dentry_ids: Sequence[str]) -> bool:
        """Whether these are as they were found to be, however long the call has waited for its turn.

        Raises DingTalkError.
        """

    async def sending(self, dentry_ids: Sequence[str]) -> None:
        """Note that these are about to be sent. Raises, and then they are not."""

    async def answered(self, answer: Answered) -> None:
        """Keep the answer for the record, before anything else is sent."""


class BatchSender:
    """Sends a batch until it is settled."""

    def __init__(self, dingtalk: DingTalk, *, within: timedelta) -> None:
        self._storage = dingtalk.storage
        self._within = within

    async def send(self, batch: Batch, ledger: Ledger) -> None:
        """Fill `batch.outcomes` and `batch.tasks`; what cannot be settled in time is unknown or failed.

        Raises JobStopped when no further call can succeed, and what `ledger.sending` raises: then some are still open.
        """
        try:
            async for attempt in self._attempts():
                with attempt:
                    await self._once(batch, ledger)
        except Unsettled:
            await self._look_last(batch)
            for dentry_id, cause in list(batch.open.items()):
                doubtful = dentry_id in batch.doubtful
                batch.settle(dentry_id, Outcome.UNKNOWN if doubtful else Outcome.FAILED, cause)

    async def look(self, batch: Batch) -> None:
        """Settle what is doubtful and gone by looking; what is there stays open, and what nobody tells doubtful."""
        try:
            async for attempt in self._attempts():
                with attempt:
                    await self._look(batch)
        except (Unsettled, JobStopped):
            log.warning("batch.not_seen", size=len(batch.doubtful))

    async def _look_last(self, batch: Batch) -> None:
        """Nothing is sent any more. What went out once may have gone whatever was answered; nobody is to guess.

        What is still there after a call without an answer stays doubtful: that call may arrive late.
        """
        doubted = sorted(batch.doubted & batch.open.keys())
        if not doubted:
            return
        try:
            self._settle_gone(batch, await self._seen(batch, doubted))
        except (Unsettled, JobStopped):
            batch.doubtful.update(doubted)

    def _attempts(self) -> AsyncIterator[stamina.Attempt]:
        return stamina.retry_context(
            on=retry_after,
            attempts=None,
            timeout=self._within,
            wait_initial=0.3,
            wait_max=15,
            wait_jitter=0.5,
        ).__aiter__()

    async def _once(self, batch: Batch, ledger: Ledger) -> None:
        """Look where there is doubt, leave out what changed, send the rest. Raises Unsettled when something is left."""
        if batch.doubtful:
            await self._look(batch)
        if batch.open:
            await self._leave_out(batch, ledger)
        if batch.open:
            await self._remove(batch, list(batch.open), ledger)
        if batch.open:
            raise Unsettled

    async def _leave_out(self, batch: Batch, ledger: Ledger) -> None:
        try:
            for dentry_id, (outcome, cause) in (await ledger.changed(list(batch.open))).items():
                batch.settle(dentry_id, outcome, cause)
        except (Throttled, TransportError) as exc:
            batch.open.update(dict.fromkeys(batch.open, cause_of(exc)))
            raise stop_or_wait(exc) from exc
        except DingTalkError as exc:  # what cannot be compared must not go
            stop = stop_or_wait(exc)
            raise stop if isinstance(stop, JobStopped) else JobStopped(exc.code) from exc

    async def _look(self, batch: Batch) -> None:
        """Settle doubtful dentries by looking: gone means that it was us, still there means that it was not."""
        items = await self._seen(batch, sorted(batch.doubtful))
        self._settle_gone(batch, items)
        batch.doubtful -= {item.dentry_id for item in items if item.dentry and item.dentry.is_there}
        if batch.doubtful:
            raise Unsettled

    async def _seen(self, batch: Batch, dentry_ids: Sequence[str]) -> list[QueryItem]:
        try:
            return await self._storage.dentries(batch.space_id, dentry_ids, union_id=batch.union_id)
        except DingTalkError as exc:
            raise stop_or_wait(exc) from exc

    def _settle_gone(self, batch: Batch, items: Iterable[QueryItem]) -> None:
        for item in items:
            if item.is_gone:
                batch.settle(item.dentry_id, Outcome.DELETED)

    async def _remove(self, batch: Batch, dentry_ids: list[str], ledger: Ledger) -> None:
        await ledger.sending(dentry_ids)
        size = len(dentry_ids)
        try:
            items = await self._storage.remove(
                batch.space_id,
                dentry_ids,
                union_id=batch.union_id,
                to_recycle_bin=batch.to_recycle_bin,
                leaving=lambda: _leaving(dentry_ids, ledger),
            )
        except UnknownOutcome as exc:
            for dentry_id in dentry_ids:
                batch.doubt(dentry_id, exc.code or "no_answer")
            await ledger.answered(Answered(size, exc.request_id, exc.code or "no_answer"))
        except DingTalkError as exc:
            is_busy = exc.code in _BUSY
            await ledger.answered(Answered(size, exc.request_id, exc.code, is_busy=is_busy))
            await self._refused(batch, dentry_ids, exc, ledger)
        else:
            batch.refused_in_a_row = 0
            _read(batch, dentry_ids, items)
            is_busy = any(item.error_code in _BUSY for item in items)
            await ledger.answered(Answered(size, items[0].dingtalk_request_id, is_busy=is_busy))

    async def _refused(self, batch: Batch, dentry_ids: list[str], exc: DingTalkError, ledger: Ledger) -> None:
        """The whole call was refused. With several dentries in it, one may have spoilt it for all."""
        if isinstance(
            exc, Throttled
        ):  # it was refused, they say; should it be gone when it is sent again, it was us
            batch.doubted.update(dentry_ids)
        if isinstance(exc, Throttled | Conflict | TransportError | QuotaUsedUp) or _is_app_wide(exc):
            batch.open.update(dict.fromkeys(dentry_ids, cause_of(exc)))
            raise stop_or_wait(exc) from exc
        batch.refused_in_a_row += 1
        if exc.code in _OF_SPACE:
            batch.settle_all(dentry_ids, _BY_CODE.get(exc.code, Outcome.FAILED), exc.code)
        elif len(dentry_ids) == 1:
            _read_code(batch, dentry_ids[0], exc.code)
        else:
            middle = len(dentry_ids) // 2
            for half in (dentry_ids[:middle], dentry_ids[middle:]):
                if batch.refused_in_a_row < MAX_REFUSED_IN_A_ROW:
                    await self._remove(batch, half, ledger)
                else:
                    batch.settle_all(half, _BY_CODE.get(exc.code, Outcome.FAILED), exc.code)


async def _leaving(dentry_ids: Sequence[str], ledger: Ledger) -> None:
    """Raises TransportError when something changed while the call waited, or nobody can tell: it is begun again."""
    try:
        if await ledger.still(dentry_ids):
            return
    except DingTalkError as exc:
        log.warning("batch.not_seen", size=len(dentry_ids), error=exc)
    raise TransportError(REMOVE.name, NOT_SENT, "not sent: it waited, and something changed meanwhile")


def _read(batch: Batch, sent: list[str], items: list[RemoveItem]) -> None:
    """Take in per-item results; what is missing among them is as good as no answer."""
    results = {item.dentry_id: item for item in items}
    for dentry_id in sent:
        item = results.get(dentry_id, RemoveItem(dentry_id=dentry_id))
        match item.progress:
            case Progress.PENDING:
                batch.open.pop(dentry_id, None)
                batch.tasks[dentry_id] = item.task_id
            case Progress.DONE:
                batch.settle(dentry_id, Outcome.DELETED)
            case Progress.FAILED:
                _read_code(batch, dentry_id, item.error_code or "unnamed")
            case _:
                batch.doubt(dentry_id, "no_answer")


def _read_code(batch: Batch, dentry_id: str, code: str) -> None:
    if code in _GONE:
        ours = dentry_id in batch.doubted
        batch.settle(dentry_id, Outcome.DELETED if ours else Outcome.ALREADY_GONE)
    elif code in _BUSY:
        batch.open[dentry_id] = code
    elif code in _DOUBTFUL:
        batch.doubt(dentry_id, code)
    else:
        batch.settle(dentry_id, _BY_CODE.get(code, Outcome.FAILED), code)


def _is_app_wide(exc: DingTalkError) -> bool:
    """A refusal of the robot as such (no scope, no token), not of this operator or dentry."""
    return isinstance(exc, TokenRefused | BadCredentials) or (
        isinstance(exc, Denied) and exc.code.lower().startswith("forbidden")
    )


def cause_of(exc: DingTalkError) -> str:
    """What to call the trouble if it does not pass in time."""
    if isinstance(exc, Throttled):
        return "throttled"
    return "deadline" if isinstance(exc, TransportError) else exc.code


def stop_of(exc: Exception) -> JobStopped | None:
    """The end of the job, where an error means that no further call can succeed."""
    if isinstance(exc, QuotaUsedUp):
        return JobStopped(QUOTA)
    if isinstance(exc, DingTalkError) and _is_app_wide(exc):
        return JobStopped("no_scope")
    return None


def stop_or_wait(exc: DingTalkError) -> Exception:
    """What a call's error means for the rest of the job."""
    return stop_of(exc) or Unsettled(exc.retry_after_s if isinstance(exc, Throttled) else 0.0)


def retry_after(exc: Exception) -> bool | float:
    """For stamina: whether to try again, or after how many seconds."""
    return isinstance(exc, Unsettled) and (exc.wait_s or True)
