"""What happens when somebody presses a button on a card or an action card.

https://open.dingtalk.com/document/development/event-callback-card
"""

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox import ids
from sandbox.card import UNION_ID, changed
from sandbox.cards import Button, Card, buttons_of, check_size, checked_params
from sandbox.chat import Message
from sandbox.errors import ApiError
from sandbox.people import Person
from sandbox.stream.frames import CALLBACK, CARD_TOPIC, OK, Push, parse
from sandbox.talk import MisuseError, Utterance, conversation_of, say
from sandbox.world import World

STREAM = "STREAM"


@dataclass(frozen=True, slots=True)
class Click:
    """A press of one button.

    `force` sends the callback even for a card or button that is not there; `shape` says where the button's id
    goes: `params` (and a layout node in actionIds), `actionIds` (and nothing in params) or `both`. A card may be
    shown in several places: `conversation_id` says in which it is pressed, empty: the first that shows it to them.
    """

    button: str
    params: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    force: bool = False
    shape: str = "params"
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What the presser saw: `error` in one word and a reason, or None; the application's `response`."""

    ok: bool
    elapsed_ms: float = 0.0
    error: str | None = None
    response: Any = None
    opened: str | None = None
    said: str | None = None


async def press_card(world: World, user_id: str, out_track_id: str, click: Click) -> Pressed:
    """Presses a button of a card; comes back with the answer, or after two seconds without one."""
    person = world.people.get(user_id)
    if person is None:
        raise MisuseError(f"nobody is called {user_id}")
    card = world.cards.cards.get(out_track_id)
    wanted = world.chat.find(click.conversation_id)
    place = wanted.conversation_id if wanted else click.conversation_id
    message = world.chat.shows(user_id, out_track_id, place)
    if not click.force:
        problem, button = _find(world, person, card, message, click.button)
        if problem is not None:
            return Pressed(ok=False, error=problem)
        if button is not None and not button.request:
            return follow_link(world, user_id, message.conversation_id if message else "", button)
    if not place:
        place = next((m.conversation_id for m in (message, *world.chat.copies(out_track_id)) if m), "")
    return await _call_back(world, person, out_track_id, place, click)


def press_action_card(world: World, user_id: str, conversation_id: str, seq: int, button_id: str) -> Pressed:
    """Presses a button of an action card; one that sends a message sends it in the presser's name."""
    person = world.people.get(user_id)
    if person is None:
        raise MisuseError(f"nobody is called {user_id}")
    conversation = conversation_of(world, person, conversation_id)
    for message in world.chat.read(conversation.conversation_id, user_id):
        if message.seq == seq and message.kind == "actionCard":
            for raw in message.body["buttons"]:
                if button_id in (raw["id"], raw["text"]):
                    return follow_link(world, user_id, conversation_id, Button(**raw))
            return Pressed(ok=False, error=f"unknownButton: {button_id}")
    return Pressed(ok=False, error=f"unknownCard: no action card {seq}")


def follow_link(world: World, user_id: str, conversation_id: str, button: Button) -> Pressed:
    """What a button without callback does: says its text, or opens its address."""
    if button.sends is None:
        return Pressed(ok=True, opened=button.url)
    say(world, user_id, conversation_id, Utterance("text", {"content": button.sends}))
    return Pressed(ok=True, said=button.sends)


def _find(
    world: World, person: Person, card: Card | None, message: Message | None, button_id: str
) -> tuple[str | None, Button | None]:
    """The button as this person sees it, or why they cannot press it."""
    if card is None:
        return "unknownCard: there is no such card", None
    if person.left:
        return f"notVisible: {person.user_id} has left the organisation", None
    if message is None:
        return f"notVisible: {person.user_id} does not see this card", None
    for button in buttons_of(world.cards.seen_by(card, person.user_id)):
        if button.id == button_id:
            no_callback = button.request and card.callback_type != STREAM
            return ("noCallback: callbackType is not STREAM" if no_callback else None), button
    return f"unknownButton: the card shows no button {button_id}", None


async def _call_back(world: World, person: Person, out_track_id: str, place: str, click: Click) -> Pressed:
    card = world.cards.cards.get(out_track_id)
    client_id = card.client_id if card else next(iter(world.apps))
    data, people = _data(card, person, out_track_id, place, click), frozenset({person.user_id})
    push = Push(client_id, CALLBACK, CARD_TOPIC, data, msg_id=ids.opaque(), people=people)
    world.meter.spend_push()
    started = time.perf_counter()
    if card:
        card.open_callbacks += 1
    try:
        answer = await world.stream.ask(push)
    except LookupError:
        return Pressed(ok=False, error="notConnected: no connection takes card callbacks")
    except TimeoutError:
        return Pressed(ok=False, elapsed_ms=_ms_since(started), error="timeout: no answer in time")
    finally:
        if card:
            card.open_callbacks -= 1
    return _finish(world, card, person, answer, _ms_since(started))


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


def _data(card: Card | None, person: Person, out_track_id: str, place: str, click: Click) -> dict[str, Any]:
    by_union = card is not None and card.user_id_type == UNION_ID
    node = "single_button_node_" + hashlib.sha256(out_track_id.encode()).hexdigest()[:12]
    action_id = node if click.shape == "params" else click.button
    params = dict(click.params) if click.shape == "actionIds" else {"id": click.button, **click.params}
    content = json.dumps(
        {"cardPrivateData": {"actionIds": [action_id], "params": params}}, ensure_ascii=False
    )
    return {
        "extension": "{}",
        "corpId": person.corp_id,
        "spaceType": "im",
        "userIdType": card.user_id_type if card else 1,
        "type": "actionCallback",
        "userId": person.union_id if by_union else person.user_id,
        "content": content,
        "spaceId": place,
        "outTrackId": out_track_id,
        "value": content,
        **click.overrides,
    }


def _finish(
    world: World, card: Card | None, person: Person, answer: dict[str, Any], elapsed_ms: float
) -> Pressed:
    response = parse(str(answer.get("data", ""))).get("response")
    if answer.get("code") != OK:
        error = f"refused: the application answered {answer.get('code')} {answer.get('message')}"
        return Pressed(ok=False, elapsed_ms=elapsed_ms, error=error, response=response)
    if card is not None and isinstance(response, dict):
        try:
            _apply(world, card, person, response)
        except ApiError as exc:
            error = f"badAnswer: {exc.message}"
            return Pressed(ok=False, elapsed_ms=elapsed_ms, error=error, response=response)
    return Pressed(ok=True, elapsed_ms=elapsed_ms, response=response)


def _apply(world: World, card: Card, person: Person, response: dict[str, Any]) -> None:
    """Changes the card as the answer says; the private part is the presser's."""
    params = checked_params(response.get("cardData"))
    private = checked_params(response.get("userPrivateData"))
    if params is None and private is None:
        return
    options = response.get("cardUpdateOptions") or {}
    card.update(params, by_key=options.get("updateCardDataByKey") is True)
    card.update_private(person.user_id, private, by_key=options.get("updatePrivateDataByKey") is True)
    check_size(card)
    changed(world, card)
