"""The spaces that rules and settings name, and the people of channels: are they there, and can they be reached?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator

from bot.dingtalk import DingTalk
from bot.dingtalk.contact import User
from bot.dingtalk.errors import Denied, DingTalkError, Invalid, NotFound, QuotaUsedUp
from bot.doctor.finding import Finding, found, skipped
from bot.settings import Settings

MOST = 20
"""Spaces that are looked at: each costs one counted call."""


def named(settings: Settings) -> dict[str, str]:
    """The spaces that rules and settings name, each with who names it."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for rule in settings.policy.rules:
        for space_id in rule.spaces or ():
            places[space_id].append(f"rule “{rule.name}”")
    for conversation, space_id in settings.spaces.items():
        places[space_id].append(f"spaces, for {conversation}")
    return {space_id: " and ".join(where) for space_id, where in places.items()}


async def spaces(dingtalk: DingTalk, settings: Settings, who: User | None) -> AsyncIterator[Finding]:
    """Each space that is named, as this administrator sees it."""
    places = named(settings)
    if not places:
        yield found("spaces.none")
    elif who is None:
        yield skipped("spaces", "scope qyapi_get_member")
    else:
        for space_id, where in list(places.items())[:MOST]:
            yield await _space(dingtalk, space_id, where, who)
        if len(places) > MOST:
            yield found("space.more", "spaces", number=len(places) - MOST)


async def _space(dingtalk: DingTalk, space_id: str, where: str, who: User) -> Finding:
    check = f"space {space_id}"
    facts = {"who": who.name, "where": where}
    try:
        await anext(dingtalk.storage.children(space_id, union_id=who.unionid), None)
    except (NotFound, Invalid) as exc:
        return found("space.missing", check, error=exc.code, **facts)
    except QuotaUsedUp:
        return skipped(check, "quota")
    except Denied as exc:
        if exc.missing_scopes:
            return skipped(check, "scope Storage.File.Read")
        return found("space.closed", check, error=exc.code, **facts)
    except DingTalkError as exc:
        return found("space.unknown", check, error=exc.code, **facts)
    return found("space.ok", check, **facts)


async def people(dingtalk: DingTalk, settings: Settings) -> AsyncIterator[Finding]:
    """Channels that lead to a person who is not there."""
    for channel in settings.notify:
        if channel.user:
            try:
                await dingtalk.contact.user(channel.user)
            except NotFound as exc:
                yield found("notify.nobody", f"notify {channel.name}", user=channel.user, error=exc.code)
            except DingTalkError:
                continue  # what else is wrong, the permissions say
