"""What every control route shares: a world, the order as JSON, an answer as JSON, and 400 with a reason."""

import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox import plainjson
from sandbox.errors import ApiError
from sandbox.log import EntryT, Log
from sandbox.people import Person
from sandbox.talk import MisuseError
from sandbox.world import World

JsonObject = dict[str, Any]
LONGEST_WAIT_S = 120.0
REFUSALS = (MisuseError, LookupError, ValueError, TypeError, AttributeError, OverflowError, ApiError)
"""What a handler raises when an order makes no sense."""


@dataclass(frozen=True, slots=True)
class Order:
    """One request to the control API."""

    world: World
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: JsonObject = field(default_factory=dict)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number of the query."""
        return int(self.query.get(name, default))

    @property
    def limit(self) -> int | None:
        """How many of the newest are wanted, at least one; None: all. Raises ValueError."""
        if "limit" not in self.query:
            return None
        limit = self.number("limit")
        if limit < 1:
            raise ValueError("limit is less than 1")
        return limit

    def newest(self, log: Log[EntryT], fits: Callable[[EntryT], bool]) -> tuple[list[EntryT], bool]:
        """What a query wants of a log: `after` a number, `before` another, the newest `limit`; if there is more."""
        after, before, limit = self.number("after"), self.number("before") or None, self.limit
        found = log.after(after, fits, before=before, limit=limit and limit + 1)
        return (found[-limit:], len(found) > limit) if limit else (found, False)

    def portion(self, default: int, most: int) -> tuple[int, int]:
        """`offset` and `limit` of a query for a part of a list. Raises ValueError."""
        offset, limit = self.number("offset"), self.limit or default
        if offset < 0:
            raise ValueError("offset is less than 0")
        return offset, min(limit, most)

    def person(self, user_id: object) -> Person:
        """The person with this userId. Raises MisuseError."""
        person = self.world.people.get(user_id) if isinstance(user_id, str) else None
        if person is None:
            raise MisuseError(f"nobody is called {user_id}")
        return person

    @property
    def wait_s(self) -> float:
        """How long a long-poll may last, in seconds. Raises ValueError."""
        wait_s = float(self.query.get("wait", 0))
        if math.isnan(wait_s):
            raise ValueError("wait is no number")  # a timer that is never due would spin
        return min(wait_s, LONGEST_WAIT_S)

    def need(self, name: str) -> Any:
        """A field the body cannot do without. Raises MisuseError."""
        if name not in self.body:
            raise MisuseError(f"{name} is missing")
        return self.body[name]


Handler = Callable[[Order], Awaitable[JsonObject]]
Route = tuple[str, str, Handler]


class Desk:
    """Serves one control handler to aiohttp; `touched` are the topics that tick whenever it was called."""

    def __init__(self, world: World, handler: Handler, touched: Sequence[str] = ()) -> None:
        self.world = world
        self.handler = handler
        self.touched = touched

    async def serve(self, request: web.Request) -> web.Response:
        """The handler's answer, or 400 `{error}`."""
        try:
            order = Order(self.world, dict(request.match_info), dict(request.query), await _body(request))
            return _json(await self.handler(order))
        except REFUSALS as exc:
            return _json({"error": reason(exc)}, status=400)
        finally:
            self.world.ticks.ring(*self.touched)


def reason(exc: Exception) -> str:
    """Why an order was refused."""
    return str(exc) or type(exc).__name__


async def _body(request: web.Request) -> JsonObject:
    text = await request.text()
    value = plainjson.read(text) if text else {}
    if not isinstance(value, dict):
        raise MisuseError("the body is not a JSON object")
    return value


def _json(value: JsonObject, status: int = 200) -> web.Response:
    text = plainjson.write(value)
    try:
        body = text.encode()
    except UnicodeEncodeError:  # a name with half a surrogate pair
        body = json.dumps(json.loads(text)).encode()
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(
        body=body, status=status, content_type="application/json", charset="utf-8", headers=headers
    )
