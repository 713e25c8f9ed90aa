"""The job: what was shown is what is sent, in batches, with as few calls as that takes."""

from __future__ import annotations

import json
from collections import Counter

from bot.models import Outcome, RequestState
from tests.integration.deletions import (
    DELETED,
    QUERY,
    Clock,
    agree,
    ask,
    delete,
    failed,
    files,
    last_call,
)
from tests.integration.office import CREATE_CARD, ENGINEERING, MARKETING, MARKETING_SPACE, REMOVE, Office

UPDATE_CARD = "PUT /v1.0/card/instances"
WITHOUT_BIN = "24010003"


async def test_fifty_named_files_cost_six_counted_calls(office: Office) -> None:
    async with office.robot() as app:
        await delete(office, app, "/report.pdf")  # the space is known from here on
        ids = await files(office, *(f"{n}.txt" for n in range(50)))
        before = await last_call(office)
        told = await delete(office, app, *ids)
        assert told.said == {DELETED}
        calls = (await office.control.ask("GET", "calls", after=before))["calls"]
        counted = sorted(call["route"] for call in calls if call["counted"])
        assert counted == sorted([QUERY, QUERY, CREATE_CARD, REMOVE, CREATE_CARD, UPDATE_CARD])
        month = await app.store.meter.month(app.services.clock())
        assert month[REMOVE] == 2, "the meter counts what DingTalk counts"
        received = (await office.control.ask("GET", "calls"))["calls"]
        assert sum(month.values()) == sum(call["counted"] for call in received)


async def test_many_files_go_in_batches_of_fifty_with_the_requester_s_rights(office: Office) -> None:
    async with office.robot() as app:
        names = [f"{n:03}.txt" for n in range(120)]
        ids = await files(office, *names)
        card = await ask(office, *ids)
        await office.control.create(MARKETING_SPACE, {"path": "/late.txt", "creator": "wang"})
        told = await agree(office, app, card)
        assert told.said == {DELETED}
        assert sorted(told.sizes) == [20, 50, 50]
        sent = [dentry_id for call in told.made(REMOVE) for dentry_id in call["request"]["dentryIds"]]
        assert sorted(sent) == sorted(ids), "exactly what was shown, each once"
        assert {call["query"]["unionId"] for call in told.made(REMOVE)} == {"wangUnionId"}
        assert "/late.txt" in await office.paths()
        records = [record async for record in app.store.audit.records(told.request.id)]
        events = [record.event for record in records if not record.event.startswith("card.")]
        assert events[:4] == ["request.created", "request.approved", "request.running", "batch.sent"]
        assert Counter(events[3:-1]) == {"batch.sent": 3, "batch.answered": 3, "dentry.outcome": 120}
        assert events[-1] == "request.done"
        answers = [record.details for record in records if record.event == "batch.answered"]
        assert [(answer["size"], answer["code"]) for answer in answers] == [(50, ""), (50, ""), (20, "")]
        assert len({answer["dingtalk_request_id"] for answer in answers} - {""}) == 3


async def test_rights_are_those_of_the_requester(office: Office) -> None:
    """One file of another person among several: it stays, the others go, and the card says whom to ask."""
    async with office.robot() as app:
        told = await delete(office, app, "/report.pdf", "/客户名单.xlsx", "/会议纪要.docx")
        assert told.results == {
            "/report.pdf": DELETED,
            "/客户名单.xlsx": (Outcome.DENIED, "permissionDenied"),
            "/会议纪要.docx": DELETED,
        }
        assert told.request.state is RequestState.PARTLY_DONE
        assert told.sizes == [3]
        assert "赵同事" in told.text
        assert "客户名单" in told.text
        assert "/客户名单.xlsx" in await office.paths()


async def test_without_the_permission_to_write_nothing_is_tried_twice(office: Office) -> None:
    async with office.robot() as app:
        card = await ask(office, *await files(office, *(f"{n:03}" for n in range(60))))
        await office.control.scopes(
            "Storage.File.Read", "Card.Instance.Write", "qyapi_robot_sendmsg", "qyapi_get_member"
        )
        told = await agree(office, app, card)
        assert told.said == {failed("no_scope")}
        assert max(told.sizes) == 50
        assert len(told.sizes) <= 2, "both were under way"
        assert told.request.state is RequestState.FAILED


async def test_a_space_without_a_bin_loses_nothing(office: Office) -> None:
    async with office.robot() as app:
        entries = await office.control.entries(WITHOUT_BIN)
        path = next(path for path, entry in entries.items() if entry["type"] == "FILE")
        told = await delete(
            office, app, path if " " not in path else f'"{path}"', "--space", WITHOUT_BIN, who="admin"
        )
        assert told.said == {(Outcome.NOT_RECYCLABLE, "recycleBinNotSupportForSpace")}
        assert told.sizes == [1]
        assert await office.control.entries(WITHOUT_BIN) == entries
        assert "recycle bin" in told.text


async def test_what_changed_while_the_decision_took_long_is_left_alone(office: Office) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        names = ["same", "touched", "renamed", "moved", "gone"]
        card = await ask(office, *await files(office, *names))
        change = {
            "touch": [{"path": "/touched"}],
            "rename": [{"path": "/renamed", "name": "renamed by li"}],
            "move": [{"path": "/moved", "to": "/2023"}],
            "remove": [{"path": "/gone"}],
        }
        await office.control.ask("POST", f"drive/{MARKETING_SPACE}", change)
        clock.advance(minutes=11)
        told = await agree(office, app, card)
        changed = (Outcome.CHANGED, "")
        assert told.results == {
            "/same": DELETED,
            "/touched": changed,
            "/renamed": changed,
            "/moved": changed,
            "/gone": (Outcome.ALREADY_GONE, ""),
        }
        assert told.sizes == [2], "what changed is not even asked for"
        assert {"/touched", "/renamed by li", "/2023/moved"} <= await office.paths()
        assert "changed" in told.text


async def test_a_quick_decision_costs_no_second_look(office: Office) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        card = await ask(office, *await files(office, "quick"))
        clock.advance(minutes=9)
        told = await agree(office, app, card)
        assert told.said == {DELETED}
        assert told.made(QUERY) == []


async def test_when_it_cannot_be_seen_whether_something_changed_nothing_is_deleted(office: Office) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        card = await ask(office, *await files(office, "unseen"))
        clock.advance(minutes=11)
        await office.control.fault(QUERY, 403, "permissionDenied")
        told = await agree(office, app, card)
        assert told.said == {failed("permissionDenied")}
        assert told.made(REMOVE) == []


async def test_two_jobs_at_once_do_not_mix(office: Office) -> None:
    async with office.robot():
        mine = await ask(office, *await files(office, "mine"))
        theirs = await ask(office, "/README.md", where=ENGINEERING, who="alice")
        for who, card in (("wang", mine), ("alice", theirs)):
            assert (await office.press(who, card, "confirm"))["ok"]
        texts = [
            json.dumps((await office.card(who, where, "Moved", card["seq"]))["params"], ensure_ascii=False)
            for who, where, card in (("wang", MARKETING, mine), ("alice", ENGINEERING, theirs))
        ]
        assert len(await office.calls(REMOVE)) == 2
        assert "/mine" not in await office.paths()
        assert texts[0] != texts[1]
