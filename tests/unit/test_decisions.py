"""Whatever people do in whatever order, a request has one end, and the audit trail tells the same story."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.approvers import Approvers
from bot.deletion.consent import Consent
from bot.deletion.decisions import Decisions, Shown
from bot.deletion.lifecycle import JOB, Lifecycle
from bot.deletion.problems import DecisionRefused
from bot.dingtalk.errors import NotFound
from bot.engine import Engine, Payload
from bot.models import Conversation, DecisionKind, Operator, Request, RequestState, Ruling, Survey
from bot.notices import Notices
from bot.policy import Policy
from bot.store import Store
from tests.migrated import begin
from tests.unit.audit_given import broken_at
from tests.unit.store_given import NOW, OTHER, REQUESTER, manifest

T = TypeVar("T")
ZHAO = Operator(corp_id="ding", user_id="zhao", union_id="zhaoUnionId", name="赵同事")
STRANGER = Operator(corp_id="dingother", user_id="wang", union_id="x", name="孙外部")
PEOPLE = [REQUESTER, OTHER, ZHAO, STRANGER]
KINDS = [DecisionKind.CONFIRM, DecisionKind.CANCEL, DecisionKind.APPROVE, DecisionKind.REJECT]
VOTES = {DecisionKind.APPROVE, DecisionKind.REJECT}
ENDS = {RequestState.CANCELLED, RequestState.REJECTED, RequestState.EXPIRED, RequestState.DONE}
REFUSED = {"outsider", "not_yours", "wrong_nonce", "not_approver", "own_request", "left"}
LATE = {"already", "expired", "voted"}


class Contacts(Approvers):
    """Who may decide, changed by the test as the real contacts are changed by somebody else."""

    def __init__(self) -> None:
        self.entitled_now = {OTHER.user_id, ZHAO.user_id}

    async def person(self, corp_id: str, user_id: str) -> Operator:
        known = {person.user_id: person for person in (REQUESTER, OTHER, ZHAO)}
        if user_id not in known:
            raise NotFound("user/get", "33012")
        return known[user_id]

    async def entitled(self, ruling: Ruling, requester: Operator, *, escalated: bool = False) -> list[str]:
        return sorted(self.entitled_now - {requester.user_id})


class Workflows(Engine):
    """Only notes what was to be started; a workflow's id is known once, as in the real one."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        self.start_soon(workflow, workflow_id, payload)

    def start_soon(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        if workflow_id not in self.started:
            self.started.append(workflow_id)


class NoNotices(Notices):
    """No channel is told anything."""

    def __init__(self) -> None:
        self._couriers = {}


class Deciding(RuleBasedStateMachine):
    """One request, several people, time that passes, and a job that may begin and end at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.now = NOW
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "store.sqlite"
        self.store = Store(f"sqlite+aiosqlite:///{self.path}")
        self.workflows = Workflows()
        self.contacts = Contacts()
        self.notices = NoNotices()
        self.lifecycle = Lifecycle(self.store, self.workflows, self.notices, self.clock)
        self.decisions = Decisions(
            self.store, self.lifecycle, Policy(), self.contacts, notices=self.notices, clock=self.clock
        )
        self.request: Request
        self.won: set[RequestState] = set()

    def clock(self) -> datetime:
        return self.now

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    @initialize(needed=st.integers(0, 2))
    def ask(self, needed: int) -> None:
        """Nobody but the requester is asked, or one, or two of those who may."""
        self.run(begin(self.path))
        self.run(self.stack.enter_async_context(self.store))
        self.needed = needed
        self.request = self.run(self._made())

    async def _made(self) -> Request:
        """Made as often as the message comes, it stays one."""
        ruling = Ruling(answer="approve" if self.needed else "confirm", needed=self.needed)
        requests = [
            await self.lifecycle.make(
                manifest(),
                Consent(ruling, Survey()),
                requester=REQUESTER,
                conversation=Conversation(id="cid", kind="group"),
                message_key="robot:msg",
                permanent=False,
                reason="",
                language="zh",
            )
            for _ in range(2)
        ]
        assert requests[0] == requests[1]
        return requests[0]

    @rule(
        who=st.sampled_from(PEOPLE),
        kind=st.sampled_from(KINDS),
        nonce=st.sampled_from(["right", "wrong", None]),
    )
    def decide(self, who: Operator, kind: DecisionKind, nonce: str | None) -> None:
        self.run(self._decide(who, kind, self.request.nonce if nonce == "right" else nonce))

    @rule(
        several=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(KINDS)), min_size=2, max_size=4),
        expires=st.booleans(),
    )
    def decide_at_once(self, several: list[tuple[Operator, DecisionKind]], expires: bool) -> None:
        async def together() -> None:
            wishes: list[Coroutine[Any, Any, Any]] = [self._decide(who, kind, None) for who, kind in several]
            await asyncio.gather(*wishes, *([self._expire()] if expires else []))

        self.run(together())

    @rule(who=st.sampled_from([OTHER, ZHAO]), may=st.booleans())
    def change_role(self, who: Operator, may: bool) -> None:
        self.contacts.entitled_now ^= {who.user_id} & (
            self.contacts.entitled_now if not may else {who.user_id} - self.contacts.entitled_now
        )

    @rule(minutes=st.integers(0, 20))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def expire(self) -> None:
        self.run(self._expire())

    @precondition(lambda self: RequestState.APPROVED in self.won)
    @rule(state=st.sampled_from([RequestState.RUNNING, RequestState.DONE]))
    def work(self, state: RequestState) -> None:
        came_from = RequestState.APPROVED if state is RequestState.RUNNING else RequestState.RUNNING
        changed = self.run(
            self.store.requests.change(self.request.id, {came_from}, state, at=self.now, actor="dingsweep")
        )
        if changed:
            self.won.add(state)

    @invariant()
    def has_one_end(self) -> None:
        if hasattr(self, "request"):
            assert len(ENDS & self.won) <= 1

    def teardown(self) -> None:
        """The whole story is read once, at its end: nothing in it can be taken back."""
        if hasattr(self, "request"):
            self.run(self._story())
        self.run(self.stack.aclose())
        self.loop.close()
        self.folder.cleanup()

    def _may(self, who: Operator, kind: DecisionKind, nonce: str | None) -> bool:
        if who.corp_id != REQUESTER.corp_id or nonce == "wrong":
            return False
        if kind in VOTES:
            return bool(self.needed) and who.user_id in self.contacts.entitled_now - {REQUESTER.user_id}
        return who == REQUESTER and not (self.needed and kind is DecisionKind.CONFIRM)

    async def _decide(self, who: Operator, kind: DecisionKind, nonce: str | None) -> None:
        may = self._may(who, kind, nonce)
        answer = await self._answer(who, kind, nonce)
        if isinstance(answer, Request):
            assert may, f"{who.user_id} decided"
            assert self.now < self.request.expires_at or kind is DecisionKind.CANCEL
            if answer.state is RequestState.AWAITING_APPROVAL:
                assert kind is DecisionKind.APPROVE
                return
            assert answer.state not in self.won
            self.won.add(answer.state)
        elif may:
            assert answer.kind in LATE
            assert answer.request
            assert answer.kind == "voted" or answer.request.state is not RequestState.AWAITING_APPROVAL
            if answer.kind == "expired":
                self.won.add(RequestState.EXPIRED)
        else:
            assert answer.kind in REFUSED

    async def _answer(
        self, who: Operator, kind: DecisionKind, nonce: str | None
    ) -> Request | DecisionRefused:
        try:
            return await self.decisions.decide(self.request.id, kind, who, Shown(nonce=nonce))
        except DecisionRefused as refusal:
            if self.now >= self.request.expires_at:  # whoever comes after it finds the time run out
                now = await self.store.requests.get(self.request.id)
                if now and now.state is RequestState.EXPIRED:
                    self.won.add(RequestState.EXPIRED)
            return refusal

    async def _expire(self) -> None:
        if await self.lifecycle.expire(self.request.id):
            self.won.add(RequestState.EXPIRED)

    async def _story(self) -> None:
        now = await self.store.requests.get(self.request.id)
        assert now
        records = [record async for record in self.store.audit.records()]
        assert broken_at(records) is None
        changes = [r.event.removeprefix("request.") for r in records if r.event.startswith("request.")]
        assert changes[0] == "created"
        assert sorted(changes[1:]) == sorted(self.won), "each who won is on record, once"
        waiting = RequestState.AWAITING_APPROVAL if self.needed else RequestState.AWAITING_CONFIRMATION
        assert now.state == (changes[-1] if self.won else waiting)
        assert len(ENDS & self.won) <= 1
        assert not ENDS & set(changes[1:-1]), "nothing comes after an end"
        voters = [vote.operator.user_id for vote in now.votes]
        assert len(voters) == len(set(voters)), "each person once"
        assert sum(r.event in {"decision.approve", "decision.reject"} for r in records) == len(voters)
        if self.needed and RequestState.APPROVED in self.won:
            assert len(now.approvals) >= self.needed
            assert now.rejection is None
        has_job = f"{JOB}:{self.request.id}" in self.workflows.started
        assert has_job == (RequestState.APPROVED in self.won), "agreed to is begun, and nothing else is"


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
