"""A call that nobody answered, and that is carried out after its job was told to stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.deletion.follow import Patience
from bot.dingtalk.wire import Wire
from bot.models import RequestState
from tests.integration.deletions import DELETED, account, failed, last_call, struck
from tests.integration.office import Office
from tests.integration.test_job_running import held, many, request_of

LATE = Patience(late=timedelta(seconds=4))


async def test_what_went_late_is_in_the_receipt_of_a_job_that_was_stopped(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Wire.__init__

    def impatient(wire: Wire, **given: Any) -> None:
        made(wire, **given | {"timeout_s": 0.5})

    monkeypatch.setattr(Wire, "__init__", impatient)
    async with office.robot(patience=LATE) as app:
        card = await many(office, 120)
        before = await last_call(office)
        fault = await held(office, 3)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, fault, 2)
        request = await request_of(app, card)
        assert "stops" in (await office.say("wang", f"cancel {request.id}"))["text"]
        told = await account(office, app.store, card, after_call=before)
        assert sorted(told.sizes) == [50, 50], "nothing is sent after the wish"
        there = await office.paths()
        assert {path for path, word in told.results.items() if word == DELETED} == told.results.keys() - there
        assert set(told.results.values()) == {DELETED, failed("stopped")}
        assert told.request.state is RequestState.PARTLY_DONE
