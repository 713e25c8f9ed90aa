"""Looks over an installation, from its settings to what DingTalk lets it do, and tells a line each.

It changes nothing in DingTalk, and posts nothing unless it is told where. It needs no robot that runs and minds none
that does; what depends on something that failed is not looked at, and says so. What it costs is added to the meter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.client import client_of, tokens_of
from bot.dingtalk import DingTalk, TokenProvider
from bot.dingtalk.contact import User
from bot.dingtalk.errors import DingTalkError
from bot.doctor import access, listening, places
from bot.doctor.finding import Finding, found, skipped
from bot.doctor.hosts import clock, hosts
from bot.doctor.listening import PATIENT, Patience
from bot.doctor.posting import post
from bot.doctor.stored import note_calls, served, stored, suite_ticket
from bot.network import NetworkError, open_session
from bot.scopes import SCOPES
from bot.settings import (
    DatabaseSettings,
    Settings,
    SettingsError,
    load,
    load_database,
    rules_place,
)
from cards.catalogue import WordingError, replaced

__all__ = ["PATIENT", "Finding", "Patience", "examine"]

ONLINE = ("secret", "scopes", "contacts", "robot", "template", "fallback", "stream", "quota", "spaces")
"""What takes DingTalk, in the order it is told."""
Outcomes = Mapping[str, access.Outcome]


@dataclass(frozen=True, slots=True)
class Tally:
    """The counted calls that were made: a Meter."""

    calls: list[tuple[str, datetime]] = field(default_factory=list)

    async def count(self, api: str, at: datetime) -> None:
        self.calls.append((api, at))


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A TicketStore of the one that is stored."""

    ticket: str | None

    async def suite_ticket(self, _suite_key: str) -> str | None:
        return self.ticket

    async def save_suite_ticket(self, suite_key: str, ticket: str) -> None:
        raise NotImplementedError


async def examine(
    post_to: str = "",
    *,
    patience: Patience = PATIENT,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Finding]:
    """Everything that is found, in the order it is looked at. `post_to` is a conversation to post a test card in."""
    settings, finding = _settings()
    yield finding
    if settings:
        yield _policy(settings)
        if settings.texts:
            yield _texts(settings.texts)
    database = settings or _database()
    is_current = False
    if database is None:
        yield skipped("database", finding)
    else:
        async for each in stored(database, settings):
            is_current = is_current or each.id == "database.ok"
            yield each
    if settings is None:
        for check in ("host", "clock", *ONLINE):
            yield skipped(check, finding)
        return
    tally = Tally()
    is_posted = False
    async for each in _guarded(_online(settings, tally, post_to, patience, now)):
        is_posted = is_posted or each.check == "post"
        yield each
    if post_to and not is_posted:
        yield skipped("post", "what is said above")
    yield await _cost(settings, tally, is_current=is_current)


def _settings() -> tuple[Settings | None, Finding]:
    try:
        return load(), found("settings.ok")
    except SettingsError as exc:
        return None, found("settings.wrong", why=str(exc).removesuffix("."))


def _database() -> DatabaseSettings | None:
    try:
        return load_database()
    except SettingsError:
        return None


def _policy(settings: Settings) -> Finding:
    policy = settings.policy
    whence = rules_place(settings.folder) or "built in"
    return found("policy.ok", number=len(policy.rules), whence=whence, hash=policy.hash)


def _texts(folder: str) -> Finding:
    try:
        replaced(Path(folder))
    except WordingError as exc:
        return found("texts.wrong", number=len(exc.lines), why=exc.lines[0])
    return found("texts.ok", folder=folder)


async def _guarded(findings: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    """These, also where looking itself goes wrong: who asks a doctor wants to be told that, too."""
    try:
        async for finding in findings:
            yield finding
    except Exception as exc:
        yield found("broken", "dingtalk", error=type(exc).__name__)


async def _online(
    settings: Settings, tally: Tally, post_to: str, patience: Patience, now: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    """What takes the network."""
    try:
        session = open_session(settings)
    except NetworkError as exc:
        finding = found("network.wrong", why=str(exc).removesuffix("."))
        yield finding
        for check in ("host", "clock", *ONLINE):
            yield skipped(check, finding)
        return
    async with session:
        reached = await hosts(settings, session, now)
        for each in reached:
            yield each.finding
        yield clock(reached[0])
        new, old = reached[0].finding, reached[-1].finding
        if new.health != "ok":
            for check in ONLINE:
                yield skipped(check, new)
            return
        if settings.serves_several:
            async for finding in _several(settings, session, tally, patience):
                yield finding
            return
        async with _client(settings, session, tally, settings.auth_corp_id) as (dingtalk, tokens):
            is_in = False
            async for finding in _Access(settings, session, dingtalk, tokens, patience).looked_at(old):
                is_in = is_in or finding.id == "secret.ok"
                yield finding
            if post_to and is_in:
                yield await post(dingtalk, settings.card_template_id, post_to)


@asynccontextmanager
async def _client(
    settings: Settings, session: aiohttp.ClientSession, tally: Tally, corp_id: str
) -> AsyncIterator[tuple[DingTalk, TokenProvider]]:
    is_third_party = bool(settings.suite_key)
    ticket = await suite_ticket(settings.database_url, settings.suite_key) if is_third_party else None
    tokens = tokens_of(settings, corp_id, _Ticket(ticket))
    async with client_of(settings, tokens, session, tally) as dingtalk:
        yield dingtalk, tokens


async def _several(
    settings: Settings, session: aiohttp.ClientSession, tally: Tally, patience: Patience
) -> AsyncIterator[Finding]:
    """What there is to see of an app for several organisations: it is heard, and has a token for each."""
    ticket = await suite_ticket(settings.database_url, settings.suite_key)
    yield found("ticket.ok" if ticket else "secret.no_ticket", "ticket")
    yield await listening.stream(settings, session, patience)
    known = await served(settings.database_url)
    if not known:
        yield found("organisations.none")
    for each in known:
        async with _client(settings, session, tally, each.corp_id) as (_, tokens):
            yield await access.organisation(each, tokens)


@dataclass(frozen=True, slots=True)
class _Access:
    """What DingTalk lets the app do."""

    settings: Settings
    session: aiohttp.ClientSession
    dingtalk: DingTalk
    tokens: TokenProvider
    patience: Patience

    async def looked_at(self, old: Finding) -> AsyncIterator[Finding]:
        """`old` is how the host of the old API was found. Without a token there is nothing to look at."""
        secret = await access.secret(self.tokens, self.settings.auth_corp_id)
        yield secret
        if secret.id != "secret.ok":
            for check in ONLINE[1:]:
                yield skipped(check, secret)
            return
        without = access.OLD_STYLE if old.health != "ok" else frozenset()
        outcomes = await access.probed(self.dingtalk, without)
        for finding in self._permissions(outcomes, old):
            yield finding
        for finding in await self._talking(outcomes):
            yield finding
        yield access.quota(outcomes)
        async for finding in self._places(outcomes):
            yield finding

    def _permissions(self, outcomes: Outcomes, old: Finding) -> Iterator[Finding]:
        for scope in SCOPES:
            outcome = outcomes.get(scope.code)
            if outcome is None:
                yield skipped(f"scope {scope.code}", old)
            else:
                yield access.permission(scope, outcome, self.settings.client_id)
        yield access.contacts(outcomes.get("qyapi_base", access.NOTHING_ASKED))

    async def _talking(self, outcomes: Outcomes) -> list[Finding]:
        """Whether the robot is heard, and hears."""
        messages, settings = outcomes["qyapi_robot_sendmsg"], self.settings
        template, stream = await asyncio.gather(
            access.template(self.dingtalk, settings, outcomes["Card.Instance.Write"]),
            listening.stream(settings, self.session, self.patience),
        )
        return [access.robot(messages, settings.robot_code), template, access.fallback(messages), stream]

    async def _places(self, outcomes: Outcomes) -> AsyncIterator[Finding]:
        who = await self._administrator(outcomes.get("qyapi_get_member", access.NOTHING_ASKED))
        async for finding in places.spaces(self.dingtalk, self.settings, who):
            yield finding
        if who:
            async for finding in places.people(self.dingtalk, self.settings):
                yield finding

    async def _administrator(self, admins: access.Outcome) -> User | None:
        """Somebody in whose name spaces are looked at; looking people up is free."""
        if not isinstance(admins.answer, list) or not admins.answer:
            return None
        try:
            return await self.dingtalk.contact.user(admins.answer[0])
        except DingTalkError:
            return None


async def _cost(settings: Settings, tally: Tally, *, is_current: bool) -> Finding:
    number = len(tally.calls)
    is_written = not number or not is_current or await note_calls(settings.database_url, tally.calls)
    return found("cost.ok" if is_written else "cost.unwritten", number=number)
