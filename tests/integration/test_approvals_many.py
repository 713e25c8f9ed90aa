"""Approvals in numbers: a crowd of clicks, races around the deadline, forged clicks, lists that changed meanwhile.

Each has a short form here and its full one behind `make soak`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from bot.app import App
from bot.models import Outcome, Request, RequestState
from tests.integration.approvals import ANY_OF_TWO, Asked, asked, now, stored
from tests.integration.deletions import Clock, files
from tests.integration.office import MARKETING, MARKETING_SPACE, REMOVE, Json, Office
from tests.integration.proofs import in_order

ROLE: list[dict[str, Json]] = [{"name": "File keepers", "answer": "approve", "from": ["role:1001"]}]
HEADSTARTS_S = (0.0, 0.02, 0.1, 0.8)
"""What is left until the deadline when the others set out: it wins some races, and loses some."""
CROWD = ["li", "admin", "zhao", "wang", "qian", "alice", "sun", "ghost", "li", "zhao"] * 5


async def _settled(app: App, both: Asked) -> Request:
    """The request once it has ended and everybody was told of it."""
    async with asyncio.timeout(20):
        while True:
            request = await stored(app, both)
            if request.state.is_final and not await app.store.requests.untold():
                return request
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("requests", [3, pytest.param(100, marks=pytest.mark.soak)])
async def test_of_fifty_clicks_one_decides_and_all_others_are_audited(office: Office, requests: int) -> None:
    async with office.robot(rules=ANY_OF_TWO) as app:
        await office.control.limits(permitUnlimited=True)
        for number in range(requests):
            (file_id,) = await files(office, f"crowd {number}.txt")
            both = await asked(office, f"rm {file_id}")
            await asyncio.gather(
                *(
                    office.press("zhao", both.approval, "approve", force=True, overrides=_as(who))
                    for who in CROWD
                )
            )
            assert (await _settled(app, both)).state is RequestState.DONE
            events = await _audited(app, both, len(CROWD))
            assert events["decision.approve"] == events["request.approved"] == events["request.running"] == 1
            assert events["decision.refused"] == len(CROWD) - 1
        removed = [call for call in await office.calls("batchRemove") if call["route"] == REMOVE]
        assert len(removed) == requests
        await in_order(office)


async def _audited(app: App, both: Asked, clicks: int) -> Counter[str]:
    """The events of a request, once so many clicks are on record: on a busy machine some are decided late."""
    async with asyncio.timeout(20):
        while True:
            found = [record.event async for record in app.store.audit.records(request_id=both.request_id)]
            if sum(event in {"decision.approve", "decision.refused"} for event in found) >= clicks:
                return Counter(found)
            await asyncio.sleep(0.02)


def _as(who: str) -> dict[str, Json]:
    """The callback of somebody, also of those who see no card and of one who does not exist."""
    corp_id = "dingcorpother" if who == "sun" else "dingcorpsandbox"
    return {"userId": who, "corpId": corp_id}


@pytest.mark.parametrize("races", [12, pytest.param(1000, marks=pytest.mark.soak)])
async def test_a_race_around_the_deadline_has_one_winner(office: Office, races: int) -> None:
    """Approve, reject, cancel and the deadline at one moment: one end, and every copy of the cards says the same."""
    chance = random.Random(races)  # noqa: S311 - a fixed sequence, no secret
    clock = Clock()
    ends: Counter[RequestState] = Counter()
    async with office.robot(rules=ANY_OF_TWO, clock=clock) as app:
        await office.control.limits(permitUnlimited=True)
        for number in range(races):
            (file_id,) = await files(office, f"race {number}.txt")
            both = await asked(office, f"rm {file_id}")
            left_s = chance.choice(HEADSTARTS_S)
            deadline = (await stored(app, both)).expires_at
            clock.advance(seconds=(deadline - clock()).total_seconds() - left_s)
            runners = [
                office.press("li", both.approval, "approve", force=True),
                office.press("admin", both.approval, "reject", force=True),
                office.press("wang", both.card, "cancel", force=True),
                _strike(app, left_s),
            ]
            chance.shuffle(runners)
            await asyncio.gather(*runners)
            end = await _settled(app, both)
            ends[end.state] += 1
            is_there = f"/race {number}.txt" in await office.paths()
            assert is_there == (end.state is not RequestState.DONE)
            await _agree(office, both)
        assert set(ends) <= {
            RequestState.DONE,
            RequestState.REJECTED,
            RequestState.CANCELLED,
            RequestState.EXPIRED,
        }
        assert len(ends) > 1, "not a race, if always the same wins"
        await in_order(office)


async def _strike(app: App, left_s: float) -> None:
    """The deadline comes: the robot's watch looks at its clock just then."""
    await asyncio.sleep(left_s)
    app.services.lifecycle.made.set()


async def _agree(office: Office, both: Asked) -> None:
    """Both cards end without buttons and with the same title."""
    async with asyncio.timeout(10):
        while True:
            final = [
                await now(office, "wang", both.card),
                await now(office, "li", both.approval),
                await now(office, "admin", both.approval),
            ]
            if len({card["params"]["title"] for card in final}) == 1 and not any(c["buttons"] for c in final):
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("forged", [120, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_forged_clicks_change_nothing(office: Office, forged: int) -> None:
    """Wrong user, organisation, card, template, digest, a role of yesterday, and what was valid for another request."""
    chance = random.Random(forged)  # noqa: S311 - a fixed sequence, no secret
    clock = Clock()
    async with office.robot(rules=ROLE, clock=clock) as app:
        await office.control.limits(permitUnlimited=True, pushQuota=10**9, callbackSeconds=20)
        first, second, ended = [
            await asked(office, f"rm {file_id}") for file_id in await files(office, "a.txt", "b.txt", "c.txt")
        ]
        await office.press("li", ended.approval, "reject")
        await _settled(app, ended)
        await office.control.ask("POST", "people/admin", {"roles": []})
        clock.advance(seconds=61)
        before = [await stored(app, each) for each in (first, second, ended)]
        for start in range(0, forged, 8):
            some = [_forgery(chance, [first, second, ended]) for _ in range(min(8, forged - start))]
            pressed = await asyncio.gather(*(office.control.press(**each) for each in some))
            assert all(each["ok"] for each in pressed), pressed
        assert [await stored(app, each) for each in (first, second, ended)] == before
        assert await office.calls("batchRemove") == []
        await office.press("li", first.approval, "approve")
        assert (await _settled(app, first)).state is RequestState.DONE


def _forgery(chance: random.Random, requests: list[Asked]) -> dict[str, Json]:
    """A click that must not count; whatever else it says, one thing about it is wrong."""
    one = chance.choice(requests)
    approve = chance.choice(["approve", "reject"])
    wrong: list[dict[str, Json]] = [
        {"who": chance.choice(["zhao", "qian", "alice", "wang"]), "button": approve},
        {"who": "admin", "button": approve},
        {
            "who": "li",
            "button": approve,
            "overrides": {"userId": chance.choice(["zhao", "ghost", "li ", "LI"])},
        },
        {"who": "li", "button": approve, "overrides": {"corpId": chance.choice(["dingcorpother", "x"])}},
        {"who": "li", "button": approve, "overrides": {"outTrackId": _other_id(chance, one)}},
        {"who": "li", "button": chance.choice(["confirm", "cancel", "APPROVE", "approve ", "undo", ""])},
        {"who": "li", "button": approve, "out_track_id": one.card["outTrackId"]},
        {"who": "li", "button": approve, "out_track_id": requests[2].approval["outTrackId"]},
        {
            "who": "wang",
            "button": chance.choice(["confirm", "approve"]),
            "out_track_id": one.card["outTrackId"],
        },
    ]
    forgery: dict[str, Json] = {"out_track_id": one.approval["outTrackId"], "force": True} | chance.choice(
        wrong
    )
    forgery["params"] = {
        "digest": "0" * 64,
        "cardTemplateId": "another.schema",
        "userId": "li",
        "approver": "li",
        "state": "approved",
    }
    return forgery


def _other_id(chance: random.Random, one: Asked) -> str:
    track_id: str = one.approval["outTrackId"]
    nonce = track_id.rpartition(".")[2]
    return chance.choice(
        [
            track_id[:-1],
            track_id + "0",
            track_id.replace(nonce, f"{chance.getrandbits(32):08x}"),
            track_id.replace(".approval.", ".approvals."),
            track_id.upper(),
        ]
    )


async def test_what_changed_or_came_since_is_not_deleted(office: Office) -> None:
    """1 000 items approved; before the job begins 200 change and 50 come in: none of those 250 goes."""
    clock = Clock()
    async with office.robot(rules=ANY_OF_TWO, clock=clock) as app:
        await office.control.limits(permitUnlimited=True)
        singles = [f"/single {n:03}.txt" for n in range(400)]
        folders = [f"/folder {n}" for n in range(6)]
        inside = [f"{folder}/file {n:02}.txt" for folder in folders for n in range(99)]
        given = [{"path": path, "size": 10, "creator": "wangUnionId"} for path in (*singles, *inside)]
        entries = await office.control.create(MARKETING_SPACE, *given)
        named = [entries[path]["id"] for path in singles] + [f'"{folder}"' for folder in folders]
        both = await asked(office, f"rm {' '.join(named)}")
        assert (await stored(app, both)).totals.dentries == 1000

        touched = [*singles[:40], *inside[:50]]
        renamed, moved = [*singles[40:70], *inside[99:149]], singles[70:100]
        added = [f"{folders[2]}/new {n:02}.txt" for n in range(50)]
        await office.control.ask(
            "POST",
            f"drive/{MARKETING_SPACE}",
            {
                "touch": [{"path": path, "size": 99} for path in touched],
                "rename": [{"path": path, "name": f"renamed {n}.txt"} for n, path in enumerate(renamed)],
                "move": [{"path": path, "to": "/2024"} for path in moved],
                "create": [{"path": path, "size": 1, "creator": "zhaoUnionId"} for path in added],
            },
        )
        changed_ids = {entries[path]["id"] for path in (*touched, *renamed, *moved)}
        assert len(changed_ids) == 200
        clock.advance(minutes=11)
        await office.press("li", both.approval, "approve")
        end = await _settled(app, both)

        there = await office.control.entries(MARKETING_SPACE)
        ids_there = {entry["id"] for entry in there.values()}
        assert changed_ids <= ids_there
        assert set(added) <= set(there)
        results = {r.entry.dentry.path: r for r in await app.store.requests.results(end.id)}
        assert {path for path, r in results.items() if r.outcome is Outcome.DELETED} == {
            *singles[100:],
            *folders[3:],
        }
        assert results[folders[2]].added == 50
        assert results[folders[2]].added_names
        card = await office.card("wang", MARKETING, "600 of 1,000")
        assert "50" in card["params"]["markdown"]


@pytest.mark.parametrize("shape", ["files", "folder"])
async def test_one_over_the_cap_deletes_nothing(office: Office, shape: str) -> None:
    async with office.robot(rules=ANY_OF_TWO, max_dentries=500):
        await office.control.limits(permitUnlimited=True)
        paths = [f"/cap/{n}.txt" if shape == "folder" else f"/cap {n}.txt" for n in range(501)]
        entries = await office.control.create(
            MARKETING_SPACE, *({"path": path, "size": 1, "creator": "wangUnionId"} for path in paths)
        )
        named = "/cap" if shape == "folder" else " ".join(entries[path]["id"] for path in paths)
        said = await office.say("wang", f"rm {named}")
        assert said["kind"] == "markdown"
        assert "500" in said["text"]
        assert await office.calls("batchRemove") == []
        assert await office.calls("createAndDeliver") == []
