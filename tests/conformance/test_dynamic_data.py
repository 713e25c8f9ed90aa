"""Dynamic data of cards: the client asks a robot on the official `dingtalk-stream` client, and shows what it says.

https://open.dingtalk.com/document/development/dynamic-data-source
"""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.control import CLIENT_ID, CORP_ID, Control, Json
from tests.conformance.given import TEMPLATE, known
from tests.conformance.robots import Robot, connections, running

INTERVAL = {"pullStrategy": "INTERVAL", "interval": 10, "timeUnit": "SECONDS"}


@pytest.fixture
async def robot(sandbox: Control) -> AsyncIterator[Robot]:
    """The echo robot, connected."""
    async with running(sandbox) as robot:
        await connections(sandbox, 1)
        yield robot


async def _card(sandbox: Control, group: str, pull: Json) -> None:
    """A card in a group that asks for its tips."""
    body = {
        "cardTemplateId": TEMPLATE,
        "outTrackId": "a-card",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"markdown": "words", "tips": "not asked yet"}},
        "openSpaceId": f"dtv1.card//IM_GROUP.{group}",
        "imGroupOpenSpaceModel": {"supportForward": True},
        "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
        "openDynamicDataConfig": {
            "dynamicDataSourceConfigs": [{"dynamicDataSourceId": "ds", "pullConfig": pull}]
        },
    }
    await sandbox.api("POST", "/v1.0/card/instances/createAndDeliver", body)


async def _tips(sandbox: Control, who: str, group: str, wanted: str, after: int = 0) -> Json:
    """Look at the card until it says this; as somebody does who has it before their eyes."""
    for _ in range(20):
        for message in await sandbox.read(who, group, after):
            after = max(after, message["seq"])
            if message["params"]["tips"] == wanted:
                return message
    raise AssertionError(wanted)


async def test_it_is_asked_for_when_the_card_is_seen_and_again_at_the_interval(
    sandbox: Control, robot: Robot
) -> None:
    group = (await known(sandbox, ()))["group"]
    await _card(sandbox, group, INTERVAL)
    shown = await _tips(sandbox, "wang", group, "asked 1 times")
    assert (shown["dynamic"], shown["private"]) == (["tips"], [])
    asked = await robot.next("pull")
    assert asked == {
        "kind": "pull",
        "userId": "wang",
        "outTrackId": "a-card",
        "corpId": CORP_ID,
        "sources": ["ds"],
    }
    await sandbox.advance(10)
    await _tips(sandbox, "wang", group, "asked 2 times", shown["seq"])
    everybody = await sandbox.ask("GET", f"conversations/{group}")
    assert everybody["messages"][-1]["params"]["tips"] == "not asked yet", "it is no data of the card's"


async def test_nobody_is_asked_about_what_nobody_looks_at(sandbox: Control, robot: Robot) -> None:
    group = (await known(sandbox, ()))["group"]
    await _card(sandbox, group, INTERVAL)
    shown = await _tips(sandbox, "wang", group, "asked 1 times")
    await sandbox.advance(3600)
    await sandbox.advance(3600)
    await _tips(sandbox, "wang", group, "asked 2 times", shown["seq"])


@pytest.mark.parametrize("strategy", ["ONCE", "RENDER"])
async def test_without_an_interval_it_is_asked_for_once(
    sandbox: Control, robot: Robot, strategy: str
) -> None:
    group = (await known(sandbox, ()))["group"]
    await _card(sandbox, group, {"pullStrategy": strategy})
    await _tips(sandbox, "wang", group, "asked 1 times")
    await sandbox.advance(60)
    await sandbox.read("wang", group, 0)
    rendered = await sandbox.ask("POST", "render", {"as": "wang", "outTrackId": "a-card"})
    assert rendered["ok"]
    assert '"asked 2 times"' in rendered["response"]["dataSourceQueryResponses"][0]["data"]


async def test_that_nobody_answers_is_told(sandbox: Control) -> None:
    group = (await known(sandbox, ()))["group"]
    await _card(sandbox, group, {"pullStrategy": "NONE"})
    rendered = await sandbox.ask("POST", "render", {"as": "wang", "outTrackId": "a-card"})
    assert rendered["error"] == "notConnected: no connection takes card callbacks"
