"""Who may drive the sandbox from a browser: its own page, and no other.

Any web page can send requests to an address of this machine, and a name that its owner points at 127.0.0.1 makes
that page look like ours (DNS rebinding). The first names itself in `Origin` (or, for a picture, a browser tells in
`Sec-Fetch-Site` that it is another), the second in `Host`.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

GUARDED = re.compile(r"/(?:$|page/|sandbox/)")
ANOTHER = "another web page may not drive the sandbox"
_HOST = re.compile(r"(?:\[([^\]]+)\]|([^:@/\[\]]+))(?::\d+)?")


class Guard:
    """Looks at every request to the page and the control API. `allow_remote`: other names may lead here."""

    def __init__(self, *, allow_remote: bool = False) -> None:
        self.allow_remote = allow_remote

    @web.middleware
    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What the handler answers, or 403 `{error}`."""
        resource = request.match_info.route.resource
        if resource is not None and GUARDED.match(resource.canonical):
            problem = self.problem(request.headers.get("Host", ""), request.headers.get("Origin"))
            if not problem and resource.canonical.startswith("/sandbox/"):
                problem = foreign(request.headers.get("Sec-Fetch-Site"))
            if problem:
                return web.json_response({"error": problem}, status=403)
        return await handler(request)

    def problem(self, host: str, origin: str | None) -> str:
        """Why a request with these headers is refused; empty when it is not."""
        if not self.allow_remote and not is_loopback(host_name(host)):
            return "the sandbox is asked by a name of this machine only, unless it runs with --allow-remote"
        if origin is not None and _place(origin) != host.lower():
            return ANOTHER
        return ""


def foreign(site: str | None) -> str:
    """Why a request is refused that a browser makes for a page of this `Sec-Fetch-Site`; empty when it is not.

    A picture or a link of another page names no `Origin`, and could keep a sandbox busy with questions.
    """
    return "" if site in {None, "none", "same-origin"} else ANOTHER


def host_name(host: str) -> str:
    """The name in a `Host` header, without port and brackets; empty when it is malformed."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _place(origin: str) -> str:
    """Host and port of an `Origin`; empty for one that is none, as `null`."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
