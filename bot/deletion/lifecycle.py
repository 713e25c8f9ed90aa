"""A request from its making to its end: made, decided, expired. Rows decide, never this process's memory."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from bot.deletion.problems import DecisionRefused
from bot.engine import Engine, Payload
from bot.models import (
    OPEN_STATES,
    Conversation,
    DecisionKind,
    Language,
    Manifest,
    Operator,
    Request,
    RequestState,
)
from bot.policy import Policy
from bot.store import IdTakenError, Store

log = structlog.get_logger()

JOB = "job"
CLOSING = "closing"
SYSTEM = "dingsweep"
HEAL_EVERY_S = 60.0
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: people read these numbers to each other
_TRANSITIONS = {
    DecisionKind.CONFIRM: ({RequestState.AWAITING_CONFIRMATION}, RequestState.APPROVED),
    DecisionKind.CANCEL: (OPEN_STATES, RequestState.CANCELLED),  # who confirmed was told that it begins
}

Clock = Callable[[], datetime]


class Lifecycle:
    """Makes requests and decides them; what was decided is carried out by durable workflows."""

    def __init__(self, store: Store, engine: Engine, policy: Policy, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._policy = policy
        self._clock = clock
        self._changed = asyncio.Event()

    async def make(
        self,
        manifest: Manifest,
        *,
        requester: Operator,
        conversation: Conversation,
        message_key: str,
        permanent: bool,
        reason: str,
        language: Language,
    ) -> Request:
        """Store a request for this manifest. The same message leads to the same request, however often it comes."""
        now = self._clock()
        length = 4
        while (known := await self._store.requests.by_message(message_key)) is None:
            request = Request(
                id="".join(secrets.choice(_ALPHABET) for _ in range(length)),
                requester=requester,
                conversation=conversation,
                space=manifest.space,
                totals=manifest.totals,
                digest=manifest.digest,
                to_recycle_bin=not permanent,
                reason=reason,
                language=language,
                nonce=secrets.token_hex(4),
                message_key=message_key,
                created_at=now,
                expires_at=now + self._policy.confirm_within,
            )
            try:
                await self._store.requests.add(request, manifest)
            except IdTakenError:  # or the same message, handled elsewhere at this moment
                length += 1
                continue
            self._changed.set()
            return request
        return known

    async def decide(
        self, request_id: str, kind: DecisionKind, operator: Operator, *, nonce: str | None = None
    ) -> Request:
        """Apply one decision and answer the request as it is now. Raises DecisionRefused, with the reason recorded.

        `nonce` is checked when given: typed decisions carry it, to prove that this card was seen.
        """
        request = await self._store.requests.get(request_id)
        try:
            if request is None:
                raise DecisionRefused("unknown", request_id=request_id)
            self._check(request, kind, operator, nonce)
            return await self._apply(request, kind, operator)
        except DecisionRefused as refusal:
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

    def _check(self, request: Request, kind: DecisionKind, operator: Operator, nonce: str | None) -> None:
        if operator.corp_id != request.requester.corp_id:
            raise DecisionRefused("outsider", request)
        if operator.user_id != request.requester.user_id:
            raise DecisionRefused("not_yours", request, name=request.requester.name)
        if nonce is not None and not secrets.compare_digest(nonce.encode(), request.nonce.encode()):
            raise DecisionRefused("wrong_nonce", request)
        if kind is DecisionKind.CONFIRM and not (request.to_recycle_bin or self._policy.allow_permanent):
            raise DecisionRefused("permanent_refused", request)  # it was allowed when it was asked

    async def _apply(self, request: Request, kind: DecisionKind, operator: Operator) -> Request:
        if request.state.is_open and self._clock() >= request.expires_at:
            await self.expire(request.id)
        came_from, state = _TRANSITIONS[kind]
        changed = await self._store.requests.change(
            request.id, came_from, state, at=self._clock(), actor=operator.user_id, decided_by=operator
        )
        if changed is None:
            now = await self._store.requests.get(request.id) or request
            raise DecisionRefused(
                "expired" if now.state is RequestState.EXPIRED else "already", now, decision=kind
            )
        if state is RequestState.APPROVED:
            # Not awaited: a click has 2 s for its answer, and `heal` starts what a crash keeps from starting.
            self._engine.start_soon(*_job(changed))
        return changed

    async def expire(self, request_id: str) -> bool:
        """Let an unanswered request run out; False when somebody was faster."""
        expired = await self._store.requests.change(
            request_id, OPEN_STATES, RequestState.EXPIRED, at=self._clock(), actor=SYSTEM
        )
        if expired:
            await self.close(request_id)
        return expired is not None

    async def withdraw(self, request: Request) -> None:
        """End a request whose card nobody could see."""
        await self._store.requests.change(
            request.id, OPEN_STATES, RequestState.CANCELLED, at=self._clock(), actor=SYSTEM, reason="no card"
        )

    async def close(self, request_id: str) -> None:
        """Have every copy of the card brought to its final state, durably."""
        await self._engine.start(CLOSING, f"{CLOSING}:{request_id}", {"request_id": request_id})

    async def heal(self) -> None:
        """After a crash between our commit and the start of its workflow: start it (again, under the same id)."""
        for request in await self._store.requests.in_states({RequestState.APPROVED, RequestState.RUNNING}):
            await self._engine.start(*_job(request))

    async def watch_starts(self) -> None:
        """Heal every minute: a start can fail, too, and its requester would wait for ever. Runs until cancelled."""
        while True:
            await asyncio.sleep(HEAL_EVERY_S)
            await self.heal()

    async def watch_expiry(self) -> None:
        """Expire what nobody answered, as it falls due. Runs until cancelled; any number of replicas may."""
        while True:
            self._changed.clear()
            due = await self._store.requests.next_expiry()
            if due is None:
                await self._changed.wait()
                continue
            if (wait := (due - self._clock()).total_seconds()) > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), min(wait, 60))
                continue
            for request in await self._store.requests.in_states(OPEN_STATES):
                if request.expires_at <= self._clock():
                    await self.expire(request.id)


def _job(request: Request) -> tuple[str, str, Payload]:
    return JOB, f"{JOB}:{request.id}", {"request_id": request.id}
