"""What a sandbox starts with: a saved state, a few lines by hand, and files that are no seed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import sandbox as package
from sandbox.__main__ import main
from sandbox.seed import dump, new_world, read_seed, reseed
from sandbox.server import Server
from tests.conformance.control import Control
from tests.unit.sandbox_listener import card, listening

GROUP = "cidMarketing=="
SPACE = "24010001"
README = Path(package.__file__).with_name("README.md").read_text("utf-8")
Json = Any


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "seed.json"


def written(file: Path, seed: Json) -> Path:
    file.write_text(json.dumps(seed, ensure_ascii=False), "utf-8")
    return file


async def _busy(sandbox: Control) -> None:
    """Something of everything: said, shown, deleted, half deleted, and an hour later."""
    await card(sandbox)
    async with listening(sandbox):
        await sandbox.say("wang", GROUP, "hello")
        await sandbox.say("wang", "one:wang", "hello")
    entries = await sandbox.entries(SPACE)
    await sandbox.remove(SPACE, "wangUnionId", entries["/report.pdf"]["id"])
    await sandbox.limits(taskSeconds=90000, latencyMs=1)
    await sandbox.remove(SPACE, "wangUnionId", entries["/2023"]["id"])
    await sandbox.scopes("Storage.File.Read")
    await sandbox.advance(3600)


async def test_a_saved_state_is_a_seed(sandbox: Control, file: Path) -> None:
    await _busy(sandbox)
    state = await sandbox.ask("GET", "state")
    world = new_world(read_seed(written(file, state)))
    moving = ("clock", "meter", "violations")
    assert {k: v for k, v in dump(world).items() if k not in moving} == {
        k: v for k, v in state.items() if k not in moving
    }
    assert world.clock.now_ms() >= state["clock"]["nowMs"]


async def test_a_sandbox_goes_on_from_a_saved_state(sandbox: Control, file: Path) -> None:
    await _busy(sandbox)
    seed = read_seed(written(file, await sandbox.ask("GET", "state")))
    async with Server(new_world(seed)) as server:
        again = Control(sandbox.http, server.url)
        shown = await again.read("wang", GROUP)
        assert [m["kind"] for m in shown] == ["card", "text"]
        said = await again.say("wang", GROUP, "and now")
        assert said["seq"] > max(m["seq"] for m in shown)
        (item,) = (await again.ask("GET", "bin"))["items"]
        assert item["originalPath"] == "/report.pdf"
        await again.advance(90000)
        assert "/2023" not in await again.entries(SPACE)
        await again.ask("POST", "state/reseed")
        assert [m["seq"] for m in await again.read("wang", GROUP)] == [m["seq"] for m in shown]


async def test_a_click_that_was_open_when_the_state_was_saved_is_not(sandbox: Control, file: Path) -> None:
    await card(sandbox)
    state = await sandbox.ask("GET", "state")
    state["cards"][0]["openCallbacks"] = 1
    world = new_world(read_seed(written(file, state)))
    assert [c.open_callbacks for c in world.cards.cards.values()] == [0]


async def test_the_seed_of_the_readme(sandbox: Control, file: Path) -> None:
    """It is written by hand, and a robot could work in it."""
    (text,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    world = new_world(read_seed(written(file, json.loads(text))))
    assert set(world.apps) == {"dingsandbox", "suitesandbox"}
    assert not world.departments
    async with Server(world) as server:
        again = Control(sandbox.http, server.url)
        assert {p["unionId"] for p in (await again.people()).values()} == {"zoeUnionId", "tomUnionId"}
        (group,) = (await again.ask("GET", "conversations"))["conversations"]
        query = {"unionId": "tomUnionId"}
        path = "/v1.0/convFile/conversations/spaces/query"
        space = await again.api("POST", path, {"openConversationId": group["conversationId"]}, **query)
        space_id = space["space"]["spaceId"]
        entries = await again.entries(space_id)
        assert {"/old", "/old/plan.docx", "/notes.txt"} == set(entries)
        results = [
            (await again.remove(space_id, union_id, entries["/old/plan.docx"]["id"]))[0]["success"]
            for union_id in ("tomUnionId", "zoeUnionId")
        ]
        assert results == [False, True]


def test_parts_that_are_not_named_are_the_built_in_ones(file: Path) -> None:
    spaces = [{"id": "7", "name": "Mine", "recycles": True, "entries": [{"path": "/a.txt"}]}]
    conversations = [{"conversationId": "c", "title": "C", "members": ["wang"], "spaceId": "7"}]
    world = new_world(read_seed(written(file, {"drive": {"spaces": spaces}, "conversations": conversations})))
    assert "li" in world.people
    assert [d.creator_id for d in world.drive.spaces["7"].tree] == ["wangUnionId"]
    world.people.clear()
    reseed(world)
    assert "li" in world.people


def test_seeds_do_not_touch_the_built_in_one(file: Path) -> None:
    new_world(read_seed(written(file, {"people": []})))
    assert "wang" in new_world().people


PERSON = {"userId": "zoe"}
SPACED = {"id": "7", "name": "S"}


@pytest.mark.parametrize(
    ("seed", "why"),
    [
        ("{", "it is no JSON in UTF-8"),
        ("[]", "it holds no JSON object"),
        ({"peopel": []}, "a seed has no peopel"),
        ({"people": {}}, "people is no list of objects"),
        ({"people": ["zoe"]}, "people is no list of objects"),
        ({"drive": []}, "drive is no object"),
        ({"drive": {"spaces": {}}}, "drive.spaces is no list of objects"),
        ({"people": [{}]}, "somebody in people has no userId"),
        ({"people": [{**PERSON, "age": 7}]}, "Person has no age"),
        ({"conversations": [{"conversationId": "c", "members": []}]}, "Conversation needs title"),
        ({"conversations": [{"conversationId": "c", "members": ["zoe"]}]}, "c has members that are not"),
        (
            {"conversations": [{"conversationId": "c", "title": "C", "members": [], "spaceId": "7"}]},
            "c has the space 7, which is not in drive.spaces",
        ),
        ({"conversations": [], "drive": {"spaces": [{"id": "7"}]}}, "Space needs name"),
        ({"people": [PERSON], "drive": {"spaces": [{**SPACED, "entries": [{}]}]}}, "needs a path"),
        ({"people": [PERSON], "drive": {"spaces": [{**SPACED, "entries": ["x"]}]}}, ""),
        ({"people": [PERSON], "drive": {"spaces": [{**SPACED, "entries": [{"path": "/"}]}]}}, "needs a path"),
        (
            {
                "people": [PERSON],
                "drive": {"spaces": [{**SPACED, "entries": [{"path": "/a", "modified": "soon"}]}]},
            },
            "soon",
        ),
        ({"limits": {"speed": 1}}, "Limits has no speed"),
        ({"clock": {}}, "clock needs nowMs"),
    ],
)
def test_what_is_no_seed_is_refused_in_one_sentence(
    file: Path, seed: Json, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if isinstance(seed, str):
        file.write_text(seed)
    else:
        written(file, seed)
    with pytest.raises(SystemExit) as ended:
        main(["--seed", str(file), "--port", "0"])
    assert ended.value.code == 2
    text = capsys.readouterr().err
    assert text.startswith(f"python -m sandbox: {file} is no seed: ")
    assert why in text
    assert text.count("\n") == 1
