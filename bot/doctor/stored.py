"""What the database tells: its schema, the trail, the month, what channels were told. Nothing is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.channels import Channel
from bot.doctor.finding import Finding, found
from bot.settings import DatabaseSettings, Settings
from bot.store import ChannelState, KnownOrganisation, OrganisationState
from bot.store.inspection import Inspection, Loss, Missing, Unusable, inspecting, known_schemas

LOOK_BACK = timedelta(days=7)
"""Notices lost before that are history."""
_MINUTE = "%Y-%m-%d %H:%M"
T = TypeVar("T")


async def stored(database: DatabaseSettings, settings: Settings | None) -> AsyncIterator[Finding]:
    """What the database tells; with a schema that is not ours nothing but that."""
    try:
        async with inspecting(database.database_url) as inspection:
            schema = _schema(await inspection.schema())
            yield schema
            if schema.health != "ok":
                return
            yield await _audit(inspection)
            if settings and not settings.serves_several:
                yield await _month(inspection, settings)
                yield await _events(inspection, settings)
                for finding in await _channels(inspection, settings):
                    yield finding
    except Missing:
        yield found("database.missing")
    except Unusable as exc:
        yield found("database.unusable", why=exc)


async def suite_ticket(database_url: str, suite_key: str) -> str | None:
    """The newest ticket that is stored; None also where nothing can be read."""
    return await _read(database_url, lambda inspection: inspection.tickets.suite_ticket(suite_key))


async def served(database_url: str) -> list[KnownOrganisation]:
    """The organisations that are served; none where nothing can be read."""
    known = await _read(database_url, lambda inspection: inspection.organisations.all()) or []
    return [each for each in known if each.state is OrganisationState.SERVED]


async def _read(database_url: str, read: Callable[[Inspection], Awaitable[T]]) -> T | None:
    try:
        async with inspecting(database_url) as inspection:
            return await read(inspection) if await inspection.schema() == known_schemas()[0] else None
    except Unusable:
        return None


async def note_calls(database_url: str, calls: list[tuple[str, datetime]]) -> bool:
    """Add calls to the meter of the robot; False when that cannot be."""
    try:
        async with inspecting(database_url) as inspection:
            if await inspection.schema() != known_schemas()[0]:
                return False
            for api, at in calls:
                await inspection.meter.count(api, at)
            await inspection.meter.flush()
    except Unusable:
        return False
    return True


def _schema(current: str | None) -> Finding:
    known = known_schemas()
    newest = known[0]
    if current == newest:
        return found("database.ok", schema=current)
    if current is None:
        return found("database.empty", newest=newest)
    key = "database.old" if current in known else "database.newer"
    return found(key, schema=current, newest=newest)


async def _audit(inspection: Inspection) -> Finding:
    number, is_whole = await inspection.audit_head()
    return found("audit.ok" if is_whole else "audit.broken", number=number)


async def _month(inspection: Inspection, settings: Settings) -> Finding:
    now = datetime.now(UTC)
    used = (
        ("calls", sum((await inspection.meter.month(now)).values()), settings.monthly_calls),
        ("webhook messages", await inspection.meter.webhooks(now), settings.monthly_webhooks),
    )
    is_low = any(limit and number >= limit * settings.cut_notices_from for _, number, limit in used)
    said = ", ".join(f"{number} {what}" + (f" of {limit}" if limit else "") for what, number, limit in used)
    return found("month.low" if is_low else "month.ok", said=said)


async def _events(inspection: Inspection, settings: Settings) -> Finding:
    """How folders are followed while DingTalk deletes them."""
    if not settings.deletion_events:
        return found("events.off")
    folders, told = await inspection.events_of_folders(datetime.now(UTC) - LOOK_BACK)
    key = "events.none" if folders and not told else "events.ok"
    return found(key, folders=folders, told=told, days=LOOK_BACK.days)


async def _channels(inspection: Inspection, settings: Settings) -> list[Finding]:
    waiting = await inspection.outbox.waiting()
    losses = await inspection.losses(datetime.now(UTC) - LOOK_BACK)
    findings = []
    for channel in settings.notify:
        state = await inspection.outbox.state(channel.name)
        lost = [loss for loss in losses if loss.channel == channel.name]
        findings.append(_channel(channel, state, waiting.get(channel.name, 0), lost, settings.timezone))
    return findings


def _channel(channel: Channel, state: ChannelState, waiting: int, lost: list[Loss], zone: str) -> Finding:
    last = "nothing sent yet"
    if state.sent_at:
        last = f"last sent {state.sent_at.astimezone(ZoneInfo(zone)).strftime(_MINUTE)}"
    said = ", ".join([last, f"{waiting} waiting", *_troubles(state, lost)])
    key = "notify.trouble" if state.failures or lost else "notify.ok"
    return found(key, f"notify {channel.name}", said=said)


def _troubles(state: ChannelState, lost: list[Loss]) -> Iterator[str]:
    for event, what in (("notice.undelivered", "given up"), ("notice.cut", "cut for the quota")):
        if number := sum(loss.size for loss in lost if loss.event == event):
            yield f"{number} {what} in the last {LOOK_BACK.days} days"
    if state.failures:
        yield f"failed {state.failures} times since, the last time with {state.error}"
