"""How far a job is: told on its cards while that is worth a call, or asked for by the cards themselves; and Stop."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

from bot.deletion import progress
from bot.models import RequestState
from tests.conformance.control import CORP_ID
from tests.integration.approvals import asked, now, tips, title
from tests.integration.deletions import DELETED, account, ask, delete, failed, files, last_call, struck
from tests.integration.office import MARKETING, REMOVE, Json, Message, Office

UPDATE = "PUT /v1.0/card/instances"
BY_LI: list[dict[str, Any]] = [{"name": "Li", "answer": "approve", "from": ["user:li"]}]


async def many(office: Office, count: int = 220, *, say: str = "rm") -> Message:
    """A card about so many files."""
    names = await files(office, *(f"{n:03}" for n in range(count)))
    return await office.say("wang", " ".join([say, *names]))


async def held(office: Office, seconds: float) -> str:
    """From now on deletions are answered late; the fault's id."""
    fault = await office.control.ask("POST", "faults", {"route": REMOVE, "delayMs": int(seconds * 1000)})
    return str(fault["id"])


def updates(calls: list[Json], card: Message) -> list[Json]:
    """The calls that changed this card, in order."""
    mine = [
        call for call in calls if f"{call['method']} {call['route']}" == UPDATE or call["route"] == UPDATE
    ]
    return [call for call in mine if call["request"]["outTrackId"] == card["outTrackId"]]


def tip(call: Json) -> str:
    return str(call["request"]["cardData"]["cardParamMap"]["tips"])


def buttons(pressed: Json) -> list[str]:
    """What the answer to a click gives the card."""
    params = pressed["response"]["cardData"]["cardParamMap"]
    return [button["text"] for button in json.loads(params["sys_full_json_obj"])["msgButtons"]]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> float:
    """Everything is told much sooner than to people."""
    monkeypatch.setattr(progress, "EVERY_S", 0.1)
    monkeypatch.setattr(progress, "WORTH_S", 0.0)
    return 0.1


async def test_a_long_job_is_told_now_and_then_and_its_end_last(office: Office, soon: float) -> None:
    async with office.robot() as app:
        card = await many(office, 600)
        await held(office, 0.1)
        before = await last_call(office)
        pressed = await office.press("wang", card, "confirm")
        assert buttons(pressed) == ["Details", "Stop"], "at once, and a press works"
        await office.until("wang", MARKETING, card["seq"], lambda m: _is_told(m, card, "about"))
        told = await account(office, app.store, card, after_call=before)
        assert told.said == {DELETED}
        *under_way, last = updates(told.calls, card)
        assert 1 <= len(under_way) <= 10
        done = [int(tip(call).split()[0].replace(",", "")) for call in under_way]
        assert done == sorted(set(done)), "each says more than the one before"
        assert all("of 600 items done, about" in tip(call) for call in under_way)
        gaps_ms = [after["at"] - earlier["at"] for earlier, after in pairwise(under_way)]
        assert all(gap >= soon * 1000 - 1 for gap in gaps_ms)
        assert tip(last) == "", "what is shown last is the end"
        final = await now(office, "wang", card)
        assert "done" in final["params"]["markdown"]
        assert (final["params"]["tips"], final["buttons"]) == ("", [])


async def test_a_short_job_is_told_by_its_end_alone(office: Office) -> None:
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, *(f"{n:03}" for n in range(60))))
        assert len([call for call in told.calls if call["route"] == UPDATE]) == 1


async def test_approvers_see_how_far_it_is(office: Office, soon: float) -> None:
    async with office.robot(rules=BY_LI) as app:
        names = await files(office, *(f"{n:03}" for n in range(220)))
        two = await asked(office, " ".join(["删除", *names]))
        await held(office, 0.3)
        before = await last_call(office)
        pressed = await office.press("li", two.approval, "approve")
        assert buttons(pressed) == []
        await account(office, app.store, two.card, after_call=before)
        await office.until(
            "li", "one:li", 0, lambda m: m.get("outTrackId") == two.approval["outTrackId"] and _ended(m)
        )
        calls = (await office.control.ask("GET", "calls", after=before))["calls"]
        for card in (two.card, two.approval):
            under_way = [tip(call) for call in updates(calls, card) if tip(call)]
            assert any("/ 220 项，大约还要" in text for text in under_way), under_way


def _is_told(message: Message, card: Message, part: str) -> bool:
    """How far it is, also to whoever has pressed and was told something alone."""
    return message.get("outTrackId") == card["outTrackId"] and part in message["params"]["tips"]


def _ended(message: Message) -> bool:
    return "✅" in message["params"]["markdown"]


async def test_stop_is_answered_with_a_card_that_stops(office: Office) -> None:
    async with office.robot() as app:
        card = await many(office, 220, say="删除")
        fault = await held(office, 0.5)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, fault, 2)
        stopped = await office.press("wang", card, "cancel")
        assert title(stopped).startswith("正在停止删除，共 220 项")
        assert buttons(stopped) == []
        params = stopped["response"]["cardData"]["cardParamMap"]
        assert "⏹ **王小明**" in params["markdown"]
        assert "正在停止" in params["markdown"]
        assert "做完手头的就停，不再开始新的" in params["tips"]
        again = await office.press("wang", card, "cancel", force=True)
        assert "正在停止" in tips(again), "not that it cannot be stopped"
        told = await account(office, app.store, card)
        assert told.said == {DELETED, failed("stopped")}
        assert (await now(office, "wang", card))["params"]["tips"] == "", "nothing stops any more"
        assert not [m for m in await office.control.read("wang", "one:wang", wait_s=0) if "停" in str(m)]


async def test_stop_before_it_has_begun_deletes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card offers it at once, so it must hold at once."""
    async with office.robot() as app:
        card = await many(office, 60)
        monkeypatch.setattr(app.services.lifecycle, "begin", lambda request: None)  # it waits for its turn
        assert buttons(await office.press("wang", card, "confirm")) == ["Details", "Stop"]
        stopped = await office.press("wang", card, "cancel")
        assert "nothing was deleted" in stopped["response"]["cardData"]["cardParamMap"]["markdown"]
        await app.services.lifecycle.heal()
        request = await app.store.requests.by_card(card["outTrackId"])
        assert request
        assert request.state is RequestState.CANCELLED
        assert not await office.calls(REMOVE)


async def test_who_stopped_it_is_told_and_not_who_approved(office: Office) -> None:
    """A job that was told to stop before its first call went."""
    async with office.robot(rules=BY_LI):
        names = await files(office, *(f"{n:03}" for n in range(60)))
        two = await asked(office, " ".join(["删除", *names]))
        fault = await office.control.fault(REMOVE, 409, "operationConcurrentControl")
        assert (await office.press("li", two.approval, "approve"))["ok"]
        await struck(office, fault, 1)
        said = await office.say("wang", f"取消 {two.request_id}")
        assert "正在停止" in said["text"]
        final = await office.until(
            "wang",
            MARKETING,
            two.card["seq"],
            lambda m: m.get("outTrackId") == two.card["outTrackId"] and "已取消" in m["params"]["title"],
        )
        assert "**王小明**" in final["params"]["markdown"].splitlines()[-1]
        assert "李经理" in final["params"]["markdown"], "and who had approved"


async def test_a_job_that_rests_and_was_told_to_stop_ends_also_after_a_crash(office: Office) -> None:
    """Between the wish and its going on to end there are two steps."""
    async with office.robot() as app:
        card = await many(office, 60)
        await office.control.fault(REMOVE, 403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
        assert (await office.press("wang", card, "confirm"))["ok"]
        await office.until("wang", MARKETING, card["seq"], lambda m: "is paused" in m.get("text", ""))
        request = await app.store.requests.by_card(card["outTrackId"])
        assert request
        assert await app.store.jobs.ask_stop(request.id, request.requester, at=app.services.clock())
        await app.services.lifecycle.end_rests()
        await office.until(
            "wang",
            MARKETING,
            card["seq"],
            lambda m: m.get("outTrackId") == card["outTrackId"] and "Cancelled" in m["params"]["title"],
        )


async def test_typed_forms_say_the_same(office: Office) -> None:
    async with office.robot() as app:
        card = await many(office, 120)
        request = await app.store.requests.by_card(card["outTrackId"])
        assert request
        fault = await held(office, 0.5)
        said = await office.say("wang", f"confirm {request.id} {request.nonce}")
        assert f"To stop half-way, send cancel {request.id}" in said["text"]
        await struck(office, fault, 2)
        assert "stops: what is under way" in (await office.say("wang", f"cancel {request.id}"))["text"]
        assert "stops: what is under way" in (await office.say("wang", f"cancel {request.id}"))["text"]
        await account(office, app.store, card)


async def test_telling_that_fails_is_nothing_to_the_job(
    office: Office, soon: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office.robot() as app:
        card = await many(office, 120)
        failing = asyncio.Event()

        async def broken(*_: object, **__: object) -> None:
            failing.set()
            raise RuntimeError("told to fail")

        monkeypatch.setattr(app.services.announcer, "under_way", broken)
        await held(office, 0.3)
        assert (await office.press("wang", card, "confirm"))["ok"]
        told = await account(office, app.store, card)
        assert failing.is_set()
        assert told.said == {DELETED}


async def test_cards_that_ask_by_themselves_cost_no_call(office: Office, soon: float) -> None:
    async with office.robot(progress_source="progress") as app:
        card = await many(office, 220)
        made = (await office.calls("createAndDeliver"))[-1]["request"]
        assert made["openDynamicDataConfig"]["dynamicDataSourceConfigs"] == [
            {
                "dynamicDataSourceId": "progress",
                "pullConfig": {"pullStrategy": "INTERVAL", "interval": 10, "timeUnit": "SECONDS"},
            }
        ]
        fault = await held(office, 0.3)
        before = await last_call(office)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, fault, 3)
        await office.control.advance(10)
        shown = await office.until(
            "wang", MARKETING, 0, lambda m: "of 220 items done" in m.get("params", {}).get("progress", "")
        )
        assert shown["dynamic"] == ["progress"]
        assert shown["params"]["tips"] == "", "it is told once"
        told = await account(office, app.store, card, after_call=before)
        assert len(updates(told.calls, card)) == 1
        rendered = await office.control.ask(
            "POST", "render", {"as": "wang", "outTrackId": card["outTrackId"]}
        )
        assert _data(rendered) == {"progress": ""}, "it is over"


def _data(rendered: Json) -> Json:
    (answer,) = rendered["response"]["dataSourceQueryResponses"]
    assert (answer["dynamicDataSourceId"], answer["dynamicDataValueType"]) == ("progress", "OBJECT")
    return json.loads(answer["data"])


async def test_a_card_of_a_short_job_asks_nothing(office: Office) -> None:
    async with office.robot(progress_source="progress"):
        await ask(office, "/report.pdf")
        assert "openDynamicDataConfig" not in (await office.calls("createAndDeliver"))[-1]["request"]


OTHERS: dict[str, Json] = {
    "another organisation": {"corpId": "dingother"},
    "no card of ours": {"outTrackId": "dingsweep.request.NONE.00000000"},
    "another source": {"content": '{"dynamicDataSourceQueryRequests": [{"dynamicDataSourceId": "another"}]}'},
    "no JSON": {"content": "no JSON"},
    "no list": {"content": '{"dynamicDataSourceQueryRequests": 3}'},
    "nobody": {"userId": ""},
}


async def test_others_are_answered_nothing(office: Office) -> None:
    async with office.robot(progress_source="progress") as app:
        card = await many(office, 51)
        ours = {
            "type": "dynamicDataCallback",
            "corpId": CORP_ID,
            "userId": "wang",
            "outTrackId": card["outTrackId"],
            "content": '{"dynamicDataSourceQueryRequests": [{"dynamicDataSourceId": "progress"}]}',
        }
        headers = {
            "messageId": "m1",
            "topic": "/v1.0/card/instances/callback",
            "contentType": "application/json",
        }
        frame = {"type": "CALLBACK", "headers": headers, "specVersion": "1.0"}
        answers = {}
        for name, changed in {"ours": {}, **OTHERS}.items():
            answer = await app.stream.answer(frame | {"data": json.dumps(ours | changed)})
            assert answer
            answers[name] = answer.data["response"]
        assert "dataSourceQueryResponses" in answers.pop("ours")
        assert answers == {name: {} for name in OTHERS}
