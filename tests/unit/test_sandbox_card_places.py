"""One card in several places: every copy changes with it, and a click says in which of them it was."""

import asyncio
from typing import Any

import pytest

from tests.conformance.control import CLIENT_ID, Control
from tests.unit.sandbox_listener import call, card, listening

GROUP = "cidMarketing=="
PEOPLE = "dtv1.card//IM_ROBOT.li;IM_ROBOT.admin"
DELIVER = "/v1.0/card/instances/deliver"
Json = Any


async def deliver(sandbox: Control, space: str, **models: Json) -> list[bool]:
    """Shows card-1 in more places; which of them it reached."""
    usual = {"imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"}}
    body = {"outTrackId": "card-1", "openSpaceId": f"dtv1.card//{space}", **usual, **models}
    status, answer = await call(sandbox, "POST", DELIVER, body)
    assert status == 200
    return [result["success"] for result in answer["result"]]


async def click(sandbox: Control, who: str, **more: Json) -> Json:
    """Presses the button; what the application got of it, None when it got nothing."""
    async with listening(sandbox) as robot, asyncio.TaskGroup() as tasks:
        pressing = tasks.create_task(sandbox.press(who, "card-1", "ok", **more))
        data = await robot.answered({"response": None})
    assert pressing.result()["ok"]
    return data


async def titles(sandbox: Control, *places: tuple[str, str]) -> list[list[str]]:
    """What the cards in each (person, conversation) are called."""
    seen = [await sandbox.read(who, where, wait_s=0) for who, where in places]
    return [[message["params"]["title"] for message in messages] for messages in seen]


async def rename(sandbox: Control, title: str) -> None:
    body = {
        "outTrackId": "card-1",
        "cardData": {"cardParamMap": {"title": title}},
        "cardUpdateOptions": {"updateCardDataByKey": True},
    }
    assert (await call(sandbox, "PUT", "/v1.0/card/instances", body))[0] == 200


async def test_one_call_reaches_several_people_and_fails_for_each_by_itself(sandbox: Control) -> None:
    _, answer = await card(sandbox, openSpaceId=f"{PEOPLE};IM_ROBOT.nobody")
    results = answer["result"]["deliverResults"]
    told = [(r["spaceType"], r["spaceId"], r["success"]) for r in results]
    assert told == [
        ("IM_ROBOT", "li", True),
        ("IM_ROBOT", "admin", True),
        ("IM_ROBOT", "nobody", False),
    ]
    assert len({r["carrierId"] for r in results[:2]}) == 2


async def test_every_copy_changes_with_the_card_also_those_delivered_later(sandbox: Control) -> None:
    await card(sandbox, openSpaceId=PEOPLE)
    assert await deliver(sandbox, "IM_ROBOT.zhao") == [True]
    group = {"robotCode": CLIENT_ID, "recipients": ["qian"]}
    assert await deliver(sandbox, f"IM_GROUP.{GROUP}", imGroupOpenDeliverModel=group) == [True]
    places = [("li", "one:li"), ("admin", "one:admin"), ("zhao", "one:zhao"), ("qian", GROUP)]
    assert await titles(sandbox, *places) == [["A"]] * 4
    await rename(sandbox, "B")
    assert await titles(sandbox, *places) == [["B"]] * 4
    assert await sandbox.read("zhao", GROUP, wait_s=0) == []


async def test_an_answer_to_a_click_changes_every_copy(sandbox: Control) -> None:
    await card(sandbox, openSpaceId=PEOPLE)
    async with listening(sandbox) as robot, asyncio.TaskGroup() as tasks:
        pressing = tasks.create_task(sandbox.press("li", "card-1", "ok"))
        decided = {"cardData": {"cardParamMap": {"title": "decided"}}}
        await robot.answered({"response": decided})
    assert pressing.result()["ok"]
    assert await titles(sandbox, ("li", "one:li"), ("admin", "one:admin")) == [["decided"]] * 2


async def test_a_click_names_the_place_it_came_from(sandbox: Control) -> None:
    group = {"robotCode": CLIENT_ID}
    space = f"dtv1.card//IM_GROUP.{GROUP};IM_ROBOT.li;IM_ROBOT.admin"
    await card(sandbox, openSpaceId=space, imGroupOpenDeliverModel=group)
    for who, conversation, place in (
        ("li", "one:li", "cidOneli=="),
        ("li", GROUP, GROUP),
        ("li", "", GROUP),
        ("admin", "one:admin", "cidOneadmin=="),
        ("wang", GROUP, GROUP),
    ):
        chosen = {"conversation": conversation} if conversation else {}
        data = await click(sandbox, who, **chosen)
        assert (data["userId"], data["spaceId"], data["spaceType"]) == (who, place, "im")


@pytest.mark.parametrize(
    ("who", "conversation"),
    [("wang", "one:li"), ("li", "one:admin"), ("li", "cidEngineering=="), ("li", "nowhere")],
)
async def test_nobody_presses_a_copy_they_do_not_see(sandbox: Control, who: str, conversation: str) -> None:
    await card(sandbox, openSpaceId=f"dtv1.card//IM_GROUP.{GROUP};IM_ROBOT.li;IM_ROBOT.admin")
    async with listening(sandbox):
        pressed = await sandbox.press(who, "card-1", "ok", conversation=conversation)
    assert pressed["error"].startswith("notVisible")
    sent = (await sandbox.ask("GET", "frames", type="CALLBACK"))["frames"]
    assert sent == []


async def test_a_forged_click_may_name_any_place(sandbox: Control) -> None:
    await card(sandbox, openSpaceId=PEOPLE)
    for who, chosen, place in (
        ("wang", {}, "cidOneli=="),
        ("wang", {"conversation": GROUP}, GROUP),
        ("wang", {"conversation": "one:admin"}, "cidOneadmin=="),
        ("li", {"conversation": "nowhere"}, "nowhere"),
    ):
        assert (await click(sandbox, who, force=True, **chosen))["spaceId"] == place


async def test_recipients_alone_see_and_press_it(sandbox: Control) -> None:
    model = {"robotCode": CLIENT_ID, "recipients": ["li", "admin"]}
    await card(sandbox, imGroupOpenDeliverModel=model)
    assert await titles(sandbox, ("li", GROUP), ("admin", GROUP), ("wang", GROUP)) == [["A"], ["A"], []]
    async with listening(sandbox):
        pressed = await sandbox.press("wang", "card-1", "ok", conversation=GROUP)
    assert pressed["error"].startswith("notVisible")
    assert (await click(sandbox, "admin"))["spaceId"] == GROUP


async def test_a_space_named_twice_shows_it_twice(sandbox: Control) -> None:
    _, answer = await card(sandbox, openSpaceId="dtv1.card//IM_ROBOT.li;IM_ROBOT.li")
    assert [r["success"] for r in answer["result"]["deliverResults"]] == [True, True]
    assert await deliver(sandbox, "IM_ROBOT.li") == [True]
    await rename(sandbox, "B")
    assert await titles(sandbox, ("li", "one:li")) == [["B"] * 3]
    assert (await click(sandbox, "li"))["spaceId"] == "cidOneli=="


async def test_only_its_own_application_delivers_a_card(sandbox: Control) -> None:
    body = {
        "outTrackId": "unknown",
        "openSpaceId": PEOPLE,
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
    }
    status, answer = await call(sandbox, "POST", DELIVER, body)
    assert (status, answer["code"]) == (400, "param.cardNotExist")
