"""Interactive cards: shown once in a conversation, or to several people one-to-one, then updated in place.

https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/development/delivery-card-interface
https://open.dingtalk.com/document/development/interactive-card-update-interface
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import structlog
from pydantic import BeforeValidator

from bot.dingtalk.answer import Json
from bot.dingtalk.errors import DeliveryFailed, DingTalkError, Invalid
from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Wired
from bot.models import Conversation

log = structlog.get_logger()

MAKE = Api("POST", "/v1.0/card/instances", write=True)
CREATE = Api("POST", "/v1.0/card/instances/createAndDeliver", write=True)
DELIVER = Api("POST", "/v1.0/card/instances/deliver", write=True)
UPDATE = Api("PUT", "/v1.0/card/instances", write=True)
TEMPLATE = Api("GET", "/v1.0/card/templates")
"""It has no page; DingTalk's official SDKs have it: https://github.com/aliyun/dingtalk-sdk, card_1_0, GetTemplate."""

Params = Mapping[str, str]
"""Values of the template's variables, all of them text: keys up to 100 bytes, values up to 1 KB."""
BY_USER_ID = 1
SPACE_ID_LENGTH = 1000
"""Characters of an openSpaceId: about 40 people a call.
https://open.dingtalk.com/document/development/open-interface-card-delivery-instance"""
_SPACES = "dtv1.card//"
PULL_EVERY_S = 10
"""At least 6. https://open.dingtalk.com/document/development/dynamic-data-source"""


class Delivery(Wired):
    """Whether the card reached one place. An `error_msg` beside a success means nothing."""

    space_type: str = ""
    space_id: str = ""
    success: bool = False
    carrier_id: str = ""
    error_msg: str = ""


class _Created(Wired):
    out_track_id: str = ""
    deliver_results: tuple[Delivery, ...] = ()


class _CreateAnswer(Wired):
    success: bool = True
    result: _Created = _Created()


class _DeliverAnswer(Wired):
    success: bool = True
    result: tuple[Delivery, ...] = ()


class _UpdateAnswer(Wired):
    success: bool = True
    result: bool = True


class _MakeAnswer(Wired):
    success: bool = True


def _variables(value: Any) -> list[Any] | None:
    """The SDK leaves open what a list of variables looks like: a list, the same as JSON text, objects or names.

    None where no name is to be found in it.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    listed = value if isinstance(value, list) else []
    found = [each if isinstance(each, dict) else {"name": each} for each in listed]
    return [each for each in found if isinstance(each.get("name"), str)] or None


class Variable(Wired):
    """A variable of a template. `private`: whether it may differ from person to person, None when that is not told."""

    name: str
    private: bool | None = None


class Template(Wired):
    """A card template as its builder has it; `common_variable_list` is None where it is not told."""

    status: str = ""
    common_variable_list: Annotated[tuple[Variable, ...] | None, BeforeValidator(_variables)] = None


class _TemplateAnswer(Wired):
    success: bool = True
    data: Template | None = None


class Cards:
    """The card calls of one robot. All raise DingTalkError."""

    def __init__(self, wire: Wire, robot_code: str) -> None:
        self._wire = wire
        self._robot_code = robot_code

    async def create_and_deliver(
        self,
        *,
        out_track_id: str,
        template_id: str,
        params: Params,
        conversation: Conversation | None = None,
        user_id: str = "",
        people: Sequence[str] = (),
        private_params: Mapping[str, Params] | None = None,
        recipients: Sequence[str] | None = None,
        at_user_ids: Mapping[str, str] | None = None,
        data_source: str = "",
    ) -> list[str]:
        """Show a card in a group, to `people` one-to-one, or both; or to `user_id` alone. Clicks come as stream.

        One card and one call, however many people see it; only those whom its address has no room for cost
        another. Returns the userIds it did not reach. `private_params` and `at_user_ids` (to names) are by
        userId; only `recipients` see it in a group, when given. Clients that show the card ask for `data_source` every
        PULL_EVERY_S seconds, by a callback that is no counted call. Raises Conflict when this `out_track_id` was
        used before, and DeliveryFailed when the card was made but reached nobody: then the id is used up.
        """
        card: Json = {
            "cardTemplateId": template_id,
            "outTrackId": out_track_id,
            "callbackType": "STREAM",
            **_data(params, private_params),
            "userIdType": BY_USER_ID,
        }
        if data_source:
            card |= _pulled(data_source)
        if conversation and conversation.kind == "group":
            place = self._in_group(conversation, recipients, at_user_ids)
            if not people:
                await self._create(card | place, is_whole=True)
                return []
            return await self._group_and_people(card | place, people)
        first, rest = _one_call(list(people) or [user_id])
        place = self._to_people(first) | {"imRobotOpenSpaceModel": {"supportForward": False}}
        missed = _missed(first, await self._create(card | place))
        return missed + await self._deliver_rest(out_track_id, rest)

    async def _group_and_people(self, body: Json, people: Sequence[str]) -> list[str]:
        """One call for both. The group must have it; that somebody has not is told."""
        alone = self._to_people(people) | {"imRobotOpenSpaceModel": {"supportForward": False}}
        places = f"{body['openSpaceId']};" + ";".join(map(_alone_with, people))
        deliveries = await self._create(body | alone | {"openSpaceId": places})
        to_group = [each for each in deliveries if each.space_type == "IM_GROUP"]
        if not all(each.success for each in to_group):
            raise DeliveryFailed(CREATE.name, "notDelivered", ", ".join(each.error_msg for each in to_group))
        return _missed(people, [each for each in deliveries if each.space_type != "IM_GROUP"])

    async def deliver(self, out_track_id: str, people: Sequence[str]) -> list[str]:
        """Show a card that exists to more people, one-to-one; returns the userIds it did not reach.

        Raises NotFound when there is no such card, and DeliveryFailed when it reached nobody.
        """
        first, rest = _one_call(people)
        body = {"outTrackId": out_track_id, **self._to_people(first), "userIdType": BY_USER_ID}
        answer = await self._wire.ask(DELIVER, _DeliverAnswer, body=body)
        missed = _missed(first, _delivered(DELIVER, answer.success, answer.result))
        return missed + await self._deliver_rest(out_track_id, rest)

    async def _create(self, body: Json, *, is_whole: bool = False) -> Sequence[Delivery]:
        answer = await self._wire.ask(CREATE, _CreateAnswer, body=body)
        return _delivered(CREATE, answer.success, answer.result.deliver_results, is_whole=is_whole)

    async def _deliver_rest(self, out_track_id: str, people: Sequence[str]) -> list[str]:
        """Once somebody has the card, failing with the others is no failure of the whole."""
        if not people:
            return []
        try:
            return await self.deliver(out_track_id, people)
        except DingTalkError as exc:
            log.warning("card.partly_delivered", out_track_id=out_track_id, error=exc)
            return list(people)

    async def update(
        self,
        *,
        out_track_id: str,
        params: Params,
        private_params: Mapping[str, Params] | None = None,
        by_key: bool = True,
    ) -> None:
        """Change a card wherever it is shown; with `by_key` variables not named keep their values.

        Never inside a card callback, whose answer carries the new card. Raises NotFound for no such card.
        """
        body: Json = {
            "outTrackId": out_track_id,
            **_data(params, private_params),
            "cardUpdateOptions": {"updateCardDataByKey": by_key, "updatePrivateDataByKey": by_key},
            "userIdType": BY_USER_ID,
        }
        answer = await self._wire.ask(UPDATE, _UpdateAnswer, body=body)
        if not (answer.success and answer.result):
            raise DeliveryFailed(UPDATE.name, "notUpdated")

    async def make(self, *, out_track_id: str, template_id: str, params: Params) -> None:
        """Make a card that is shown nowhere: whether DingTalk takes this template for it.

        https://open.dingtalk.com/document/development/interface-for-creating-a-card-instance
        """
        card: Json = {
            "cardTemplateId": template_id,
            "outTrackId": out_track_id,
            "callbackType": "STREAM",
            **_data(params, None),
            "userIdType": BY_USER_ID,
        }
        answer = await self._wire.ask(MAKE, _MakeAnswer, body=card)
        if not answer.success:
            raise Invalid(MAKE.name, "notMade")

    async def template(self, template_id: str) -> Template:
        """What a template is like; it has no page, so be prepared for any error."""
        answer = await self._wire.ask(TEMPLATE, _TemplateAnswer, query={"templateId": template_id})
        if not answer.success or answer.data is None:
            raise Invalid(TEMPLATE.name, "notTold")
        return answer.data

    def _to_people(self, people: Sequence[str]) -> Json:
        return {
            "openSpaceId": _SPACES + ";".join(map(_alone_with, people)),
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": self._robot_code},
        }

    def _in_group(
        self,
        conversation: Conversation,
        recipients: Sequence[str] | None,
        at_user_ids: Mapping[str, str] | None,
    ) -> Json:
        """The fields that say where the card goes. A forwarded card would show a request to strangers."""
        deliver: Json = {"robotCode": self._robot_code}
        if at_user_ids:
            deliver["atUserIds"] = dict(at_user_ids)
        if recipients:
            deliver["recipients"] = list(recipients)
        return {
            "openSpaceId": f"{_SPACES}IM_GROUP.{conversation.id}",
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imGroupOpenDeliverModel": deliver,
        }


def _alone_with(user_id: str) -> str:
    return f"IM_ROBOT.{user_id}"


def _one_call(people: Sequence[str]) -> tuple[list[str], list[str]]:
    """As many of them, each once, as one address has room for, and the rest."""
    everybody = list(dict.fromkeys(people))
    length = len(_SPACES) - 1
    for number, user_id in enumerate(everybody):
        length += len(_alone_with(user_id)) + 1
        if length > SPACE_ID_LENGTH and number:
            return everybody[:number], everybody[number:]
    return everybody, []


def _delivered(
    api: Api, success: bool, deliveries: Sequence[Delivery], *, is_whole: bool = False
) -> Sequence[Delivery]:
    """The deliveries of an answer; raises DeliveryFailed when none succeeded, or not all where all must."""
    enough = all if is_whole else any
    if success and deliveries and enough(each.success for each in deliveries):
        return deliveries
    causes = sorted({each.error_msg for each in deliveries if not each.success} - {""})
    raise DeliveryFailed(api.name, "notDelivered", ", ".join(causes))


def _missed(people: Sequence[str], deliveries: Sequence[Delivery]) -> list[str]:
    """Who of `people` has no card. Named by their userId in each delivery, or else by its place in the list."""
    if all(each.success for each in deliveries) and len(deliveries) >= len(people):
        return []
    ids = [each.space_id for each in deliveries]
    if not set(ids) & set(people) and len(ids) == len(people):
        ids = list(people)
    reached = {user_id for user_id, each in zip(ids, deliveries, strict=True) if each.success}
    return [user_id for user_id in people if user_id not in reached]


def _pulled(data_source: str) -> Json:
    pull = {"pullStrategy": "INTERVAL", "interval": PULL_EVERY_S, "timeUnit": "SECONDS"}
    source = {"dynamicDataSourceId": data_source, "pullConfig": pull}
    return {"openDynamicDataConfig": {"dynamicDataSourceConfigs": [source]}}


def _data(params: Params, private_params: Mapping[str, Params] | None) -> Json:
    data: Json = {"cardData": {"cardParamMap": dict(params)}}
    if private_params:
        data["privateData"] = {
            user_id: {"cardParamMap": dict(own)} for user_id, own in private_params.items()
        }
    return data
