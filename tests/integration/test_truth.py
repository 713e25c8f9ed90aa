"""Whatever DingTalk answers, the receipt says what is true on the drive: many jobs, random faults, fixed seeds."""

import random

import pytest

from bot.app import App
from bot.models import Outcome, RequestState
from tests.integration.office import MARKETING, MARKETING_SPACE, REMOVE, Office

FAULTS = (
    {"status": 500, "code": "systemError"},
    {"status": 500, "code": "unknownError", "after": True},
    {"status": 503, "code": "operationTimeout", "after": True},
    {"status": 500, "code": "reset", "reset": True, "after": True},
    {"status": 500, "code": "reset", "reset": True},
    {"status": 400, "code": "operationConcurrentControl"},
    {"status": 403, "code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"},
    {"status": 429, "code": "tooManyRequests", "after": True},
    {"status": 403, "code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "after": True},
)
SUCCEEDED = tuple(fault for fault in FAULTS if fault.get("after"))
"""The deletion was carried out, and the answer says something else."""


@pytest.mark.parametrize("jobs", [6, pytest.param(300, marks=pytest.mark.soak)])
async def test_receipts_equal_the_drive_under_random_faults(office: Office, jobs: int) -> None:
    chance = random.Random(jobs)  # noqa: S311 - a fixed sequence, no secret
    async with office.robot() as app:
        await office.control.limits(permitUnlimited=True)
        for number in range(jobs):
            names = [f"/job {number}-{part}.txt" for part in range(chance.randint(1, 4))]
            entries = await office.control.create(
                MARKETING_SPACE, *({"path": name, "size": 10, "creator": "wang"} for name in names)
            )
            for fault in chance.sample(FAULTS, k=chance.randint(0, 2)):
                await office.control.fault(REMOVE, count=1, message="", **fault)  # type: ignore[arg-type]
            await _delete_and_compare(office, app, {name: entries[name]["id"] for name in names})
            await office.control.ask("DELETE", "faults")


@pytest.mark.parametrize("jobs", [5, pytest.param(1000, marks=pytest.mark.soak)])
async def test_what_was_done_and_answered_otherwise_is_told_as_done(office: Office, jobs: int) -> None:
    """One delete call in twenty succeeds but answers "too fast", a time-out or nothing; in the short form all do."""
    chance = random.Random(jobs)  # noqa: S311 - a fixed sequence, no secret
    share = 1.0 if jobs <= len(SUCCEEDED) else 0.05
    async with office.robot() as app:
        await office.control.limits(permitUnlimited=True)
        for number in range(jobs):
            names = [f"/done {number}-{part}.txt" for part in range(chance.randint(1, 4))]
            entries = await office.control.create(
                MARKETING_SPACE, *({"path": name, "size": 10, "creator": "wang"} for name in names)
            )
            if chance.random() < share:
                fault = SUCCEEDED[number % len(SUCCEEDED)]
                await office.control.fault(REMOVE, count=1, message="", **fault)  # type: ignore[arg-type]
            await _delete_and_compare(office, app, {name: entries[name]["id"] for name in names})
            await office.control.ask("DELETE", "faults")


async def _delete_and_compare(office: Office, app: App, ids: dict[str, str]) -> None:
    card = await office.say("wang", f"delete {' '.join(ids.values())}")
    await office.press("wang", card, "confirm")
    request = await app.store.requests.by_card(card["outTrackId"])
    assert request
    await office.until(
        "wang",
        MARKETING,
        card["seq"],
        lambda m: m.get("outTrackId", "").startswith(f"dingsweep.result.{request.id}"),
    )
    results = await app.store.requests.results(request.id)
    assert {result.entry.dentry.dentry_id for result in results} == set(ids.values())
    there = await office.paths()
    for result in results:
        assert (result.outcome is Outcome.DELETED) == (result.entry.dentry.path not in there)
    finished = await app.store.requests.get(request.id)
    assert finished
    assert finished.state is RequestState.DONE
    assert all(call["request"]["option"] == {"toRecycleBin": True} for call in await office.calls(REMOVE))
