"""Dentries by their dentryUuid (what a link to a document carries), and the search over all spaces."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.drive.dentry import Dentry
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator, allows
from sandbox.drive.space import Space
from sandbox.storage.arguments import (
    DOC,
    number_id,
    operator,
    option,
    page_size,
    read_offset,
    text,
    text_list,
)
from sandbox.wire import Call, Endpoint, JsonObject
from sandbox.world import World

READ = "Document.WorkspaceDocument.Read"


async def get_dentry_id(call: Call) -> JsonObject:
    """dentryUuid → spaceId and dentryId."""
    who = operator(call, "operatorId")
    found = call.world.drive.by_uuid(call.corp_id, call.path["dentryUuid"])
    if found is None:
        raise refusal("documentNotExist", call.path["dentryUuid"])
    return _identified(*found, who)


async def get_dentry_uuid(call: Call) -> JsonObject:
    """spaceId and dentryId → dentryUuid."""
    who = operator(call, "operatorId")
    space_id = number_id(call.query.get("spaceId"), "spaceId")
    dentry_id = number_id(call.path["dentryId"], "dentryId")
    call.world.drive.settle()
    space = call.world.drive.spaces.get(space_id)
    dentry = space.tree.get(dentry_id) if space else None
    if space is None or dentry is None or space.corp_id != call.corp_id:
        raise refusal("documentNotExist", dentry_id)
    return _identified(space, dentry, who)


def _identified(space: Space, dentry: Dentry, who: Operator) -> JsonObject:
    if not allows(space.role_on(dentry, who), "INFO"):
        raise refusal("permissionDenied", dentry.uuid)
    return {"dentryUuid": dentry.uuid, "dentryId": dentry.id, "spaceId": space.id}


async def search(call: Call) -> JsonObject:
    """Files and folders the operator may see whose name holds the keyword, changed last first."""
    who = operator(call, "operatorId")
    keyword = text(call.body, "keyword", "paramError-keyword")
    wanted = option(call)
    size = page_size(wanted, "paramError.maxResults")
    start = read_offset(wanted)
    fits = _filter(keyword, wanted)
    call.world.drive.settle()
    found = [
        d
        for space in _searched(call)
        for d in space.tree
        if fits(d) and allows(space.role_on(d, who), "INFO")
    ]
    found.sort(key=lambda d: (-d.modified_ms, int(d.id)))
    page: JsonObject = {"items": [_found(call.world, d) for d in found[start : start + size]]}
    return page | ({"nextToken": str(start + size)} if len(found) > start + size else {})


def _searched(call: Call) -> list[Space]:
    return [
        s
        for s in call.world.drive.spaces.values()
        if s.corp_id == call.corp_id and s.capabilities.get("canSearch")
    ]


def _filter(keyword: str, wanted: Mapping[str, Any]) -> Callable[[Dentry], bool]:
    folded = keyword.casefold()
    creators, modifiers = text_list(wanted, "creatorIds"), text_list(wanted, "modifierIds")
    begin, end = _range(wanted, "createTimeRange")
    _range(wanted, "visitTimeRange")
    text_list(wanted, "dentryCategories", "paramError.dentryCategories")

    def fits(dentry: Dentry) -> bool:
        return (
            folded in dentry.name.casefold()
            and begin <= dentry.created_ms <= end
            and (not creators or dentry.creator_id in creators)
            and (not modifiers or dentry.modifier_id in modifiers)
        )

    return fits


def _range(wanted: Mapping[str, Any], name: str) -> tuple[float, float]:
    values = wanted.get(name) or {}
    if not isinstance(values, dict):
        raise refusal(f"paramError.{name}", name)
    begin, end = values.get("startTime", 0), values.get("endTime", float("inf"))
    if not all(isinstance(v, int | float) for v in (begin, end)) or begin > end:
        raise refusal(f"paramError.{name}", name)
    return begin, end


def _found(world: World, dentry: Dentry) -> JsonObject:
    people = {"creator": _person(world, dentry.creator_id), "modifier": _person(world, dentry.modifier_id)}
    return {"dentryUuid": dentry.uuid, "name": dentry.name, **people}


def _person(world: World, union_id: str) -> JsonObject:
    person = world.person_by_union(union_id)
    return {"userId": person.user_id, "name": person.name} if person else {}


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v2.0/doc/dentries/{dentryUuid}/queryDentryId",
        get_dentry_id,
        READ,
        doc=f"{DOC}api-getdentryidbyuuid",
    ),
    Endpoint(
        "GET",
        "/v2.0/doc/dentries/{dentryId}/queryDentryUuid",
        get_dentry_uuid,
        READ,
        doc=f"{DOC}api-getuuidbydentryid",
    ),
    Endpoint(
        "POST", "/v2.0/storage/dentries/search", search, "Storage.Dentry.Search", doc=f"{DOC}search-for-files"
    ),
)
