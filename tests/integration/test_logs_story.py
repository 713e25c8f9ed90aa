"""A message can be followed through the log: from its frame over request, card, click, job and calls to the notices."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

from tests.integration.approvals import asked
from tests.integration.office import MARKETING, REMOVE, Message, Office
from tests.unit import papers
from tests.unit.test_logs import listening

MANAGER: list[dict[str, Any]] = [{"name": "Manager", "answer": "approve", "from": ["manager"]}]
CHANNEL = [{"name": "ops", "conversation": MARKETING}]
ON_THEIR_OWN = ("stream.", "health.", "replica.", "dingtalk.token.", "dingtalk.pace")
"""Events of the robot itself, which belong to no message."""


async def test_every_line_of_a_story_says_whose_it_is(office: Office) -> None:
    with listening() as lines:
        async with office.robot(rules=MANAGER, notify=CHANNEL) as app:
            two = await asked(office, "删除 /report.pdf --理由 Gehaltsliste")
            await office.press("li", two.approval, "approve")
            result = await office.card("wang", MARKETING, "已移到回收站", after=two.card["seq"])
            await office.until(
                "wang", MARKETING, two.card["seq"], lambda said: _is_notice(said, two.request_id)
            )
            await office.press("wang", result, "undo")
            question = await office.card("wang", MARKETING, "恢复", after=result["seq"])
            await office.press("wang", question, "confirm")
            await office.card("wang", MARKETING, "已恢复", after=question["seq"])
            request = await app.store.requests.get(two.request_id)
            assert request
        said = [line for line in lines() if not line["event"].startswith(ON_THEIR_OWN)]
    assert [line for line in said if not line.get("msg_id") and not line.get("request_id")] == []

    about = [line for line in said if line.get("request_id") == two.request_id]
    events = [line["event"] for line in about]
    in_order = [
        *(
            "request.made",
            "dingtalk.call",
            "click.received",
            "decision.made",
            "job.taken_up",
            "batch.sending",
        ),
        *("dingtalk.call", "batch.settled", "job.finished", "dingtalk.call", "notice.sent"),
    ]
    rest = iter(events)
    assert all(event in rest for event in in_order), events
    assert [line["status"] for line in about if line.get("api") == REMOVE] == [200]
    [command] = [line for line in said if line["event"] == "message.command"]
    assert command["command"] == "delete"
    messages = {line["msg_id"] for line in about if "msg_id" in line}
    assert messages == {command["msg_id"]} == {request.msg_id}, "one message, and all that came of it"
    assert all(
        "msg_id" in line
        for line in about
        if not line["event"].startswith("notice.") and "channel" not in line
    )

    [undone] = {line["request_id"] for line in said if line.get("undoes") == two.request_id}
    assert {"request.made", "decision.made", "job.finished"} <= {
        line["event"] for line in said if line.get("request_id") == undone
    }
    whole = str(said)
    assert not re.search(r"report\.pdf|Gehaltsliste|王|sandbox-secret|sendBySession\?session=\w", whole)


async def test_the_way_shown_to_find_the_lines_finds_them(office: Office) -> None:
    shown_ = re.search("grep '([^']+)'", papers.read("docs/logs.md"))
    assert shown_
    with listening() as lines:
        async with office.robot():
            card = await office.say("wang", "rm /report.pdf")
            await office.press("wang", card, "cancel")
        said = sys.stderr
        assert isinstance(said, io.StringIO)
        [request_id] = {line["request_id"] for line in lines() if line["event"] == "request.made"}
        wanted = shown_[1].replace("K7M2", request_id)
        assert [line for line in said.getvalue().splitlines() if wanted in line]


def _is_notice(said: Message, request_id: str) -> bool:
    return said["kind"] != "card" and request_id in str(said.get("text", ""))
