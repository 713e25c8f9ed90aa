"""People who change: what is told of them afterwards, what applications hear, what becomes of their clicks."""

import asyncio
import json
from typing import Any

import pytest

from sandbox.server import Server
from tests.conformance.control import Control
from tests.unit.sandbox_listener import Listener, call, card, listening

GROUP = "cidMarketing=="
SUITE = ("suitesandbox", "suite-secret")
SPACE = "24010001"
Json = Any


async def change(sandbox: Control, who: str, **changes: Json) -> Json:
    return await sandbox.ask("POST", f"people/{who}", changes)


async def ask(sandbox: Control, path: str, **body: Json) -> Json:
    """The answer of an old interface."""
    query = {"access_token": await sandbox.token()}
    return (await call(sandbox, "POST", f"/topapi/{path}", body, **query))[1]


async def events(robot: Listener, count: int) -> dict[str, Json]:
    """The next events, by type."""
    heard: dict[str, Json] = {}
    for _ in range(count):
        frame = await robot.next()
        await robot.answer(frame, {"status": "SUCCESS"})
        heard[frame["headers"]["eventType"]] = json.loads(frame["data"])
    assert len(heard) == count
    return heard


async def test_a_change_is_seen_at_once(sandbox: Control) -> None:
    changed = await change(
        sandbox,
        "zhao",
        name="Zhao",
        title="Lead",
        managerUserId="admin",
        departments=[20],
        roles=[1002],
        admin=True,
    )
    assert (changed["name"], changed["roles"]) == ("Zhao", [1002])
    zhao = (await ask(sandbox, "v2/user/get", userid="zhao"))["result"]
    assert (zhao["name"], zhao["title"], zhao["manager_userid"]) == ("Zhao", "Lead", "admin")
    assert (zhao["dept_id_list"], [r["id"] for r in zhao["role_list"]], zhao["admin"]) == ([20], [1002], True)
    listed = (await ask(sandbox, "user/listadmin"))["result"]
    assert listed == [{"userid": "zhao", "sys_level": 1}, {"userid": "admin", "sys_level": 2}]
    holders = (await ask(sandbox, "role/simplelist", role_id=1002))["result"]["list"]
    assert [each["userid"] for each in holders] == ["li", "zhao"]
    await change(sandbox, "zhao", managerUserId="", roles=[])
    zhao = (await ask(sandbox, "v2/user/get", userid="zhao"))["result"]
    assert ("manager_userid" in zhao, zhao["role_list"]) == (False, [])


@pytest.mark.parametrize(
    ("who", "wrong"),
    [
        ("nobody", {"name": "x"}),
        ("zhao", {"name": 7}),
        ("zhao", {"name": "x", "departments": [99]}),
        ("zhao", {"name": "x", "roles": [99]}),
        ("zhao", {"name": "x", "managerUserId": "nobody"}),
        ("zhao", {"name": "x", "left": "yes"}),
        ("zhao", {"name": "x", "salary": 1}),
    ],
)
async def test_a_change_that_makes_no_sense_changes_nothing(sandbox: Control, who: str, wrong: Json) -> None:
    before = await sandbox.people()
    with pytest.raises(AssertionError, match=f"people/{who}: 400"):
        await change(sandbox, who, **wrong)
    assert await sandbox.people() == before


async def test_the_application_hears_what_the_pages_say(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        await change(sandbox, "li", name="Li", roles=[1001], admin=True)
        heard = await events(robot, 3)
        diff = {
            "prev": {"name": "李经理", "managerUserid": "admin"},
            "curr": {"name": "Li", "managerUserid": "admin"},
            "userid": "li",
        }
        modified = heard["user_modify_org"]
        assert (modified["userId"], modified["diffInfo"]) == (["li"], diff)
        assert heard["label_user_change"] == {
            "userIdList": ["li"],
            "action": "remove",
            "labelIdList": [1002],
        }
        assert heard["org_admin_add"]["userId"] == ["li"]
        assert heard["org_admin_add"]["timeStamp"].isdigit()
        await change(sandbox, "li", admin=False, roles=[1001, 1002])
        heard = await events(robot, 2)
        assert heard["label_user_change"]["action"] == "add"
        assert heard["org_admin_remove"]["userId"] == ["li"]
        await change(sandbox, "li", left=True, name="gone")
        assert (await events(robot, 1))["user_leave_org"]["userId"] == ["li"]
        await change(sandbox, "li", name="still gone", admin=True, departments=[20])
        await change(sandbox, "li", left=False)
        assert (await events(robot, 1))["user_add_org"]["userId"] == ["li"]


async def test_a_third_party_hears_it_in_other_words(sandbox: Control) -> None:
    async with listening(sandbox, *SUITE) as suite:
        assert (await suite.next())["headers"]["eventType"] == "suite_ticket"
        await change(sandbox, "li", title="Boss", departments=[10, 20], admin=True)
        heard = await events(suite, 3)
        assert heard["user_modify_org"] == heard["user_dept_change"] == heard["user_role_change"]
        li = heard["user_modify_org"]
        assert (li["userid"], li["unionid"], li["position"]) == ("li", "liUnionId", "Boss")
        assert (li["department"], li["isLeaderInDepts"], li["isAdmin"]) == (
            [10, 20],
            "{10:true,20:false}",
            True,
        )
        await change(sandbox, "li", left=True)
        left = (await events(suite, 1))["user_leave_org"]
        assert (left["userId"], left["unionid"]) == ("li", "liUnionId")
        await change(sandbox, "li", left=False)
        assert (await events(suite, 1))["user_add_org"]["userid"] == "li"


async def test_nothing_is_told_when_nothing_changes_or_elsewhere(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        await change(sandbox, "li", name="李经理", roles=[1001, 1002], left=False)
        await change(sandbox, "sun", name="Sun", left=True)
        await change(sandbox, "zhao", admin=True)
        assert (await events(robot, 1)).keys() == {"org_admin_add"}


async def test_who_has_left_is_nobody_any_more(sandbox: Control) -> None:
    await change(sandbox, "li", left=True)
    assert (await ask(sandbox, "v2/user/get", userid="li"))["errcode"] == 33012
    assert (await ask(sandbox, "user/getbyunionid", unionid="liUnionId"))["errcode"] == 60121
    assert (await ask(sandbox, "v2/department/listparentbyuser", userid="li"))["errcode"] == 33012
    department = (await ask(sandbox, "v2/department/get", dept_id=10))["result"]
    assert (department["dept_manager_userid_list"], department["member_count"]) == ([], 3)
    page = (await ask(sandbox, "role/simplelist", role_id=1001, size=1))["result"]
    assert (page["hasMore"], [each["userid"] for each in page["list"]]) == (False, ["admin"])
    await change(sandbox, "admin", left=True)
    assert (await ask(sandbox, "user/listadmin"))["result"] == []


async def test_nothing_reaches_who_has_left_and_nothing_is_done_in_their_name(sandbox: Control) -> None:
    await change(sandbox, "li", left=True)
    _, answer = await card(sandbox, openSpaceId="dtv1.card//IM_ROBOT.li;IM_ROBOT.wang")
    assert [r["success"] for r in answer["result"]["deliverResults"]] == [False, True]
    status, refused = await card(sandbox, "card-2", privateData={"li": {"cardParamMap": {}}})
    assert (status, refused["code"]) == (400, "param.userIdNotExist")
    body = {"robotCode": "dingsandbox", "msgKey": "sampleText", "msgParam": '{"content": "x"}'}
    path = "/v1.0/robot/oToMessages/batchSend"
    _, sent = await call(sandbox, "POST", path, {**body, "userIds": ["li", "wang"]})
    assert sent["invalidStaffIdList"] == ["li"]
    path = f"/v1.0/storage/spaces/{SPACE}/dentries"
    status, refused = await call(sandbox, "GET", path, unionId="liUnionId", parentId="0")
    assert (status, refused["code"]) == (400, "paramError")
    for conversation in (GROUP, "one:li"):
        with pytest.raises(AssertionError, match="say: 400"):
            await sandbox.say("li", conversation, "hello?")


async def test_their_clicks_must_be_forged(sandbox: Control) -> None:
    space = "dtv1.card//IM_GROUP.cidMarketing==;IM_ROBOT.li"
    await card(sandbox, openSpaceId=space)
    await change(sandbox, "li", left=True)
    async with listening(sandbox) as robot:
        pressed = await sandbox.press("li", "card-1", "ok")
        assert pressed["error"].startswith("notVisible: li has left")
        pressing = sandbox.press("li", "card-1", "ok", force=True)
        data = await forged(robot, pressing)
        assert (data["userId"], data["outTrackId"], data["spaceId"]) == ("li", "card-1", "cidOneli==")


async def forged(robot: Listener, pressing: Any) -> Json:
    """What the application got of a click, which it answers."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(pressing)
        data = await robot.answered({"response": None})
    assert task.result()["ok"]
    return data


async def test_who_comes_back_is_where_they_were(sandbox: Control) -> None:
    before = (await sandbox.ask("GET", "state"))["conversations"]
    gone = await change(sandbox, "li", left=True)
    assert (gone["left"], gone["wasIn"]) == (True, [GROUP, "cidQuiet=="])
    groups = (await sandbox.ask("GET", "state"))["conversations"]
    assert not [g for g in groups if "li" in g["members"]]
    assert (await change(sandbox, "li", left=False))["wasIn"] == []
    after = (await sandbox.ask("GET", "state"))["conversations"]
    assert [{*g["members"]} for g in after] == [{*g["members"]} for g in before]
    assert (await ask(sandbox, "v2/user/get", userid="li"))["result"]["name"] == "李经理"
    assert (await sandbox.say("li", GROUP, "back"))["seq"]


async def test_a_saved_state_knows_who_has_left(sandbox: Control) -> None:
    await change(sandbox, "li", left=True)
    state = await sandbox.ask("GET", "state")
    async with Server() as server:
        other = Control(sandbox.http, server.url)
        await other.ask("PUT", "state", state)
        assert (await other.people())["li"]["left"] is True
        await change(other, "li", left=False)
        assert await other.read("li", GROUP, wait_s=0) == []


async def test_a_run_replays_who_left(sandbox: Control) -> None:
    await sandbox.ask("POST", "run", {"action": "record"})
    await change(sandbox, "li", left=True)
    recording = await sandbox.ask("POST", "run", {"action": "stop"})
    await change(sandbox, "li", left=False)
    await sandbox.ask("POST", "run", {"action": "replay", "recording": recording, "speed": 0})
    assert (await sandbox.ask("GET", "run", wait=10))["state"] == "idle"
    assert (await sandbox.people())["li"]["left"] is True
