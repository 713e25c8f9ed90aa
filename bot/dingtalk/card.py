"""Interactive cards: shown once in a conversation, then updated in place.

https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/development/interactive-card-update-interface
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.dingtalk.answer import Json
from bot.dingtalk.errors import DeliveryFailed
from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Wired
from bot.models import Conversation

CREATE = Api("POST", "/v1.0/card/instances/createAndDeliver", write=True)
UPDATE = Api("PUT", "/v1.0/card/instances", write=True)

Params = Mapping[str, str]
"""Values of the template's variables, all of them text: keys up to 100 bytes, values up to 1 KB."""
BY_USER_ID = 1


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


class _UpdateAnswer(Wired):
    success: bool = True
    result: bool = True


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
        conversation: Conversation,
        user_id: str = "",
        private_params: Mapping[str, Params] | None = None,
        recipients: Sequence[str] | None = None,
        at_user_ids: Mapping[str, str] | None = None,
    ) -> None:
        """Show a card in a group, or in the one-to-one conversation with `user_id`; clicks come as stream.

        `private_params` and `at_user_ids` (to names) are by userId; only `recipients` see it, when given.
        Raises Conflict when this `out_track_id` was used before, and DeliveryFailed when the card was
        made but does not show: then the id is used up.
        """
        body: Json = {
            "cardTemplateId": template_id,
            "outTrackId": out_track_id,
            "callbackType": "STREAM",
            **_data(params, private_params),
            **self._place(conversation, user_id, recipients, at_user_ids),
            "userIdType": BY_USER_ID,
        }
        answer = await self._wire.ask(CREATE, _CreateAnswer, body=body)
        deliveries = answer.result.deliver_results
        if not answer.success or not deliveries or not all(each.success for each in deliveries):
            causes = sorted({each.error_msg for each in deliveries if not each.success} - {""})
            raise DeliveryFailed(CREATE.name, "notDelivered", ", ".join(causes))

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

    def _place(
        self,
        conversation: Conversation,
        user_id: str,
        recipients: Sequence[str] | None,
        at_user_ids: Mapping[str, str] | None,
    ) -> Json:
        """The fields that say where the card goes. A forwarded card would show a request to strangers."""
        if conversation.kind == "one_to_one":
            return {
                "openSpaceId": f"dtv1.card//IM_ROBOT.{user_id}",
                "imRobotOpenSpaceModel": {"supportForward": False},
                "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": self._robot_code},
            }
        deliver: Json = {"robotCode": self._robot_code}
        if at_user_ids:
            deliver["atUserIds"] = dict(at_user_ids)
        if recipients:
            deliver["recipients"] = list(recipients)
        return {
            "openSpaceId": f"dtv1.card//IM_GROUP.{conversation.id}",
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imGroupOpenDeliverModel": deliver,
        }


def _data(params: Params, private_params: Mapping[str, Params] | None) -> Json:
    data: Json = {"cardData": {"cardParamMap": dict(params)}}
    if private_params:
        data["privateData"] = {
            user_id: {"cardParamMap": dict(own)} for user_id, own in private_params.items()
        }
    return data
