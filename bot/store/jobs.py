"""A job's progress as rows: who has it, what was sent, what became of each target. Rows decide, never memory.

`sending` is the one door to every call that deletes: it notes the call before it is made, and lets through only
the replica that has the job now, and only as long as nobody wants the job to stop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import Entry, Operator, Outcome, Progress, Request, RequestState
from bot.store.audit import append_many
from bot.store.database import Database
from bot.store.rows import count_outcomes, entering, entry_of, note, note_state, records_about, request_of
from bot.store.tables import manifest_entries, requests

AT_ONCE = 500
"""Targets that are given up in one transaction."""

_RUNNING = requests.c.state == RequestState.RUNNING
_targets = manifest_entries
_RECORDED = [_targets.c[name] for name in ("position", "dentry_id", "dentry", "contents", "gone", "added")]
"""What the record of an outcome is made of."""

Row = dict[str, Any]
Word = tuple[Outcome, str]
"""An outcome and its cause."""
Outcomes = Mapping[str, Word]
"""By dentryId."""


class NotMineError(Exception):
    """Another replica has this job now, or it has ended: nothing more may be sent for it here."""


class StopAskedError(Exception):
    """Somebody wants the job to end before its next call."""


@dataclass(frozen=True)
class Waiting:
    """A target without an outcome. `sent`: it went out before, and nobody knows what came of it.

    `task_id` is the task in which DingTalk deletes it, where DingTalk has said so.
    """

    position: int
    entry: Entry
    sent: bool
    task_id: str

    @property
    def id(self) -> str:
        return self.entry.dentry.dentry_id


@dataclass(frozen=True)
class Answer:
    """How DingTalk answered one call for `size` targets: `code` is its error code, empty where it took the call.

    `outcomes` are those it settled, `tasks` by dentryId those it goes on with by itself.
    """

    size: int
    dingtalk_request_id: str
    code: str
    outcomes: Outcomes
    tasks: Mapping[str, str]


class Jobs:
    """The repository of running jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, request_id: str, runner: str, *, runs: int = 0, at: datetime) -> Request | None:
        """Take the job: approved becomes running, and what runs already is this runner's from now on.

        None when it is paused, or has no job to run, or was resumed since it was the run of this number.
        """
        mine = requests.c.id == request_id
        async with self._database.writing() as connection:
            row = await _changed(
                connection,
                mine & (requests.c.state == RequestState.APPROVED),
                **entering(RequestState.RUNNING, at, None),
                began_at=at,
                runner=runner,
            )
            if row:
                request = request_of(row)
                await note_state(connection, request, at, actor="dingsweep", runner=runner)
                return request
            goes_on = mine & _RUNNING & (requests.c.paused == "") & (requests.c.runs == runs)
            row = await _changed(connection, goes_on, runner=runner)
            return request_of(row) if row else None

    async def sending(self, request: Request, dentry_ids: Collection[str], *, at: datetime) -> None:
        """Note that a call for these targets is about to be made. Raises NotMineError and StopAskedError."""
        async with self._database.writing() as connection:
            await require_mine(connection, request)
            sent = update(_targets).where(_of(request), _targets.c.dentry_id.in_(dentry_ids))
            await connection.execute(sent.values(sent_at=at))
            await note(
                connection,
                request,
                at,
                actor=request.runs_as.user_id,
                event="batch.sent",
                size=len(dentry_ids),
                to_recycle_bin=request.to_recycle_bin,
                runner=request.runner,
            )

    async def not_sent(self, request: Request, dentry_ids: Collection[str]) -> None:
        """These were refused for certain: they are where they were before. Raises NotMineError."""
        async with self._database.writing() as connection:
            await hold(connection, request)
            unsent = update(_targets).where(_undecided(request.id), _targets.c.dentry_id.in_(dentry_ids))
            await connection.execute(unsent.values(sent_at=None))

    async def answered(self, request: Request, answer: Answer, *, at: datetime) -> None:
        """Keep DingTalk's answer to a call: the record of it, and all it says about targets."""
        said = {
            "dingtalk_request_id": answer.dingtalk_request_id,
            "size": answer.size,
            "code": answer.code,
        }
        actor = request.runs_as.user_id
        answered = records_about(request, at, actor=actor, event="batch.answered", details=[said])
        async with self._database.writing() as connection:
            settled = await _settle_all(connection, request, answer.outcomes, at)
            await append_many(connection, answered + settled)
            for dentry_id, task_id in answer.tasks.items():
                mine = _of(request) & (_targets.c.dentry_id == dentry_id)
                await connection.execute(update(_targets).where(mine).values(task_id=task_id))
        count_outcomes(request, settled)

    async def undecided(self, request_id: str, *, after: int = -1, limit: int = 50) -> list[Waiting]:
        """Targets without an outcome, in the order of the manifest, from behind this position on."""
        query = select(_targets).where(_undecided(request_id), _targets.c.position > after)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(_targets.c.position).limit(limit))
            return [_waiting(row) for row in rows.mappings()]

    async def last_sent(self, request_id: str) -> datetime | None:
        """When the last call went out of those that nobody knows anything of; None when there is none."""
        unanswered = _undecided(request_id) & _targets.c.sent_at.is_not(None) & (_targets.c.task_id == "")
        query = select(_targets.c.sent_at).where(unanswered).order_by(_targets.c.sent_at.desc()).limit(1)
        async with self._database.reading() as connection:
            at: datetime | None = (await connection.execute(query)).scalar()
            return at

    async def record(self, request: Request, outcomes: Outcomes, *, at: datetime) -> None:
        """Write outcome and cause for targets by dentryId, each with its audit record. The first word stands.

        Raises NotMineError: whoever has the job now may have a call under way that this knows nothing of.
        """
        if not outcomes:
            return
        async with self._database.writing() as connection:
            await hold(connection, request)
            settled = await _settle_all(connection, request, outcomes, at)
            await append_many(connection, settled)
        count_outcomes(request, settled)

    async def give_up(self, request: Request, cause: str, *, at: datetime) -> None:
        """Settle all that is left: unknown where it was sent, failed where it was not. Raises NotMineError."""
        for was_sent, outcome in ((True, Outcome.UNKNOWN), (False, Outcome.FAILED)):
            is_it = _targets.c.sent_at.is_not(None) if was_sent else _targets.c.sent_at.is_(None)
            while left := await self._positions(
                select(_targets.c.position).where(_undecided(request.id), is_it)
            ):
                async with self._database.writing() as connection:
                    await hold(connection, request)
                    which = _targets.c.position.in_(left)
                    settled = await _settle(connection, request, which, (outcome, cause), at)
                    await append_many(connection, settled)
                count_outcomes(request, settled)

    async def note_added(self, request_id: str, dentry_id: str, added: int, names: Sequence[str]) -> None:
        """How many dentries lie in this target that did not when it was shown, and the names of the first."""
        await self._note(request_id, dentry_id, added=added, added_names=list(names))

    async def note_gone(self, request_id: str, dentry_id: str, gone: int) -> None:
        """How many dentries inside this target are gone, although it is not."""
        await self._note(request_id, dentry_id, gone=gone)

    async def progress(self, request: Request, *, at: datetime) -> Progress:
        """How far it is, and how long the rest takes if it goes on as it went."""
        count = select(func.count(), func.coalesce(func.sum(_targets.c.contents + 1), 0))
        query = count.where(_of(request), _targets.c.outcome.is_not(None))
        async with self._database.reading() as connection:
            targets, dentries = (await connection.execute(query)).one()
        total = request.totals
        elapsed = (at - (request.began_at or at)).total_seconds()
        is_known = targets and elapsed > 0 and not request.runs  # after a rest the clock tells nothing
        left = elapsed / targets * (total.targets - targets) if is_known else None
        return Progress(
            targets=targets,
            dentries=int(dentries),
            of_targets=total.targets,
            of_dentries=total.dentries,
            left_s=left,
        )

    async def ask_stop(self, request_id: str, by: Operator, *, at: datetime) -> Request | None:
        """Have a running job end before its next call; None when it does not run, or was asked to before."""
        running = (requests.c.id == request_id) & _RUNNING & requests.c.stop_asked.is_(None)
        return await self._mark(
            running, by.user_id, "job.stop_asked", at, stop_asked=by.model_dump(mode="json")
        )

    async def pause(self, request: Request, cause: str, *, at: datetime) -> Request:
        """Let the job rest until somebody resumes it. Raises NotMineError, and StopAskedError: then it is to end."""
        async with self._database.writing() as connection:
            await require_mine(connection, request)
            row = await _changed(connection, _mine(request) & (requests.c.paused == ""), paused=cause)
            if row is None:
                raise NotMineError(request.id)
            paused = request_of(row)
            await note(connection, paused, at, actor="dingsweep", event="job.paused", cause=cause)
            return paused

    async def rest(self, cause: str, *, at: datetime) -> list[Request]:
        """Let all running jobs rest, whoever runs them: none of them sends another call. Those that do so now."""
        async with self._database.writing() as connection:
            change = update(requests).where(_RUNNING, requests.c.paused == "")
            rows = await connection.execute(change.values(paused=cause, runner="").returning(requests))
            resting = [request_of(row) for row in rows.mappings()]
            for request in resting:
                await note(connection, request, at, actor="dingsweep", event="job.paused", cause=cause)
        return resting

    async def resume(self, request_id: str, by: Operator, *, at: datetime) -> Request | None:
        """Have a paused job go on; None when it is not paused."""
        paused = (requests.c.id == request_id) & _RUNNING & (requests.c.paused != "")
        again = requests.c.runs + 1
        return await self._mark(paused, by.user_id, "job.resumed", at, paused="", runs=again)

    async def paused(self, began_before: datetime) -> list[Request]:
        """Paused jobs that began before that time, or were told to stop: those that rest no longer."""
        is_over = (requests.c.began_at < began_before) | requests.c.stop_asked.is_not(None)
        query = select(requests).where(_RUNNING, requests.c.paused != "", is_over)
        async with self._database.reading() as connection:
            return [request_of(row) for row in (await connection.execute(query)).mappings()]

    async def seen_gone(self, space_id: str, dentry_id: str, *, at: datetime) -> bool:
        """Note DingTalk's word that this dentry is gone, where a running job waits for it; whether one does."""
        running = select(requests.c.id).where(_RUNNING, requests.c.space_id == space_id)
        followed = (
            _targets.c.request_id.in_(running)
            & (_targets.c.dentry_id == dentry_id)
            & _targets.c.target_id.is_(None)
            & _targets.c.outcome.is_(None)
        )
        async with self._database.reading() as connection:
            if (await connection.execute(select(_targets.c.position).where(followed))).first() is None:
                return False
        async with self._database.writing() as connection:
            await connection.execute(update(_targets).where(followed).values(seen_gone_at=at))
        return True

    async def is_seen_gone(self, request: Request, dentry_id: str) -> bool:
        query = select(_targets.c.seen_gone_at).where(_of(request), _targets.c.dentry_id == dentry_id)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar() is not None

    async def _mark(
        self,
        where: ColumnElement[bool],
        actor: str,
        event: str,
        at: datetime,
        details: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Request | None:
        """Compare-and-set something about a running job, with its audit record."""
        async with self._database.writing() as connection:
            row = await _changed(connection, where, **values)
            if row is None:
                return None
            request = request_of(row)
            await note(connection, request, at, actor=actor, event=event, **(details or {}))
            return request

    async def _positions(self, query: Select[Any]) -> list[int]:
        async with self._database.reading() as connection:
            return list((await connection.execute(query.limit(AT_ONCE))).scalars())

    async def _note(self, request_id: str, dentry_id: str, **values: Any) -> None:
        mine = (_targets.c.request_id == request_id) & _targets.c.target_id.is_(None)
        async with self._database.writing() as connection:
            await connection.execute(
                update(_targets).where(mine, _targets.c.dentry_id == dentry_id).values(**values)
            )


def _of(request: Request) -> ColumnElement[bool]:
    """The targets of a request."""
    return (_targets.c.request_id == request.id) & _targets.c.target_id.is_(None)


def _undecided(request_id: str) -> ColumnElement[bool]:
    return (
        (_targets.c.request_id == request_id) & _targets.c.target_id.is_(None) & _targets.c.outcome.is_(None)
    )


def _mine(request: Request) -> ColumnElement[bool]:
    """The row as long as the runner that began this has the job."""
    return (requests.c.id == request.id) & _RUNNING & (requests.c.runner == request.runner)


async def require_mine(connection: AsyncConnection, request: Request) -> None:
    """Raise unless this may go on; what is so stays so until the transaction ends."""
    row = await hold(connection, request)
    if row["stop_asked"] is not None:
        raise StopAskedError(request.id)


async def hold(connection: AsyncConnection, request: Request) -> RowMapping:
    """The row of a job that is this runner's, and is until the transaction ends. Raises NotMineError."""
    # An update that changes nothing locks the row, on both databases.
    row = await _changed(connection, _mine(request), runner=request.runner)
    if row is None:
        raise NotMineError(request.id)
    return row


async def _changed(
    connection: AsyncConnection, where: ColumnElement[bool], **values: Any
) -> RowMapping | None:
    change = update(requests).where(where).values(**values).returning(requests)
    row: RowMapping | None = (await connection.execute(change)).mappings().first()
    return row


async def _settle_all(
    connection: AsyncConnection, request: Request, outcomes: Outcomes, at: datetime
) -> list[Row]:
    """Write these outcomes where there is none; the records of those that were written."""
    by_word: defaultdict[Word, list[str]] = defaultdict(list)
    for dentry_id, word in outcomes.items():
        by_word[word].append(dentry_id)
    records: list[Row] = []
    for word, dentry_ids in by_word.items():
        records += await _settle(connection, request, _targets.c.dentry_id.in_(dentry_ids), word, at)
    return records


async def _settle(
    connection: AsyncConnection,
    request: Request,
    which: ColumnElement[bool],
    word: Word,
    at: datetime,
) -> list[Row]:
    outcome, cause = word
    settle = update(_targets).where(_undecided(request.id), which).values(outcome=outcome, cause=cause)
    settled = (await connection.execute(settle.returning(*_RECORDED))).mappings().all()
    details = [
        {
            "dentry_id": row["dentry_id"],
            "path": row["dentry"]["path"],
            "contents": row["contents"],
            "outcome": outcome,
            "cause": cause,
            "gone_inside": row["gone"],
            "added_inside": row["added"],
        }
        for row in sorted(settled, key=lambda row: row["position"])
    ]
    return records_about(request, at, actor=request.runs_as.user_id, event="dentry.outcome", details=details)


def _waiting(row: RowMapping) -> Waiting:
    return Waiting(
        position=row["position"],
        entry=entry_of(row),
        sent=row["sent_at"] is not None,
        task_id=row["task_id"],
    )
