"""A call that waits for its turn behind many others, and a folder that changes meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from bot.dingtalk.limit import Limits
from bot.models import Outcome
from tests.integration.deletions import DELETED, account, agree, ask, until
from tests.integration.office import MARKETING_SPACE, REMOVE, Json, Office
from tests.integration.test_job_running import many

LISTING = "GET /v1.0/storage/spaces/{spaceId}/dentries"


async def test_what_came_into_a_folder_while_its_call_waited_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Json] = [{"path": f"/plans/{name}", "creator": "wang"} for name in ("", "old.txt")]
    await office.control.create(MARKETING_SPACE, *given)
    async with office.robot() as app:
        big, card = await many(office, 220), await ask(office, "/plans")
        queues = Limits(1)  # a call a second, as after throttled answers
        monkeypatch.setattr(app.services.dingtalk.storage._wire, "_limits", queues)
        behind = asyncio.create_task(agree(office, app, big))
        await until(lambda: office.calls(REMOVE))
        before = len(await office.calls(LISTING))
        assert (await office.press("wang", card, "confirm"))["ok"]

        async def looked() -> bool:
            return len(await office.calls(LISTING)) > before

        await until(looked)
        await office.control.create(MARKETING_SPACE, {"path": "/plans/new.txt", "creator": "wang"})
        told = await account(office, app.store, card)
        assert told.results == {"/plans": (Outcome.CHANGED, "")}
        assert {"/plans/old.txt", "/plans/new.txt"} <= await office.paths()
        assert (await behind).said == {DELETED}
