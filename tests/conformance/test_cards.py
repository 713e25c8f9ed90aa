"""What cards do beyond the shape of an answer: who sees what, what replaces what, what does not fit.

https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/development/interactive-card-update-interface
"""

import json

import pytest

from tests.conformance.control import CLIENT_ID, HEADER, Control, Json
from tests.conformance.given import TEMPLATE, known

CREATE = "/v1.0/card/instances/createAndDeliver"
UPDATE = "/v1.0/card/instances"


def _card(group: str, **more: Json) -> Json:
    return {
        "cardTemplateId": TEMPLATE,
        "outTrackId": "a-card",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "a title", "markdown": "words", "tips": "for all"}},
        "openSpaceId": f"dtv1.card//IM_GROUP.{group}",
        "imGroupOpenSpaceModel": {"supportForward": True},
        "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
        **more,
    }


async def _seen(sandbox: Control, who: str, group: str, after: int = 0) -> Json:
    return (await sandbox.read(who, group, after))[-1]


async def _refused(sandbox: Control, body: Json) -> tuple[int, str]:
    headers = {HEADER: await sandbox.token()}
    async with sandbox.http.post(sandbox.url + CREATE, json=body, headers=headers) as answer:
        return answer.status, (await answer.json()).get("code", "")


async def test_private_data_is_shown_to_its_person_only(sandbox: Control) -> None:
    group = (await known(sandbox, ()))["group"]
    private = {"wang": {"cardParamMap": {"tips": "for wang"}}}
    await sandbox.api("POST", CREATE, _card(group, privateData=private))
    assert (await _seen(sandbox, "wang", group))["params"]["tips"] == "for wang"
    assert (await _seen(sandbox, "li", group))["params"]["tips"] == "for all"


async def test_recipients_alone_see_the_card(sandbox: Control) -> None:
    group = (await known(sandbox, ()))["group"]
    deliver = {"robotCode": CLIENT_ID, "recipients": ["wang"]}
    await sandbox.api("POST", CREATE, _card(group, imGroupOpenDeliverModel=deliver))
    assert (await _seen(sandbox, "wang", group))["kind"] == "card"
    assert await sandbox.read("li", group, wait_s=0) == []


@pytest.mark.parametrize(
    ("by_key", "left"), [(True, {"title", "markdown", "tips"}), (False, {"markdown"}), (None, {"markdown"})]
)
async def test_an_update_replaces_everything_unless_told_otherwise(
    sandbox: Control, by_key: bool | None, left: set[str]
) -> None:
    group = (await known(sandbox, ()))["group"]
    await sandbox.api("POST", CREATE, _card(group))
    before = await _seen(sandbox, "li", group)
    body: Json = {"outTrackId": "a-card", "cardData": {"cardParamMap": {"markdown": "other words"}}}
    if by_key is not None:
        body["cardUpdateOptions"] = {"updateCardDataByKey": by_key}
    await sandbox.api("PUT", UPDATE, body)
    after = await _seen(sandbox, "li", group, before["seq"])
    assert after["outTrackId"] == "a-card"
    assert after["params"]["markdown"] == "other words"
    assert {key for key in after["params"] if key in {"title", "markdown", "tips"}} == left


async def test_http_200_can_hide_that_nothing_was_delivered(sandbox: Control) -> None:
    made = await sandbox.api("POST", CREATE, _card("cidNobodyKnowsThisOne=="))
    (delivered,) = made["result"]["deliverResults"]
    assert delivered["success"] is False
    assert delivered["errorMsg"]


@pytest.mark.parametrize(
    "params",
    [{"k" * 101: "x"}, {"title": "字" * 342}, {"number": 1}, {f"k{n}": "x" * 1000 for n in range(110)}],
    ids=["key over 100 bytes", "value over 1 KB", "value that is no string", "card over 100 KB"],
)
async def test_what_does_not_fit_is_refused(sandbox: Control, params: Json) -> None:
    group = (await known(sandbox, ()))["group"]
    status, code = await _refused(sandbox, _card(group, cardData={"cardParamMap": params}))
    assert status == 400
    assert code.startswith("param.")


async def test_values_up_to_one_kilobyte_fit(sandbox: Control) -> None:
    group = (await known(sandbox, ()))["group"]
    params = {"title": "字" * 341, "k" * 100: "x" * 1024}
    made = await sandbox.api("POST", CREATE, _card(group, cardData={"cardParamMap": params}))
    assert made["success"]


async def test_buttons_are_read_from_the_template_s_json(sandbox: Control) -> None:
    group = (await known(sandbox, ()))["group"]
    buttons = [
        {"text": "Confirm", "color": "red", "id": "confirm", "request": True},
        {"text": "Open", "color": "blue", "url": "https://open.dingtalk.com"},
    ]
    data = {"markdown": "words", "sys_full_json_obj": json.dumps({"msgButtons": buttons})}
    await sandbox.api("POST", CREATE, _card(group, cardData={"cardParamMap": data}))
    shown = (await _seen(sandbox, "li", group))["buttons"]
    assert [(b["text"], b["color"], b["request"]) for b in shown] == [
        ("Confirm", "red", True),
        ("Open", "blue", False),
    ]
    assert (shown[0]["id"], shown[1]["url"]) == ("confirm", "https://open.dingtalk.com")
