"""A job that goes on after a rest, and a crash in which the one that began to rest had not ended yet."""

from __future__ import annotations

from collections import Counter

from bot.store import Store
from tests.integration.deletions import DELETED, account, removals, struck, until
from tests.integration.office import MARKETING, REMOVE, Office
from tests.integration.program import killed, robot
from tests.integration.test_job_running import QUOTA, held, many

SAY = "POST /robot/sendBySession"


async def test_both_are_taken_up_again_and_one_of_them_goes_on(office: Office) -> None:
    async with Store(office.settings().database_url) as store:
        async with robot(office) as program:
            card = await many(office, 170)
            await office.control.fault(REMOVE, 403, QUOTA)
            await office.control.ask("POST", "faults", {"route": SAY, "delayMs": 60_000})
            assert (await office.press("wang", card, "confirm"))["ok"]

            async def rests() -> str:
                request = await store.requests.by_card(card["outTrackId"])
                return request.paused if request else ""

            await until(rests)
            await office.control.ask("DELETE", "faults")
            fault = await held(office, 60)
            request = await store.requests.by_card(card["outTrackId"])
            assert request
            await office.control.say("wang", MARKETING, f"resume {request.id}")
            await struck(office, fault)
            await killed(office, program)
        await office.control.ask("DELETE", "faults")
        before = len(await removals(office))
        await held(office, 0.5)
        async with robot(office):
            told = await account(office, store, card)
        sent = Counter(id_ for ids in (await removals(office))[before:] for id_ in ids)
        assert told.said == {DELETED}
        assert max(sent.values()) == 1, sent
