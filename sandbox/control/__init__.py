"""The control API under `/sandbox/`: what tests (and a page) do to the sandbox, and see of it. JSON, camelCase."""

from aiohttp import web

from sandbox.control import chat, drive, faults, run, stream, wire
from sandbox.control import world as whole
from sandbox.control.desk import Desk, Route
from sandbox.world import World

ORDERS: tuple[Route, ...] = (
    *chat.ROUTES,
    *stream.ROUTES,
    *drive.ROUTES,
    *wire.ROUTES,
    *faults.ROUTES,
    *whole.ROUTES,
)
"""What may be done; all but GET is kept in a recording."""
ROUTES: tuple[Route, ...] = (*map(run.noted, ORDERS), *run.routes(ORDERS))


def add_routes(app: web.Application, world: World) -> None:
    """Mounts every control route."""
    for method, path, handler in ROUTES:
        app.router.add_route(method, f"/sandbox{path}", Desk(world, handler).serve)
