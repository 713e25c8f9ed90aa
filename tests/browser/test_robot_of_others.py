"""A robot that nobody here wrote the client of decides with two people: the sandbox is not made for one robot."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.approval_robot import TEMPLATE
from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import LI, WANG, ZHAO

ASKED = re.compile("请审批.*drafts")


@pytest.mark.usefixtures("approver")
def test_a_refusal_is_seen_by_the_one_who_was_refused_only(open_window: Opens) -> None:
    window = open_window("wang", "li")
    colleague = open_window("zhao").seat(ZHAO)
    window.seat(WANG).say("delete /2023/drafts")
    colleague.card(ASKED).get_by_role("button", name="批准").click()
    expect(colleague.card(ASKED)).to_contain_text("只有李经理可以审批")
    expect(colleague.card(ASKED).get_by_role("button", name="批准")).to_be_enabled()
    window.seat(LI).card(ASKED).get_by_role("button", name="驳回").click()
    for name in (WANG, LI):
        expect(window.seat(name).card(ASKED)).to_contain_text("李经理 已驳回")
        expect(window.seat(name).log).not_to_contain_text("只有李经理可以审批")
    expect(colleague.card(ASKED).get_by_role("button")).to_have_count(0)


def test_a_card_for_some_is_shown_to_them_alone(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang", "zhao")
    for track_id, title, recipients in (("t1", "给王小明", ["wang"]), ("t2", "给大家", [])):
        card = {
            "cardTemplateId": TEMPLATE,
            "outTrackId": track_id,
            "cardData": {"cardParamMap": {"title": title}},
            "openSpaceId": "dtv1.card//IM_GROUP.cidMarketing==",
            "imGroupOpenSpaceModel": {},
            "imGroupOpenDeliverModel": {"robotCode": "dingsandbox", "recipients": recipients},
        }
        box.api("POST", "/v1.0/card/instances/createAndDeliver", card)
    wang, zhao = window.seat(WANG), window.seat(ZHAO)
    for seat in (wang, zhao):
        expect(seat.card("给大家")).to_be_visible()
    expect(wang.card("给王小明")).to_contain_text("仅你可见")
    expect(zhao.card("给王小明")).to_have_count(0)
