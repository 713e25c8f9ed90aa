"""Why the network did not answer, in one sentence for the log and for the operator of the robot.

Only hosts are named in it: the errors of the HTTP library quote whole addresses, with the tokens and tickets in them.
"""

from __future__ import annotations

import os
import ssl

import aiohttp

_OF_PROXIES = {
    401: "wants a user name and a password",
    403: "does not allow this host",
    407: "wants a user name and a password, or does not take those it got",
}


class Redirected(aiohttp.ClientError):
    """DingTalk sends nobody elsewhere; whoever answers so is not to be told a secret."""


class Endless(aiohttp.ClientError):
    """An answer that is longer than any of DingTalk's."""


_OF_ANSWERS: dict[type[BaseException], str] = {
    Redirected: "the answer leads to another address, which is not followed",
    Endless: "the answer is longer than any of DingTalk's",
}


def reason(exc: BaseException) -> str:
    """One sentence, without its full stop."""
    match exc:
        case aiohttp.ClientHttpProxyError():
            what = _OF_PROXIES.get(exc.status, "cannot reach this host")
            return f"the proxy {what} (HTTP {exc.status})"
        case aiohttp.WSServerHandshakeError():
            return f"the websocket is refused (HTTP {exc.status}): a proxy on the way may not let websockets through"
        case aiohttp.ClientResponseError():
            return f"HTTP {exc.status}"
        case Redirected() | Endless():
            return _OF_ANSWERS[type(exc)]
        case aiohttp.ClientConnectorError():
            return _unconnected(exc)
        case TimeoutError():
            return "there was no answer in time"
        case aiohttp.ServerDisconnectedError() | ConnectionError() | aiohttp.ClientOSError():
            return "the connection broke"
    return type(exc).__name__


def _unconnected(exc: aiohttp.ClientConnectorError) -> str:
    match exc:
        case aiohttp.ClientProxyConnectionError():
            return f"the proxy {_host(exc)} cannot be reached ({_why(exc.os_error)})"
        case aiohttp.ClientConnectorCertificateError():
            return _of_certificate(exc.host, exc.certificate_error)
        case aiohttp.ClientConnectorDNSError():
            return f"the name {exc.host} is not found"
        case aiohttp.ClientConnectorSSLError():
            return f"no TLS connection with {exc.host} ({_why(exc.os_error)})"
    return f"{_host(exc)} cannot be reached ({_why(exc.os_error)})"


def _of_certificate(host: str, error: Exception) -> str:
    why = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else _why(error)
    return (
        f"the certificate that {host} shows is not trusted ({why}): a company that looks into its connections has a "
        "CA of its own, whose file goes into DINGSWEEP_CA_FILE"
    )


def _host(exc: aiohttp.ClientConnectorError) -> str:
    return f"[{exc.host}]:{exc.port}" if ":" in exc.host else f"{exc.host}:{exc.port}"


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS").replace("_", " ").lower()
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number and number > 0 else "no address of it answers"
