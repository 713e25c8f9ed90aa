"""A card template of one's own: looked at when the robot starts, and what it makes of the same cards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot import card_template
from bot.card_template import VARIABLES
from bot.dingtalk import DingTalk, InternalAppTokens
from bot.messenger import Messenger
from bot.settings import PUBLIC_TEMPLATE
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET
from tests.integration.approvals import asked, now
from tests.integration.deletions import files, last_call
from tests.integration.office import CREATE_CARD, MARKETING, PATIENCE_S, Json, Office

OWN = "own.schema"
MAKE, TELL = "POST /v1.0/card/instances", "GET /v1.0/card/templates"
BY_LI: list[Json] = [{"name": "Li", "answer": "approve", "from": ["user:li"]}]
NAMES = [variable.name for variable in VARIABLES]
PRIVATE = [variable.name for variable in VARIABLES if variable.private]


async def template(office: Office, **given: Json) -> None:
    """Builds it as it is documented, but for what is given."""
    whole = {"templateId": OWN, "variables": NAMES, "privateKeys": PRIVATE}
    await office.control.ask("POST", "templates", whole | given)


@pytest.fixture
async def dingtalk(office: Office) -> AsyncIterator[DingTalk]:
    async with DingTalk(
        api_base_url=office.control.url,
        oapi_base_url=office.control.url,
        tokens=InternalAppTokens(CLIENT_ID, SecretStr(CLIENT_SECRET)),
        robot_code=CLIENT_ID,
    ) as client:
        yield client


async def reported(dingtalk: DingTalk, template_id: str = OWN) -> Json:
    """The one line that a look at a template comes to."""
    with capture_logs() as logged:
        await card_template.report(dingtalk.card, template_id, asks_progress=True, sends=["title"])
    [line] = [line for line in logged if line["event"].startswith("card_template.")][-1:]
    return line


async def test_what_is_wrong_with_a_template_is_said_with_what_to_do(
    office: Office, dingtalk: DingTalk
) -> None:
    draft = await reported(dingtalk, "sandbox-draft.schema")
    assert (draft["event"], draft["log_level"]) == ("card_template.unusable", "warning")
    assert draft["todo"] == "publish it at open-dev.dingtalk.com/fe/card"
    assert (await reported(dingtalk, "none.schema"))["error"] == "param.templateNotExist"

    await template(office, variables=["title", "markdown", "tips"], privateKeys=[])
    lacking = await reported(dingtalk)
    assert (lacking["event"], lacking["log_level"]) == ("card_template.incomplete", "warning")
    assert (lacking["missing"], lacking["not_private"]) == (["msgButtons", "progress"], ["tips"])

    await template(office)
    whole = await reported(dingtalk)
    assert (whole["event"], list(whole["has"]), whole["sends"]) == ("card_template.checked", NAMES, ["title"])

    await office.control.scopes("Storage.File.Read")
    assert (await reported(dingtalk))["event"] == "card_template.unusable", "without the permission, too"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403, "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"},
        {"status": 404, "code": "InvalidAction.NotFound"},
        {"body": {"success": True, "data": {"commonVariableList": {"odd": 5}, "status": 7}}},
        {"body": {"success": False}},
    ],
)
async def test_where_dingtalk_does_not_tell_its_variables_that_it_takes_it_is_enough(
    office: Office, dingtalk: DingTalk, answer: Json
) -> None:
    await template(office)
    await office.control.ask("POST", "faults", {"route": TELL, **answer})
    line = await reported(dingtalk)
    assert (line["event"], line["has"]) == ("card_template.checked", "not told by DingTalk")


@pytest.mark.parametrize(
    "listed", [json.dumps([{"name": "title"}]), ["title"], [{"name": "title", "private": None}]]
)
async def test_variables_are_read_in_every_form_they_may_have(
    office: Office, dingtalk: DingTalk, listed: Json
) -> None:
    told = {"success": True, "data": {"templateId": OWN, "commonVariableList": listed}}
    await office.control.ask("POST", "faults", {"route": TELL, "body": told})
    [variable] = (await dingtalk.card.template(OWN)).common_variable_list or ()
    assert (variable.name, variable.private) == ("title", None)


async def test_the_public_one_costs_no_call() -> None:
    nothing: Any = None
    with capture_logs() as logged:
        await Messenger(nothing, nothing, PUBLIC_TEMPLATE, nothing).check_template()
    [line] = logged
    assert (line["event"], line["template"]) == ("card_template.checked", PUBLIC_TEMPLATE)
    assert line["sends"] == ["title", "markdown", "tips", "sys_full_json_obj"]


async def test_one_that_cannot_be_used_does_not_keep_the_robot_from_working(office: Office) -> None:
    async with office.robot(card_template_id="none.schema"):
        [name] = await files(office, "a.txt")
        answer = await office.say("wang", f"rm {name}")
        assert answer["kind"] != "card"
        assert "Delete 1 item?" in json.dumps(answer, ensure_ascii=False)


async def test_the_robot_looks_at_its_start_posting_nothing_and_each_person_sees_their_own(
    office: Office,
) -> None:
    """Who is asked sees that; who presses in vain is told, and nobody else."""
    await template(office)
    async with office.robot(card_template_id=OWN):
        async with asyncio.timeout(PATIENCE_S):
            while not await office.calls(TELL):
                await office.control.ask("GET", "calls", after=await last_call(office), wait=1)
        assert {call["route"] for call in await office.calls("/v1.0/card/")} == {MAKE, TELL}
        assert await office.control.read("wang", MARKETING, wait_s=0) == []

        [name] = await files(office, "a.txt")
        card = await office.say("wang", f"rm {name}")
        assert card["params"]["decides"] == "true"
        assert [button["id"] for button in listed(card["params"])] == ["confirm", "details", "cancel"]
        await office.press("li", card, "confirm")
        hers, his = [(await now(office, who, card))["params"] for who in ("wang", "li")]
        assert (his["decides"], his["tips"][:4], hers["tips"]) == ("false", "Only", card["params"]["tips"])
        done = await office.press("wang", card, "cancel")
        assert listed(done["response"]["cardData"]["cardParamMap"]) == []


async def test_our_cards_fill_in_the_variables_that_are_listed_and_no_others(office: Office) -> None:
    await template(office)
    async with office.robot(card_template_id=OWN, progress_source="any", rules=BY_LI):
        names = await files(office, *(f"{n:02}" for n in range(60)))
        two = await asked(office, f"rm {' '.join(names)}")
        assert two.approval["params"]["decides"] == "true", "whoever has it is asked"
        calls = await office.calls(CREATE_CARD)
        parts = [call["request"][part] for call in calls for part in ("cardData",)]
        private = [own for call in calls for own in call["request"].get("privateData", {}).values()]
    sent = {name for part in (*parts, *private) for name in part["cardParamMap"]}
    assert sent == {*NAMES, "sys_full_json_obj"}, "the last holds what is no text, for the public template"
    assert {name for part in private for name in part["cardParamMap"]} <= set(PRIVATE)


def listed(params: Json) -> list[Json]:
    """The buttons, as the variable has them; the same as for the public template."""
    buttons: list[Json] = json.loads(params["msgButtons"])
    assert json.loads(params["sys_full_json_obj"]) == {"msgButtons": buttons}
    return buttons
