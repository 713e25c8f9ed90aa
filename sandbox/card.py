"""The card interfaces: create, deliver, create and deliver, add a space, update.

https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/development/interactive-card-update-interface
"""

from typing import Any

from sandbox import ids
from sandbox.cards import TRACK_BYTES, Card, check_size, checked_params, invalid
from sandbox.chat import GROUP, Conversation
from sandbox.dynamic import checked_sources
from sandbox.errors import ApiError
from sandbox.wire import Call, Endpoint, JsonObject
from sandbox.world import World

SCOPE = "Card.Instance.Write"
PREFIX = "dtv1.card//"
DOC = "https://open.dingtalk.com/document/development/"
SDK = "https://github.com/aliyun/dingtalk-sdk"

SPACE_MODELS = {
    "IM_GROUP": "imGroupOpenSpaceModel",
    "IM_ROBOT": "imRobotOpenSpaceModel",
    "IM_SINGLE": "imSingleOpenSpaceModel",
    "ONE_BOX": "topOpenSpaceModel",
}
DELIVER_MODELS = {
    "IM_GROUP": "imGroupOpenDeliverModel",
    "IM_ROBOT": "imRobotOpenDeliverModel",
    "IM_SINGLE": "imSingleOpenDeliverModel",
    "ONE_BOX": "topOpenDeliverModel",
}
UNION_ID = 2


async def create(call: Call) -> JsonObject:
    """Makes a card that is shown nowhere yet."""
    card = _create(call)
    return {"success": True, "result": card.out_track_id}


async def create_and_deliver(call: Call) -> JsonObject:
    """Makes a card and shows it in every space named; a delivery that fails is told in `deliverResults` only."""
    _require_something(call.body)
    spaces = _spaces(call.body)
    _check_deliver_models(call.body, spaces, "param.openDeliverModelError")
    card = _create(call)
    results = [_deliver(call, card, kind, space_id) for kind, space_id in spaces]
    return {"success": True, "result": {"outTrackId": card.out_track_id, "deliverResults": results}}


async def deliver(call: Call) -> JsonObject:
    """Shows an existing card in more spaces."""
    _require_something(call.body)
    card = _existing(call)
    spaces = _spaces(call.body)
    _check_deliver_models(call.body, spaces, "param.spaceDeliverModelEmpty")
    return {"success": True, "result": [_deliver(call, card, kind, space_id) for kind, space_id in spaces]}


async def append_space(call: Call) -> JsonObject:
    """Lets a card be delivered to more types of spaces."""
    _require_something(call.body)
    card = _existing(call)
    added = _space_types(call.body)
    if not added:
        raise ApiError(400, "param.emptyAppendSpaces", "param.emptyAppendSpaces")
    card.spaces.extend(t for t in added if t not in card.spaces)
    return {"success": True, "result": True}


async def update(call: Call) -> JsonObject:
    """Changes what a card shows, to all or to single people; replaces unless `update…ByKey` says otherwise."""
    card = _existing(call)
    params, private = checked_params(call.body.get("cardData")), _private(call)
    if params is None and not private:
        code = "param.cardDataAndPrivateDataBothEmpty"
        raise ApiError(400, code, code)
    if card.open_callbacks:
        call.world.violations.append(
            f"PUT /v1.0/card/instances for {card.out_track_id} while its callback was open"
        )
    options = call.body.get("cardUpdateOptions") or {}
    card.update(params, by_key=options.get("updateCardDataByKey") is True)
    for user_id, mine in private.items():
        card.update_private(user_id, mine, by_key=options.get("updatePrivateDataByKey") is True)
    check_size(card)
    changed(call.world, card)
    return {"success": True, "result": True}


async def template(call: Call) -> JsonObject:
    """What a template is like; nothing of this is documented but the names of the fields, in the official SDK."""
    template_id = call.query.get("templateId", "")
    _check_template(call.world, template_id)
    found = call.world.cards.templates[template_id]
    told: JsonObject = {"templateId": template_id, "name": template_id, "status": "published", "type": "im"}
    if found.variables is not None:
        told["commonVariableList"] = [
            {"name": name, "private": found.private_keys is None or name in found.private_keys}
            for name in found.variables
        ]
    return {"success": True, "data": told}


def changed(world: World, card: Card) -> None:
    """Redraws a card for everybody who sees it."""
    card.revision += 1
    world.chat.touch_card(card.out_track_id)


def _create(call: Call) -> Card:
    body = call.body
    _require_something(body)
    template_id = _text(body, "cardTemplateId", "param.cardTemplateIdEmpty")
    out_track_id = _text(body, "outTrackId", "param.outTrackIdEmpty")
    if len(out_track_id.encode()) > TRACK_BYTES:
        raise invalid(f"outTrackId longer than {TRACK_BYTES} bytes")
    params = checked_params(body.get("cardData"))
    if params is None:
        raise ApiError(400, "param.cardPublicDataEmpty", "param.cardPublicDataEmpty")
    sources = checked_sources(body.get("openDynamicDataConfig"))
    _check_template(call.world, template_id)
    if out_track_id in call.world.cards.cards:
        raise ApiError(400, "param.cardAlreadyExist", "param.cardAlreadyExist")
    card = Card(
        out_track_id,
        template_id,
        call.app.client_id,
        callback_type=str(body.get("callbackType") or ""),
        user_id_type=UNION_ID if body.get("userIdType") == UNION_ID else 1,
        params=dict(params),
        private=_private(call),
        spaces=_space_types(body),
        sources=sources,
    )
    check_size(card)
    call.world.cards.cards[out_track_id] = card
    return card


def _require_something(body: JsonObject) -> None:
    if not body:
        raise ApiError(400, "param.empty", "param.empty")


def _check_template(world: World, template_id: str) -> None:
    template = world.cards.templates.get(template_id)
    if template is None:
        raise ApiError(400, "param.templateNotExist", "param.templateNotExist")
    if not template.published:
        raise ApiError(400, "param.templateUnpublished", "param.templateUnpublished")


def _existing(call: Call) -> Card:
    out_track_id = _text(call.body, "outTrackId", "param.outTrackIdEmpty")
    card = call.world.cards.cards.get(out_track_id)
    if card is None or card.client_id != call.app.client_id:
        raise ApiError(400, "param.cardNotExist", "param.cardNotExist")
    return card


def _text(body: JsonObject, key: str, code: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise ApiError(400, code, code)
    return value


def _private(call: Call) -> dict[str, dict[str, str]]:
    given = call.body.get("privateData") or {}
    if not isinstance(given, dict):
        raise invalid("privateData is not an object")
    return {_user(call, key): checked_params(data) or {} for key, data in given.items()}


def _user(call: Call, given: str) -> str:
    """The userId of someone named by userId or, with userIdType 2, by unionId."""
    if not given:
        raise ApiError(400, "param.userIdEmpty", "param.userIdEmpty")
    person = call.world.member(given)
    if call.body.get("userIdType") == UNION_ID:
        person = call.world.member_by_union(given)
    if person is None:
        raise ApiError(400, "param.userIdNotExist", "param.userIdNotExist")
    return person.user_id


def _space_types(body: JsonObject) -> list[str]:
    types = []
    for kind, key in SPACE_MODELS.items():
        model = body.get(key)
        if model is None:
            continue
        if not isinstance(model, dict):
            raise ApiError(400, "param.openSpaceModelInvalid", "param.openSpaceModelInvalid")
        types.append(kind)
    return types


def _spaces(body: JsonObject) -> list[tuple[str, str]]:
    """The (type, id) pairs of an openSpaceId such as `dtv1.card//IM_GROUP.cid1;IM_ROBOT.user1`."""
    open_space_id = _text(body, "openSpaceId", "param.openSpaceIdEmpty")
    parts = open_space_id.removeprefix(PREFIX).split(";")
    pairs = [(kind.upper(), space_id) for kind, _, space_id in (p.partition(".") for p in parts)]
    sound = all(kind in SPACE_MODELS and space_id for kind, space_id in pairs)
    if not open_space_id.startswith(PREFIX) or not sound:
        raise ApiError(400, "param.openSpaceIdInvalid", "param.openSpaceIdInvalid")
    return pairs


def _check_deliver_models(body: JsonObject, spaces: list[tuple[str, str]], malformed: str) -> None:
    """Raises `param.openDeliverModelEmpty` for a model that is missing, `malformed` for one that lacks something."""
    for kind, _ in spaces:
        model = body.get(DELIVER_MODELS[kind])
        if model is None:
            raise ApiError(400, "param.openDeliverModelEmpty", "param.openDeliverModelEmpty")
        needed = {"IM_GROUP": "robotCode", "ONE_BOX": "expiredTimeMillis"}.get(kind)
        if (
            not isinstance(model, dict)
            or (needed and not model.get(needed))
            or (kind != "IM_SINGLE" and not model)
            or not all(_is_userids(model.get(key)) for key in ("recipients", "userIds"))
        ):
            raise ApiError(400, malformed, malformed)


def _is_userids(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _deliver(call: Call, card: Card, kind: str, space_id: str) -> JsonObject:
    model = call.body[DELIVER_MODELS[kind]]
    result: JsonObject = {"spaceType": kind, "spaceId": space_id}
    if call.undelivered:
        return {**result, "success": False, "errorMsg": call.undelivered}
    own = call.world.apps[call.app.client_id].robot_code
    try:
        conversation = _destination(call, card, kind, space_id)
    except _UndeliverableError as exc:
        return {**result, "success": False, "errorMsg": str(exc)}
    key = ids.opaque()
    call.world.chat.post(
        conversation.conversation_id,
        "card",
        {"outTrackId": card.out_track_id, "mentions": model.get("atUserIds") or {}, "top": kind == "ONE_BOX"},
        robot_code=own,
        visible_to=model.get("recipients") or model.get("userIds") or None,
        process_query_key=key,
    )
    return {**result, "success": True, "carrierId": key}


class _UndeliverableError(Exception):
    """Why a card does not reach a space; told in `errorMsg`."""


def _destination(call: Call, card: Card, kind: str, space_id: str) -> Conversation:
    own = call.world.apps[call.app.client_id].robot_code
    if call.body[DELIVER_MODELS[kind]].get("robotCode", own) != own:
        raise _UndeliverableError("robotCode does not belong to this application")
    if kind not in card.spaces:
        raise _UndeliverableError("the card does not support this space type")
    if kind == "IM_ROBOT":
        return _with_robot(call, space_id)
    conversation = call.world.conversations.get(space_id)
    if conversation is None or conversation.corp_id != call.corp_id or conversation.type != GROUP:
        raise _UndeliverableError("conversation not exist")
    if kind == "IM_SINGLE":
        raise _UndeliverableError("no cool app is installed in this conversation")
    if not conversation.robot_inside:
        raise _UndeliverableError("robot is not in the group")
    return conversation


def _with_robot(call: Call, given: str) -> Conversation:
    person = call.world.member(given)
    if call.body.get("userIdType") == UNION_ID:
        person = call.world.member_by_union(given)
    if person is None or person.corp_id != call.corp_id:
        raise _UndeliverableError("user not exist")
    return call.world.chat.one_to_one(person.user_id, person.corp_id)


def _endpoint(method: str, path: str, handler: Any, page: str, *, delivers: bool = False) -> Endpoint:
    return Endpoint(method, f"/v1.0/card/instances{path}", handler, SCOPE, doc=DOC + page, delivers=delivers)


ENDPOINTS = (
    _endpoint("POST", "", create, "interface-for-creating-a-card-instance"),
    _endpoint("PUT", "", update, "interactive-card-update-interface"),
    _endpoint("POST", "/createAndDeliver", create_and_deliver, "create-and-deliver-cards", delivers=True),
    _endpoint("POST", "/deliver", deliver, "delivery-card-interface", delivers=True),
    _endpoint("PUT", "/spaces", append_space, "add-field-interface"),
    Endpoint("GET", "/v1.0/card/templates", template, doc=SDK),
)
