"""The control API under `/sandbox/`: what tests (and the page) do to the sandbox, and see of it. JSON, camelCase."""

from aiohttp import web

from sandbox.control import bins, chat, conversations, drive, faults, folders, hand, stream, wire
from sandbox.control import world as whole
from sandbox.control.desk import Desk, Route
from sandbox.control.live import Live
from sandbox.ticks import TOPICS
from sandbox.world import World

ROUTES: tuple[Route, ...] = (
    *conversations.ROUTES,
    *chat.ROUTES,
    *stream.ROUTES,
    *folders.ROUTES,
    *drive.ROUTES,
    *bins.ROUTES,
    *hand.ROUTES,
    *wire.ROUTES,
    *faults.ROUTES,
    *whole.ROUTES,
)

TOUCHED: dict[str, tuple[str, ...]] = {
    "apps": ("people",),
    "calls": ("calls",),
    "clock": ("clock",),
    "drive": ("drive",),
    "faults": ("faults",),
    "limits": ("limits",),
    "state": TOPICS,
    "templates": ("people",),
}
"""The topics of the live feed that an order may change and nothing else rings for, by the first part of its path."""


def add_routes(app: web.Application, world: World) -> None:
    """Mounts every control route."""
    for method, path, handler in ROUTES:
        touched = () if method == "GET" else TOUCHED.get(path.split("/")[1], ())
        app.router.add_route(method, f"/sandbox{path}", Desk(world, handler, touched).serve)
    app.router.add_get("/sandbox/live", Live(world).serve)
