"""A sandbox that runs for long remembers the newest and forgets the oldest."""

from typing import Any

import pytest

from sandbox.chat import Chat
from sandbox.clock import Clock
from sandbox.newest import Newest
from sandbox.seed import new_world
from sandbox.server import Server
from sandbox.world import World
from tests.conformance.control import Control
from tests.unit.sandbox_listener import card, listening

GROUP = "cidMarketing=="
Json = Any


def test_the_oldest_go_first() -> None:
    store: Newest[int, str] = Newest(2)
    store[1] = "a"
    store[2] = "b"
    store[1] = "c"
    store.update({3: "d"})
    assert dict(store) == {2: "b", 3: "d"}


def test_a_conversation_keeps_its_newest_messages() -> None:
    chat = Chat(Clock(), messages_kept=3)
    for n in range(5):
        chat.post("one", "text", {"content": n})
    chat.post("two", "text", {"content": "x"})
    assert [m.body["content"] for m in chat.read("one", None)] == [2, 3, 4]
    assert len(chat.read("two", None)) == 1


def test_a_forgotten_message_does_not_show_its_card() -> None:
    chat = Chat(Clock(), messages_kept=1)
    chat.one_to_one("wang", "corp")
    place = next(iter(chat.conversations))
    chat.post(place, "card", {"outTrackId": "t"})
    assert chat.shows("wang", "t")
    chat.post(place, "text", {"content": "x"})
    assert chat.shows("wang", "t") is None
    chat.touch_card("t")


async def test_a_forgotten_card_leaves_its_message(sandbox: Control) -> None:
    world = new_world()
    world.cards.cards.kept = 1
    async with Server(world) as server:
        control = Control(sandbox.http, server.url)
        await card(control, "first")
        await card(control, "second")
        first, second = await control.read("wang", GROUP)
    assert (first["outTrackId"], "params" in first) == ("first", False)
    assert second["params"]["title"] == "A"


def bounded(world: World) -> bool:
    stores = (world.chat.sessions, world.tokens.issued, world.media, world.cards.cards, world.drive.tasks)
    return all(isinstance(store, Newest) for store in stores) and bool(world.violations.maxlen)


async def test_everything_that_grows_with_use_has_an_end_also_after_loading(sandbox: Control) -> None:
    world = new_world()
    assert bounded(world)
    async with Server(world) as server:
        control = Control(sandbox.http, server.url)
        await card(control)
        await control.ask("PUT", "state", await control.ask("GET", "state"))
        assert bounded(world)
        await control.ask("POST", "state/reseed")
        assert bounded(world)


async def test_a_push_is_acknowledged_however_many_came_after_it(
    sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.stream.stream.REMEMBERED", 3)
    async with Server() as server:
        control = Control(sandbox.http, server.url)
        async with listening(control) as listener:
            said = [await control.say("wang", GROUP, f"{n}") for n in range(5)]
            frames = [await listener.next() for _ in said]
            assert (await control.ask("POST", "stream", redeliver(said[0])))["done"] is False
            assert (await control.ask("POST", "stream", redeliver(said[4])))["done"] is True
            again = await listener.next()
            assert again["data"] == frames[4]["data"]
            await listener.answer(again, {"response": None})
            await control.advance(16)
            repeated = [await listener.next() for _ in range(4)]
            assert [f["data"] for f in repeated] == [f["data"] for f in frames[:4]]


def redeliver(said: Json) -> Json:
    return {"action": "redeliver", "msgId": said["msgId"]}
