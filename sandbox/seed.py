"""Worlds out of JSON and back: what the sandbox starts with, and its whole state."""

import json
from collections.abc import Callable
from typing import Any

from sandbox import drive
from sandbox.cards import Card, Cards, Template
from sandbox.chat import Chat, Conversation, Message, Session
from sandbox.clock import Clock
from sandbox.faults.faults import Faults
from sandbox.faults.form import fault_json, read_fault
from sandbox.limits import Limits
from sandbox.locks import WriteLocks
from sandbox.meter import Meter
from sandbox.paper import from_json, to_json
from sandbox.people import Application, Department, Person, Role
from sandbox.pull import Screens
from sandbox.seedfile import read_seed
from sandbox.stream.dice import Dice
from sandbox.stream.stream import SEED, Stream
from sandbox.suggestions import checked_suggestions
from sandbox.tokens import Tokens
from sandbox.webhook import read_webhook
from sandbox.world import World

__all__ = ["dump", "load", "new_world", "read_seed", "reseed"]

JsonObject = dict[str, Any]


def new_world(seed: JsonObject | None = None) -> World:
    """A world with this seed (the built-in one when None), its clock at the real time."""
    clock, limits = Clock(), Limits()
    faults = Faults(clock)
    meter = Meter(clock, limits)
    apps: dict[str, Application] = {}
    stream = Stream(clock, limits, meter, apps, faults)
    store = drive.Drive(clock, limits, stream.push_event)
    world = World(
        clock=clock,
        limits=limits,
        stream=stream,
        drive=store,
        chat=Chat(clock),
        cards=Cards(),
        tokens=Tokens(clock),
        meter=meter,
        faults=faults,
        locks=WriteLocks(store, limits),
        apps=apps,
    )
    world.screens = Screens(world)
    world.seed = read_seed() if seed is None else seed
    load(world, world.seed)
    return world


def reseed(world: World) -> None:
    """Back to the beginning: people, conversations, cards, drive as seeded; no faults, no calls, new meters.

    Connections, access tokens and the clock stay, so that an application notices nothing.
    """
    world.faults.replace()
    world.calls.clear()
    world.meter.reset()
    world.violations.clear()
    _set_limits(world, {})
    world.stream.dice = Dice(SEED)
    load(world, world.seed)


def check(state: JsonObject) -> None:
    """Raises as `load` does, or AttributeError, unless what `state` names makes sense; changes nothing."""
    new_world(state)


def load(world: World, state: JsonObject) -> None:
    """Replaces what `state` names; raises KeyError, TypeError or ValueError when it makes no sense.

    What the world does from then on leaves `state` as it is.
    """
    for name, loader in LOADERS.items():
        if name in state:
            loader(world, json.loads(json.dumps(state[name])))  # a copy, in a fifth of deepcopy's time


def dump(world: World) -> JsonObject:
    """The whole state; `load` takes it back. What was done against the rules (`violations`) is in it to be read."""
    messages = [m for said in world.chat.messages.values() for m in said]
    return {
        "clock": {"nowMs": world.clock.now_ms()},
        "apps": [to_json(a) for a in world.apps.values()],
        "people": [to_json(p) for p in world.people.values()],
        "departments": [to_json(d) for d in world.departments.values()],
        "roles": [to_json(r) for r in world.roles.values()],
        "conversations": [to_json(c) for c in world.chat.conversations.values()],
        "webhooks": [to_json(w) for w in world.webhooks.values()],
        "templates": [to_json(t) for t in world.cards.templates.values()],
        "cards": [to_json(c) for c in world.cards.cards.values()],
        "messages": [to_json(m) for m in sorted(messages, key=lambda m: m.seq)],
        "sessions": {key: to_json(s) for key, s in world.chat.sessions.items()},
        "media": dict(world.media),
        "limits": to_json(world.limits),
        "faults": [fault_json(f) for f in world.faults.ordered.values()],
        "drive": drive.to_dict(world.drive),
        "suggestions": [dict(s) for s in world.suggestions],
        "dice": {"stream": to_json(world.stream.dice)},
        "violations": list(world.violations),
        "meter": world.meter.read(),
    }


def _set_clock(world: World, raw: JsonObject) -> None:
    """Catches up with the time of a saved state; time never goes back."""
    if "nowMs" not in raw:
        raise ValueError("clock needs nowMs")
    world.clock.advance(max(0.0, raw["nowMs"] / 1000 - world.clock.now()))


def _set_apps(world: World, raw: list[JsonObject]) -> None:
    apps = {a.client_id: a for a in (from_json(Application, r) for r in raw)}
    world.apps.clear()
    world.apps.update(apps)


def _set_people(world: World, raw: list[JsonObject]) -> None:
    world.people = {p.user_id: p for p in (from_json(Person, r) for r in raw)}


def _set_departments(world: World, raw: list[JsonObject]) -> None:
    world.departments = {d.dept_id: d for d in (from_json(Department, r) for r in raw)}


def _set_roles(world: World, raw: list[JsonObject]) -> None:
    world.roles = {r.role_id: r for r in (from_json(Role, item) for item in raw)}


def _set_conversations(world: World, raw: list[JsonObject]) -> None:
    """Sets the conversations and forgets what was said, and the cards that were shown, in the old ones."""
    conversations = {c.conversation_id: c for c in (from_json(Conversation, r) for r in raw)}
    world.chat.reset()
    world.cards.cards.clear()
    world.chat.conversations.update(conversations)


def _set_webhooks(world: World, raw: list[JsonObject]) -> None:
    world.webhooks = {w.access_token: w for w in (read_webhook(r) for r in raw)}


def _set_templates(world: World, raw: list[JsonObject]) -> None:
    world.cards.templates = {t.template_id: t for t in (from_json(Template, r) for r in raw)}


def _set_cards(world: World, raw: list[JsonObject]) -> None:
    """Sets the cards; whoever waits for the answer to a click does not wait here."""
    cards = {c.out_track_id: c for c in (from_json(Card, {**r, "openCallbacks": 0}) for r in raw)}
    world.cards.cards.clear()
    world.cards.cards.update(cards)


def _set_messages(world: World, raw: list[JsonObject]) -> None:
    for message in (from_json(Message, r) for r in raw):
        world.chat.adopt(message)


def _set_sessions(world: World, raw: dict[str, JsonObject]) -> None:
    world.chat.sessions.update((key, from_json(Session, r)) for key, r in raw.items())


def _set_media(world: World, raw: dict[str, str]) -> None:
    world.media.clear()
    world.media.update(raw)
    world.contents.keep(raw)


def _set_limits(world: World, raw: JsonObject) -> None:
    """Sets every knob named, the others to their defaults; the object itself stays, others hold it."""
    wanted = from_json(Limits, raw)
    world.limits.change(**{name: getattr(wanted, name) for name in Limits.__slots__})
    world.clock.wake()


def _set_faults(world: World, raw: list[JsonObject]) -> None:
    """Sets the faults, each with its past: its dice fall as they would have fallen."""
    world.faults.replace([read_fault(r) for r in raw])
    world.stream.befall()


def _set_drive(world: World, raw: JsonObject) -> None:
    """Gives the drive another content; the object itself stays, the server works on it."""
    world.locks.forget()
    world.drive.take_over(drive.from_dict(world.clock, world.limits, raw, world.stream.push_event))


def _set_suggestions(world: World, raw: list[JsonObject]) -> None:
    world.suggestions = checked_suggestions(raw)


def _set_dice(world: World, raw: JsonObject) -> None:
    """Takes up the dice where they lay: which connection is hit next."""
    world.stream.dice = from_json(Dice, raw["stream"])


def _set_meter(world: World, raw: JsonObject) -> None:
    world.meter.put(raw)


LOADERS: dict[str, Callable[[World, Any], None]] = {
    "clock": _set_clock,
    "apps": _set_apps,
    "people": _set_people,
    "departments": _set_departments,
    "roles": _set_roles,
    "conversations": _set_conversations,
    "webhooks": _set_webhooks,
    "templates": _set_templates,
    "cards": _set_cards,
    "messages": _set_messages,
    "sessions": _set_sessions,
    "media": _set_media,
    "limits": _set_limits,
    "meter": _set_meter,
    "faults": _set_faults,
    "drive": _set_drive,
    "suggestions": _set_suggestions,
    "dice": _set_dice,
}
