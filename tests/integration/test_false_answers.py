"""Answers that make no sense: whatever was deleted and however it was answered, the receipt equals the drive."""

from __future__ import annotations

import json

import pytest

from tests.integration.deletions import DELETED, QUERY, Account, agree, ask, files
from tests.integration.endings import fault, heal
from tests.integration.office import REMOVE, Office

GONE = {"success": True, "async": False}
THERE = {"success": False, "async": False, "errorCode": "systemError"}


def answers(one: str, other: str) -> dict[str, str]:
    """What DingTalk has been made to answer, by what is wrong with it."""
    said = {
        "nothing in it": {},
        "no items": {"resultItems": []},
        "null for items": {"resultItems": None},
        "one of two": {"resultItems": [{"dentryId": one, "async": False}]},
        "others": {"resultItems": [{"dentryId": "1", **GONE}, {"dentryId": "2", **GONE}]},
        "one way and another": {
            "resultItems": [{"dentryId": i, **x} for i in (one, other) for x in (THERE, GONE)]
        },
        "another way round": {
            "resultItems": [{"dentryId": i, **x} for i in (one, other) for x in (GONE, THERE)]
        },
        "begun without a task": {
            "resultItems": [{"dentryId": i, "async": True, "success": True} for i in (one, other)]
        },
        "no words for it": {"resultItems": [{"dentryId": i, "success": "perhaps"} for i in (one, other)]},
    }
    return {
        "empty": "",
        "a page": "<html><body>502 Bad Gateway</body></html>",
        "cut": json.dumps({"resultItems": [{"dentryId": one, **GONE}]})[:-4],
        "a list": "[]",
        **{name: json.dumps(body) for name, body in said.items()},
    }


@pytest.mark.parametrize(
    "afterwards",
    [(True, False), pytest.param((False, True), marks=pytest.mark.soak)],
    ids=["deleted or not", "the other way"],
)
async def test_an_answer_without_sense_is_not_believed(office: Office, afterwards: tuple[bool, bool]) -> None:
    """By turns the files were deleted before it was answered, and were not."""
    async with office.robot() as app:
        await office.control.limits(permitUnlimited=True)
        for number, what in enumerate(answers("", "")):
            ids = await files(office, f"{number}a", f"{number}b")
            card = await ask(office, *ids)
            await fault(office, REMOVE, count=1, body=answers(*ids)[what], after=afterwards[number % 2])
            await _receipt_is_true(office, await agree(office, app, card), what)


async def test_a_look_that_says_one_thing_and_another_settles_nothing(office: Office) -> None:
    """The deletion was never carried out; of two answers to the same question the wrong one must not count."""
    async with office.robot() as app:
        [one] = await files(office, "a")
        card = await ask(office, one)
        there, gone = {"dentryId": one}, {"dentryId": one, "success": False, "errorCode": "dentryNotExist"}
        await fault(office, REMOVE, count=1, reset=True)
        await fault(office, QUERY, count=1, body=json.dumps({"resultItems": [there, gone]}))
        await _receipt_is_true(office, await agree(office, app, card), "twice")


async def _receipt_is_true(office: Office, found: Account, what: str) -> None:
    """In the end all of it was deleted, and is gone."""
    await heal(office)
    assert found.said == {DELETED}, what
    assert not found.results.keys() & await office.paths(), what
