"""Custom robots: the signature, where it goes, what refusals mean, and keys that stay secret."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import structlog
from pydantic import SecretStr

from bot.dingtalk import errors
from bot.dingtalk.webhook_robot import signature
from tests.unit.dingtalk_server import FakeDingTalk, Reply
from tests.unit.test_dingtalk_calls import STRANGERS

AT = datetime(2026, 3, 1, 8, 30, 0, 123000, tzinfo=UTC)
KEY, SECRET = "robot-access-token", "SECthis-is-secret"
OK = Reply(body={"errcode": 0, "errmsg": "ok"})
TEXT = {"msgtype": "text", "text": {"content": "你好"}}


def address(server: FakeDingTalk) -> SecretStr:
    return SecretStr(f"{server.url}/robot/send?access_token={KEY}")


def test_the_signature_is_that_of_the_page() -> None:
    """The value comes from the page's own Python example, for these two inputs."""
    assert signature("this is secret", AT) == {
        "timestamp": "1772353800123",
        "sign": "YnvQXasRyMrgmvlv7TBsQrsfdSwVo6UO/jlQGQOiBpo=",
    }


async def test_a_message_is_signed_and_carries_no_token_of_ours() -> None:
    async with FakeDingTalk(OK) as server, server.client(now=lambda: AT) as client:
        await client.webhook_robots.send(address(server), SecretStr(SECRET), TEXT, message_id="n1")
    (seen,) = server.seen
    assert (seen.method, seen.raw_path) == ("POST", "/robot/send")
    assert seen.query == {"access_token": KEY} | signature(SECRET, AT)
    assert seen.body == TEXT | {"msgUuid": "n1"}
    assert server.tokens_given == 0


async def test_a_robot_without_a_secret_is_not_signed() -> None:
    async with FakeDingTalk(OK) as server, server.client() as client:
        await client.webhook_robots.send(address(server), SecretStr(""), TEXT, message_id="n1")
    assert server.seen[0].query == {"access_token": KEY}


async def test_it_uses_up_the_quota_of_webhooks() -> None:
    counted: list[str] = []

    class Counter:
        async def count(self, api: str, at: datetime) -> None:
            counted.append(api)

    async with FakeDingTalk(OK) as server, server.client(meter=Counter()) as client:
        await client.webhook_robots.send(address(server), SecretStr(""), TEXT, message_id="n1")
    assert counted == ["webhook POST /robot/send"]


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_message_goes_to_dingtalk_only(stranger: str) -> None:
    async with FakeDingTalk(OK) as server, server.client() as client:
        with pytest.raises(errors.Invalid) as caught:
            await client.webhook_robots.send(SecretStr(stranger), SecretStr(SECRET), TEXT, message_id="n1")
    assert server.seen == []
    assert not stranger or stranger not in str(caught.value)


@pytest.mark.parametrize(
    ("errcode", "kind", "wait_s"),
    [
        (410100, errors.Throttled, 600),
        (130101, errors.Throttled, 600),
        ("send.byToken.tooFast", errors.Throttled, 600),
        (90018, errors.Throttled, 1),
        (310000, errors.Invalid, None),
        (400101, errors.NotFound, None),
        (400102, errors.NotFound, None),
        (430102, errors.Invalid, None),
        (90020, errors.QuotaUsedUp, None),
        (-1, errors.UnknownOutcome, None),
    ],
)
async def test_a_refusal_says_what_to_do_and_not_the_key(
    errcode: int | str, kind: type[errors.DingTalkError], wait_s: float | None
) -> None:
    refused = Reply(body={"errcode": errcode, "errmsg": f"sign not match for {KEY}"})
    with structlog.testing.capture_logs() as logged:
        async with FakeDingTalk(refused) as server, server.client() as client:
            with pytest.raises(kind) as caught:
                await client.webhook_robots.send(address(server), SecretStr(SECRET), TEXT, message_id="n1")
    assert getattr(caught.value, "retry_after_s", None) == wait_s
    assert len(server.seen) == 1
    told = repr([caught.value, vars(caught.value), logged])
    assert KEY not in told
    assert SECRET not in told


async def test_a_dead_line_does_not_tell_the_key() -> None:
    async with FakeDingTalk(Reply(cut_at=0)) as server, server.client() as client:
        with pytest.raises(errors.UnknownOutcome) as caught:
            await client.webhook_robots.send(address(server), SecretStr(SECRET), TEXT, message_id="n1")
    assert KEY not in repr([caught.value, caught.value.__cause__, caught.value.__context__])
