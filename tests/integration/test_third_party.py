"""The robot as a third-party app: its tokens come from the suite ticket that DingTalk pushes.

https://open.dingtalk.com/document/development/event-suite-ticket
https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1
"""

from __future__ import annotations

from typing import Any

from bot.app import App
from bot.models import RequestState
from tests.integration.deletions import DELETED, account, removals, until
from tests.integration.office import Message, Office

SUITE: dict[str, Any] = {
    "client_id": "suitesandbox",
    "client_secret": "suite-secret",
    "suite_key": "suitesandbox",
    "suite_secret": "suite-secret",
    "auth_corp_id": "dingcorpsandbox",
}
DEAF: dict[str, Any] = {"client_id": "dingsandbox", "client_secret": "sandbox-secret"}
"""Connected as an app that no ticket is pushed to when it connects."""
TOKENS = "/v1.0/oauth2/corpAccessToken"


async def has_ticket(app: App) -> bool:
    return await app.store.tickets.suite_ticket("suitesandbox") is not None


async def ask(office: Office, text: str) -> Message:
    return await office.say("wang", text, robotCode="suitesandbox")


async def test_the_main_job_of_a_third_party_app(office: Office) -> None:
    async with office.robot(**SUITE) as app:
        await until(lambda: has_ticket(app))
        card = await ask(office, "rm /report.pdf")
        assert card["kind"] == "card", card
        assert (await office.press("wang", card, "confirm"))["ok"]
        told = await account(office, app.store, card)
        assert told.results == {"/report.pdf": DELETED}
        assert told.request.state is RequestState.DONE
        assert len(await removals(office)) == 1
        assert {call["clientId"] for call in told.calls if call["clientId"]} == {"suitesandbox"}
        assert len(await office.calls(TOKENS)) == 1
        assert await office.calls("/v1.0/oauth2/accessToken") == []


async def test_the_ticket_outlives_a_restart(office: Office) -> None:
    """DingTalk pushes one about every five hours, and none on request."""
    async with office.robot(**SUITE) as app:
        await until(lambda: has_ticket(app))
    async with office.robot(**SUITE | DEAF) as app:
        assert "report.pdf" in (await office.say("wang", "ls"))["text"]
        [asked] = await office.calls(TOKENS)
        assert asked["request"]["suiteTicket"] == await app.store.tickets.suite_ticket("suitesandbox")


async def test_a_newer_ticket_takes_the_place_of_the_old(office: Office) -> None:
    async with office.robot(**SUITE) as app:
        await until(lambda: has_ticket(app))
        for _ in range(3):  # DingTalk keeps the two newest
            pushed = (await office.control.ask("POST", "stream", {"action": "suiteTicket"}))["tickets"]

            async def saved(newest: str = pushed["suitesandbox"]) -> bool:
                return await app.store.tickets.suite_ticket("suitesandbox") == newest

            await until(saved)
        await office.control.ask("DELETE", "tokens")
        assert "report.pdf" in (await ask(office, "ls"))["text"]


async def test_without_a_ticket_it_says_so_and_works_as_soon_as_one_comes(office: Office) -> None:
    async with office.robot(**SUITE | DEAF) as app:
        told = await office.say("wang", "ls")
        assert told["kind"] == "markdown"
        assert "whoever runs it" in told["text"]
        assert await office.calls(TOKENS) == []
        ticket = (await office.control.ask("POST", "stream", {"action": "suiteTicket"}))["tickets"][
            "suitesandbox"
        ]
        for data in ({}, {"suiteTicket": None}, {"suiteTicket": 7}, {"suiteTicket": ticket}):
            event = {"action": "event", "eventType": "suite_ticket", "data": data}
            await office.control.ask("POST", "stream", event)
        await until(lambda: has_ticket(app))
        assert "report.pdf" in (await office.say("wang", "ls"))["text"]


async def test_another_organisation_cannot_act_as_our_people(office: Office) -> None:
    """A userId is unique in its own organisation only; with corp_id unset it is the one that installed the app."""
    async with office.robot(
        suite_key="suitesandbox", suite_secret="suite-secret", auth_corp_id="dingcorpsandbox"
    ):
        foreign = {"senderCorpId": "dingcorpother", "chatbotCorpId": "dingcorpother"}
        answer = await office.say("wang", "rm /report.pdf", overrides=foreign)
        assert "Only members of this organisation" in answer["text"]
