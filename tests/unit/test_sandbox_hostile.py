"""What nobody in their right mind sends: the sandbox refuses it, or lives on and can still be read."""

import json
from typing import Any

import pytest

from sandbox import plainjson
from sandbox.clock import LATEST_S, Clock
from tests.conformance.control import CLIENT_ID, Control
from tests.unit.sandbox_listener import call, card, listening

GROUP = "cidMarketing=="
LOOKS = (
    "people",
    "conversations?as=wang",
    f"conversations/{GROUP}?as=wang",
    "calls",
    "frames",
    "faults",
    "limits",
    "meter",
    "hello",
    "state",
)
DEEP = "[" * 960 + "]" * 960
Json = Any


def strict(text: str) -> Json:
    """As a browser reads it."""

    def no_number(name: str) -> None:
        raise AssertionError(f"no browser reads {name}")

    return json.loads(text, parse_constant=no_number)


async def looks_well(sandbox: Control) -> None:
    """Everything that can be looked at is answered, in JSON that a browser can read."""
    for path in LOOKS:
        async with sandbox.http.get(f"{sandbox.url}/sandbox/{path}") as answer:
            text = await answer.text()
            assert answer.status == 200, (path, text)
            strict(text)
    await sandbox.token()


async def order(sandbox: Control, method: str, path: str, text: str) -> tuple[int, str]:
    async with sandbox.http.request(method, f"{sandbox.url}/sandbox/{path}", data=text) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("POST", "clock", '{"advanceS": 1e308}'),
        ("POST", "clock", '{"advanceS": 1e12}'),
        ("POST", "clock", '{"advanceS": Infinity}'),
        ("POST", "clock", '{"advanceS": NaN}'),
        ("PUT", "state", '{"clock": {"nowMs": 1e300}}'),
        ("PUT", "limits", '{"taskSeconds": NaN}'),
        ("PUT", "limits", '{"callbackSeconds": 1e999}'),
        ("PUT", "limits", '{"pingSeconds": 0}'),
        ("PUT", "limits", '{"pingSeconds": 1e-300}'),
        ("PUT", "limits", '{"latencyMs": 1' + "0" * 400 + "}"),
        ("POST", "faults", '{"route": "", "delayMs": 1' + "0" * 400 + "}"),
        ("POST", "faults", '{"route": "", "status": 500, "seconds": Infinity}'),
        ("POST", "faults", '{"route": "", "status": 500, "seconds": 1e300}'),
        ("POST", "faults", '{"route": "", "status": 500, "contentType": "text/html\\r\\nX: y"}'),
        ("POST", "faults", f'{{"route": "", "status": 500, "body": {DEEP}}}'),
        ("POST", "say", "[" * 100_000),
        ("POST", "say", f'{{"as": "wang", "conversation": "{GROUP}", "text": {DEEP}}}'),
        ("POST", "say", f'{{"as": "wang", "conversation": "{GROUP}", "msgtype": {{}}, "content": {{}}}}'),
        ("PUT", "state", f'{{"media": {{"a": {DEEP}}}}}'),
        ("POST", "run", f'{{"action": "replay", "recording": {DEEP}}}'),
    ],
)
async def test_a_wrong_order_is_refused_and_changes_nothing(
    sandbox: Control, method: str, path: str, text: str
) -> None:
    status, answer = await order(sandbox, method, path, text)
    assert (status, bool(json.loads(answer)["error"])) == (400, True)
    await looks_well(sandbox)


@pytest.mark.parametrize(
    "part",
    [
        {
            "messages": [
                {"seq": 1, "id": "m1", "at": 1, "conversationId": GROUP, "kind": "text", "body": None}
            ]
        },
        {"conversations": [{"conversationId": "c", "title": "t", "members": None, "corpId": "x"}]},
        {"templates": [{"templateId": "t", "privateKeys": 5}]},
        {"apps": [{"clientId": "a"}]},
        {"meter": {"month": "2026-01", "calls": {"GET /x": "many"}, "pushes": 0}},
        {"drive": {"spaces": [{"id": 7, "corpId": "c", "name": "n", "kind": "org", "creatorId": "w"}]}},
        {"cards": [{"outTrackId": "t", "templateId": "x", "clientId": "c", "params": {"title": 5}}]},
    ],
    ids=lambda part: next(iter(part)),
)
async def test_a_state_that_makes_no_sense_in_part_is_not_loaded_at_all(sandbox: Control, part: Json) -> None:
    before = await sandbox.ask("GET", "state")
    body = json.dumps({"people": [], "limits": {"latencyMs": 1}, **part})
    assert (await order(sandbox, "PUT", "state", body))[0] == 400
    after = await sandbox.ask("GET", "state")
    assert {**after, "clock": before["clock"]} == before
    await looks_well(sandbox)


async def test_permissions_are_a_list(sandbox: Control) -> None:
    assert (await order(sandbox, "PUT", f"apps/{CLIENT_ID}", '{"scopes": 5}'))[0] == 400
    await sandbox.ask("PUT", f"apps/{CLIENT_ID}", {"scopes": None})


async def test_a_wait_is_a_number(sandbox: Control) -> None:
    assert (await order(sandbox, "GET", "calls?wait=nan", ""))[0] == 400


def test_the_clock_ends_where_dates_end() -> None:
    clock = Clock()
    clock.advance(LATEST_S - clock.now() - 60)
    with pytest.raises(ValueError, match="2999"):
        clock.advance(120)
    assert clock.now() < LATEST_S


async def test_a_replay_that_leaves_the_calendar_ends(sandbox: Control) -> None:
    recording = {"version": 1, "state": {}, "orders": [], "endMs": 10**25}
    await sandbox.ask("POST", "run", {"action": "replay", "speed": 0, "recording": recording})
    ended = await sandbox.ask("GET", "run", wait=10)
    assert (ended["state"], ended["failed"]) == ("idle", "the clock ends with the year 2999")
    await looks_well(sandbox)


@pytest.mark.parametrize("buttons", ['{"msgButtons": 5}', '{"msgButtons": null}', "[" * 1020, "[1]", "5"])
async def test_a_card_with_odd_buttons_has_none(sandbox: Control, buttons: str) -> None:
    data = {"cardParamMap": {"title": "A", "sys_full_json_obj": buttons}}
    assert (await card(sandbox, cardData=data))[0] == 200
    await looks_well(sandbox)
    assert [m["buttons"] for m in await sandbox.read("wang", GROUP)] == [[]]


@pytest.mark.parametrize("recipients", [5, "wang,li", [{"a": 1}], [5], {"wang": 1}])
async def test_recipients_are_a_list_of_people(sandbox: Control, recipients: Json) -> None:
    model = {"robotCode": CLIENT_ID, "recipients": recipients}
    status, answer = await card(sandbox, imGroupOpenDeliverModel=model)
    assert (status, answer["code"]) == (400, "param.openDeliverModelError")
    await looks_well(sandbox)


async def send(sandbox: Control, param: str) -> int:
    body = {"robotCode": CLIENT_ID, "openConversationId": GROUP, "msgKey": "sampleText", "msgParam": param}
    status: int = (await call(sandbox, "POST", "/v1.0/robot/groupMessages/send", body))[0]
    return status


async def test_a_message_cannot_pass_for_another(sandbox: Control) -> None:
    false = {"from": {"userId": "wang"}, "id": 5, "seq": 0, "at": 0, "kind": "card", "visibleTo": ["li"]}
    assert await send(sandbox, json.dumps({"content": "hello", **false})) == 200
    await sandbox.ask(
        "POST",
        "say",
        {"as": "li", "conversation": GROUP, "msgtype": "text", "content": {"content": "hi", **false}},
    )
    sent, said = await sandbox.read("wang", GROUP)
    assert (sent["from"], sent["id"], sent["kind"]) == ({"robot": CLIENT_ID}, "m1", "text")
    assert (said["from"]["userId"], said["seq"], said["visibleTo"]) == ("li", 2, None)


async def test_a_person_sends_no_card(sandbox: Control) -> None:
    """Else they could show themselves one that is for others."""
    await card(sandbox, imGroupOpenDeliverModel={"robotCode": CLIENT_ID, "recipients": ["wang"]})
    shown = {"as": "li", "conversation": GROUP, "msgtype": "card", "content": {"outTrackId": "card-1"}}
    assert (await order(sandbox, "POST", "say", json.dumps(shown)))[0] == 400
    assert await sandbox.read("li", GROUP, wait_s=0) == []


@pytest.mark.parametrize("param", ['{"content": "x", "y": NaN}', f'{{"content": {DEEP}}}', "[" * 10_000])
async def test_whatever_an_application_sends_can_be_read(sandbox: Control, param: str) -> None:
    await send(sandbox, param)
    async with sandbox.http.post(f"{sandbox.url}/v1.0/robot/nothing", data=f'{{"a": {param}}}') as answer:
        assert answer.status == 404
    async with listening(sandbox) as robot:
        await robot.socket.send_str('{"code": 200, "headers": {"messageId": "x"}, "data": -Infinity}')
        await sandbox.ask("GET", "frames", wait=10, direction="in")
    await looks_well(sandbox)


@pytest.mark.parametrize(
    "body",
    [
        {"msgtype": {"a": 1}},
        {"msgtype": "feedCard", "feedCard": {"links": 5}},
        {"msgtype": "feedCard", "feedCard": {"links": [None]}},
        {"msgtype": "actionCard", "actionCard": {"title": "a", "text": "b", "btns": 5}},
        {"msgtype": "actionCard", "actionCard": {"title": "a", "text": "b", "btns": ["x"]}},
    ],
)
async def test_a_webhook_refuses_what_is_no_message(sandbox: Control, body: Json) -> None:
    async with listening(sandbox) as robot:
        await sandbox.say("wang", GROUP, "hello")
        url = json.loads((await robot.next())["data"])["sessionWebhook"]
    async with sandbox.http.post(url, json=body) as answer:
        assert (answer.status, (await answer.json())["errcode"] != 0) == (200, True)
    await looks_well(sandbox)


async def test_a_fault_makes_no_page_that_acts_as_ours(sandbox: Control) -> None:
    """An answer sent as a page may hold what it was asked; a link of another web page could ask it."""
    await sandbox.ask("POST", "faults", {"kind": "wrongContentType", "route": ""})
    async with sandbox.http.get(f"{sandbox.url}/v1.0/<img src=x onerror=alert(1)>") as answer:
        assert "<img" in await answer.text()
        assert answer.content_type == "text/html"
        assert "sandbox;" in answer.headers["Content-Security-Policy"]


def test_depth_is_counted_not_brackets() -> None:
    deepest = plainjson.DEEPEST
    assert plainjson.read("[" * deepest + "]" * deepest)
    assert len(plainjson.read(json.dumps([[]] * 500))) == 500
    with pytest.raises(ValueError, match="deep"):
        plainjson.read('{"a": ' + "[" * deepest + "]" * deepest + "}")


def test_what_is_written_is_json() -> None:
    cycle: list[Json] = []
    cycle.append(cycle)
    assert strict(plainjson.write({"a": [float("nan"), float("-inf"), 1.5]})) == {"a": ["nan", "-inf", 1.5]}
    assert strict(plainjson.write(cycle))
