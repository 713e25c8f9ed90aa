"""The control API and the clock."""

import asyncio
from typing import Any

import pytest

from sandbox.clock import Clock
from tests.conformance.control import Control
from tests.unit.sandbox_listener import card, listening

GROUP = "cidMarketing=="
SPACE = "24010001"
Json = Any


async def test_reading_waits_for_something_new(sandbox: Control) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(sandbox.read("li", GROUP))
        await sandbox.say("wang", GROUP, "hello")
    (message,) = waiting.result()
    assert (message["from"], message["content"]) == ({"userId": "wang", "name": "王小明"}, "hello")


async def test_nobody_reads_or_speaks_where_they_are_not(sandbox: Control) -> None:
    for method, path, body in (
        ("GET", f"conversations/{GROUP}?as=alice", None),
        ("GET", "conversations/cidNowhere==", None),
        ("POST", "say", {"as": "alice", "conversation": GROUP, "text": "hello"}),
        ("POST", "say", {"as": "wang", "conversation": "one:li", "text": "hello"}),
        ("POST", "say", {"as": "wang", "conversation": GROUP}),
    ):
        async with sandbox.http.request(method, f"{sandbox.url}/sandbox/{path}", json=body) as answer:
            assert answer.status == 400


async def test_the_drive_is_changed_behind_the_robots_back(sandbox: Control) -> None:
    found = await sandbox.create(SPACE, {"path": "/x/a.txt", "size": 5, "creator": "wang"})
    before = found["/x/a.txt"]
    changes = {
        "touch": [{"path": "/x/a.txt", "size": 9, "by": "li"}],
        "rename": [{"path": before["id"], "name": "b.txt"}],
        "move": [{"path": "/x/b.txt", "to": "/"}],
        "setRights": [{"path": "/b.txt", "grants": {"wang": "READER"}, "inheritance": "BREAK"}],
    }
    await sandbox.ask("POST", f"drive/{SPACE}", changes)
    after = (await sandbox.entries(SPACE))["/b.txt"]
    assert (after["id"], after["size"], after["version"]) == (before["id"], 9, before["version"] + 1)
    assert after["modifiedMs"] > before["modifiedMs"]
    assert (after["grants"], after["inheritance"]) == ({"USER:wangUnionId": "READER"}, "BREAK")


async def test_what_is_removed_goes_to_the_bin_or_nowhere(sandbox: Control) -> None:
    await sandbox.create(SPACE, {"path": "/x/a.txt"}, {"path": "/b.txt"})
    removed = [{"path": "/x", "toBin": True, "by": "wang"}, {"path": "/b.txt"}]
    await sandbox.ask("POST", f"drive/{SPACE}", {"remove": removed})
    (item,) = (await sandbox.ask("GET", "bin"))["items"]
    assert (item["originalPath"], item["operatorId"], len(item["contents"])) == ("/x", "wangUnionId", 2)
    deleted = [d for d in (await sandbox.ask("GET", f"drive/{SPACE}", deleted=1))["dentries"] if d["deleted"]]
    assert {d["name"] for d in deleted} == {"x", "a.txt"}


async def test_a_space_is_made_for_a_group(sandbox: Control) -> None:
    wish = {"name": "New", "creator": "li", "conversationId": "cidQuiet==", "create": [{"path": "/a/b"}]}
    made = await sandbox.ask("POST", "drive", wish)
    assert (made["corpId"], made["dentryCount"]) == ("dingcorpsandbox", 2)
    groups = (await sandbox.ask("GET", "conversations"))["conversations"]
    assert next(g for g in groups if g["conversationId"] == "cidQuiet==")["spaceId"] == made["spaceId"]


async def test_the_whole_state_goes_out_and_in_again(sandbox: Control) -> None:
    await card(sandbox)
    async with listening(sandbox):
        await sandbox.say("wang", GROUP, "hello")
        await sandbox.say("wang", "one:wang", "hello")
    state = await sandbox.ask("GET", "state")
    await sandbox.ask("POST", "state/reseed")
    assert await sandbox.read("wang", GROUP, wait_s=0) == []
    await sandbox.ask("PUT", "state", state)
    again = await sandbox.ask("GET", "state")
    moving = ("clock", "meter")
    assert {k: v for k, v in again.items() if k not in moving} == {
        k: v for k, v in state.items() if k not in moving
    }


async def test_reseeding_leaves_connections_and_tokens_alone(sandbox: Control) -> None:
    token = await sandbox.token()
    async with listening(sandbox):
        await sandbox.limits(latencyMs=1)
        await sandbox.ask("POST", "state/reseed")
        assert len((await sandbox.ask("GET", "stream"))["connections"]) == 1
    assert await sandbox.token() == token
    assert (await sandbox.ask("GET", "limits"))["latencyMs"] == 0


@pytest.mark.parametrize("path", ["state", "limits"])
async def test_unknown_names_are_refused(sandbox: Control, path: str) -> None:
    async with sandbox.http.put(f"{sandbox.url}/sandbox/{path}", json={"nonsense": 1}) as answer:
        assert answer.status == 400
        assert "nonsense" in (await answer.json())["error"]


async def test_limits_go_back_to_where_they_were(sandbox: Control) -> None:
    before = await sandbox.ask("GET", "limits")
    await sandbox.limits(latencyMs=5, writeLock="space", permitUnlimited=True)
    assert await sandbox.ask("DELETE", "limits") == before
    assert await sandbox.ask("GET", "limits") == before


async def test_the_clock_wakes_whoever_sleeps_by_it() -> None:
    clock = Clock()
    sleeping = asyncio.create_task(clock.sleep_until(clock.now() + 3600))
    await asyncio.sleep(0)
    clock.advance(1800)
    await asyncio.sleep(0)
    assert not sleeping.done()
    clock.advance(1801)
    await asyncio.wait_for(sleeping, 5)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
