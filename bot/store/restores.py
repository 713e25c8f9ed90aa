"""Restores as rows: what of a deletion can come back, who has it in hand, and what became of each target.

The rows of a restore are copies of the deletion's. Until it has an outcome, a target is

- to be found:  no recycle item is known (`recycle_item_id` is empty);
- ready:        its recycle item is known and nothing was sent for it;
- in doubt:     something was sent (`sent_at`) and no answer is known;
- landed:       DingTalk says that it comes back, as `new_dentry_id`, perhaps by the task `task_id`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import (
    NEW_FOLDER,
    OPEN_STATES,
    Entry,
    Outcome,
    Request,
    RequestState,
    RestoreOutcome,
    RestoreReceipt,
    RestoreResult,
    RestoreShare,
    Tally,
    Totals,
)
from bot.store.audit import append_many
from bot.store.database import Database
from bot.store.jobs import hold, require_mine
from bot.store.people import note_person
from bot.store.requests import IdTakenError
from bot.store.rows import count_outcomes, entry_of, note, records_about, request_of, row_of
from bot.store.tables import manifest_entries, requests

BEGINNING = -1
"""The position before the first."""
AT_ONCE = 500
"""Rows that are read or settled in one go."""
MAX_FIRST = 20
"""Results of one outcome that a receipt shows."""

SENT_BEFORE = "sent_before"
"""Stands in `cause` of a target that was in doubt and then seen in the bin: a late call may still bring it back."""

_ACTIVE = {*OPEN_STATES, RequestState.APPROVED, RequestState.RUNNING}
_MAY_BE_IN_BIN = (Outcome.DELETED, Outcome.UNKNOWN)
"""What nobody answered about is looked for, too: in the bin, and at its place."""
_SETTLED = [outcome for outcome in RestoreOutcome if outcome.is_settled]
_PLAIN = {RestoreOutcome.RESTORED, RestoreOutcome.ALREADY_BACK}
"""Outcomes about which there is nothing more to say than how many."""

_rows = manifest_entries
_path = _rows.c.dentry["path"].as_string()
_is_target = _rows.c.target_id.is_(None)

Said = tuple[RestoreOutcome, str]
"""An outcome and its cause."""


class NothingToRestoreError(Exception):
    """All that was chosen is back, or gone for good."""


class RestoreOpenError(Exception):
    """Another restore has some of it in hand."""

    def __init__(self, restore: Request) -> None:
        super().__init__(restore.id)
        self.restore = restore


@dataclass(frozen=True)
class Listed:
    """One line of a manifest by its path. `folder` is the path of the named folder it lies in, "" for a target."""

    path: str
    folder: str


@dataclass(frozen=True)
class Undone:
    """What of a deletion came back through its restores, in targets. `purged` had left the bin by then."""

    deleted: int
    back: int
    purged: int
    restores: tuple[Request, ...]

    @property
    def is_all(self) -> bool:
        return self.deleted <= self.back + self.purged


@dataclass(frozen=True)
class Returning:
    """A target without an outcome. `doubted`: it was once unknown whether a call for it was carried out."""

    position: int
    entry: Entry
    item_id: str
    new_id: str
    task_id: str
    doubted: bool

    @property
    def id(self) -> str:
        return self.entry.dentry.dentry_id


@dataclass(frozen=True)
class Landing:
    """Where DingTalk says that a target comes back, and by which task if it takes one."""

    new_id: str
    task_id: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of one target, and where it is now as far as it was seen."""

    outcome: RestoreOutcome
    cause: str = ""
    new_id: str = ""
    new_path: str = ""
    missing: int = 0


class Restores:
    """The repository of restores."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, request: Request, prefixes: Collection[str], planned: Callable[[Totals], int]
    ) -> Request:
        """Store a restore of what its deletion deleted and is not back: all of it, or what lies at these paths.

        Answers it with its totals, its digest and the calls `planned` for it. One restore at a time has a target in
        hand, whoever asks at the same moment. Raises IdTakenError, NothingToRestoreError and RestoreOpenError.
        """
        chosen = _restorable(request.undoes, prefixes)
        while True:  # it can only become less, so that the same number of them is the same ones
            totals, digest = await self._summed(request.undoes, chosen)
            if not totals.targets:
                raise NothingToRestoreError(request.undoes)
            made = request.model_copy(
                update={"totals": totals, "digest": digest, "plan_calls": planned(totals)}
            )
            if await self._add(made, chosen):
                return made

    async def _add(self, request: Request, chosen: ColumnElement[bool]) -> bool:
        """The part that keeps other writers waiting; False when it is not as much as was summed up."""
        async with self._database.writing() as connection:
            await connection.execute(
                select(requests.c.id).where(requests.c.id == request.undoes).with_for_update()
            )
            if busy := await _in_hand(connection, request.undoes, chosen):
                raise RestoreOpenError(busy)
            number = select(func.count()).select_from(_rows).where(_with_contents(request.undoes, chosen))
            if (await connection.execute(number)).scalar_one() != request.totals.dentries:
                return False
            try:
                await connection.execute(requests.insert().values(**row_of(request)))
            except IntegrityError as exc:
                raise IdTakenError(request.id) from exc
            await connection.execute(_copied(request, chosen))
            who = request.requester
            await note_person(connection, request.id, who.user_id, "requester", who.name)
            await note(
                connection,
                request,
                request.created_at,
                actor=who.user_id,
                event="request.created",
                kind=request.kind,
                undoes=request.undoes,
                digest=request.digest,
                space_id=request.space.id,
                targets=request.totals.targets,
                dentries=request.totals.dentries,
                policy_hash=request.ruling.policy_hash,
            )
            return True

    async def _summed(self, deletion_id: str, chosen: ColumnElement[bool]) -> tuple[Totals, str]:
        """Totals and digest of what was chosen, read once and never held."""
        tally = Tally()
        query = select(_rows).where(_with_contents(deletion_id, chosen)).order_by(_rows.c.position)
        async with self._database.reading() as connection:
            rows = await connection.stream(query.execution_options(yield_per=AT_ONCE))
            async for part in rows.mappings().partitions():
                tally.add(map(entry_of, part))
                await asyncio.sleep(0)
        return tally.totals, tally.digest

    async def listed(self, request_id: str) -> AsyncIterator[Listed]:
        """Every line of a deletion that was carried out, by path, in the order of its manifest."""
        targets = _rows.alias("targets")
        folder = targets.c.dentry["path"].as_string().label("folder")
        inside = (targets.c.request_id == _rows.c.request_id) & (targets.c.dentry_id == _rows.c.target_id)
        outcome = func.coalesce(targets.c.outcome, _rows.c.outcome)
        query = (
            select(_path.label("path"), folder)
            .select_from(_rows.outerjoin(targets, inside & targets.c.target_id.is_(None)))
            .where(_rows.c.request_id == request_id, outcome.in_(_MAY_BE_IN_BIN))
            .order_by(_rows.c.position)
        )
        async with self._database.reading() as connection:
            rows = await connection.stream(query.execution_options(yield_per=AT_ONCE))
            async for part in rows.partitions():
                for row in part:
                    yield Listed(row.path, row.folder or "")

    async def undone(self, deletion_id: str) -> Undone:
        """How far a deletion has been taken back."""
        deleted = select(func.count()).where(
            _rows.c.request_id == deletion_id, _is_target, _rows.c.outcome.in_(_MAY_BE_IN_BIN)
        )
        settled = (
            select(_rows.c.outcome, func.count(_rows.c.dentry_id.distinct()).label("targets"))
            .join(requests, requests.c.id == _rows.c.request_id)
            .where(requests.c.undoes == deletion_id, _is_target, _rows.c.outcome.in_(_SETTLED))
            .group_by(_rows.c.outcome)
        )
        restores = select(requests).where(requests.c.undoes == deletion_id).order_by(requests.c.created_at)
        async with self._database.reading() as connection:
            counts = {row.outcome: row.targets for row in await connection.execute(settled)}
            purged = counts.pop(RestoreOutcome.PURGED, 0)
            return Undone(
                deleted=(await connection.execute(deleted)).scalar_one(),
                back=sum(counts.values()),
                purged=purged,
                restores=tuple(request_of(row) for row in (await connection.execute(restores)).mappings()),
            )

    async def unfound(self, request_id: str) -> int:
        """How many targets are to be found, or in doubt, which to see them in the bin would end."""
        query = select(func.count()).where(_of(request_id), _is_unfound())
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def note_found(self, request: Request, items: Mapping[str, str]) -> int:
        """Note recycle items by the dentryId of what lies in them; how many of those this restore was looking for."""
        if not items:
            return 0
        theirs = _of(request.id) & _is_unfound() & _rows.c.dentry_id.in_(items)
        doubted = case((_rows.c.sent_at.is_not(None), SENT_BEFORE), else_=_rows.c.cause)
        values = {
            "recycle_item_id": case(items, value=_rows.c.dentry_id),
            "cause": doubted,
            "sent_at": None,
        }
        async with self._database.writing() as connection:
            return (await connection.execute(update(_rows).where(theirs).values(**values))).rowcount

    async def ready(self, request_id: str, *, after: int, limit: int) -> list[Returning]:
        """Targets behind a position whose recycle item is known, and for which nothing was sent."""
        is_ready = (_rows.c.recycle_item_id != "") & _rows.c.sent_at.is_(None)
        return await self._returning(request_id, is_ready, after, limit)

    async def landed(self, request_id: str, *, by_task: bool, after: int, limit: int) -> list[Returning]:
        """Targets behind a position of which DingTalk says that they come back."""
        is_landed = (_rows.c.new_dentry_id != "") & ((_rows.c.task_id != "") == by_task)
        return await self._returning(request_id, is_landed, after, limit)

    async def absent(self, request_id: str, *, after: int, limit: int) -> list[Returning]:
        """Targets behind a position that were not seen in the bin."""
        return await self._returning(request_id, _is_unfound(), after, limit)

    async def sending(self, request: Request, dentry_ids: Collection[str], *, at: datetime) -> None:
        """Note, before it is made, that a call for these targets is about to be.

        Raises NotMineError and StopAskedError.
        """
        async with self._database.writing() as connection:
            await require_mine(connection, request)
            sent = update(_rows).where(_of(request.id), _rows.c.dentry_id.in_(dentry_ids))
            await connection.execute(sent.values(sent_at=at))
            await note(
                connection,
                request,
                at,
                actor=request.requester.user_id,
                event="batch.sent",
                size=len(dentry_ids),
                runner=request.runner,
            )

    async def answered(
        self,
        request: Request,
        *,
        size: int,
        dingtalk_request_id: str,
        code: str,
        landings: Mapping[str, Landing],
        untouched: Collection[str],
        is_sure: bool = True,
        at: datetime,
    ) -> None:
        """Keep DingTalk's answer to a call: its record, where what came back is, and what was left as it was.

        Not `is_sure`: an answer that says so and is not to be trusted.
        """
        async with self._database.writing() as connection:
            await note(
                connection,
                request,
                at,
                actor=request.requester.user_id,
                event="batch.answered",
                dingtalk_request_id=dingtalk_request_id,
                size=size,
                code=code,
            )
            for dentry_id, landing in landings.items():
                mine = _of(request.id) & (_rows.c.dentry_id == dentry_id)
                values = {"new_dentry_id": landing.new_id, "task_id": landing.task_id}
                await connection.execute(update(_rows).where(mine).values(**values))
            if untouched:
                back = update(_rows).where(_of(request.id), _rows.c.dentry_id.in_(untouched))
                back = back.values(sent_at=None)
                await connection.execute(back if is_sure else back.values(cause=SENT_BEFORE))

    async def settle(self, request: Request, verdicts: Mapping[str, Verdict], *, at: datetime) -> None:
        """Write what became of targets, by dentryId, each with its audit record. The first word stands.

        Raises NotMineError: whoever has the job now may have a call under way that this knows nothing of.
        """
        async with self._database.writing() as connection:
            await hold(connection, request)
            details = []
            for dentry_id, verdict in verdicts.items():
                mine = _of(request.id) & (_rows.c.dentry_id == dentry_id)
                row = (
                    (
                        await connection.execute(
                            update(_rows)
                            .where(mine)
                            .values(
                                outcome=verdict.outcome,
                                cause=verdict.cause,
                                new_dentry_id=verdict.new_id,
                                new_path=verdict.new_path,
                                gone=verdict.missing,
                            )
                            .returning(_rows)
                        )
                    )
                    .mappings()
                    .first()
                )
                if row:
                    details.append(_detail(row))
            records = records_about(
                request, at, actor=request.requester.user_id, event="dentry.outcome", details=details
            )
            await append_many(connection, records)
        count_outcomes(request, records)

    async def give_up(self, request: Request, cause: str, *, at: datetime) -> None:
        """Settle all that is left: back where DingTalk said so, unknown where it said nothing, else failed."""
        after = BEGINNING
        while left := await self._returning(request.id, true(), after, AT_ONCE):
            verdicts = {row.id: Verdict(_as_it_is(row), cause, new_id=row.new_id) for row in left}
            await self.settle(request, verdicts, at=at)
            after = left[-1].position

    async def results(
        self, request_id: str, *, offset: int = 0, limit: int | None = None
    ) -> list[RestoreResult]:
        """What became of the targets so far, in the order of the manifest; the undecided are left out."""
        query = select(_rows).where(
            _rows.c.request_id == request_id, _is_target, _rows.c.outcome.is_not(None)
        )
        query = query.order_by(_rows.c.position).offset(offset).limit(limit)
        async with self._database.reading() as connection:
            return [_result(row) for row in (await connection.execute(query)).mappings()]

    async def receipt(self, request: Request, *, elapsed_s: float) -> RestoreReceipt:
        """The account of a restore as its rows have it now."""
        decided = (_rows.c.request_id == request.id) & _is_target & _rows.c.outcome.is_not(None)
        own_bytes = cast(_rows.c.dentry["size_bytes"].as_string(), BigInteger)
        counts = (
            select(
                _rows.c.outcome,
                func.count().label("targets"),
                func.sum(_rows.c.contents + 1).label("dentries"),
                func.sum(_rows.c.contents_bytes + own_bytes).label("size_bytes"),
                func.sum(_rows.c.gone).label("missing"),
                func.sum(case((_rows.c.cause == NEW_FOLDER, 1), else_=0)).label("new_folders"),
            )
            .where(decided)
            .group_by(_rows.c.outcome)
        )
        first: list[RestoreResult] = []
        async with self._database.reading() as connection:
            rows = (await connection.execute(counts)).mappings().all()
            for outcome in sorted({RestoreOutcome(row["outcome"]) for row in rows} - _PLAIN):
                some = select(_rows).where(decided, _rows.c.outcome == outcome)
                some = some.order_by(_rows.c.position).limit(MAX_FIRST)
                first += [_result(row) for row in (await connection.execute(some)).mappings()]
        return RestoreReceipt(
            request=request,
            shares={RestoreOutcome(row["outcome"]): _share(row) for row in rows},
            missing=sum(int(row["missing"]) for row in rows),
            new_folders=sum(int(row["new_folders"]) for row in rows),
            first=tuple(first),
            elapsed_s=elapsed_s,
        )

    async def _returning(
        self, request_id: str, which: ColumnElement[bool], after: int, limit: int
    ) -> list[Returning]:
        """From behind a position on: what is settled before it is not gone through each time."""
        query = select(_rows).where(_of(request_id), _rows.c.position > after, which)
        query = query.order_by(_rows.c.position).limit(limit)
        async with self._database.reading() as connection:
            return [_waiting(row) for row in (await connection.execute(query)).mappings()]


def _of(request_id: str) -> ColumnElement[bool]:
    """The targets of a restore that have no outcome yet."""
    return (_rows.c.request_id == request_id) & _is_target & _rows.c.outcome.is_(None)


def _is_unfound() -> ColumnElement[bool]:
    return (_rows.c.new_dentry_id == "") & or_(_rows.c.recycle_item_id == "", _rows.c.sent_at.is_not(None))


def _restorable(deletion_id: str, prefixes: Collection[str]) -> ColumnElement[bool]:
    """Its targets that were deleted, or may have been, and are not back, of those at or below the paths given."""
    back = _rows.alias("back")
    settled = (
        select(back.c.dentry_id)
        .join(requests, requests.c.id == back.c.request_id)
        .where(requests.c.undoes == deletion_id, back.c.target_id.is_(None), back.c.outcome.in_(_SETTLED))
    )
    chosen = (
        (_rows.c.request_id == deletion_id)
        & _is_target
        & _rows.c.outcome.in_(_MAY_BE_IN_BIN)
        & _rows.c.dentry_id.not_in(settled)
    )
    return chosen & or_(*(_below(prefix) for prefix in prefixes)) if prefixes else chosen


def _below(prefix: str) -> ColumnElement[bool]:
    folder = f"{prefix.rstrip('/')}/"
    return or_(_path == prefix, func.substr(_path, 1, len(folder)) == folder)


async def _in_hand(
    connection: AsyncConnection, deletion_id: str, chosen: ColumnElement[bool]
) -> Request | None:
    """The restore that is open or under way for some of what was chosen."""
    other = _rows.alias("other")
    query = (
        select(requests)
        .join(other, other.c.request_id == requests.c.id)
        .where(
            requests.c.undoes == deletion_id,
            requests.c.state.in_(_ACTIVE),
            other.c.target_id.is_(None),
            other.c.dentry_id.in_(select(_rows.c.dentry_id).where(chosen)),
        )
        .limit(1)
    )
    row = (await connection.execute(query)).mappings().first()
    return request_of(row) if row else None


def _with_contents(deletion_id: str, chosen: ColumnElement[bool]) -> ColumnElement[bool]:
    """The chosen targets, each with what lay in it."""
    targets = select(_rows.c.dentry_id).where(chosen)
    return (_rows.c.request_id == deletion_id) & or_(chosen, _rows.c.target_id.in_(targets))


def _copied(request: Request, chosen: ColumnElement[bool]) -> Any:
    """The rows of a restore: what was chosen, in the deletion's order."""
    columns = ("dentry_id", "target_id", "contents", "contents_bytes", "dentry")
    position = func.row_number().over(order_by=_rows.c.position) - 1
    copies = select(literal(request.id), position, *(_rows.c[name] for name in columns))
    copies = copies.where(_with_contents(request.undoes, chosen))
    return _rows.insert().from_select(["request_id", "position", *columns], copies)


def _as_it_is(row: Returning) -> RestoreOutcome:
    """What is to be said of a target that nobody will look at any more."""
    if row.new_id and not row.task_id:
        return RestoreOutcome.RESTORED
    return RestoreOutcome.UNKNOWN if row.doubted else RestoreOutcome.FAILED


def _waiting(row: RowMapping) -> Returning:
    return Returning(
        position=row["position"],
        entry=entry_of(row),
        item_id=row["recycle_item_id"],
        new_id=row["new_dentry_id"],
        task_id=row["task_id"],
        doubted=row["sent_at"] is not None or row["cause"] == SENT_BEFORE,
    )


def _result(row: RowMapping) -> RestoreResult:
    return RestoreResult(
        entry=entry_of(row),
        outcome=RestoreOutcome(row["outcome"]),
        cause=row["cause"],
        new_path=row["new_path"],
        new_dentry_id=row["new_dentry_id"],
        missing=row["gone"],
    )


def _share(row: RowMapping) -> RestoreShare:
    return RestoreShare(
        targets=row["targets"], dentries=int(row["dentries"]), size_bytes=int(row["size_bytes"])
    )


def _detail(row: RowMapping) -> dict[str, Any]:
    return {
        "dentry_id": row["dentry_id"],
        "path": row["dentry"]["path"],
        "contents": row["contents"],
        "outcome": row["outcome"],
        "cause": row["cause"],
        "new_dentry_id": row["new_dentry_id"],
        "new_path": row["new_path"],
        "missing": row["gone"],
    }
