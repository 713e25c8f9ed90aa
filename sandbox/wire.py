"""How an interface of DingTalk is declared: an `Endpoint` and the `Call` its handler receives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.people import App

if TYPE_CHECKING:
    from sandbox.world import World

JsonObject = dict[str, Any]
NOBODY = App("", "")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file sent as multipart/form-data."""

    name: str
    content: bytes

    @property
    def size_bytes(self) -> int:
        """How long it is."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who calls, what path, query and body say. A body that is no JSON object is `{}`.

    `base_url` is the address the caller used, `remote` the caller's own, `app` is `NOBODY` where no access token is
    asked for. No card it sends arrives when it is `undelivered`, for that reason.
    """

    world: "World"
    app: App
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: JsonObject = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    base_url: str = ""
    remote: str = ""
    undelivered: str = ""

    @property
    def corp_id(self) -> str:
        """The organisation the access token was issued for."""
        return self.app.corp_id


Handler = Callable[[Call], Awaitable[JsonObject]]


@dataclass(frozen=True, slots=True)
class Items:
    """How an interface is asked for many things at once, and answers for each: the body's list `given` of at
    most `limit` ids, and the answer's `resultItems` in the same order, each `named` by its id.

    `may_wait`: whether an item says if it is `async`.
    """

    given: str
    named: str
    limit: int
    may_wait: bool = True

    def asked(self, body: JsonObject) -> list[Any]:
        """The ids a call asks for; none when the interface would refuse the list as a whole."""
        ids = body.get(self.given)
        return ids if isinstance(ids, list) and len(ids) <= self.limit else []

    def failed(self, call: Call, item_id: str, error_code: str) -> JsonObject:
        """The entry of `resultItems` for an id with which it did not work."""
        place = {name: call.path[name] for name in ("spaceId", "recycleBinId") if name in call.path}
        waiting = {"async": False} if self.may_wait else {}
        return {**place, self.named: item_id, **waiting, "success": False, "errorCode": error_code}


@dataclass(frozen=True, slots=True)
class Writes:
    """Where an interface writes to a space, by the names of what it is given.

    `entries`: a dentryId of the path or dentryIds of the body, changed in the folders they lie in. `folder`: one
    of the path, put into. `target`: the body's targetSpaceId and targetFolderId. `items`: recycle items, which go
    back to where they lay.
    """

    entries: str = ""
    folder: str = ""
    target: bool = False
    items: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One interface. `path` is an aiohttp pattern; `scope` the permission it needs; `doc` its page.

    `counted`: whether a call uses up the monthly quota. `token`: whether it asks for an access token. `items`:
    what it answers item by item. `writes`: where it writes to a space. `tasks`: whether it may start an
    asynchronous task. `delivers`: whether it shows cards.
    """

    method: str
    path: str
    handler: Handler
    scope: str | None = None
    counted: bool = True
    doc: str = ""
    token: bool = True
    items: Items | None = None
    writes: Writes | None = None
    tasks: bool = False
    delivers: bool = False

    @property
    def route(self) -> str:
        """`METHOD /path/{pattern}`: the name of this interface in the call log and for faults."""
        return f"{self.method} {self.path}"

    @property
    def old_style(self) -> bool:
        """Whether it is an interface of oapi.dingtalk.com (token in the query, errors under HTTP 200)."""
        return not self.path.startswith(("/v1.0/", "/v2.0/"))
