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

from bot.deletion.lifecycle import JOB, Lifecycle
from bot.deletion.problems import DecisionRefused
from bot.engine import Engine, Payload
from bot.models import Conversation, DecisionKind, Operator, Request, RequestState
from bot.policy import Policy
from bot.store import Store
from tests.migrated import begin
from tests.unit.store_given import NOW, OTHER, REQUESTER, manifest
from tests.unit.test_store_audit import broken_at

T = TypeVar("T")
STRANGER = Operator(corp_id="dingother", user_id="wang", union_id="x", name="孙外部")
PEOPLE = [REQUESTER, OTHER, STRANGER]
KINDS = [DecisionKind.CONFIRM, DecisionKind.CANCEL]
ENDS = {RequestState.CANCELLED, RequestState.EXPIRED, RequestState.DONE}


class Workflows(Engine):
    """Only notes what was to be started; a workflow's id is known once, as in the real one."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        self.start_soon(workflow, workflow_id, payload)

    def start_soon(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        if workflow_id not in self.started:
            self.started.append(workflow_id)


class Decisions(RuleBasedStateMachine):
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
        policy = Policy(
            allow_permanent=False,
            max_dentries=10,
            confirm_within=timedelta(minutes=30),
            conversations=frozenset(),
        )
        self.lifecycle = Lifecycle(self.store, self.workflows, policy, self.clock)
        self.request: Request
        self.won: set[RequestState] = set()

    def clock(self) -> datetime:
        return self.now

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    @initialize()
    def ask(self) -> None:
        self.run(begin(self.path))
        self.run(self.stack.enter_async_context(self.store))
        self.request = self.run(self._made())

    async def _made(self) -> Request:
        """Made as often as the message comes, it stays one."""
        requests = [
            await self.lifecycle.make(
                manifest(),
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
    def tells_one_story(self) -> None:
        if hasattr(self, "request"):
            self.run(self._story())

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()
        self.folder.cleanup()

    async def _decide(self, who: Operator, kind: DecisionKind, nonce: str | None) -> None:
        may = who == REQUESTER and nonce != "wrong"
        answer = await self._answer(who, kind, nonce)
        if isinstance(answer, Request):
            assert may, f"{who.user_id} decided"
            assert self.now < self.request.expires_at or kind is DecisionKind.CANCEL
            assert answer.state not in self.won
            self.won.add(answer.state)
        elif may:
            assert answer.kind in {"already", "expired"}
            assert answer.request
            assert not answer.request.state.is_open
            if answer.kind == "expired":
                self.won.add(RequestState.EXPIRED)
        else:
            assert answer.kind in {"outsider", "not_yours", "wrong_nonce"}

    async def _answer(
        self, who: Operator, kind: DecisionKind, nonce: str | None
    ) -> Request | DecisionRefused:
        try:
            return await self.lifecycle.decide(self.request.id, kind, who, nonce=nonce)
        except DecisionRefused as refusal:
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
        assert now.state == (changes[-1] if self.won else RequestState.AWAITING_CONFIRMATION)
        assert len(ENDS & self.won) <= 1
        assert not ENDS & set(changes[1:-1]), "nothing comes after an end"
        has_job = f"{JOB}:{self.request.id}" in self.workflows.started
        assert has_job == (RequestState.APPROVED in self.won), "agreed to is begun, and nothing else is"


TestDecisions = Decisions.TestCase
TestDecisions.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
