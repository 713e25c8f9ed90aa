"""Which proxy an address is reached by: the one of the settings, or what the environment says.

HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capitals or not, mean what they mean to curl; a websocket goes
where HTTPS goes. This machine itself is never reached by a proxy of the environment.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.request import getproxies_environment

from yarl import URL

NONE = "none"
"""The setting that asks for no proxy, whatever the environment says."""
_PLAIN = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and what it wants to hear before it lets anybody through; that is a secret, the address is none."""

    url: URL
    authorization: str = field(default="", repr=False)


class ProxyError(ValueError):
    """An address is no HTTP proxy's. The text never holds it: there may be a password in it."""


def read_proxy(text: str) -> Proxy:
    """`http://proxy:3128`, also with https, with `user:password@`, or without the scheme. Raises ProxyError."""
    try:
        url = URL(text if "://" in text else f"http://{text}")
        is_whole = url.scheme in {"http", "https"} and bool(url.host) and url.port is not None
    except ValueError:
        is_whole = False
    if not is_whole or url.path.strip("/") or url.query_string:
        raise ProxyError("no HTTP proxy such as http://proxy.example.com:3128")
    return Proxy(url.origin(), _authorization(url))


class NoProxy:
    """Everything is reached directly."""

    def of(self, _url: URL) -> Proxy | None:
        return None


@dataclass(frozen=True, slots=True)
class OneProxy:
    """Everything goes through this one."""

    proxy: Proxy

    def of(self, _url: URL) -> Proxy | None:
        return self.proxy


class ProxiesOfEnvironment:
    """As it is when this is made."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """`variables` are by scheme, and `no`, as urllib knows them."""
        self._variables = dict(getproxies_environment() if variables is None else variables)

    def of(self, url: URL) -> Proxy | None:
        """Raises ProxyError, which names the variable, when the one that counts is no HTTP proxy's."""
        if self._is_direct(url.raw_host or "", url.port):
            return None
        return self._read(_PLAIN[url.scheme])

    def _read(self, scheme: str) -> Proxy | None:
        name = scheme if scheme in self._variables else "all"
        if name not in self._variables:
            return None
        try:
            return read_proxy(self._variables[name])
        except ProxyError as exc:
            raise ProxyError(f"{name.upper()}_PROXY is {exc}") from None

    def _is_direct(self, host: str, port: int | None) -> bool:
        return _is_this_machine(host) or any(
            _covers(name.strip().lower(), host, port) for name in self._variables.get("no", "").split(",")
        )


Proxies = NoProxy | OneProxy | ProxiesOfEnvironment


def proxies(setting: str) -> Proxies:
    """What the setting `proxy` means. Raises ProxyError."""
    if setting == NONE:
        return NoProxy()
    return OneProxy(read_proxy(setting)) if setting else ProxiesOfEnvironment()


def _authorization(url: URL) -> str:
    if url.user is None:
        return ""
    told = f"{url.user}:{url.password or ''}".encode()
    return f"Basic {base64.b64encode(told).decode()}"


def _covers(name: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY is this host or a domain it is in; an entry with a port, at that port only."""
    if name == "*":
        return True
    if name == f"[{host}]:{port}":
        return True
    domain, _, number = name.partition(":")
    if number.isdecimal():
        return number == str(port) and _is_within(host, domain)
    return _is_within(host, name.strip("[]"))


def _is_within(host: str, name: str) -> bool:
    domain = name.removeprefix("*").removeprefix(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
