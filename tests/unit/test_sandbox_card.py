"""Cards: what DingTalk refuses, who sees what, and what a click does."""

import asyncio
import json
from typing import Any

import pytest

from tests.conformance.control import Control
from tests.unit.sandbox_listener import CARD, call, card, listening, ticket

GROUP = "cidMarketing=="
Json = Any


def params(**values: Json) -> Json:
    return {"cardParamMap": values}


def asking(pull: Json) -> Json:
    """A card that asks for data in this way."""
    return {"dynamicDataSourceConfigs": [{"dynamicDataSourceId": "progress", "pullConfig": pull}]}


def every(seconds: str) -> Json:
    return {"pullStrategy": "INTERVAL", "interval": seconds, "timeUnit": "SECONDS"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outTrackId": ""}, "param.outTrackIdEmpty"),
        ({"outTrackId": "x" * 101}, "param.invalid"),
        ({"cardTemplateId": None}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "unknown.schema"}, "param.templateNotExist"),
        ({"cardTemplateId": "sandbox-draft.schema"}, "param.templateUnpublished"),
        ({"cardData": None}, "param.cardPublicDataEmpty"),
        ({"cardData": params(title=7)}, "param.invalid"),
        ({"cardData": params(title="长" * 342)}, "param.invalid"),
        ({"cardData": params(**{"k" * 101: "v"})}, "param.invalid"),
        ({"cardData": params(**{f"k{n}": "v" * 1024 for n in range(100)})}, "param.invalid"),
        ({"privateData": {"nobody": params(a="b")}}, "param.userIdNotExist"),
        ({"openSpaceId": None}, "param.openSpaceIdEmpty"),
        ({"openSpaceId": "IM_GROUP.cidMarketing=="}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//MOON.cidMarketing=="}, "param.openSpaceIdInvalid"),
        ({"imGroupOpenDeliverModel": None}, "param.openDeliverModelEmpty"),
        ({"imGroupOpenDeliverModel": {}}, "param.openDeliverModelError"),
        ({"imGroupOpenSpaceModel": "yes"}, "param.openSpaceModelInvalid"),
        ({"openDynamicDataConfig": {"dynamicDataSourceConfigs": [{}]}}, "param.dynamicSourceIdEmpty"),
        ({"openDynamicDataConfig": "progress"}, "param.dynamicSourceIdEmpty"),
        ({"openDynamicDataConfig": asking("now")}, "param.dynamicDataPullConfigEmpty"),
        ({"openDynamicDataConfig": asking(every("²"))}, "param.dynamicDataPullIntervalInvalid"),
        ({"openDynamicDataConfig": asking(every("9" * 400))}, "param.dynamicDataPullIntervalInvalid"),
    ],
)
async def test_a_card_that_is_refused(sandbox: Control, changes: Json, code: str) -> None:
    status, body = await card(sandbox, **changes)
    assert (status, body["code"]) == (400, code)
    assert await sandbox.read("wang", GROUP, wait_s=0) == []


async def test_the_same_track_id_makes_no_second_card(sandbox: Control) -> None:
    assert (await card(sandbox))[0] == 200
    status, body = await card(sandbox)
    assert (status, body["code"]) == (400, "param.cardAlreadyExist")
    assert len(await sandbox.read("wang", GROUP)) == 1


@pytest.mark.parametrize(
    ("space", "model"),
    [
        ("IM_GROUP.cidNowhere==", {}),
        ("IM_GROUP.cidQuiet==", {}),
        ("IM_GROUP.cidMarketing==", {"imGroupOpenDeliverModel": {"robotCode": "another"}}),
        ("IM_GROUP.cidMarketing==", {"imGroupOpenSpaceModel": None}),
        ("IM_ROBOT.nobody", {}),
        ("IM_ROBOT.sun", {}),
    ],
)
async def test_an_answer_that_succeeds_may_hide_a_card_nobody_sees(
    sandbox: Control, space: str, model: Json
) -> None:
    status, body = await card(sandbox, openSpaceId=f"dtv1.card//{space}", **model)
    (result,) = body["result"]["deliverResults"]
    assert (status, body["success"], result["success"]) == (200, True, False)
    assert result["errorMsg"]


async def test_one_card_may_go_to_several_places(sandbox: Control) -> None:
    space = "dtv1.card//IM_GROUP.cidMarketing==;im_robot.li"
    _, body = await card(sandbox, openSpaceId=space)
    assert [r["success"] for r in body["result"]["deliverResults"]] == [True, True]
    assert [m["kind"] for m in await sandbox.read("li", "one:li")] == ["card"]


async def test_recipients_and_private_data(sandbox: Control) -> None:
    deliver = {"robotCode": "dingsandbox", "recipients": ["wang", "li"]}
    await card(sandbox, imGroupOpenDeliverModel=deliver, privateData={"li": params(title="for li")})
    assert (await sandbox.read("wang", GROUP))[0]["params"]["title"] == "A"
    assert (await sandbox.read("li", GROUP))[0]["params"]["title"] == "for li"
    assert await sandbox.read("zhao", GROUP, wait_s=0) == []


async def test_a_template_may_declare_what_is_private(sandbox: Control) -> None:
    template = {"templateId": "own.schema", "privateKeys": ["tips"]}
    await sandbox.ask("POST", "templates", template)
    private = {"wang": params(title="not shown", tips="shown")}
    await card(sandbox, cardTemplateId="own.schema", privateData=private)
    seen = (await sandbox.read("wang", GROUP))[0]["params"]
    assert (seen["title"], seen["tips"]) == ("A", "shown")


@pytest.mark.parametrize(("by_key", "title"), [(True, "A"), (False, None)])
async def test_an_update_replaces_unless_it_goes_by_key(
    sandbox: Control, by_key: bool, title: str | None
) -> None:
    await card(sandbox)
    (shown,) = await sandbox.read("wang", GROUP)
    update = {"outTrackId": "card-1", "cardData": params(tips="new")}
    options = {"updateCardDataByKey": by_key}
    assert (await call(sandbox, "PUT", "/v1.0/card/instances", {**update, "cardUpdateOptions": options}))[
        0
    ] == 200
    (changed,) = await sandbox.read("wang", GROUP, after=shown["seq"])
    assert (changed["id"], changed["revision"]) == (shown["id"], 2)
    assert (changed["params"].get("title"), changed["params"]["tips"]) == (title, "new")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"outTrackId": "card-1"}, "param.cardDataAndPrivateDataBothEmpty"),
        ({"outTrackId": "unknown", "cardData": params(a="b")}, "param.cardNotExist"),
        ({"cardData": params(a="b")}, "param.outTrackIdEmpty"),
    ],
)
async def test_an_update_that_is_refused(sandbox: Control, body: Json, code: str) -> None:
    await card(sandbox)
    status, answer = await call(sandbox, "PUT", "/v1.0/card/instances", body)
    assert (status, answer["code"]) == (400, code)


async def test_created_first_delivered_later(sandbox: Control) -> None:
    body = {
        "cardTemplateId": "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema",
        "outTrackId": "later",
        "cardData": params(title="A"),
    }
    assert (await call(sandbox, "POST", "/v1.0/card/instances", body))[1] == {
        "success": True,
        "result": "later",
    }
    spaces = {"outTrackId": "later", "imRobotOpenSpaceModel": {"supportForward": False}}
    assert (await call(sandbox, "PUT", "/v1.0/card/instances/spaces", spaces))[1]["result"] is True
    deliver = {
        "outTrackId": "later",
        "openSpaceId": "dtv1.card//IM_ROBOT.wangUnionId",
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
        "userIdType": 2,
    }
    _, answer = await call(sandbox, "POST", "/v1.0/card/instances/deliver", deliver)
    assert answer["result"][0]["success"]
    assert (await sandbox.read("wang", "one:wang"))[0]["params"] == {"title": "A"}


async def click(sandbox: Control, answer: Json, code: int = 200, **more: Json) -> tuple[Json, Json]:
    """Presses `ok` as wang; the robot answers with `answer`. What the robot and the presser saw."""
    async with listening(sandbox) as robot, asyncio.TaskGroup() as tasks:
        pressing = tasks.create_task(sandbox.press("wang", "card-1", "ok", **more))
        data = await robot.answered({"response": answer}, code)
    return data, pressing.result()


async def test_a_click_changes_the_card_for_all_and_for_one(sandbox: Control) -> None:
    await card(sandbox)
    answer = {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "cardData": params(tips="done"),
        "userPrivateData": params(title="yours"),
    }
    data, pressed = await click(sandbox, answer)
    assert pressed["ok"]
    assert json.loads(data["content"])["cardPrivateData"]["params"] == {"id": "ok"}
    assert (data["userId"], data["corpId"], data["spaceId"]) == ("wang", "dingcorpsandbox", GROUP)
    mine, theirs = [(await sandbox.read(who, GROUP))[0]["params"] for who in ("wang", "li")]
    assert (mine["title"], mine["tips"]) == ("yours", "done")
    assert (theirs["title"], theirs["tips"]) == ("A", "done")


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        ("actionIds", {"actionIds": ["ok"], "params": {"x": 1}}),
        ("both", {"actionIds": ["ok"], "params": {"id": "ok", "x": 1}}),
    ],
)
async def test_a_click_comes_in_several_shapes(sandbox: Control, shape: str, content: Json) -> None:
    await card(sandbox)
    data, _ = await click(sandbox, {}, shape=shape, params={"x": 1})
    assert json.loads(data["content"])["cardPrivateData"] == content


@pytest.mark.parametrize(
    ("answer", "code", "error"),
    [({}, 500, "refused"), ({"cardData": params(title="长" * 400)}, 200, "badAnswer")],
)
async def test_a_click_answered_badly_fails_visibly(
    sandbox: Control, answer: Json, code: int, error: str
) -> None:
    await card(sandbox)
    _, pressed = await click(sandbox, answer, code)
    assert not pressed["ok"]
    assert pressed["error"].startswith(error)
    assert (await sandbox.read("wang", GROUP))[0]["revision"] == 1


async def test_a_click_without_answer_fails_in_time(sandbox: Control) -> None:
    await sandbox.limits(callbackSeconds=0.05)
    await card(sandbox)
    async with listening(sandbox):
        pressed = await sandbox.press("wang", "card-1", "ok")
    assert pressed["error"].startswith("timeout")
    assert 40 <= pressed["elapsedMs"] < 1900


async def test_an_answer_after_the_click_failed_is_told_from_one_in_time(sandbox: Control) -> None:
    await card(sandbox)
    await click(sandbox, {})
    await sandbox.limits(callbackSeconds=0.01)
    async with listening(sandbox) as robot:
        assert not (await sandbox.press("wang", "card-1", "ok"))["ok"]
        await robot.answered({"response": {"cardData": params(title="late")}})
        found = await sandbox.ask("GET", "frames", type="CALLBACK", acked="true", wait=5, after=2)
    assert found["frames"]
    answers = [f["note"] for f in (await sandbox.ask("GET", "frames"))["frames"] if f["direction"] == "in"]
    assert answers == ["", "too late: the presser was told that it failed"]
    assert (await sandbox.read("wang", GROUP))[0]["params"]["title"] == "A"


async def test_what_cannot_be_pressed(sandbox: Control) -> None:
    await card(sandbox)
    await card(sandbox, "mute", callbackType=None)
    opened = await ticket(sandbox, "dingsandbox", "sandbox-secret", ("EVENT", "*"))
    async with sandbox.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}"):
        for who, track, button, error in (
            ("wang", "unknown", "ok", "unknownCard"),
            ("alice", "card-1", "ok", "notVisible"),
            ("wang", "card-1", "else", "unknownButton"),
            ("wang", "mute", "ok", "noCallback"),
            ("wang", "card-1", "ok", "notConnected"),
        ):
            assert (await sandbox.press(who, track, button))["error"].startswith(error)


async def test_a_forced_click_reaches_the_robot_though_there_is_no_card(sandbox: Control) -> None:
    async with listening(sandbox) as robot, asyncio.TaskGroup() as tasks:
        forced = {"force": True, "overrides": {"corpId": "dingforeign"}}
        pressing = tasks.create_task(sandbox.press("wang", "unknown", "ok", **forced))
        frame = await robot.next()
        await robot.answer(frame, {"response": {"cardData": params(title="x")}})
    assert frame["headers"]["topic"] == CARD
    assert json.loads(frame["data"])["corpId"] == "dingforeign"
    assert pressing.result()["ok"]


async def test_updating_a_card_inside_its_callback_is_a_violation(sandbox: Control) -> None:
    await card(sandbox)
    async with listening(sandbox) as robot, asyncio.TaskGroup() as tasks:
        tasks.create_task(sandbox.press("wang", "card-1", "ok"))
        frame = await robot.next()
        update = {"outTrackId": "card-1", "cardData": params(title="B")}
        assert (await call(sandbox, "PUT", "/v1.0/card/instances", update))[0] == 200
        await robot.answer(frame, {"response": {}})
    (violation,) = (await sandbox.ask("GET", "state"))["violations"]
    assert "card-1" in violation
    assert (await call(sandbox, "PUT", "/v1.0/card/instances", update))[0] == 200
    assert len((await sandbox.ask("GET", "state"))["violations"]) == 1
