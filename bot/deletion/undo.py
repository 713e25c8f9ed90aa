"""Taking a deletion back, up to the question: whether it can be, who may, what would come back."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import structlog

from bot.deletion.lifecycle import Clock, Lifecycle, new_id
from bot.deletion.picking import Pick
from bot.deletion.problems import UndoRefused
from bot.dingtalk.recycle import PAGE, RESTORE_BATCH
from bot.models import Conversation, Language, Operator, Request, RequestState, Ruling, Totals
from bot.store import IdTakenError, NothingToRestoreError, RestoreOpenError, Store

log = structlog.get_logger()

WhoMayUndo = Literal["requester", "approvers", "both"]

MAX_PATHS = 100
"""Paths that may be named at once: each is compared with every line of the manifest, and is a part of one query."""
CARDS = 4
"""The question, the result, the question closed, and the result of the deletion, which says so."""

_NOT_YET = {RequestState.APPROVED, RequestState.RUNNING}


class Undo:
    """Makes requests of kind "restore"."""

    def __init__(
        self,
        store: Store,
        lifecycle: Lifecycle,
        clock: Clock,
        *,
        who: WhoMayUndo,
        confirm_within: timedelta,
        policy_hash: str,
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._clock = clock
        self._who = who
        self._ruling = Ruling(answer="confirm", decide_within=confirm_within, policy_hash=policy_hash)

    async def check(self, request_id: str, *, corp_id: str, user_id: str) -> Request:
        """The deletion, if this person may take it back and there is something to take back. Asks nobody.

        Raises UndoRefused.
        """
        request = await self._store.requests.get(request_id)
        if request is None:
            raise UndoRefused("unknown", request_id=request_id)
        if corp_id != request.requester.corp_id:
            raise UndoRefused("outsider", request)
        people = may_undo(request, self._who)
        if user_id not in {person.user_id for person in people}:
            raise UndoRefused("not_yours", request, people=people)
        if why_not := _why_not(request):
            raise UndoRefused(why_not, request)
        undone = await self._store.restores.undone(request.id)
        if not undone.deleted:
            raise UndoRefused("nothing", request)
        if undone.is_all:
            raise UndoRefused("all_back", request, undone=undone)
        return request

    async def ask(
        self,
        request_id: str,
        operator: Operator,
        paths: Sequence[str],
        *,
        conversation: Conversation | None,
        message_key: str,
        language: Language,
    ) -> Request:
        """A restore that waits for its confirmation. The same message leads to the same one, however often it comes.

        Without a `conversation` it is asked where the deletion was. Raises UndoRefused.
        """
        if known := await self._store.requests.by_message(message_key):
            structlog.contextvars.bind_contextvars(request_id=known.id)
            return known
        request = await self.check(request_id, corp_id=operator.corp_id, user_id=operator.user_id)
        prefixes = await self._prefixes(request, paths)
        now = self._clock()
        restore = Request(
            id=new_id(),
            kind="restore",
            undoes=request.id,
            requester=operator,
            conversation=conversation or request.conversation,
            space=request.space,
            totals=Totals(targets=0, dentries=0, folders=0, size_bytes=0),
            digest="",
            to_recycle_bin=True,
            bin_days=_days_over(request, now),
            language=language,
            nonce=secrets.token_hex(4),
            message_key=message_key,
            ruling=self._ruling,
            created_at=now,
            expires_at=now + self._ruling.decide_within,
        )
        return await self._added(request, restore, prefixes)

    async def presses(self, request_id: str) -> int:
        """A number that changes once a restore of this deletion was made or ended: it tells one press from the next."""
        restores = (await self._store.restores.undone(request_id)).restores
        return len(restores) + sum(restore.state.is_final for restore in restores)

    async def _added(self, request: Request, restore: Request, prefixes: Sequence[str]) -> Request:
        length = len(restore.id)
        while True:
            try:
                made = await self._store.restores.add(restore, prefixes, planned_calls)
            except RestoreOpenError as busy:
                raise UndoRefused("in_hand", request, restore=busy.restore) from None
            except NothingToRestoreError:
                undone = await self._store.restores.undone(request.id)
                raise UndoRefused("all_back", request, undone=undone, of_part=bool(prefixes)) from None
            except IdTakenError:  # or the same message, handled elsewhere at this moment
                if known := await self._store.requests.by_message(restore.message_key):
                    return known
                length += 1
                restore = restore.model_copy(update={"id": new_id(length)})
                continue
            self._lifecycle.made.set()
            structlog.contextvars.bind_contextvars(request_id=made.id)
            log.info("request.made", state=made.state, targets=made.totals.targets, undoes=made.undoes)
            return made

    async def _prefixes(self, request: Request, paths: Sequence[str]) -> list[str]:
        """The paths as the deleted entries write them. Raises UndoRefused for the first that means none of them."""
        picks = [Pick(path) for path in dict.fromkeys(paths)]
        if not picks:
            return []
        if len(picks) > MAX_PATHS:
            raise UndoRefused("too_many", request, most=MAX_PATHS)
        async for line in self._store.restores.listed(request.id):
            for pick in picks:
                pick.see(line.path, line.folder)
        return list(dict.fromkeys(_prefix(request, pick, len(picks)) for pick in picks))


def planned_calls(totals: Totals) -> int:
    """About how many counted calls a restore takes: reading the bin, batches, looks, following folders, cards."""
    pages, batches = math.ceil(totals.targets / PAGE), math.ceil(totals.targets / RESTORE_BATCH)
    return pages + 2 * batches + totals.folders + CARDS


def may_undo(request: Request, who: WhoMayUndo) -> list[Operator]:
    """Those who may. Where nobody had to approve, whoever asked for it stands for the approvers."""
    requester = [request.requester]
    approvers = [vote.operator for vote in request.approvals] or requester
    people = {"requester": requester, "approvers": approvers, "both": requester + approvers}[who]
    return list({person.user_id: person for person in people}.values())


def _days_over(request: Request, now: datetime) -> int:
    """For how many days the bin kept what went, where that is over; else 0."""
    since = now - (request.finished_at or request.created_at)
    return request.bin_days if since > timedelta(days=request.bin_days) else 0


def _why_not(request: Request) -> str:
    if request.is_restore:
        return "is_restore"
    if request.state.is_open:
        return "open"
    if request.state in _NOT_YET:
        return "running"
    if not request.state.has_receipt:
        return "kept"
    return "" if request.to_recycle_bin else "permanent"


def _prefix(request: Request, pick: Pick, of: int) -> str:
    if pick.prefix:
        return pick.prefix
    if pick.inside:
        raise UndoRefused("inside", request, path=pick.path, folder=pick.inside)
    raise UndoRefused("not_found", request, path=pick.path, nearest=pick.nearest, of=of)
