"""Dynamic data of cards: clients that show a card ask the application for it, and lay it over the card's variables.

https://open.dingtalk.com/document/development/dynamic-data-source

A client shows what somebody reads. It asks when a card comes before somebody's eyes, and again at the interval of
INTERVAL as long as the conversation was read within the last five minutes of the sandbox's clock. Only data of the
type OBJECT can be shown: its keys are variables.
"""

import asyncio
import json
import time
from typing import Any

from sandbox import ids
from sandbox.card import UNION_ID, changed
from sandbox.cards import Card, Params, checked_params, invalid
from sandbox.errors import ApiError
from sandbox.people import Person
from sandbox.press import Pressed
from sandbox.stream.frames import CALLBACK, CARD_TOPIC, OK, Push, parse
from sandbox.world import World

ON_SCREEN_S = 300.0
SECONDS = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600, "DAYS": 86400}

Source = dict[str, Any]
"""One of `dynamicDataSourceConfigs`."""


class Screens:
    """What people have before their eyes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen_at: dict[tuple[str, str], float] = {}
        self._watching: dict[tuple[str, str], asyncio.Task[None]] = {}

    def show(self, person: Person, card: Card) -> None:
        """Somebody sees this card now."""
        sources = [source for source in card.sources if source["pullConfig"]["pullStrategy"] != "NONE"]
        if not sources:
            return
        key = (card.out_track_id, person.user_id)
        self._seen_at[key] = self._world.clock.now()
        if key not in self._watching:
            self._watching[key] = asyncio.create_task(self._watch(person, card, sources))
            self._watching[key].add_done_callback(lambda _: self._watching.pop(key, None))

    async def close(self) -> None:
        """Asks for nothing any more."""
        tasks = list(self._watching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, person: Person, card: Card, sources: list[Source]) -> None:
        """Asks for as long as the card is before somebody's eyes."""
        key, clock = (card.out_track_id, person.user_id), self._world.clock
        once = {s["dynamicDataSourceId"] for s in sources if s["pullConfig"]["pullStrategy"] == "ONCE"}
        done = once if person.user_id in card.dynamic else set()
        due = {s["dynamicDataSourceId"]: clock.now() for s in sources}
        while self._world.cards.cards.get(card.out_track_id) is card:
            now = clock.now()
            if now - self._seen_at[key] > ON_SCREEN_S:
                break
            if asked := [i for i, at in due.items() if at <= now and i not in done]:
                await pull(self._world, person, card, asked)
                done = done | once
            due = {s["dynamicDataSourceId"]: _next(s, due, now) for s in sources}
            await clock.sleep_until(min(*due.values(), self._seen_at[key] + ON_SCREEN_S + 1))
        self._seen_at.pop(key, None)


def _next(source: Source, due: dict[str, float], now: float) -> float:
    """When to ask again; never, unless at intervals."""
    at, config = due[source["dynamicDataSourceId"]], source["pullConfig"]
    if at > now:
        return at
    if config["pullStrategy"] != "INTERVAL":
        return float("inf")
    return now + int(config["interval"]) * SECONDS[config["timeUnit"]]


async def pull(world: World, person: Person, card: Card, source_ids: list[str]) -> Pressed:
    """Asks the application for a card's dynamic data, for one person; back with the answer, or after two seconds."""
    by_union = card.user_id_type == UNION_ID
    asked = {"dynamicDataSourceQueryRequests": [{"dynamicDataSourceId": each} for each in source_ids]}
    data = {
        "type": "dynamicDataCallback",
        "corpId": person.corp_id,
        "userId": person.union_id if by_union else person.user_id,
        "outTrackId": card.out_track_id,
        "content": json.dumps(asked),
    }
    people = frozenset({person.user_id})
    push = Push(card.client_id, CALLBACK, CARD_TOPIC, data, msg_id=ids.opaque(), people=people)
    world.meter.spend_push()
    started = time.perf_counter()
    try:
        answer = await world.stream.ask(push)
    except LookupError:
        return Pressed(ok=False, error="notConnected: no connection takes card callbacks")
    except TimeoutError:
        return Pressed(ok=False, error="timeout: no answer in time")
    elapsed_ms = round((time.perf_counter() - started) * 1000, 3)
    response = parse(str(answer.get("data", ""))).get("response")
    error = None
    if answer.get("code") != OK:
        error = f"refused: the application answered {answer.get('code')} {answer.get('message')}"
    else:
        try:
            _lay_over(world, person, card, _params(response, source_ids))
        except ApiError as exc:
            error = f"badAnswer: {exc.message}"
    return Pressed(ok=error is None, elapsed_ms=elapsed_ms, error=error, response=response)


def _lay_over(world: World, person: Person, card: Card, params: Params) -> None:
    before = card.dynamic.get(person.user_id)
    card.dynamic[person.user_id] = {**(before or {}), **params}
    if card.dynamic[person.user_id] != (before or {}):
        changed(world, card)


def _params(response: Any, source_ids: list[str]) -> Params:
    """The variables in an answer. Raises ApiError when it is not as documented."""
    listed = response.get("dataSourceQueryResponses", []) if isinstance(response, dict) else []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise invalid("dataSourceQueryResponses is no list of objects")
    params: Params = {}
    for each in listed:
        if each.get("dynamicDataSourceId") not in source_ids:
            raise invalid(f"no data source {each.get('dynamicDataSourceId')} was asked for")
        if each.get("dynamicDataValueType") != "OBJECT" or not isinstance(each.get("data"), str):
            raise invalid("only data of the type OBJECT can be shown, as a JSON string")
        params |= checked_params({"cardParamMap": parse(each["data"])}) or {}
    return params
