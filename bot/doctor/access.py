"""What DingTalk lets the app do: secret, permissions, robot code, card template, the month's calls.

Each permission is learnt from a call that can change nothing (`bot.dingtalk.probes`). DingTalk looks at it first, so
any other refusal than that of the permission says that it is granted.
https://open.dingtalk.com/document/development/add-api-permission
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.card_template import compared
from bot.dingtalk import DingTalk, TokenProvider
from bot.dingtalk.card import Template
from bot.dingtalk.errors import (
    BadCredentials,
    Denied,
    DingTalkError,
    QuotaUsedUp,
    Throttled,
    TokenRefused,
    TransportError,
    UnknownOutcome,
)
from bot.dingtalk.probes import EVERYBODY, NOBODY, NOTHING, ContactRange
from bot.doctor.finding import Finding, found, short, skipped
from bot.scopes import SCOPES, Scope, link_of
from bot.settings import PUBLIC_TEMPLATE, Settings
from bot.store import KnownOrganisation

NO_ROLE = "1"
"""The old interfaces take numbers only; whether there is such a role does not matter, its members are only listed."""

Probe = Callable[[DingTalk], Awaitable[object]]

PROBES: Mapping[str, Probe] = {
    "qyapi_get_member": lambda to: to.contact.admins(),
    "qyapi_get_department_list": lambda to: to.contact.department(str(EVERYBODY)),
    "qyapi_get_department_member": lambda to: to.contact.role_members(NO_ROLE),
    "Storage.File.Read": lambda to: to.storage.dentry(NOTHING, NOTHING, union_id=NOBODY),
    "Storage.File.Write": lambda to: to.probes.rename_nothing(),
    "Storage.Task.Read": lambda to: to.storage.task(NOTHING, union_id=NOBODY),
    "Storage.RecycleBin.Read": lambda to: to.recycle.bin_id(NOTHING, union_id=NOBODY),
    "Storage.RecycleBin.Write": lambda to: to.probes.restore_nothing(),
    "Storage.Space.Read": lambda to: to.storage.space(NOTHING, union_id=NOBODY),
    "ConvFile.Space.Read": lambda to: to.storage.conversation_space(NOTHING, union_id=NOBODY),
    "Document.WorkspaceDocument.Read": lambda to: to.storage.by_uuid(NOTHING, union_id=NOBODY),
    "Card.Instance.Write": lambda to: to.probes.update_no_card(),
    "qyapi_robot_sendmsg": lambda to: to.probes.read_status_of_nothing(),
    "qyapi_base": lambda to: to.probes.contact_range(),
}
"""For each permission the call that shows whether it is granted."""
OLD_STYLE = frozenset(code for code in PROBES if code.startswith("qyapi_")) - {"qyapi_robot_sendmsg"}
"""Those whose call goes to the host of the old API."""

_NO_PERMISSION = ("AccessTokenPermissionDenied", "60011")
_NO_ADDRESS = ("IpNotInWhiteList", "60020")
_NO_ROBOT = ("robotcode", "template.not.existed", "template.stopped")
_UNSAID = (TransportError, UnknownOutcome, Throttled, TokenRefused, BadCredentials)
"""What says nothing about a permission."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: its answer, or its error."""

    answer: object = None
    error: DingTalkError | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the app lacks the permission."""
        error = self.error
        return isinstance(error, Denied) and bool(error.missing_scopes or error.code.endswith(_NO_PERMISSION))

    @property
    def is_unsaid(self) -> bool:
        return isinstance(self.error, (*_UNSAID, QuotaUsedUp))


NOTHING_ASKED = Outcome()


async def secret(tokens: TokenProvider, corp_id: str) -> Finding:
    """Whether the app gets a token; a third-party app for this organisation."""
    try:
        await tokens.token()
    except DingTalkError as exc:
        return found(_of_secret(exc), error=short(exc), corp=corp_id)
    return found("secret.ok")


async def organisation(known: KnownOrganisation, tokens: TokenProvider) -> Finding:
    """The same for one of several."""
    check, got = f"organisation {known.corp_id}", await secret(tokens, known.corp_id)
    if got.id == "secret.ok":
        return found("organisation.ok", check, name=known.name)
    return got.model_copy(update={"check": check})


def _of_secret(exc: DingTalkError) -> str:
    if exc.code.endswith(_NO_ADDRESS):
        return "secret.address"
    if not isinstance(exc, BadCredentials):
        return "secret.unanswered"
    known = {
        "noSuiteTicket": "secret.no_ticket",
        "invalidSuiteTicket": "secret.ticket",
        "invalidSuiteKey": "secret.suite",
        "invalidAuthInfo": "secret.organisation",
    }
    return known.get(exc.code, "secret.wrong")


async def probed(dingtalk: DingTalk, without: frozenset[str] = frozenset()) -> dict[str, Outcome]:
    """What came of each permission's call, but for these."""
    asked = [scope.code for scope in SCOPES if scope.code not in without]
    outcomes = await asyncio.gather(*(_tried(PROBES[code](dingtalk)) for code in asked))
    return dict(zip(asked, outcomes, strict=True))


async def _tried(call: Awaitable[object]) -> Outcome:
    try:
        return Outcome(await call)
    except DingTalkError as exc:
        return Outcome(error=exc)


def permission(scope: Scope, outcome: Outcome, client_id: str) -> Finding:
    """Whether it is granted; a refusal may name others than ours, and those are to be applied for."""
    check = f"scope {scope.code}"
    error = outcome.error
    if outcome.is_missing:
        wanted = error.missing_scopes if isinstance(error, Denied) and error.missing_scopes else (scope.code,)
        links = " and ".join(link_of(code, client_id) for code in wanted)
        key = "scope.missing" if scope.needed else "scope.optional"
        return found(key, check, name=scope.name, without=scope.without, link=links)
    if error and error.code.endswith(_NO_ADDRESS):
        return found("secret.address", check, error=short(error))
    if isinstance(error, QuotaUsedUp):
        return skipped(check, "quota")
    if error and outcome.is_unsaid:
        return found("scope.unknown", check, name=scope.name, error=short(error))
    return found("scope.ok", check, name=scope.name)


def contacts(outcome: Outcome) -> Finding:
    """Whose particulars the app may read."""
    if not isinstance(outcome.answer, ContactRange):
        return skipped("contacts", "scope qyapi_base")
    if outcome.answer.is_whole:
        return found("contacts.ok")
    departments, people = len(outcome.answer.authed_dept), len(outcome.answer.authed_user)
    return found("contacts.part", departments=departments, people=people)


def robot(outcome: Outcome, robot_code: str) -> Finding:
    """Whether there is a robot of this code, and it is this app's."""
    error = outcome.error
    if outcome.is_missing:
        return skipped("robot", "scope qyapi_robot_sendmsg")
    if error and any(word in error.code.lower() for word in _NO_ROBOT):
        return found("robot.wrong", robot_code=robot_code, error=short(error))
    if isinstance(error, QuotaUsedUp):
        return skipped("robot", "quota")
    if error and outcome.is_unsaid and error.code != "unknown.send.result":
        return found("robot.unknown", error=short(error))
    return found("robot.ok", robot_code=robot_code)


async def template(dingtalk: DingTalk, settings: Settings, cards: Outcome) -> Finding:
    """Whether there is such a card template, where the app may write cards at all; and what one of our own has."""
    template_id = settings.card_template_id
    if cards.is_missing:
        return skipped("template", "scope Card.Instance.Write")
    outcome = await _tried(dingtalk.probes.card_for_nobody(template_id))
    error = outcome.error
    if error and error.code == "param.templateNotExist":
        return found("template.missing", template=template_id)
    if error and error.code == "param.templateUnpublished":
        return found("template.unpublished", template=template_id)
    if isinstance(error, QuotaUsedUp):
        return skipped("template", "quota")
    if error and error.code != "param.userIdNotExist":
        return found("template.unknown", error=short(error))
    if template_id != PUBLIC_TEMPLATE and (names := await _missing(dingtalk, settings)):
        return found("template.variables", template=template_id, names=", ".join(names))
    return found("template.ok", template=template_id)


async def _missing(dingtalk: DingTalk, settings: Settings) -> tuple[str, ...]:
    """The variables it should have and has not; none where DingTalk does not tell."""
    told = (await _tried(dingtalk.card.template(settings.card_template_id))).answer
    if not isinstance(told, Template):
        return ()
    return compared(told, asks_progress=bool(settings.progress_source)).missing


def fallback(messages: Outcome) -> Finding:
    """Whether what takes the place of a card can be sent."""
    if messages.is_unsaid:
        return skipped("fallback", "scope qyapi_robot_sendmsg")
    return found("fallback.missing" if messages.is_missing else "fallback.ok")


def quota(outcomes: Mapping[str, Outcome]) -> Finding:
    """Whether DingTalk still answers this organisation's calls."""
    errors = [outcome.error for outcome in outcomes.values() if outcome.error]
    for error in errors:
        if isinstance(error, QuotaUsedUp):
            return found("quota.used_up", error=short(error))
    for error in errors:
        if isinstance(error, Throttled):
            return found("quota.slow", error=short(error))
    return found("quota.ok")
