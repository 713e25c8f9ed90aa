"""What each answer of a rule looks like to those concerned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.approvals import ASK, asked, now, recorded, tips
from tests.integration.deletions import files
from tests.integration.office import MARKETING, MARKETING_SPACE, Json, Office
from tests.integration.proofs import unharmed, words

APPROVED: dict[str, Json] = {"name": "Others", "answer": "approve", "from": ["manager"]}


async def test_a_rule_that_refuses_says_its_sentence(office: Office) -> None:
    rules = [
        {"name": "No drafts", "answer": "refuse", "paths": ["/2023/drafts"], "sentence": "草稿要留三年。"},
        {"name": "Rest", "answer": "confirm"},
    ]
    async with office.robot(rules=rules) as app:
        assert "草稿要留三年。" in await words(office, "wang", ASK)
        inside = "删除 /2023"
        assert "草稿要留三年。" in await words(office, "wang", inside), "also by the folder above"
        records = [record async for record in app.store.audit.records()]
        refused = [record for record in records if record.event == "request.refused"]
        assert [record.details["rule"] for record in refused] == ["No drafts", "No drafts"]
        assert refused[0].actor == "wang"
        await unharmed(office)


async def test_what_no_rule_is_for_is_refused(office: Office) -> None:
    rules = [{"name": "Small", "answer": "confirm", "items_up_to": 1}]
    async with office.robot(rules=rules):
        assert "规则" in await words(office, "wang", ASK)
        await unharmed(office)


async def test_what_runs_at_once_asks_nobody(office: Office) -> None:
    rules = [{"name": "Tidy", "answer": "run", "permanent": False}]
    async with office.robot(rules=rules):
        (file_id,) = await files(office, "x.txt")
        card = await office.say("wang", f"删除 {file_id}")
        assert card["buttons"] == [] or {b["id"] for b in card["buttons"]} <= {"details"}
        await office.card("wang", MARKETING, "已移到回收站")
        assert "/x.txt" not in await office.paths()


async def test_the_built_in_policy_on_day_one(office: Office) -> None:
    """Small own files: whoever asks confirms. Files of others: the manager."""
    async with office.robot(rules=None):
        (own,) = await files(office, "own.txt")
        card = await office.say("wang", f"删除 {own}")
        assert {button["id"] for button in card["buttons"]} == {"confirm", "details", "cancel"}
        given = {"path": "/zhao.txt", "size": 10, "creator": "zhaoUnionId"}
        other = (await office.control.create(MARKETING_SPACE, given))["/zhao.txt"]["id"]
        both = await asked(office, f"删除 {other}")
        assert "赵同事" in both.approval["params"]["markdown"]
        confirmed = await office.press("wang", both.card, "confirm", force=True)
        assert "cardData" not in confirmed["response"] or "李经理" in tips(confirmed)
        await unharmed(office)


@pytest.mark.parametrize(
    ("run_as", "in_the_name_of"), [("requester", "wangUnionId"), ("approver", "liUnionId")]
)
async def test_in_whose_name_the_job_runs(office: Office, run_as: str, in_the_name_of: str) -> None:
    async with office.robot(rules=[APPROVED | {"run_as": run_as}]):
        both = await asked(office)
        await office.press("li", both.approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站")
        calls = await office.calls("batchRemove")
        assert {call["query"]["unionId"] for call in calls} == {in_the_name_of}


async def test_a_card_in_the_group_that_only_approvers_see(office: Office) -> None:
    async with office.robot(rules=[APPROVED | {"ask_in": "conversation"}]):
        card = await office.say("wang", ASK)
        track_id = card["outTrackId"].replace(".request.", ".approval.")
        approval = await office.until("li", MARKETING, 0, lambda m: m.get("outTrackId") == track_id)
        for who in ("wang", "zhao"):
            seen = await office.control.read(who, MARKETING, wait_s=0)
            assert track_id not in {message.get("outTrackId") for message in seen}
        await office.press("li", approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站")
        assert (await now(office, "li", approval))["buttons"] == []


async def test_a_long_list_comes_as_a_file_too(office: Office) -> None:
    async with office.robot(rules=[APPROVED]):
        await office.control.limits(permitUnlimited=True)
        paths = [f"/many/{n:03} {'长' * 60}.txt" for n in range(300)]
        await office.control.create(
            MARKETING_SPACE, *({"path": path, "size": 1, "creator": "wangUnionId"} for path in paths)
        )
        both = await asked(office, "删除 /many")
        await office.press("li", both.approval, "details")
        sent = await office.until("li", "one:li", 0, lambda m: m["kind"] == "file")
        assert both.request_id in str(sent)
        typed = await words(office, "li", f"明细 {both.request_id} --csv", "one:li")
        assert both.request_id in typed


CHANNELS: list[dict[str, Any]] = [
    {"name": "team", "conversation": "cidEngineering==", "events": ["requested", "rejected", "done"]},
    {
        "name": "watch",
        "webhook": "{url}/robot/send?access_token=webhook-marketing",
        "secret": "SECsandboxmarketing",
        "events": ["done"],
    },
]


async def test_channels_are_told_and_one_that_is_away_holds_nothing_up(office: Office) -> None:
    url = office.control.url
    channels = [
        {key: value.format(url=url) if isinstance(value, str) else value for key, value in one.items()}
        for one in CHANNELS
    ]
    async with office.robot(rules=[APPROVED], notify=channels) as app:
        await office.control.fault("POST /v1.0/robot/groupMessages/send", 500, "systemError")
        both = await asked(office)
        await office.press("li", both.approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站")
        told = await office.until(
            "wang", MARKETING, 0, lambda m: m["kind"] == "markdown" and both.request_id in m["text"]
        )
        assert "已完成" in told["text"]
        await office.control.ask("DELETE", "faults")
        await recorded(app, "notice.sent")


async def test_the_rule_s_line_names_places_and_people(office: Office) -> None:
    """Ids are for the file; whoever reads the card knows the group and the space by their names."""
    place = {"conversations": ["one_to_one", MARKETING], "spaces": [MARKETING_SPACE], "users": ["wang"]}
    rule = {"name": "Here", "answer": "approve", "from": ["user:li"], **place}
    async with office.robot(rules=[rule]):
        both = await asked(office)
        line = next(x for x in both.approval["params"]["markdown"].split("\n\n") if "为什么问你" in x)
        for name in ("市场部", "市场部群文件", "王小明", "李经理"):
            assert name in line
        assert MARKETING not in line
