"""The one way to the network: a session that knows the company's proxy and its certificates.

Calls and the websocket go the same way. Cookies are not kept, a `.netrc` is not read, and where a websocket is
redirected nobody follows; callers say `allow_redirects=False`, because tokens and secrets are in what they send.
Hosts with several addresses, of IPv4 and IPv6, are tried a quarter of a second apart (RFC 8305), by the HTTP library.
"""

from __future__ import annotations

import functools
import ssl
from pathlib import Path

import aiohttp
import certifi
from aiohttp import hdrs
from yarl import URL

from bot.proxies import Proxies, ProxyError, proxies
from bot.settings import Settings
from bot.unreachable import Redirected

REDIRECTS = range(300, 400)


class NetworkError(Exception):
    """What the settings or the environment say of the network cannot be; one sentence for the robot's operator."""


def open_session(settings: Settings) -> aiohttp.ClientSession:
    """A session, to be closed by the caller; inside a running loop. Raises NetworkError."""
    try:
        way = proxies(settings.proxy.get_secret_value())
        for base in (settings.api_base_url, settings.oapi_base_url):
            way.of(URL(base))
    except ProxyError as exc:
        raise NetworkError(
            f"{exc}: set DINGSWEEP_PROXY to an HTTP proxy, or to none for no proxy at all."
        ) from None
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=_trusted(settings.ca_file)),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=[_Way(way)],
    )


class _Way:
    """Sends each request through the proxy that is its."""

    def __init__(self, way: Proxies) -> None:
        self._proxies = way

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if proxy := self._proxies.of(request.url):
            told = {hdrs.PROXY_AUTHORIZATION: proxy.authorization} if proxy.authorization else {}
            # The proxy hears it with CONNECT; without TLS there is none, and the request itself is the proxy's.
            if told and not request.is_ssl():
                request.headers.update(told)
            request.update_proxy(proxy.url, None, told)
        response = await handler(request)
        if hdrs.UPGRADE in request.headers and response.status in REDIRECTS:
            response.close()
            raise Redirected
        return response


def _trusted(ca_file: str) -> ssl.SSLContext | bool:
    """Whose certificates are believed: the system's, where it has none those of certifi, and the company's own."""
    if ca_file:
        return _with_own(ca_file)
    return True if _system_has_certificates() else _of_certifi()


def _with_own(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context() if _system_has_certificates() else _of_certifi()
    try:
        context.load_verify_locations(cafile=ca_file)
    except ssl.SSLError:
        raise NetworkError(
            f"DINGSWEEP_CA_FILE: there is no certificate in {ca_file}: it takes a text file (PEM) with "
            "-----BEGIN CERTIFICATE-----."
        ) from None
    except OSError as exc:
        raise NetworkError(f"DINGSWEEP_CA_FILE: {ca_file} cannot be read: {exc.strerror}.") from None
    return context


def _of_certifi() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


@functools.cache
def _system_has_certificates() -> bool:
    """A slim container may have none."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or bool(paths.capath and any(Path(paths.capath).iterdir()))
