"""Who may drive the sandbox from a browser: its own page, and no other.

Any web page can send requests to an address of this machine, and a name that its owner points at 127.0.0.1 makes
that page look like ours (DNS rebinding). The first names itself in `Origin` (or, for a picture, a browser tells in
`Sec-Fetch-Site` that it is another), the second in `Host`. Names are looked at everywhere, for a page under such a
name could be a robot, too; where a request comes from only matters to the page and the control API.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

GUARDED = re.compile(r"/(?:$|page/|sandbox/)")
FROM_CONTAINERS = "host.docker.internal"
"""How this machine is called in containers that run on it."""
ANOTHER = "another web page may not drive the sandbox"
_HOST = re.compile(r"(?:\[([^\]]+)\]|([^:@/\[\]]+))(?::\d+)?")


class Guard:
    """Looks at every request to the page and the control API. `allow_remote`: other names may lead here."""

    def __init__(self, *, allow_remote: bool = False) -> None:
        self.allow_remote = allow_remote

    @web.middleware
    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What the handler answers, or 403 `{error}`."""
        host = request.headers.get("Host", "")
        problem = self.stranger(host)
        resource = request.match_info.route.resource
        if not problem and resource is not None and GUARDED.match(resource.canonical):
            problem = another(host, request.headers.get("Origin"))
            if not problem and resource.canonical.startswith("/sandbox/"):
                problem = foreign(request.headers.get("Sec-Fetch-Site"))
        if problem:
            return web.json_response({"error": problem}, status=403)
        return await handler(request)

    def stranger(self, host: str) -> str:
        """Why a request with this `Host` is refused; empty when it is not."""
        name = host_name(host)
        if self.allow_remote or name == FROM_CONTAINERS or is_loopback(name):
            return ""
        return "the sandbox is asked by a name of this machine only, unless it runs with --allow-remote"


def another(host: str, origin: str | None) -> str:
    """Why a request that names this `Origin` is refused; empty when it is not."""
    return "" if origin is None or _place(origin) == host.lower() else ANOTHER


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
