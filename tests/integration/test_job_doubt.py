"""Nobody knows, or not now: answers that never came, locks, throttles and bans, within a deadline.

https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.deletion.follow import Patience
from bot.models import Outcome, RequestState
from tests.integration.deletions import DELETED, QUERY, Said, agree, ask, failed, faulty, files
from tests.integration.office import REMOVE, Office

HASTE = Patience(batch=timedelta(seconds=1), task=timedelta(seconds=1))

NOBODY_KNOWS: list[dict[str, Any]] = [
    {"status": 500, "code": "systemError"},
    {"status": 500, "code": "unknownError"},
    {"status": 503, "code": "operationTimeout"},
    {"status": 504, "body": "<html>gateway time-out</html>", "contentType": "text/html"},
    {"status": 200, "body": "", "contentType": "application/json"},
    {"status": 200, "body": {"resultItems": []}},
    {"reset": True},
]


@pytest.mark.parametrize("was_done", [True, False])
async def test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again(
    office: Office, was_done: bool
) -> None:
    """Done: counted as deleted, and not sent twice. Not done: sent again."""
    async with office.robot() as app:
        for number, fault in enumerate(NOBODY_KNOWS):
            ids = await files(office, f"a{number}", f"b{number}")
            told = await faulty(office, app, *ids, count=1, after=was_done, **fault)
            assert told.said == {DELETED}, fault
            assert told.sizes == ([2] if was_done else [2, 2]), fault
            assert len(told.made(QUERY)) == 1, fault
            assert told.request.state is RequestState.DONE
        assert (
            not {f"/{letter}{n}" for letter in "ab" for n in range(len(NOBODY_KNOWS))} & await office.paths()
        )


async def test_what_does_not_pass_in_time_is_given_up_and_named(office: Office) -> None:
    async with office.robot(patience=HASTE) as app:
        rows: list[tuple[dict[str, Any], Said]] = [
            ({"status": 400, "code": "operationConcurrentControl"}, failed("operationConcurrentControl")),
            ({"status": 500, "code": "systemError"}, (Outcome.UNKNOWN, "systemError")),
            ({"reset": True}, (Outcome.UNKNOWN, "cut")),
            ({"status": 403, "code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}, failed("throttled")),
        ]
        for number, (fault, said) in enumerate(rows):
            ids = await files(office, f"a{number}", f"b{number}")
            told = await faulty(office, app, *ids, **fault)
            assert told.said == {said}, fault
            assert told.request.state is RequestState.FAILED
            assert f"/a{number}" in await office.paths()


async def test_a_look_that_fails_leaves_the_outcome_unknown_and_sends_nothing_again(office: Office) -> None:
    async with office.robot(patience=HASTE) as app:
        ids = await files(office, "a", "b")
        card = await ask(office, *ids)
        await office.control.fault(REMOVE, 500, "systemError", count=1, after=True)
        await office.control.fault(QUERY, 500, "systemError")
        told = await agree(office, app, card)
        assert told.said == {(Outcome.UNKNOWN, "systemError")}
        assert told.sizes == [2]


async def test_what_is_gone_when_it_is_sent_again_was_our_doing(office: Office) -> None:
    """The first call, that nobody answered, may arrive after the look that found the file still there."""
    async with office.robot() as app:
        late, other = await files(office, "late", "other")
        card = await ask(office, late, other)
        await office.control.fault(REMOVE, 503, "operationTimeout", count=1)
        item = {"dentryId": late, "errorCode": "dentryNotExist"}
        await office.control.ask("POST", "faults", {"route": REMOVE, "item": item, "after": True})
        told = await agree(office, app, card)
        assert told.said == {DELETED}
        assert told.sizes == [2, 2]


async def test_a_ban_of_the_address_is_waited_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.dingtalk.answer.IP_BAN_S", 1.5)  # five minutes, in earnest
    ban = {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "u"}
    async with office.robot() as app:
        for number, body in enumerate((ban, "<html><script>/_____tmd_____/punish</script></html>")):
            ids = await files(office, f"a{number}", f"b{number}")
            kind = "text/html" if isinstance(body, str) else "application/json"
            told = await faulty(office, app, *ids, count=1, status=200, body=body, contentType=kind)
            assert told.said == {DELETED}
            refused, sent = told.made(REMOVE)
            assert sent["at"] - refused["at"] >= 1500
            assert not [c for c in told.calls if refused["at"] + 50 < c["at"] < sent["at"]], (
                "not a single call"
            )
