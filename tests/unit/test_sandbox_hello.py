"""What a page asks for first and again: which sandbox this is, what is used up, and logs page by page."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.seed import new_world, read_seed
from sandbox.server import Server
from tests.conformance.control import Control
from tests.unit.sandbox_listener import call, listening

GROUP = "cidMarketing=="
SPACE_ROUTE = "GET /v1.0/storage/spaces/{spaceId}"
Json = Any


async def test_it_says_who_it_is(sandbox: Control) -> None:
    hello = await sandbox.ask("GET", "hello")
    assert (hello["version"], hello["corpId"]) == (version("dingsweep"), "dingcorpsandbox")
    assert hello["baseUrl"] == sandbox.url
    assert [r["name"] for r in hello["robots"]] == ["Dingsweep", "Dingsweep ISV"]
    assert [r["suite"] for r in hello["robots"]] == [False, True]
    assert hello["suggestions"] == []
    assert hello["nowMs"] <= (await sandbox.ask("GET", "clock"))["nowMs"]
    assert "secret" not in json.dumps(hello).lower()
    async with listening(sandbox):
        hello = await sandbox.ask("GET", "hello")
    assert [r["connected"] for r in hello["robots"]] == [True, False]


async def test_a_world_of_nobody_says_so(sandbox: Control) -> None:
    await sandbox.ask("PUT", "state", {"apps": [], "people": [], "conversations": []})
    hello = await sandbox.ask("GET", "hello")
    assert (hello["corpId"], hello["robots"]) == ("", [])


async def test_a_seed_says_what_to_try(sandbox: Control, tmp_path: Path) -> None:
    wanted = [{"text": "delete <b>", "as": "zoe", "conversation": "cidTeam=="}, {"text": "帮助"}]
    file = tmp_path / "seed.json"
    file.write_text(json.dumps({"suggestions": wanted}))
    async with Server(new_world(read_seed(file))) as server:
        control = Control(sandbox.http, server.url)
        assert (await control.ask("GET", "hello"))["suggestions"] == wanted
        state = await control.ask("GET", "state")
        await control.ask("PUT", "state", {"suggestions": []})
        assert (await control.ask("GET", "hello"))["suggestions"] == []
        await control.ask("POST", "state/reseed")
        assert (await control.ask("GET", "hello"))["suggestions"] == wanted
    await sandbox.ask("PUT", "state", state)
    assert (await sandbox.ask("GET", "hello"))["suggestions"] == wanted


@pytest.mark.parametrize(
    "suggestions",
    [None, {}, "help", ["help"], [{}], [{"text": ""}], [{"text": 7}], [{"text": "a", "who": "wang"}], [None]],
)
async def test_what_is_no_suggestion_is_refused(sandbox: Control, tmp_path: Path, suggestions: Json) -> None:
    body = {"suggestions": suggestions}
    async with sandbox.http.put(f"{sandbox.url}/sandbox/state", json=body) as answer:
        assert answer.status == 400
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(body))
    with pytest.raises(ValueError, match="suggestion"):
        new_world(read_seed(file))


async def test_the_months_quotas_are_told(sandbox: Control) -> None:
    await sandbox.limits(monthlyQuota=7, pushQuota=5)
    empty = await sandbox.ask("GET", "meter")
    assert (empty["callsUsed"], empty["pushesUsed"], empty["byRoute"]) == (0, 0, {})
    async with listening(sandbox):
        await sandbox.say("wang", GROUP, "hello")
    for _ in range(2):
        await call(sandbox, "GET", "/v1.0/storage/spaces/24010001", unionId="wangUnionId")
    used = await sandbox.ask("GET", "meter")
    assert used == {
        "month": used["month"],
        "callsUsed": 2,
        "callsQuota": 7,
        "pushesUsed": 1,
        "pushesQuota": 5,
        "byRoute": {SPACE_ROUTE: 2},
        "violations": [],
    }
    await sandbox.advance(31 * 86_400)
    later = await sandbox.ask("GET", "meter")
    assert later["month"] > used["month"]
    assert (later["callsUsed"], later["pushesUsed"]) == (0, 0)


async def test_calls_come_page_by_page(sandbox: Control) -> None:
    path = f"calls?path={quote(SPACE_ROUTE)}"
    for number in range(7):
        await call(sandbox, "GET", "/v1.0/storage/spaces/24010001", unionId=f"{number}")
    newest = await sandbox.ask("GET", path, limit=3)
    assert [c["query"]["unionId"] for c in newest["calls"]] == ["4", "5", "6"]
    assert (newest["more"], newest["lastSeq"]) == (True, newest["calls"][-1]["seq"])
    older = await sandbox.ask("GET", path, limit=4, before=newest["calls"][0]["seq"])
    assert [c["query"]["unionId"] for c in older["calls"]] == ["0", "1", "2", "3"]
    assert older["more"] is False
    first, _, third, _ = (c["seq"] for c in older["calls"])
    between = await sandbox.ask("GET", path, after=first, before=third)
    assert [c["query"]["unionId"] for c in between["calls"]] == ["1"]


async def test_frames_come_page_by_page(sandbox: Control) -> None:
    async with listening(sandbox):
        for number in range(5):
            await sandbox.say("wang", GROUP, str(number))
        kind = {"type": "CALLBACK"}
        newest = await sandbox.ask("GET", "frames", limit=2, **kind)
        older = await sandbox.ask("GET", "frames", limit=9, before=newest["frames"][0]["seq"], **kind)
    words = [f["data"]["text"]["content"].strip() for f in older["frames"] + newest["frames"]]
    assert words == ["0", "1", "2", "3", "4"]
    assert (newest["more"], older["more"]) == (True, False)


@pytest.mark.parametrize("path", ["calls", "frames", "drive/changes"])
@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "-3"}, {"limit": "x"}, {"before": "y"}])
async def test_a_log_is_not_read_by_nonsense(sandbox: Control, path: str, query: Json) -> None:
    async with sandbox.http.get(f"{sandbox.url}/sandbox/{path}", params=query) as answer:
        assert answer.status == 400
