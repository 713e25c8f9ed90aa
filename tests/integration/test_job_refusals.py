"""Every row of the error table of batchRemove, for a whole call and for one item: what it asks of us is done.

https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.models import Outcome, RequestState
from tests.integration.deletions import DELETED, QUERY, Said, agree, ask, failed, faulty, files
from tests.integration.office import REMOVE, Office

GONE = (Outcome.ALREADY_GONE, "")


@dataclass(frozen=True)
class Row:
    """A fault, and what it must lead to: outcome of the files it is for, delete calls by size, looks."""

    status: int
    code: str
    said: Said
    sizes: list[int]
    looks: int = 0
    fault: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.status} {self.code} {self.fault}"


WHOLE_CALL = [
    Row(400, "paramError", failed("paramError"), [2, 1, 1]),
    Row(400, "paramError", DELETED, [2, 1, 1], fault={"count": 1}),
    Row(400, "paramError.dentryIds", failed("paramError.dentryIds"), [2, 1, 1]),
    Row(400, "paramError.spaceId", failed("paramError.spaceId"), [2]),
    Row(400, "operationConcurrentControl", DELETED, [2, 2, 2], fault={"count": 2}),
    Row(
        400,
        "recycleBinNotSupportForSpace",
        (Outcome.NOT_RECYCLABLE, "recycleBinNotSupportForSpace"),
        [2],
    ),
    Row(403, "operationNotSupported", (Outcome.NOT_RECYCLABLE, "operationNotSupported"), [2, 1, 1]),
    Row(403, "permissionDenied", (Outcome.DENIED, "permissionDenied"), [2, 1, 1]),
    Row(404, "spaceNotExist", failed("spaceNotExist"), [2]),
    Row(404, "dentryNotExist", GONE, [2, 1, 1]),
    Row(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", DELETED, [2, 2], fault={"count": 1}),
    Row(403, "Forbidden.AccessDenied.QpsLimitForApi", DELETED, [2, 2], fault={"count": 1}),
    Row(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", failed("no_scope"), [2]),
    Row(422, "somethingNew", failed("somethingNew"), [2, 1, 1]),
]

ONE_ITEM = [
    Row(0, "paramError", failed("paramError"), [2]),
    Row(0, "paramError.dentryIds", failed("paramError.dentryIds"), [2]),
    Row(0, "operationConcurrentControl", DELETED, [2, 1, 1], fault={"count": 2}),
    Row(0, "permissionDenied", (Outcome.DENIED, "permissionDenied"), [2]),
    Row(0, "recycleBinNotSupportForSpace", (Outcome.NOT_RECYCLABLE, "recycleBinNotSupportForSpace"), [2]),
    Row(0, "operationNotSupported", (Outcome.NOT_RECYCLABLE, "operationNotSupported"), [2]),
    Row(0, "spaceNotExist", failed("spaceNotExist"), [2]),
    Row(0, "dentryNotExist", GONE, [2]),
    Row(0, "systemError", DELETED, [2, 1], looks=1, fault={"count": 1}),
    Row(0, "systemError", DELETED, [2], looks=1, fault={"count": 1, "after": True}),
    Row(0, "unknownError", DELETED, [2], looks=1, fault={"count": 1, "after": True}),
    Row(0, "operationTimeout", DELETED, [2, 1], looks=1, fault={"count": 1}),
    Row(0, "operationTimeout", DELETED, [2], looks=1, fault={"count": 1, "after": True}),
    Row(0, "somethingNew", failed("somethingNew"), [2]),
]


async def test_a_whole_call_refused(office: Office) -> None:
    async with office.robot() as app:
        for number, row in enumerate(WHOLE_CALL):
            one, two = await files(office, f"a{number}", f"b{number}")
            told = await faulty(office, app, one, two, status=row.status, code=row.code, **row.fault)
            assert told.said == {row.said}, row.name
            assert told.sizes == row.sizes, row.name
            assert len(told.made(QUERY)) == row.looks, row.name
            there = {f"/a{number}", f"/b{number}"} & await office.paths()
            assert len(there) == (0 if row.said == DELETED else 2), row.name
            assert told.request.state is (
                RequestState.DONE if row.said[0].is_gone else RequestState.FAILED
            ), row.name


async def test_one_item_refused(office: Office) -> None:
    async with office.robot() as app:
        for number, row in enumerate(ONE_ITEM):
            bad, good = await files(office, f"bad{number}", f"good{number}")
            item = {"dentryId": bad, "errorCode": row.code}
            told = await faulty(office, app, bad, good, item=item, **row.fault)
            assert told.results == {f"/bad{number}": row.said, f"/good{number}": DELETED}, row.name
            assert told.sizes == row.sizes, row.name
            assert len(told.made(QUERY)) == row.looks, row.name
            assert (f"/bad{number}" in await office.paths()) == (row.said != DELETED), row.name


async def test_one_bad_entry_does_not_spoil_the_others(office: Office) -> None:
    """DingTalk refuses the whole call while the one is in it."""
    async with office.robot() as app:
        for code, status, said in (
            ("paramError.dentryIds", 400, failed("paramError.dentryIds")),
            ("permissionDenied", 403, (Outcome.DENIED, "permissionDenied")),
            ("operationNotSupported", 403, (Outcome.NOT_RECYCLABLE, "operationNotSupported")),
            ("dentryNotExist", 404, GONE),
        ):
            names = [f"{code}{n}" for n in range(8)]
            ids = await files(office, *names)
            item = {"dentryId": ids[5], "errorCode": code}
            told = await faulty(office, app, *ids, item=item, status=status, code=code)
            assert told.results.pop(f"/{names[5]}") == said
            assert told.said == {DELETED}
            assert told.sizes == [8, 4, 4, 2, 1, 1, 2]
            assert told.request.state is (RequestState.DONE if said == GONE else RequestState.PARTLY_DONE)
            assert f"/{names[5]}" in await office.paths()


TOKEN_REFUSED = {"status": 400, "code": "InvalidAuthentication", "count": 1}
"""As after its two hours; at the click, the contacts would be the first to be told."""


async def test_a_refused_token_is_renewed_once(office: Office) -> None:
    async with office.robot() as app:
        card = await ask(office, *await files(office, "a", "b"))
        await office.control.ask("POST", "faults", {"route": REMOVE, **TOKEN_REFUSED})
        told = await agree(office, app, card)
        assert told.said == {DELETED}
        assert [call["status"] for call in told.made(REMOVE)] == [400, 200]
        assert len([c for c in told.calls if c["path"] == "/v1.0/oauth2/accessToken"]) == 1


async def test_the_sentences_on_the_card(office: Office) -> None:
    """What a person reads for the causes that they can do something about."""
    async with office.robot() as app:
        for code, status, sentence in (
            ("permissionDenied", 403, "may not delete"),
            ("recycleBinNotSupportForSpace", 400, "no recycle bin"),
            ("operationNotSupported", 403, "cannot go to the recycle bin"),
            ("spaceNotExist", 404, "space"),
            ("Forbidden.AccessDenied.AccessTokenPermissionDenied", 403, "permission"),
            ("somethingNew", 422, "somethingNew"),
        ):
            [dentry_id] = await files(office, f"{code}.txt")
            told = await faulty(office, app, dentry_id, status=status, code=code)
            assert sentence in told.text, f"{code}: {told.text}"
            assert f"/{code}.txt" in told.card["params"]["markdown"].replace("\\", "")
            assert "{" not in told.text


async def test_a_refusal_of_everything_costs_few_calls(office: Office) -> None:
    """Halving finds one culprit among many; when all are refused alike, it stops asking."""
    async with office.robot() as app:
        many = await files(office, *(f"many{number}" for number in range(50)))
        told = await faulty(office, app, *many, status=403, code="operationNotSupported")
        assert told.said == {(Outcome.NOT_RECYCLABLE, "operationNotSupported")}
        assert len(told.sizes) <= 8
