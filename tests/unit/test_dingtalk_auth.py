"""One token for everybody: asked for once, renewed in time, kept while it is good."""

import asyncio
from collections.abc import Mapping

import pytest
from pydantic import SecretStr

from bot.dingtalk.auth import MARGIN_S, Grant, InternalAppTokens, ThirdPartyTokens
from bot.dingtalk.errors import BadCredentials, DingTalkError, TransportError

LIFE_S = 7200


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Office:
    """Gives token-1, token-2, … when its door is open; fails with `error` when there is one."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.door = asyncio.Event()
        self.door.set()
        self.error: DingTalkError | None = None

    async def exchange(self, path: str, body: Mapping[str, str]) -> Grant:
        self.asked.append((path, dict(body)))
        number = len(self.asked)
        await self.door.wait()
        if self.error:
            raise self.error
        return Grant(access_token=SecretStr(f"token-{number}"), expire_in=LIFE_S)


class Tickets:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def suite_ticket(self, suite_key: str) -> str | None:
        return self.kept.get(suite_key)

    async def save_suite_ticket(self, suite_key: str, ticket: str) -> None:
        self.kept[suite_key] = ticket


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def office() -> Office:
    return Office()


@pytest.fixture
def tokens(clock: Clock, office: Office) -> InternalAppTokens:
    made = InternalAppTokens("id", SecretStr("secret"), now=clock)
    made.attach(office.exchange)
    return made


async def test_a_hundred_waiters_cause_one_call(tokens: InternalAppTokens, office: Office) -> None:
    office.door.clear()
    waiters = [asyncio.create_task(tokens.token()) for _ in range(100)]
    await asyncio.sleep(0)
    office.door.set()
    assert set(await asyncio.gather(*waiters)) == {"token-1"}
    assert len(office.asked) == 1


async def test_a_hundred_refusals_of_one_token_cause_one_call(
    tokens: InternalAppTokens, office: Office
) -> None:
    first = await tokens.token()
    renewed = await asyncio.gather(*(tokens.token(refresh=first) for _ in range(100)))
    assert set(renewed) == {"token-2"}
    assert await tokens.token(refresh=first) == "token-2"
    assert len(office.asked) == 2


async def test_a_waiter_who_leaves_does_not_take_the_token_along(
    tokens: InternalAppTokens, office: Office
) -> None:
    office.door.clear()
    leaver = asyncio.create_task(tokens.token())
    stayer = asyncio.create_task(tokens.token())
    await asyncio.sleep(0)
    leaver.cancel()
    office.door.set()
    assert await stayer == "token-1"
    assert leaver.cancelled() or leaver.cancelling()


async def test_all_waiters_hear_of_a_failure_and_the_next_asks_again(
    tokens: InternalAppTokens, office: Office
) -> None:
    office.error = TransportError("POST /x", "cut")
    answers = await asyncio.gather(*(tokens.token() for _ in range(10)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {TransportError}
    assert len(office.asked) == 1
    office.error = None
    assert await tokens.token() == "token-2"


async def test_it_is_renewed_before_it_expires(
    tokens: InternalAppTokens, office: Office, clock: Clock
) -> None:
    await tokens.token()
    clock.now_s += LIFE_S - MARGIN_S - 1
    assert await tokens.token() == "token-1"
    clock.now_s += 1
    assert await tokens.token() == "token-2"


async def test_a_good_token_outlives_an_office_that_is_closed(
    tokens: InternalAppTokens, office: Office, clock: Clock
) -> None:
    await tokens.token()
    office.error = TransportError("POST /x", "cut")
    clock.now_s += LIFE_S - MARGIN_S
    assert [await tokens.token() for _ in range(5)] == ["token-1"] * 5
    assert len(office.asked) == 2, "between attempts it waits"
    clock.now_s += MARGIN_S
    with pytest.raises(TransportError):
        await tokens.token()


async def test_a_refused_token_is_not_kept(tokens: InternalAppTokens, office: Office) -> None:
    first = await tokens.token()
    office.error = TransportError("POST /x", "cut")
    with pytest.raises(TransportError):
        await tokens.token(refresh=first)


async def test_third_party_apps_show_the_newest_ticket(office: Office, clock: Clock) -> None:
    tickets = Tickets()
    tokens = ThirdPartyTokens("suite", SecretStr("s"), "corp", tickets, now=clock)
    tokens.attach(office.exchange)
    with pytest.raises(BadCredentials):
        await tokens.token()
    await tickets.save_suite_ticket("suite", "ticket-1")
    assert await tokens.token() == "token-1"
    assert office.asked == [
        (
            "/v1.0/oauth2/corpAccessToken",
            {"suiteKey": "suite", "suiteSecret": "s", "authCorpId": "corp", "suiteTicket": "ticket-1"},
        )
    ]


def test_secrets_do_not_show() -> None:
    tokens = InternalAppTokens("id", SecretStr("the-secret"))
    grant = Grant.model_validate({"accessToken": "the-token", "expireIn": "7200"})
    assert "the-secret" not in repr(vars(tokens))
    assert "the-token" not in repr(grant)
    assert grant.expire_in == LIFE_S
