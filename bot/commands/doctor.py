"""Looks over an installation and tells, a line each, what is well and what is not. Asks nothing of the network but
the database."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import click

from bot.channels import Channel
from bot.commands.terminal import json_line, local, shown
from bot.models import Model
from bot.settings import DatabaseSettings, Settings, SettingsError, load, load_database, rules_place
from bot.store import ChannelState
from bot.store.inspection import Inspection, Loss, Unusable, inspecting, known_schemas

LOOK_BACK = timedelta(days=7)
"""Notices lost before that are history."""
TO_SUBSCRIBE = (
    "turn on storage events (存储事件) of the app at open-dev.dingtalk.com, event subscription (事件订阅), then once "
    'POST /v1.0/storage/events/subscribe?unionId=… {"scope": "ORG", "scopeId": "<corpId>"} '
    "with the permission Storage.Event.Write"
)
HOW_TO_SUBSCRIBE = (
    f"folders are followed by asking, which costs calls; DingTalk can tell instead: {TO_SUBSCRIBE}, "
    "then set DINGSWEEP_DELETION_EVENTS to true"
)
"""https://open.dingtalk.com/document/development/subscribe-to-file-change-events"""
_MINUTE = "%Y-%m-%d %H:%M"

Health = Literal["ok", "warning", "failed"]


class Finding(Model):
    """One thing looked at, how it stands, and what there is to say of it."""

    check: str
    health: Health
    said: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(as_json: bool) -> None:
    """Look over this installation. Exit code 1: something failed."""
    found = asyncio.run(_findings())
    for finding in found:
        click.echo(json_line(finding) if as_json else _line(finding))
    if any(finding.health == "failed" for finding in found):
        sys.exit(1)


def _line(finding: Finding) -> str:
    return shown(f"{finding.health:<8} {finding.check}: {finding.said}")


async def _findings() -> list[Finding]:
    settings, found = _settings()
    database = settings or _database()
    if database is None:
        return found
    found += _policy(settings) if settings else []
    return found + [finding async for finding in _stored(database, settings)]


def _settings() -> tuple[Settings | None, list[Finding]]:
    try:
        return load(), [Finding(check="settings", health="ok", said="they can be read")]
    except SettingsError as exc:
        return None, [Finding(check="settings", health="failed", said=str(exc))]


def _database() -> DatabaseSettings | None:
    try:
        return load_database()
    except SettingsError:
        return None


def _policy(settings: Settings) -> list[Finding]:
    policy = settings.policy
    whence = rules_place(settings.folder) or "built in"
    said = f"{len(policy.rules)} rules ({whence}), hash {policy.hash}"
    return [Finding(check="policy", health="ok", said=said)]


async def _stored(database: DatabaseSettings, settings: Settings | None) -> AsyncIterator[Finding]:
    """What the database tells; with a schema that is not ours nothing but that."""
    try:
        async with inspecting(database.database_url) as inspection:
            schema = _schema(await inspection.schema())
            yield schema
            if schema.health != "ok":
                return
            yield await _audit(inspection)
            if settings:
                yield await _month(inspection, settings)
                yield await _events(inspection, settings)
                for finding in await _channels(inspection, settings):
                    yield finding
    except Unusable as exc:
        yield Finding(check="database", health="failed", said=f"it cannot be used: {exc}")


def _schema(current: str | None) -> Finding:
    known = known_schemas()
    if current == known[0]:
        return Finding(check="database", health="ok", said=f"it can be read and has schema {current}")
    if current is not None and current not in known:
        newer = f"it has schema {current} of a newer Dingsweep: install that version"
        return Finding(check="database", health="failed", said=newer)
    has = f"it has schema {current}" if current else "it is empty"
    said = f"{has}: dingsweep run brings it to {known[0]}"
    return Finding(check="database", health="warning", said=said)


async def _audit(inspection: Inspection) -> Finding:
    number, is_whole = await inspection.audit_head()
    if is_whole:
        return Finding(check="audit", health="ok", said=f"{number} records, the last is as the head says")
    broken = f"the last record, {number}, is not as the head says: somebody has changed the trail"
    return Finding(check="audit", health="failed", said=broken)


async def _month(inspection: Inspection, settings: Settings) -> Finding:
    now = datetime.now(UTC)
    used = (
        ("calls", sum((await inspection.meter.month(now)).values()), settings.monthly_calls),
        ("webhook messages", await inspection.meter.webhooks(now), settings.monthly_webhooks),
    )
    is_low = any(limit and number >= limit * settings.cut_notices_from for _, number, limit in used)
    said = ", ".join(f"{number} {what}" + (f" of {limit}" if limit else "") for what, number, limit in used)
    cut = ": notices are being cut" if is_low and settings.notify else ""
    return Finding(check="month", health="warning" if is_low else "ok", said=said + cut)


async def _events(inspection: Inspection, settings: Settings) -> Finding:
    """How folders are followed while DingTalk deletes them."""
    if not settings.deletion_events:
        return Finding(check="events", health="ok", said=HOW_TO_SUBSCRIBE)
    folders, told = await inspection.events_of_folders(datetime.now(UTC) - LOOK_BACK)
    if folders and not told:
        never = f"none told of the {folders} folders deleted in the last {LOOK_BACK.days} days, so each was waited for"
        return Finding(check="events", health="warning", said=f"{never}: {TO_SUBSCRIBE}")
    said = f"storage_dentry_delete told of {told} of {folders} folders in the last {LOOK_BACK.days} days"
    return Finding(check="events", health="ok", said=said)


async def _channels(inspection: Inspection, settings: Settings) -> list[Finding]:
    waiting = await inspection.outbox.waiting()
    losses = await inspection.losses(datetime.now(UTC) - LOOK_BACK)
    found = []
    for channel in settings.notify:
        state = await inspection.outbox.state(channel.name)
        lost = [loss for loss in losses if loss.channel == channel.name]
        found.append(_channel(channel, state, waiting.get(channel.name, 0), lost, settings.timezone))
    return found


def _channel(channel: Channel, state: ChannelState, waiting: int, lost: list[Loss], zone: str) -> Finding:
    last = f"last sent {local(state.sent_at, zone, _MINUTE)}" if state.sent_at else "nothing sent yet"
    parts = [last, f"{waiting} waiting", *_troubles(state, lost)]
    health: Health = "warning" if state.failures or lost else "ok"
    return Finding(check=f"notify {channel.name}", health=health, said=", ".join(parts))


def _troubles(state: ChannelState, lost: list[Loss]) -> Iterator[str]:
    for event, what in (("notice.undelivered", "given up"), ("notice.cut", "cut for the quota")):
        if number := sum(loss.size for loss in lost if loss.event == event):
            yield f"{number} {what} in the last {LOOK_BACK.days} days"
    if state.failures:
        yield f"failed {state.failures} times since, the last time with {state.error}"
