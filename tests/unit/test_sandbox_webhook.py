"""Custom robots: what they may send, when they are stopped, and what of it is seen."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from sandbox.seed import dump, new_world
from sandbox.webhook import read_webhook, signature
from tests.conformance.control import Control
from tests.unit.sandbox_listener import calls

GROUP = "cidEngineering=="
TOKEN = "webhook-engineering"
SIGNED = {"conversationId": "cidMarketing==", "name": "值班播报", "accessToken": "webhook-marketing"}
HOUR_MS = 3_600_000
DOCUMENTED_SIGN = "MYEtKC4/NfMR1l4prX++ai6oOf70X1xOf6UlnyUhJH4="
Json = Any


def text(words: str = "a notice") -> Json:
    return {"msgtype": "text", "text": {"content": words}}


async def send(sandbox: Control, body: Json, token: str = TOKEN, query: str = "") -> int:
    """The errcode of one message."""
    url = f"{sandbox.url}/robot/send?access_token={token}{query}"
    async with sandbox.http.post(url, json=body) as answer:
        errcode: int = (await answer.json())["errcode"]
        return errcode


async def change(sandbox: Control, **changes: Json) -> None:
    """Makes the built-in robot of Engineering another one."""
    webhooks = (await sandbox.ask("GET", "state"))["webhooks"]
    changed = [{**each, **changes} if each["accessToken"] == TOKEN else each for each in webhooks]
    await sandbox.ask("PUT", "state", {"webhooks": changed})


async def said(sandbox: Control) -> list[Json]:
    return await sandbox.read("alice", GROUP, wait_s=0)


async def test_everybody_in_the_group_reads_it_under_the_robots_name(sandbox: Control) -> None:
    assert await send(sandbox, {**text(), "at": {"atUserIds": [f"u{n}" for n in range(60)]}}) == 0
    for reader in ("alice", "admin", "wang"):
        (shown,) = await sandbox.read(reader, GROUP)
        assert (shown["from"], shown["kind"], shown["content"]) == ({"robot": "Notices"}, "text", "a notice")
        assert shown["mentions"]["atUserIds"] == [f"u{n}" for n in range(50)]


async def test_it_counts_as_a_webhook_call_of_the_month_and_as_no_other(sandbox: Control) -> None:
    await sandbox.limits(pushQuota=1)
    assert [await send(sandbox, text()), await send(sandbox, text())] == [0, 90020]
    meter = await sandbox.ask("GET", "meter")
    assert (meter["callsUsed"], len(await said(sandbox))) == (0, 1)


@pytest.mark.parametrize(("where", "errcode"), [("title", 0), ("text", 0), ("other", 310000)])
async def test_a_keyword_may_stand_anywhere_in_the_message(
    sandbox: Control, where: str, errcode: int
) -> None:
    card = {"title": "t", "text": "x", "btns": [{"title": "b", "actionURL": "https://example.com"}]}
    body = {"msgtype": "actionCard", "actionCard": {**card, where: "通知"} if where != "other" else card}
    assert await send(sandbox, body) == errcode
    assert len(await said(sandbox)) == (errcode == 0)


@pytest.mark.parametrize(
    ("offset_ms", "secret", "errcode"),
    [
        (0, "SECsandboxmarketing", 0),
        (-HOUR_MS + 5_000, "SECsandboxmarketing", 0),
        (HOUR_MS + 5_000, "SECsandboxmarketing", 310000),
        (-HOUR_MS - 5_000, "SECsandboxmarketing", 310000),
        (0, "SECanother", 310000),
    ],
)
async def test_a_signature_holds_for_an_hour(
    sandbox: Control, offset_ms: int, secret: str, errcode: int
) -> None:
    stamp = str((await sandbox.ask("GET", "clock"))["nowMs"] + offset_ms)
    query = f"&timestamp={stamp}&sign={quote_plus(signature(secret, stamp))}"
    assert await send(sandbox, text(), SIGNED["accessToken"], query) == errcode


def test_the_signature_is_that_of_the_documented_program() -> None:
    """Computed with the Python example of the page about security settings."""
    assert signature("this is secret", "1600000000000") == DOCUMENTED_SIGN


@pytest.mark.parametrize("query", ["", "&timestamp=soon&sign=x", "&timestamp=%E0%A5%A7&sign=x", "&sign=x"])
async def test_a_message_without_a_sound_timestamp_is_refused(sandbox: Control, query: str) -> None:
    assert await send(sandbox, text(), SIGNED["accessToken"], query) == 310000


@pytest.mark.parametrize(
    ("ips", "errcode"),
    [(["127.0.0.1"], 0), (["10.0.0.0/8", "127.0.0.0/24"], 0), (["10.0.0.0/8"], 310000)],
)
async def test_an_address_must_be_among_those_allowed(sandbox: Control, ips: list[str], errcode: int) -> None:
    await change(sandbox, ips=ips)
    assert await send(sandbox, text()) == errcode


async def test_the_twenty_first_in_a_minute_stops_it_for_ten_minutes(sandbox: Control) -> None:
    assert [await send(sandbox, text()) for _ in range(21)] == [0] * 20 + [410100]
    await sandbox.advance(590)
    assert await send(sandbox, text()) == 410100
    await sandbox.advance(15)
    assert await send(sandbox, text()) == 0
    assert len(await said(sandbox)) == 21


async def test_twenty_a_minute_may_go_on_for_ever(sandbox: Control) -> None:
    for _ in range(3):
        assert [await send(sandbox, text()) for _ in range(20)] == [0] * 20
        await sandbox.advance(60)


async def test_what_is_refused_is_no_message_of_the_minute(sandbox: Control) -> None:
    assert {await send(sandbox, text("off the point")) for _ in range(25)} == {310000}
    assert await send(sandbox, text()) == 0


async def test_without_limits_it_is_never_too_fast(sandbox: Control) -> None:
    await sandbox.limits(permitUnlimited=True)
    assert {await send(sandbox, text()) for _ in range(25)} == {0}


async def test_a_repeated_uuid_is_answered_and_not_sent_again(sandbox: Control) -> None:
    assert [await send(sandbox, {**text(), "msgUuid": uuid}) for uuid in ("a", "a", "b")] == [0, 0, 0]
    assert len(await said(sandbox)) == 2


@pytest.mark.parametrize("msgtype", ["empty", "poem", "file"])
async def test_a_type_custom_robots_do_not_have(sandbox: Control, msgtype: str) -> None:
    assert await send(sandbox, {"msgtype": msgtype, msgtype: {}}) == 400105


@pytest.mark.parametrize(
    "body", [{}, [], {"msgtype": 7}, {"msgtype": "text"}, {"msgtype": "text", "text": "{"}]
)
async def test_a_message_that_makes_no_sense_is_refused(sandbox: Control, body: Json) -> None:
    assert await send(sandbox, body) in {40035, 400105}


async def test_an_applications_token_is_none_of_a_webhook(sandbox: Control) -> None:
    assert await send(sandbox, text(), await sandbox.token()) == 400101
    assert await send(sandbox, text(), "") == 400101


async def test_it_sends_also_where_no_robot_of_an_application_is(sandbox: Control) -> None:
    await change(sandbox, conversationId="cidQuiet==")
    assert await send(sandbox, text()) == 0
    (shown,) = await sandbox.read("li", "cidQuiet==")
    assert shown["from"] == {"robot": "Notices"}


async def test_a_saved_state_goes_on_with_the_minute(sandbox: Control) -> None:
    assert {await send(sandbox, text()) for _ in range(20)} == {0}
    await sandbox.ask("PUT", "state", await sandbox.ask("GET", "state"))
    assert await send(sandbox, text()) == 410100


async def test_the_call_log_does_not_tell_the_token(sandbox: Control) -> None:
    form = {"access_token": TOKEN, "msgtype": "text", "text": '{"content": "notice"}', "link": "null"}
    async with sandbox.http.post(f"{sandbox.url}/robot/send", data=form) as answer:
        assert (await answer.json())["errcode"] == 0
    await send(sandbox, text())
    logged = await calls(sandbox, "POST /robot/send")
    assert [call["clientId"] for call in logged] == ["", ""]
    assert TOKEN not in str(logged)


@pytest.mark.parametrize(
    "wrong", [{"ips": ["::1"]}, {"ips": ["home"]}, {"keywords": ["x"] * 11}, {"secret": 7}, {"name": None}]
)
def test_a_webhook_that_makes_no_sense(wrong: Json) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_webhook({**SIGNED, **wrong})


def test_a_world_keeps_its_webhooks() -> None:
    world = new_world()
    assert [w["accessToken"] for w in dump(world)["webhooks"]] == [*world.webhooks]
    assert dump(new_world(dump(world)))["webhooks"] == dump(world)["webhooks"]
