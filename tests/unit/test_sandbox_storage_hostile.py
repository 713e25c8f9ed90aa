"""Whatever a caller sends, a storage interface answers or refuses with a documented error; it never breaks."""

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import recycle, storage
from sandbox.errors import ApiError
from sandbox.people import App
from sandbox.seed import new_world, read_seed
from sandbox.wire import Call, Endpoint, JsonObject
from sandbox.world import World
from tests.unit.storage_at_hand import ARCHIVE, CORP, MARKETING

SEED = read_seed()
TREE = new_world(SEED).drive.spaces[MARKETING].tree
BIN = new_world(SEED).drive.recycle_bin(CORP).id
WORDS = st.sampled_from(
    [
        *(d.id for d in list(TREE)[:6]),
        *(d.uuid for d in list(TREE)[:3]),
        *(MARKETING, ARCHIVE, CORP, BIN, "cidMarketing==", "wang", "wangUnionId", "liUnionId", "sunUnionId"),
        *("ORG", "SPACE", "ASC", "NAME", "OVERWRITE", "USER", "MANAGER", "BREAK", "true", "org"),
        *("", "0", "1", "-1", "999", "a*", "e" * 400, "WzEsIDJd", "W10", "bnVsbA", "\udcff", "\x00", "１２"),
    ]
)
KNOWN_NAMES = """
    canSearch capabilities conflictStrategy createTimeRange creatorIds dentryCategories dentryIds endTime
    filterRoleIds id inheritance keyword maxResults members name newName nextToken openConversationId operatorId
    option order orderBy ownerType parentId quota recycleBinScope recycleItemIds roleId scene sceneId scope scopeId
    spaceId spaceIds spaceType startTime targetFolderId targetSpaceId toRecycleBin type unionId withThumbnail
"""
NAMES = st.sampled_from(KNOWN_NAMES.split())
LEAVES = st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats() | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
ENDPOINTS = st.sampled_from([*storage.ENDPOINTS, *recycle.ENDPOINTS])
FITTING = {
    "spaceId": MARKETING,
    "dentryId": next(iter(TREE)).id,
    "dentryUuid": next(iter(TREE)).uuid,
    "recycleBinId": BIN,
    "corpId": CORP,
    "parentId": "0",
}
PEOPLE = st.sampled_from(["wangUnionId", "liUnionId", "sunUnionId", "adminUnionId"])


class AnyPath(dict[str, str]):
    """A path whose every part is drawn when it is asked for."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__()
        self.data = data

    def __missing__(self, key: str) -> str:
        fitting = FITTING.get(key, "1")
        self[key] = self.data.draw(st.just(fitting) | WORDS, label=key)
        return self[key]


def answer(endpoint: Endpoint, call: Call) -> JsonObject | ApiError:
    """What the interface does."""
    try:
        return asyncio.run(cast("Coroutine[Any, Any, JsonObject]", endpoint.handler(call)))
    except ApiError as exc:
        return exc


def whole(world: World) -> bool:
    """Whether every dentry is in one place and every sum is right."""
    spaces = [d.uuid for s in world.drive.spaces.values() for d in s.tree]
    bins = [d.uuid for b in world.drive.bins.values() for i in b.items() for d in i.contents]
    held = [d.uuid for t in world.drive.tasks.values() for d in t.held]
    sums = all(s.tree.used == sum(d.size for d in s.tree) for s in world.drive.spaces.values())
    return sums and len({*spaces, *bins, *held}) == len(spaces) + len(bins) + len(held)


@settings(max_examples=100, deadline=None)
@given(endpoint=ENDPOINTS, query=st.dictionaries(NAMES, WORDS, max_size=5), who=PEOPLE, data=st.data())
def test_nothing_breaks_an_interface(
    endpoint: Endpoint, query: dict[str, str], who: str, data: st.DataObject
) -> None:
    world = new_world(SEED)
    body: dict[str, Any] = data.draw(st.dictionaries(NAMES, VALUES, max_size=6))
    for name in ("unionId", "operatorId"):
        query.setdefault(name, who)
        body.setdefault(name, who)
    result = answer(endpoint, Call(world, App("dingsandbox", CORP), AnyPath(data), query, body))
    if isinstance(result, ApiError):
        assert result.status in {400, 403, 404} or result.code == "no.priviledge"
    assert whole(world)
