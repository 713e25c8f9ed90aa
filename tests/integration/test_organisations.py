"""A third-party app that serves several organisations: they come, go, and get nothing of each other.

https://open.dingtalk.com/document/development/event-org-suite-auth
https://open.dingtalk.com/document/development/enterprise-release-kit-authorization
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.app import App
from bot.dingtalk.errors import Denied
from bot.models import RequestState
from bot.replica import Times
from bot.several import Several
from tests.integration.deletions import DELETED, account, last_call, removals, struck, until
from tests.integration.endings import fault
from tests.integration.office import MARKETING, REMOVE, Json, Office
from tests.integration.organisations import (
    HARBOUR,
    HOME,
    PIER,
    SEVERAL,
    SUITE,
    build_harbour,
    does,
    served,
)
from tests.integration.program import Ended, ran_inside
from tests.integration.replicas import Fleet

CARD_TOPIC = "/v1.0/card/instances/callback"
TOKENS = "/v1.0/oauth2/corpAccessToken"


async def test_two_organisations_are_served_side_by_side_and_get_nothing_of_each_other(
    office: Office,
) -> None:
    await build_harbour(office)
    tables = {HARBOUR: {"max_dentries": 1, "language": "en", "monthly_calls": 77}}
    async with office.robot(**SEVERAL, organisations=tables) as app:
        assert [each.corp_id for each in app.organisations] == []
        await does(office, HOME, "authorise", "沙盒")
        await does(office, HARBOUR, "authorise", "Harbour")
        home, harbour = await served(app, HOME), await served(app, HARBOUR)

        # Each deletes its own, with its own token, by its own rules, and is counted by itself.
        ours = await office.say("wang", "rm /report.pdf")
        theirs = await office.say("lin", "rm /plan.pdf", PIER)
        assert (await office.press("wang", ours, "confirm"))["ok"]
        assert (await office.press("lin", theirs, "confirm"))["ok"]
        told = await account(office, home.store, ours)
        assert told.results == {"/report.pdf": DELETED}
        their_account = await account(office, harbour.store, theirs, where=PIER, who="lin")
        assert their_account.results == {"/plan.pdf": DELETED}
        assert {call["request"]["authCorpId"] for call in await office.calls(TOKENS)} == {HOME, HARBOUR}
        assert "1" in (await office.say("lin", "rm /plan.pdf /berth.txt", PIER))["text"]  # max_dentries
        assert harbour.parts.settings.monthly_calls == 77
        assert (await harbour.store.meter.month(home.services.clock()))[REMOVE] == 1

        # Who knows everything of the other organisation gets nothing.
        request = told.request
        for command in ("status", "details", "undo", "approve", "cancel", "resume"):
            answer = str(await office.say("lin", f"{command} {request.id}", PIER))
            assert "report.pdf" not in answer
            assert "wang" not in answer
        entry = next(iter((await office.control.entries("24010001")).values()))
        refused = await office.say("lin", f"rm {entry['id']} --space 24010001", PIER)
        assert refused["kind"] == "markdown", refused
        before = await office.paths()
        for card in (ours, {"outTrackId": ours["outTrackId"].replace("request", "result")}):
            for button in ("confirm", "cancel", "undo", "details"):
                pressed = await office.press("lin", card, button, force=True)
                assert "report" not in str(pressed["response"])
        assert await office.paths() == before
        assert await home.store.requests.get(request.id) == request
        assert {r.id for r in await harbour.store.requests.latest()} == {their_account.request.id}
        assert [r.corp_id async for r in home.store.audit.records() if r.corp_id not in {"", HOME}] == []
        assert [
            r.corp_id async for r in harbour.store.audit.records() if r.corp_id not in {"", HARBOUR}
        ] == []
        assert len(await removals(office)) == 2


async def test_the_same_ids_mean_something_else_in_each(office: Office) -> None:
    """A message's, a person's, a request's, a card's: what an attacker would try to have the same."""
    await build_harbour(office)
    async with office.robot(**SEVERAL, progress_source="progress") as app:
        for corp_id in (HOME, HARBOUR):
            await does(office, corp_id, "authorise")
        home, harbour = await served(app, HOME), await served(app, HARBOUR)
        card = await office.say("wang", "rm /report.pdf", overrides={"msgId": "msgSame=="})
        assert card["kind"] == "card"
        answer = await office.say("lin", "rm /plan.pdf", PIER, overrides={"msgId": "msgSame=="})
        assert answer["kind"] == "card", "it is another message"
        [theirs] = await harbour.store.requests.latest()
        [ours] = await home.store.requests.latest()
        assert (theirs.requester.user_id, ours.requester.user_id) == ("lin", "wang")

        # Somebody with our requester's userId, in their organisation, and with our card's id.
        pull = {"type": "dynamicDataCallback", "outTrackId": card["outTrackId"], "userId": "wang"}
        asks = {"dynamicDataSourceQueryRequests": [{"dynamicDataSourceId": "progress"}]}
        click = {"type": "actionCallback", "outTrackId": card["outTrackId"], "userId": "wang"}
        confirms = {"cardPrivateData": {"actionIds": ["confirm"], "params": {}}}
        assert "dataSourceQueryResponses" in await pushed(app, pull, asks, HOME)
        assert await pushed(app, pull, asks, HARBOUR) == {}
        refused = await pushed(app, click, confirms, HARBOUR)
        assert "cardData" not in refused
        assert await home.store.requests.get(ours.id) == ours

        # An event of theirs about a file of ours.
        entries = await office.control.entries("24010001")
        assert (await office.press("wang", card, "confirm"))["ok"]
        gone = {"spaceId": "24010001", "dentryId": entries["/report.pdf"]["id"]}
        event = {"action": "event", "eventType": "storage_dentry_delete", "corpId": HARBOUR, "data": gone}
        await office.control.ask("POST", "stream", event)
        told = await account(office, home.store, card)
        assert told.said == {DELETED}
        assert {r.id for r in await harbour.store.requests.latest()} == {theirs.id}


async def pushed(app: App, data: Json, content: Json, corp_id: str) -> Json:
    """The robot's answer to a card callback of this organisation."""
    data = data | {"corpId": corp_id, "content": json.dumps(content)}
    headers = {"topic": CARD_TOPIC, "messageId": "m1", "contentType": "application/json"}
    ack = await app.stream.answer({"type": "CALLBACK", "headers": headers, "data": json.dumps(data)})
    assert ack
    return ack.data["response"]


async def test_one_that_cancels_is_stopped_at_once_and_goes_on_if_it_comes_back(office: Office) -> None:
    space_id = await build_harbour(office)
    files = [{"path": f"/{number}.txt", "size": 1, "creator": "linUnionId"} for number in range(120)]
    ids = [entry["id"] for path, entry in (await office.control.create(space_id, *files)).items()]
    async with office.robot(**SEVERAL) as app:
        await does(office, HARBOUR, "authorise", "Harbour")
        harbour = await served(app, HARBOUR)
        waiting = await office.say("lin", "rm /plan.pdf", PIER)
        card = await office.say("lin", f"rm {' '.join(ids)}", PIER)
        harbour.dingtalk.use(1)  # call a second: its batches leave one by one
        assert (await office.press("lin", card, "confirm"))["ok"]
        await until(lambda: removals(office))
        await does(office, HARBOUR, "cancel")
        assert list(app.organisations) == []

        # Nothing is sent any more, whoever asks.
        calls = len((await office.control.ask("GET", "calls"))["calls"])
        pressed = await office.press("lin", waiting, "confirm")
        assert "organisation" in str(pressed["response"]) or "组织" in str(pressed["response"])
        said = await office.control.say("lin", PIER, "rm /berth.txt", robotCode=SUITE)
        await acknowledged(office, said)
        assert len((await office.control.ask("GET", "calls"))["calls"]) == calls
        async with await app.main.of(HARBOUR) as store:
            resting = await store.requests.by_card(card["outTrackId"])
            assert resting
            assert (resting.state, resting.paused) == (RequestState.RUNNING, "notServed")
            assert await store.jobs.undecided(resting.id)
            ended = await store.requests.by_card(waiting["outTrackId"])
            assert ended
            assert ended.state is RequestState.CANCELLED
            events = [record.event async for record in store.audit.records(resting.id)]
            assert events[-1] == "job.paused"

        # It comes back: what was agreed to before is over, what rests goes on when its people want it to.
        await does(office, HARBOUR, "authorise", "Harbour")
        harbour = await served(app, HARBOUR)
        await office.press("lin", waiting, "confirm")
        assert "/plan.pdf" in await office.paths(space_id)
        await office.say("lin", f"resume {resting.id}", PIER)
        told = await account(office, harbour.store, card, where=PIER, who="lin")
        assert told.said == {DELETED}


async def test_who_is_not_served_gets_a_refusal_and_nothing_else(office: Office) -> None:
    await build_harbour(office)
    async with office.robot(**SEVERAL) as app:
        await does(office, HOME, "authorise")
        await served(app, HOME)
        card = await office.say("wang", "rm /report.pdf")
        before = await last_call(office)
        with capture_logs() as logs:
            for corp_id in (HARBOUR, "", "../../x", "x" * 65):
                overrides = {"chatbotCorpId": corp_id}
                await acknowledged(
                    office, await office.control.say("wang", MARKETING, "rm /report.pdf", overrides=overrides)
                )
                pressed = await office.press("wang", card, "confirm", overrides={"corpId": corp_id})
                assert pressed["response"]["userPrivateData"]
        assert [each.corp_id for each in app.organisations] == [HOME]
        assert {line["event"] for line in logs if line["log_level"] == "warning"} == {
            "frame.not_served",
            "organisation.no_token",
        }
        made = [call["route"] for call in (await office.control.ask("GET", "calls", after=before))["calls"]]
        assert made == [f"POST {TOKENS}"]  # of what could be an organisation: each is asked for once a minute
        assert [known.corp_id for known in await app.main.organisations.all()] == [HOME]


async def test_what_came_while_no_robot_ran_is_found_out_and_what_comes_too_late_changes_nothing(
    office: Office,
) -> None:
    await build_harbour(office)
    async with office.robot(**SEVERAL) as app:
        await until(lambda: app.main.tickets.suite_ticket(SUITE))
        await office.control.ask("PUT", "state", {"apps": await with_harbour(office)})
        answer = await office.say("lin", "ls", PIER)
        assert "plan.pdf" in answer["text"]
        await does(office, HARBOUR, "cancel")
        frames = (await office.control.ask("GET", "frames", type="EVENT", direction="out"))["frames"]
        late = frames[-1]["frame"] | {
            "headers": frames[-1]["frame"]["headers"] | {"eventType": "org_suite_auth", "eventBornTime": "1"}
        }
        ack = await app.stream.answer(late)
        assert ack
        assert ack.data == {"status": "SUCCESS"}, "it need not come again"
        assert list(app.organisations) == []


async def test_an_event_that_names_nobody_is_older_or_from_the_future_leaves_nobody_served_who_is_not(
    office: Office,
) -> None:
    await build_harbour(office)
    async with office.robot(**SEVERAL) as app:
        await does(office, HARBOUR, "authorise", "Harbour")
        sent = (await office.control.ask("GET", "frames", type="EVENT", direction="out"))["frames"][-1][
            "frame"
        ]

        async def heard(kind: str, corp_id: str, at: datetime, **data: Json) -> None:
            headers = {
                "eventType": kind,
                "eventCorpId": corp_id,
                "eventBornTime": f"{at.timestamp() * 1000:.0f}",
            }
            frame = sent | {"headers": sent["headers"] | headers, "data": json.dumps(data)}
            ack = await app.stream.answer(frame)
            assert ack
            assert ack.data == {"status": "SUCCESS"}

        async def states() -> list[tuple[str, str]]:
            return [(each.corp_id, each.state) for each in await app.main.organisations.all()]

        now = datetime.now(UTC)
        for corp_id in ("", "../../x", "x" * 65, "x\0", "x'; DROP"):
            await heard("org_suite_auth", corp_id, now, authCorpInfo={"corpid": corp_id, "corpName": "x"})
            await heard("org_suite_relieve", corp_id, now)
        assert await states() == [(HARBOUR, "served")]

        # Authorised in the future, by a clock that is wrong; then cancelled, by one that is right.
        await office.control.ask(
            "PUT", "state", {"apps": [a | {"corpIds": [HOME]} for a in await with_harbour(office)]}
        )
        await heard("org_suite_relieve", HARBOUR, now - timedelta(minutes=5))
        assert await states() == [(HARBOUR, "stopped")], "DingTalk gives no token for it"
        await heard("org_suite_auth", HARBOUR, now + timedelta(days=1))
        assert await states() == [(HARBOUR, "stopped")]
        await office.control.ask("PUT", "state", {"apps": await with_harbour(office)})
        await heard("org_suite_auth", HARBOUR, now + timedelta(days=1))
        assert await states() == [(HARBOUR, "served")]
        await heard("org_micro_app_stop", HARBOUR, datetime.now(UTC))
        assert await states() == [(HARBOUR, "stopped")]


async def test_one_whose_data_cannot_be_read_keeps_nobody_else_from_being_served(office: Office) -> None:
    await build_harbour(office)
    async with office.robot(**SEVERAL) as app:
        for corp_id in (HARBOUR, HOME):
            await does(office, corp_id, "authorise")
        assert (await office.say("lin", "rm /plan.pdf", PIER))["kind"] == "card"
    [part] = office.folder.glob("*.org_*harbour*.sqlite")
    with closing(sqlite3.connect(part)) as damaged, damaged:
        damaged.execute("UPDATE requests SET requester = '{}', state = 'approved'")
    async with office.robot(**SEVERAL) as app:
        assert "report.pdf" in (await office.say("wang", "ls"))["text"]
        assert len(list(app.organisations)) == 2


async def test_they_are_served_again_after_a_restart_and_what_is_turned_off_is_not(office: Office) -> None:
    await build_harbour(office)
    async with office.robot(**SEVERAL) as app:
        for corp_id in (HOME, HARBOUR):
            await does(office, corp_id, "authorise", corp_id)
        await does(office, HOME, "stop")
        await does(office, HARBOUR, "change", "Harbour & Sons")
        assert [each.corp_id for each in app.organisations] == [HARBOUR]
    async with office.robot(**SEVERAL) as app:
        assert [each.corp_id for each in app.organisations] == [HARBOUR]
        assert "plan.pdf" in (await office.say("lin", "ls", PIER))["text"]
        await does(office, HOME, "restore")
        assert "report.pdf" in (await office.say("wang", "ls"))["text"]
        await does(office, HARBOUR, "cancel")
        await does(office, HARBOUR, "restore")
        assert [each.corp_id for each in app.organisations] == [HOME], "it is turned on, and not authorised"
        known = {each.corp_id: each.name for each in await app.main.organisations.all()}
        assert known == {HOME: HOME, HARBOUR: "Harbour & Sons"}
        events = [record.event async for record in app.main.audit.records()]
        assert events == [
            "organisation.authorised",
            "organisation.authorised",
            "organisation.stopped",
            "organisation.changed",
            "organisation.restored",
            "organisation.cancelled",
        ]


async def test_the_command_line_lists_them_stops_one_and_takes_its_data_away(office: Office) -> None:
    await build_harbour(office)
    variables = {"DINGSWEEP_DATABASE_URL": office.database_url, "COLUMNS": "200"}

    async def command(*arguments: str) -> Ended:
        return await ran_inside(office.folder, *arguments, variables=variables)

    async with office.robot(**SEVERAL) as app:
        for corp_id in (HOME, HARBOUR):
            await does(office, corp_id, "authorise", f"{corp_id}\x1b[2J")
        card = await office.say("lin", "rm /plan.pdf", PIER)
        listed = [json.loads(line) for line in (await command("organisations", "--json")).output.splitlines()]
        assert [(each["corp_id"], each["state"], each["requests_open"]) for each in listed] == [
            (HOME, "served", 0),
            (HARBOUR, "served", 1),
        ]
        assert "\x1b" not in (await command("organisations")).output
        number = (await (await served(app, HARBOUR)).store.requests.latest())[0].id
        assert number in (await command("--organisation", HARBOUR, "requests")).output
        assert number in (await command("--organisation", HARBOUR, "audit", number)).output
        assert number not in (await command("--organisation", HOME, "requests")).output
        assert (await command("--organisation", "dingcorpnobody", "requests")).code == 2

        refused = await command("organisations", "remove", HARBOUR, "--yes")
        assert refused.code == 2
        assert "still served" in refused.errors
        assert (await command("organisations", "stop", HARBOUR)).code == 0
        assert isinstance(app.organisations, Several)
        await app.organisations.look()
        assert [each.corp_id for each in app.organisations] == [HOME]
        assert (await office.press("lin", card, "confirm"))["ok"]  # answered, and refused
        assert (await command("organisations", "remove", HARBOUR)).code != 0, "nobody typed its corpId"
        assert len(await app.main.organisations.all()) == 2
        assert (await command("organisations", "remove", HARBOUR, "--yes")).code == 0
        assert [known.corp_id for known in await app.main.organisations.all()] == [HOME]
        assert not [path for path in office.folder.iterdir() if "harbour" in path.name.lower()]
        kept = b"".join(path.read_bytes() for path in office.folder.iterdir() if path.is_file())
        assert b"plan.pdf" not in kept
        assert b"report.pdf" not in kept
        events = [record.event async for record in app.main.audit.records()]
        assert events[-2:] == ["organisation.stopped", "organisation.removed"]

        # It has not taken its authorisation back, and is not served because of that.
        await acknowledged(office, await office.control.say("lin", PIER, "ls", robotCode=SUITE))
        assert [known.corp_id for known in await app.main.organisations.all()] == [HOME]
        await does(office, HARBOUR, "authorise", "Harbour")
        assert "berth.txt" in (await office.say("lin", "ls", PIER))["text"]


async def acknowledged(office: Office, said: Json) -> None:
    """Wait until the robot has taken a message."""
    await office.control.ask("GET", "frames", msgId=said["msgId"], acked="true", wait=10)


async def with_harbour(office: Office) -> list[Json]:
    """The sandbox's applications, the suite authorised by the harbour without a word."""
    apps: list[Json] = (await office.control.ask("GET", "apps"))["apps"]
    return [app | ({"corpIds": [HOME, HARBOUR]} if app["suite"] else {}) for app in apps]


async def test_what_another_replica_was_told_is_so_here_too(office: Office) -> None:
    """All that replicas have of each other is the rows."""
    await build_harbour(office)
    async with office.robot(**SEVERAL, times=Times(renew_s=0.05)) as app:
        rows, now = app.main.organisations, datetime.now(UTC)
        await rows.serve(HARBOUR, "Harbour", at=now, event="organisation.authorised")
        harbour = await served(app, HARBOUR)
        await office.control.ask("PUT", "state", {"apps": await with_harbour(office)})
        card = await office.say("lin", "rm /plan.pdf", PIER)
        await rows.stop(HARBOUR, at=now, event="organisation.cancelled")

        async def is_left() -> bool:
            return list(app.organisations) == []

        await until(is_left)
        sent = await last_call(office)
        with pytest.raises(Denied):
            await harbour.dingtalk.contact.user("lin")
        assert await last_call(office) == sent
        async with await app.main.of(HARBOUR) as store:

            async def has_ended() -> bool:
                request = await store.requests.by_card(card["outTrackId"])
                return request is not None and request.state is RequestState.CANCELLED

            await until(has_ended)


@pytest.mark.soak
async def test_all_replicas_learn_who_comes_and_goes(fleet: Fleet) -> None:
    """Told to one of two; the other must know, too, and what it runs for who has left stops."""
    office = fleet.office
    space_id = await build_harbour(office)
    given = {f"DINGSWEEP_{name.upper()}": value for name, value in SEVERAL.items() if name != "rules"}
    await fleet.start(2, **given)
    await does(office, HARBOUR, "authorise", "Harbour")
    files = [{"path": f"/{number}.txt", "size": 1, "creator": "linUnionId"} for number in range(120)]
    ids = [entry["id"] for entry in (await office.control.create(space_id, *files)).values()]
    card = await office.say("lin", f"rm {' '.join(ids)}", PIER)
    hanging = await fault(office, REMOVE, delayMs=1000, count=1)
    assert (await office.press("lin", card, "confirm"))["ok"]
    await struck(office, hanging)
    for process in await fleet.runner(f"{HARBOUR}/job:"):
        await process.says("organisation.served")
    await does(office, HARBOUR, "cancel")
    for process in await fleet.runner(f"{HARBOUR}/job:"):
        await process.says("organisation.left")
    async with fleet.store() as main, await main.of(HARBOUR) as store:
        resting = await store.requests.by_card(card["outTrackId"])
        assert resting
        assert (resting.state, resting.paused) == (RequestState.RUNNING, "notServed")
        assert [r.event async for r in store.audit.records(resting.id)].count("job.paused") == 1
        await does(office, HARBOUR, "authorise")
        for process in await fleet.runner(f"{HARBOUR}/job:"):
            await process.says("organisation.served", 2)
        await office.say("lin", f"resume {resting.id}", PIER)
        told = await account(office, store, card, where=PIER, who="lin")
    assert told.said == {DELETED}
