"""A request from its making to its end, apart from the decision about it. Rows decide, never this process's memory."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.deletion.batch import BATCH_SIZE
from bot.deletion.consent import Consent
from bot.dingtalk.storage import PAGE
from bot.engine import Payload, Workflows
from bot.models import (
    OPEN_STATES,
    Conversation,
    Language,
    Manifest,
    Operator,
    Request,
    RequestState,
    Ruling,
    Totals,
)
from bot.notices import Notices
from bot.store import IdTakenError, Store

log = structlog.get_logger()

JOB = "job"
NEWS = "news"
STATE, REASON, PROGRESS = "state", "reason", "progress"
"""What is new: the state a request is in, why it was rejected, or how far it is."""
SYSTEM = "dingsweep"
HEAL_EVERY_S = 60.0
MAX_REST = timedelta(days=7)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: people read these numbers to each other
ID_LENGTH = 4
_STATES = {
    "run": RequestState.APPROVED,
    "confirm": RequestState.AWAITING_CONFIRMATION,
    "approve": RequestState.AWAITING_APPROVAL,
}

Clock = Callable[[], datetime]


class Lifecycle:
    """Makes requests, ends them, and has durable workflows do what follows from a change."""

    def __init__(
        self, store: Store, engine: Workflows, notices: Notices, clock: Clock, *, bin_days: int = 0
    ) -> None:
        self._store = store
        self._engine = engine
        self._notices = notices
        self._clock = clock
        self._bin_days = bin_days
        self.made = asyncio.Event()
        """set when there is a request with clocks of its own"""

    async def make(
        self,
        manifest: Manifest,
        consent: Consent,
        *,
        requester: Operator,
        conversation: Conversation,
        message_key: str,
        permanent: bool,
        reason: str,
        language: Language,
    ) -> Request:
        """Store a request for this manifest. The same message leads to the same request, however often it comes."""
        length = ID_LENGTH
        while (known := await self._store.requests.by_message(message_key)) is None:
            request = Request(
                id=new_id(length),
                requester=requester,
                conversation=conversation,
                space=manifest.space,
                totals=manifest.totals,
                digest=manifest.digest,
                to_recycle_bin=not permanent,
                bin_days=self._bin_days,
                reason=reason,
                language=language,
                nonce=secrets.token_hex(4),
                message_key=message_key,
                plan_calls=planned_calls(manifest.totals, consent.ruling),
                **_beginning(consent, self._clock()),
            )
            try:
                await self._store.requests.add(request, manifest)
            except IdTakenError:  # or the same message, handled elsewhere at this moment
                length += 1
                continue
            self.made.set()
            structlog.contextvars.bind_contextvars(request_id=request.id)
            log.info("request.made", state=request.state, targets=request.totals.targets)
            if request.state.is_open:  # what runs at once is told when it is done
                await self._notices.add("requested", request, note=request.reason)
            return request
        structlog.contextvars.bind_contextvars(request_id=known.id)
        return known

    def begin(self, request: Request) -> None:
        """Have the job of an approved request done.

        Not awaited: a click has 2 s for its answer, and `heal` starts what a crash keeps from starting.
        """
        self._engine.start_soon(*_job(request))

    async def expire(self, request_id: str) -> bool:
        """Let an unanswered request run out; False when somebody was faster."""
        expired = await self._store.requests.change(
            request_id, OPEN_STATES, RequestState.EXPIRED, at=self._clock(), actor=SYSTEM, is_news=True
        )
        if expired:
            self.spread(expired)
        return expired is not None

    async def withdraw(self, request: Request, *, reason: str = "no card") -> None:
        """End a request whose card those it is for could not see, also one that would run without being asked."""
        runs = request.ruling.answer == "run"
        withdrawn = await self._store.requests.change(
            request.id,
            {RequestState.APPROVED} if runs else OPEN_STATES,
            RequestState.CANCELLED,
            at=self._clock(),
            actor=SYSTEM,
            is_news=True,
            reason=reason,
        )
        if withdrawn:
            self.spread(withdrawn)

    def spread(self, request: Request, what: str = STATE) -> None:
        """Have everybody concerned told, durably, of the change a request has just seen; not awaited, like `begin`."""
        self._engine.start_soon(*_news(request, what))

    async def heal(self) -> None:
        """After a crash between our commit and the start of its workflow: start it (again, under the same id)."""
        for request in await self._store.requests.in_states({RequestState.APPROVED, RequestState.RUNNING}):
            if not request.paused:
                await self._engine.start(*_job(request))
        for request in await self._store.requests.untold():
            await self._engine.start(*_news(request))

    async def watch_starts(self) -> None:
        """Heal every minute: a start can fail, too, and its requester would wait for ever. Runs until cancelled."""
        while True:
            await asyncio.sleep(HEAL_EVERY_S)
            await self.heal()
            await self.end_rests()

    async def end_rests(self) -> None:
        """Let jobs that nobody has had go on for a week end with what they did: the agreement grows old."""
        now = self._clock()
        for request in await self._store.jobs.paused(now - MAX_REST):
            nobody = Operator(corp_id=request.requester.corp_id, user_id=SYSTEM, union_id="", name="")
            await self._store.jobs.ask_stop(request.id, nobody, at=now)
            if resumed := await self._store.jobs.resume(request.id, nobody, at=now):
                self.begin(resumed)


def planned_calls(totals: Totals, ruling: Ruling) -> int:
    """About how many counted calls the job takes: batches, looking into folders, following them, cards."""
    inside = totals.dentries - totals.targets
    batches = math.ceil(totals.targets / BATCH_SIZE)
    looks = totals.folders + math.ceil(inside / PAGE)
    cards = 3 if ruling.answer == "approve" else 2
    return batches + looks + totals.folders + cards


def new_id(length: int = ID_LENGTH) -> str:
    """A number for a request, which may be taken."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _beginning(consent: Consent, now: datetime) -> dict[str, object]:
    """The state a request begins in, and its clocks."""
    ruling = consent.ruling
    fields: dict[str, object] = {
        "ruling": ruling,
        "survey": consent.survey,
        "asked": consent.asked,
        "state": _STATES[ruling.answer],
        "created_at": now,
        "expires_at": now + ruling.decide_within,
    }
    if ruling.answer == "run":
        fields["run_before"] = now + ruling.run_within
        fields["decided_at"] = now
    if ruling.answer == "approve":
        fields["remind_at"] = ruling.remind_after and now + ruling.remind_after
        fields["escalate_at"] = ruling.escalate_after and now + ruling.escalate_after
    return fields


def _job(request: Request) -> tuple[str, str, Payload]:
    """A workflow for the job, and another one each time it goes on after a rest."""
    again = f":{request.runs}" if request.runs else ""
    return JOB, f"{JOB}:{request.id}{again}", {"request_id": request.id, "runs": request.runs}


def _news(request: Request, what: str = STATE) -> tuple[str, str, Payload]:
    return NEWS, f"{NEWS}:{request.id}:{request.news}", {"request_id": request.id, "what": what}
