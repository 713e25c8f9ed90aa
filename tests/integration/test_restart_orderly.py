"""Ends and starts as they are meant to be: what can be finished is, the rest waits for the next start."""

from __future__ import annotations

import pytest

from bot.models import RequestState
from bot.store import Store
from tests.integration.deletions import DELETED, TASK, ask, files, struck
from tests.integration.endings import fault, results_shown, told
from tests.integration.office import PATIENCE_S, Office
from tests.integration.program import robot


@pytest.mark.parametrize("ends_in_time", [True, False])
async def test_told_to_end_in_mid_job(office: Office, ends_in_time: bool) -> None:
    """A job that can be finished in a few seconds is; one that cannot is taken up at the next start."""
    await office.control.limits(taskSeconds=1 if ends_in_time else 3600, callbackSeconds=PATIENCE_S)
    async with robot(office) as program:
        card = await ask(office, "/2023/drafts")
        asked = await fault(office, TASK, delayMs=1, count=1)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, asked)
        ended = await program.end()
    assert ended.code == 0, ended.errors
    assert await results_shown(office, card) == ends_in_time
    await office.control.limits(taskSeconds=0)
    async with robot(office):
        found = await told(office, card)
    assert found.results == {"/2023/drafts": DELETED}
    assert found.sizes[0] == 1


async def test_agreed_to_but_never_begun(office: Office) -> None:
    """A crash between our commit and the start of the workflow: the next start begins it."""
    async with office.robot():
        card = await ask(office, *await files(office, "a"))
    async with Store(office.settings().database_url) as store:
        request = await store.requests.by_card(card["outTrackId"])
        assert request
        approved = await store.requests.change(
            request.id,
            {RequestState.AWAITING_CONFIRMATION},
            RequestState.APPROVED,
            at=request.created_at,
            actor="wang",
            decided_by=request.requester,
        )
        assert approved
    for _ in range(2):  # and a start after the end begins nothing
        async with office.robot():
            found = await told(office, card)
        assert found.results == {"/a": DELETED}
        assert found.sizes == [1]


async def test_an_unanswered_question_outlives_a_restart(office: Office) -> None:
    async with office.robot():
        card = await ask(office, *await files(office, "a"))
    async with office.robot():
        assert (await office.press("wang", card, "confirm"))["ok"]
        found = await told(office, card)
    assert found.said == {DELETED}
