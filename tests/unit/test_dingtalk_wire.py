"""How calls travel: the token, retries of reads, writes sent once, the meter, and secrets kept secret."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stamina
import structlog

from bot.dingtalk import errors
from tests.unit.dingtalk_server import SECRET, FakeDingTalk, Reply

USER = Reply(body={"errcode": 0, "result": {"userid": "wang", "unionid": "u", "name": "王小明"}})
REMOVED = Reply(body={"resultItems": [{"dentryId": "2", "success": True}]})
DENTRY = Reply(body={"dentry": {"id": "2"}})
BUSY = Reply(503, {"code": "operationTimeout", "message": "", "requestid": "R"})
OLD_TOKEN = Reply(400, {"code": "InvalidAuthentication", "message": "不合法的access_token"})
SLOWER = Reply(403, {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "message": "slower"})


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


class Counter:
    def __init__(self) -> None:
        self.counted: list[tuple[str, datetime]] = []

    async def count(self, api: str, at: datetime) -> None:
        self.counted.append((api, at))


class BrokenMeter:
    async def count(self, api: str, at: datetime) -> None:
        raise RuntimeError("the database is locked")


async def test_a_read_is_asked_again() -> None:
    async with FakeDingTalk(BUSY, Reply(cut_at=0), DENTRY) as server, server.client() as client:
        assert (await client.storage.dentry("1", "2", union_id="u")).id == "2"
    assert len(server.seen) == 3


async def test_a_read_is_given_up() -> None:
    async with FakeDingTalk(BUSY) as server, server.client() as client:
        with pytest.raises(errors.TransportError):
            await client.storage.dentry("1", "2", union_id="u")
    assert len(server.seen) == 3


async def test_a_throttled_read_waits_and_is_asked_again() -> None:
    async with FakeDingTalk(SLOWER, DENTRY) as server, server.client() as client:
        started = asyncio.get_running_loop().time()
        await client.storage.dentry("1", "2", union_id="u")
        assert asyncio.get_running_loop().time() - started >= 1.0


@pytest.mark.parametrize("reply", [BUSY, SLOWER, Reply(cut_at=0), Reply(404, {"code": "dentryNotExist"})])
async def test_a_write_is_sent_once(reply: Reply) -> None:
    async with FakeDingTalk(reply) as server, server.client() as client:
        with pytest.raises(errors.DingTalkError):
            await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)
    assert len(server.seen) == 1


REFUSALS = [
    OLD_TOKEN,
    Reply(body={"errcode": 40014, "errmsg": "不合法的access_token"}),
    Reply(body={"errcode": 42001, "errmsg": "access_token超时"}),
    Reply(body={"errcode": 88, "errmsg": "ding talk error[subcode=40014,submsg=不合法的access_token]"}),
]


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_refused_token_is_renewed_once(refusal: Reply) -> None:
    async with FakeDingTalk(refusal, USER) as server, server.client() as client:
        assert (await client.contact.user("wang")).unionid == "u"
    assert [seen.token for seen in server.seen] == ["token-1", "token-2"]


async def test_a_write_goes_out_again_with_a_new_token() -> None:
    async with FakeDingTalk(OLD_TOKEN, REMOVED) as server, server.client() as client:
        await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)
    assert [seen.token for seen in server.seen] == ["token-1", "token-2"]


async def test_a_token_refused_twice_is_an_error() -> None:
    async with FakeDingTalk(OLD_TOKEN) as server, server.client() as client:
        with pytest.raises(errors.TokenRefused):
            await client.storage.dentry("1", "2", union_id="u")
    assert len(server.seen) == 2


async def test_the_meter_counts_what_was_sent_and_only_what_costs() -> None:
    counter = Counter()
    async with FakeDingTalk(USER, BUSY, DENTRY, REMOVED) as server, server.client(meter=counter) as client:
        await client.contact.user("wang")
        await client.storage.dentry("1", "2", union_id="u")
        await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)
    assert [api for api, _ in counter.counted] == [
        "POST /v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/query",
        "POST /v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/query",
        "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove",
    ]
    assert all(at.tzinfo is UTC for _, at in counter.counted)


async def test_a_broken_meter_does_not_undo_a_write() -> None:
    async with FakeDingTalk(REMOVED) as server, server.client(meter=BrokenMeter()) as client:
        (item,) = await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)
    assert item.success


async def test_path_segments_are_quoted_whole() -> None:
    async with FakeDingTalk(DENTRY) as server, server.client() as client:
        await client.storage.dentry("a/b?c#d", "預 %2F&", union_id="ü&=")
    assert server.seen[0].raw_path == "/v1.0/storage/spaces/a%2Fb%3Fc%23d/dentries/%E9%A0%90%20%252F%26/query"
    assert server.seen[0].query == {"unionId": "ü&="}


@pytest.mark.parametrize("dentry_id", ["", ".", ".."])
async def test_ids_that_would_change_the_address_are_never_sent(dentry_id: str) -> None:
    async with FakeDingTalk(DENTRY) as server, server.client() as client:
        with pytest.raises(errors.Invalid):
            await client.storage.dentry("1", dentry_id, union_id="u")
    assert server.seen == []


async def test_a_redirect_is_not_followed() -> None:
    async with FakeDingTalk(DENTRY) as elsewhere:
        away = Reply(307, headers={"Location": elsewhere.url})
        async with FakeDingTalk(away) as server, server.client() as client:
            with pytest.raises(errors.TransportError):
                await client.storage.dentry("1", "2", union_id="u")
    assert elsewhere.seen == []


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
async def test_an_answer_without_end_is_not_kept(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dingtalk.wire.MOST_BYTES", 100_000)
    long = Reply(body={"dentry": {"id": "2"}, "more": "x" * 200_000}, headers=headers)
    async with FakeDingTalk(long) as server, server.client() as client:
        with pytest.raises(errors.TransportError, match="longer than any"):
            await client.storage.dentry("1", "2", union_id="u")
        with pytest.raises(errors.UnknownOutcome, match="longer than any"):
            await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)


def _everything(error: BaseException | None) -> str:
    """An error with all it was caused by, as any log could show it."""
    parts: list[Any] = []
    while error is not None:
        parts += [str(error), repr(error), vars(error), error.args]
        error = error.__cause__ or error.__context__
    return repr(parts)


TALES = [
    Reply(body={"errcode": 400002, "errmsg": "token-1 is a strange token"}),
    Reply(cut_at=0),
    Reply(body="{", content_type="text/html"),
    Reply(hang=True),
    Reply(body={"result": "token-1"}),
    Reply(body={"errcode": 40014, "errmsg": "不合法的access_token"}),
]


@pytest.mark.parametrize("reply", TALES)
async def test_no_error_and_no_log_line_holds_a_secret(reply: Reply) -> None:
    with structlog.testing.capture_logs() as lines:
        async with FakeDingTalk(reply) as server, server.client(timeout_s=0.2) as client:
            with pytest.raises(errors.DingTalkError) as caught:
                await client.contact.user("wang")
            shown = _everything(caught.value) + repr(lines) + repr(client) + repr(vars(client))
    assert "token-" not in shown
    assert SECRET not in shown


async def test_a_token_call_that_quotes_the_secret_does_not_pass_it_on() -> None:
    async with FakeDingTalk(USER) as server, server.client() as client:
        server.token_reply = Reply(400, {"code": "invalidClientIdOrSecret", "message": f"wrong: {SECRET}"})
        with structlog.testing.capture_logs() as lines, pytest.raises(errors.BadCredentials) as caught:
            await client.contact.user("wang")
    assert SECRET not in _everything(caught.value) + repr(lines)


async def test_calls_are_logged_under_stable_names() -> None:
    with structlog.testing.capture_logs() as lines:
        async with FakeDingTalk(DENTRY) as server, server.client() as client:
            await client.storage.dentry("1", "2", union_id="u")
    assert [line["event"] for line in lines] == [
        "dingtalk.call",
        "dingtalk.token.refreshed",
        "dingtalk.call",
    ]
    assert {"api", "status", "elapsed_ms", "dingtalk_request_id"} <= lines[-1].keys()
