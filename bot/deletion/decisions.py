"""Whether a decision counts: who may decide is asked at the moment of the click, never read from the card.

What is checked here again and again is cheap; what must hold at one moment (still open, nobody was faster, each
person once) is one compare-and-set in the store.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from bot.approvers import Approvers
from bot.deletion.lifecycle import PROGRESS, REASON, STATE, Clock, Lifecycle
from bot.deletion.problems import DecisionRefused
from bot.dingtalk.errors import DingTalkError, NotFound
from bot.models import OPEN_STATES, DecisionKind, Operator, Request, RequestState, Vote
from bot.notices import Notices
from bot.policy import Policy
from bot.store import Store

log = structlog.get_logger()

T = TypeVar("T")

CONTACTS_S = 1.4
"""What the contacts may take out of the 2 s that DingTalk waits for the answer to a click."""
_VOTES = {DecisionKind.APPROVE: True, DecisionKind.REJECT: False}


@dataclass(frozen=True)
class Shown:
    """What somebody who decides had before their eyes: the code they typed, or the digest of the card they pressed."""

    nonce: str | None = None
    digest: str | None = None


class Decisions:
    """Applies decisions, and records those that do not count with the reason."""

    def __init__(
        self,
        store: Store,
        lifecycle: Lifecycle,
        policy: Policy,
        approvers: Approvers,
        *,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._policy = policy
        self._approvers = approvers
        self._notices = notices
        self._clock = clock

    async def decide(
        self, request_id: str, kind: DecisionKind, operator: Operator, shown: Shown, *, reason: str = ""
    ) -> Request:
        """Apply one decision and answer the request as it is now. Raises DecisionRefused, with the reason recorded.

        `operator` needs no more than corp_id and user_id.
        """
        request = await self._store.requests.get(request_id)
        try:
            if request is None:
                raise DecisionRefused("unknown", request_id=request_id)
            if operator.corp_id != request.requester.corp_id:
                raise DecisionRefused("outsider", request)
            structlog.contextvars.bind_contextvars(request_id=request.id)
            _check_shown(request, shown)
            if request.state.is_open and self._clock() >= request.expires_at:
                await self._lifecycle.expire(request.id)
            decided = await self._apply(request, kind, operator, reason)
        except DecisionRefused as refusal:
            log.info("decision.refused", decision=kind, kind=refusal.kind, user_id=operator.user_id)
            await self._store.audit.append(
                self._clock(),
                corp_id=operator.corp_id,
                actor=operator.user_id,
                event="decision.refused",
                request_id=request_id,
                decision=kind,
                reason=refusal.kind,
            )
            raise
        log.info("decision.made", decision=kind, state=decided.state, user_id=operator.user_id)
        return decided

    async def explain(self, request_id: str, operator: Operator, reason: str) -> Request:
        """Take the reason of somebody who has rejected a request. Raises DecisionRefused when it is not wanted."""
        changed = await self._store.votes.add_reason(request_id, operator.user_id, reason, at=self._clock())
        if changed is None:
            request = await self._store.requests.get(request_id)
            raise DecisionRefused("reason_given", request)
        self._lifecycle.spread(changed, REASON)
        return changed

    async def _apply(self, request: Request, kind: DecisionKind, operator: Operator, reason: str) -> Request:
        if kind in _VOTES:
            return await self._vote(request, operator, approves=_VOTES[kind], reason=reason)
        if operator.user_id != request.requester.user_id:
            raise DecisionRefused("not_yours", request, name=request.requester.name)
        if kind is DecisionKind.CANCEL:
            return await self._cancel(request)
        return await self._confirm(request)

    async def _confirm(self, request: Request) -> Request:
        if request.ruling.answer == "approve":
            raise DecisionRefused("own_request", request)
        self._check_permanent(request)
        by = await self._asking(request, self._member(request, request.requester.user_id))
        now = self._clock()
        confirmed = await self._store.requests.change(
            request.id,
            {RequestState.AWAITING_CONFIRMATION},
            RequestState.APPROVED,
            at=now,
            actor=by.user_id,
            decided_by=by,
            run_before=now + request.ruling.run_within,
        )
        if confirmed is None:
            raise await self._too_late(request, DecisionKind.CONFIRM)
        self._lifecycle.begin(confirmed)
        return confirmed

    async def _cancel(self, request: Request) -> Request:
        """What others approved is the requester's until it begins, and so is what can be stopped once it has."""
        is_asked = request.ruling.answer == "approve"
        is_late = is_asked or request.is_long
        cancelled = await self._store.requests.change(
            request.id,
            {*OPEN_STATES, RequestState.APPROVED} if is_late else OPEN_STATES,
            RequestState.CANCELLED,
            at=self._clock(),
            actor=request.requester.user_id,
            decided_by=request.requester,
            is_news=is_asked,
        )
        if cancelled is None:
            return await self._stop(request)
        if is_asked:
            self._lifecycle.spread(cancelled)
        else:
            await self._notices.add("cancelled", cancelled, actor=request.requester.name)
        return cancelled

    async def _stop(self, request: Request) -> Request:
        """A job that runs ends before its next call, if it takes more than one; one that rests goes on, to end."""
        if not request.is_long and not request.paused:
            raise await self._too_late(request, DecisionKind.CANCEL)
        stopping = await self._store.jobs.ask_stop(request.id, request.requester, at=self._clock())
        if stopping is None:
            raise await self._too_late(request, DecisionKind.CANCEL)
        if stopping.paused:
            await self._go_on(stopping, request.requester)
        return stopping

    async def resume(self, request_id: str, operator: Operator) -> Request:
        """Have a job that rests go on. Raises DecisionRefused: it is for the requester and those who approved."""
        request = await self._store.requests.get(request_id)
        if request is None:
            raise DecisionRefused("unknown", request_id=request_id)
        if operator.corp_id != request.requester.corp_id:
            raise DecisionRefused("outsider", request)
        deciders = [vote.operator for vote in request.approvals]
        if operator.user_id not in {person.user_id for person in (request.requester, *deciders)}:
            raise DecisionRefused("not_yours", request, name=request.requester.name)
        resumed = await self._go_on(request, operator)
        if resumed is None:
            raise DecisionRefused("not_resting", request)
        return resumed

    async def _go_on(self, request: Request, by: Operator) -> Request | None:
        resumed = await self._store.jobs.resume(request.id, by, at=self._clock())
        if resumed:
            self._lifecycle.begin(resumed)
        return resumed

    async def _vote(self, request: Request, operator: Operator, *, approves: bool, reason: str) -> Request:
        kind = DecisionKind.APPROVE if approves else DecisionKind.REJECT
        if request.ruling.answer != "approve":
            raise DecisionRefused("not_approver", request, user_id=operator.user_id)
        by, entitled = await self._entitled(request, operator.user_id)
        if approves:
            self._check_permanent(request)
        now = self._clock()
        vote = Vote(operator=by, approves=approves, at=now, reason=reason)
        voted = await self._store.votes.cast(
            request.id, vote, entitled=entitled, run_before=now + request.ruling.run_within
        )
        if voted is None:
            raise await self._too_late(request, kind, by)
        if voted.state is RequestState.APPROVED:
            self._lifecycle.begin(voted)
        else:
            self._lifecycle.spread(voted, STATE if voted.state.is_final else PROGRESS)
        return voted

    async def _entitled(self, request: Request, user_id: str) -> tuple[Operator, list[str]]:
        """Somebody who may decide now, and everybody who may. Raises DecisionRefused for anybody else."""
        ruling, requester = request.ruling, request.requester
        if user_id == requester.user_id and not ruling.self_approval:
            raise DecisionRefused("own_request", request)
        return await self._asking(request, self._look_up(request, user_id))

    async def _look_up(self, request: Request, user_id: str) -> tuple[Operator, list[str]]:
        by = await self._member(request, user_id)
        entitled = await self._approvers.entitled(
            request.ruling, request.requester, escalated=request.escalated
        )
        if user_id not in entitled:
            raise DecisionRefused("not_approver", request, user_id=user_id)
        return by, entitled

    async def _member(self, request: Request, user_id: str) -> Operator:
        try:
            return await self._approvers.person(request.requester.corp_id, user_id)
        except NotFound:
            raise DecisionRefused("left", request) from None

    async def _asking(self, request: Request, asked: Awaitable[T]) -> T:
        """What the contacts answer in time, however many questions it takes: nobody decides on what cannot be checked.

        That a requester or a role is no more is no answer either.
        """
        try:
            async with asyncio.timeout(CONTACTS_S):
                return await asked
        except (DingTalkError, TimeoutError) as exc:
            log.warning("decision.unchecked", request_id=request.id, error=exc)
            raise DecisionRefused("unchecked", request) from exc

    def _check_permanent(self, request: Request) -> None:
        """It was allowed when it was asked; settings may have changed since."""
        if not (request.to_recycle_bin or self._policy.allow_permanent):
            raise DecisionRefused("permanent_refused", request)

    async def _too_late(
        self, request: Request, kind: DecisionKind, by: Operator | None = None
    ) -> DecisionRefused:
        """Why a compare-and-set found nothing to change, told with the state that won."""
        now = await self._store.requests.get(request.id) or request
        if now.state is RequestState.EXPIRED:
            return DecisionRefused("expired", now, decision=kind)
        mine = next((vote for vote in now.votes if by and vote.operator.user_id == by.user_id), None)
        if mine and now.state.is_open:
            return DecisionRefused("voted", now, vote=mine)
        return DecisionRefused("already", now, decision=kind)


def _check_shown(request: Request, shown: Shown) -> None:
    """What was decided on must be this request's manifest. Raises DecisionRefused."""
    if shown.nonce is not None and not secrets.compare_digest(shown.nonce.encode(), request.nonce.encode()):
        raise DecisionRefused("wrong_nonce", request)
    if shown.digest is not None and shown.digest != request.digest:
        raise DecisionRefused("changed", request)
