"""The control API under `/sandbox/`: what tests (and the page) do to the sandbox, and see of it. JSON, camelCase."""

from aiohttp import web

from sandbox.control import (
    bins,
    chat,
    conversations,
    drive,
    faults,
    folders,
    hand,
    people,
    run,
    stream,
    suites,
    wire,
)
from sandbox.control import world as whole
from sandbox.control.desk import Desk, Route
from sandbox.control.live import Live
from sandbox.control.media import Media
from sandbox.control.touched import touched
from sandbox.world import World

ORDERS: tuple[Route, ...] = (
    *conversations.ROUTES,
    *people.ROUTES,
    *chat.ROUTES,
    *stream.ROUTES,
    *suites.ROUTES,
    *folders.ROUTES,
    *drive.ROUTES,
    *bins.ROUTES,
    *hand.ROUTES,
    *wire.ROUTES,
    *faults.ROUTES,
    *whole.ROUTES,
)
"""What may be done; all but GET is kept in a recording."""
ROUTES: tuple[Route, ...] = (*map(run.noted, ORDERS), *run.routes(ORDERS))


def add_routes(app: web.Application, world: World) -> None:
    """Mounts every control route."""
    for method, path, handler in ROUTES:
        app.router.add_route(method, f"/sandbox{path}", Desk(world, handler, touched(method, path)).serve)
    app.router.add_get("/sandbox/live", Live(world).serve)
    app.router.add_get("/sandbox/media/{mediaId}", Media(world).serve)
