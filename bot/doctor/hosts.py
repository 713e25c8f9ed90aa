"""The way to DingTalk's hosts: names, connections, TLS, proxy, and what time it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
from yarl import URL

from bot.doctor.finding import Finding, found, skipped
from bot.proxies import Proxies, proxies
from bot.settings import Settings
from bot.unreachable import reason

TIMEOUT_S = 10.0
OFF_S = 60
"""From here on times on cards and in the trail are wrong by what people notice."""
WRONG_S = 300
"""From here on DingTalk refuses signatures and tickets of some interfaces."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A host that was asked for its front page; `date` is what it answered as its time, `at` when that was here."""

    finding: Finding
    date: str = ""
    at: datetime | None = None


async def hosts(
    settings: Settings, session: aiohttp.ClientSession, now: Callable[[], datetime]
) -> list[Reached]:
    """Each of DingTalk's hosts that the settings name, that of the new API first."""
    way = proxies(settings.proxy.get_secret_value())
    bases = dict.fromkeys((settings.api_base_url, settings.oapi_base_url))
    return list(await asyncio.gather(*(_reach(session, URL(base), way, now) for base in bases)))


def clock(reached: Reached) -> Finding:
    """Whether this machine's clock is DingTalk's."""
    if reached.finding.health != "ok" or reached.at is None:
        return skipped("clock", reached.finding)
    try:
        theirs = parsedate_to_datetime(reached.date)
        ahead_s = round((reached.at - theirs).total_seconds())
    except (ValueError, TypeError, OverflowError):  # whoever answers may write anything there
        return found("clock.unknown")
    off_s = abs(ahead_s)
    key = "clock.ok" if off_s < OFF_S else "clock.off" if off_s < WRONG_S else "clock.wrong"
    return found(key, seconds=off_s, side="ahead of" if ahead_s > 0 else "behind")


async def _reach(
    session: aiohttp.ClientSession, base: URL, way: Proxies, now: Callable[[], datetime]
) -> Reached:
    check = f"host {base.host if base.is_default_port() else base.authority}"
    began = time.monotonic()
    try:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with session.get(base / "", timeout=timeout, allow_redirects=False) as answer:
            date = answer.headers.get("Date", "")
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        return Reached(found(_key(exc), check, why=reason(exc), host=f"{base.host}:{base.port}"))
    elapsed_ms = round((time.monotonic() - began) * 1000)
    proxy = way.of(base)
    through = f"through the proxy {proxy.url}" if proxy else "reached without a proxy"
    return Reached(found("host.ok", check, ms=elapsed_ms, way=through), date, now())


def _key(exc: BaseException) -> str:
    """What is wrong, of an error that the network made."""
    match exc:
        case aiohttp.ClientHttpProxyError():
            return "host.proxy_refuses"
        case aiohttp.ClientProxyConnectionError():
            return "host.proxy"
        case aiohttp.ClientConnectorCertificateError():
            return "host.certificate"
        case aiohttp.ClientConnectorDNSError():
            return "host.name"
        case aiohttp.ClientConnectorSSLError():
            return "host.tls"
    return "host.unreachable"
