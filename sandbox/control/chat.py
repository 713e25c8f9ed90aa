"""Control of people as they act: what they say and what they press."""

from dataclasses import replace

from sandbox import attachment
from sandbox.control.desk import JsonObject, Order, Route
from sandbox.paper import to_json
from sandbox.press import Click, Pressed, press_action_card, press_card
from sandbox.pull import pull
from sandbox.talk import MisuseError, Utterance, say


async def speak(order: Order) -> JsonObject:
    """Says something: `{as, conversation, text | richText | audio | file | image | msgtype + content, …}`."""
    body = order.body
    what = _utterance(order)
    what = replace(
        what,
        at_robot=body.get("atRobot", True),
        nick=body.get("nick", ""),
        robot_code=body.get("robotCode", ""),
        overrides=body.get("overrides") or {},
    )
    said = say(order.world, order.need("as"), order.need("conversation"), what)
    return {
        "msgId": said.msg_id,
        "messageId": said.message_id or None,
        "delivered": said.delivered,
        "seq": said.seq,
    }


def _utterance(order: Order) -> Utterance:
    body = order.body
    if "text" in body:
        return Utterance("text", {"content": body["text"]})
    if "richText" in body:
        return Utterance("richText", {"richText": body["richText"]})
    if "audio" in body:
        content = {"recognition": body["audio"], "duration": 4000, "downloadCode": "sandbox-audio"}
        return Utterance("audio", content)
    if "file" in body:
        return attachment.file(order.world, order.need("as"), order.need("conversation"), body["file"])
    if "image" in body:
        return attachment.image(body["image"])
    if isinstance(body.get("msgtype"), str) and isinstance(body.get("content"), dict):
        if body["msgtype"] == "card":  # they could show themselves one that is for others
            raise MisuseError("a person sends no card")
        return Utterance(body["msgtype"], body["content"])
    raise MisuseError("say text, richText, audio, file, image, or msgtype with content")


async def press(order: Order) -> JsonObject:
    """Presses a button: `{as, outTrackId, button}` of a card, `{as, conversation, seq, button}` of an action card."""
    body = order.body
    if "outTrackId" not in body:
        seq, conversation = order.need("seq"), order.need("conversation")
        pressed = press_action_card(
            order.world, order.need("as"), conversation, seq, str(order.need("button"))
        )
        return _pressed(pressed)
    click = Click(
        str(order.need("button")),
        params=body.get("params") or {},
        overrides=body.get("overrides") or {},
        force=body.get("force", False),
        shape=body.get("shape", "params"),
        conversation_id=body.get("conversation", ""),
    )
    return _pressed(await press_card(order.world, order.need("as"), body["outTrackId"], click))


async def render(order: Order) -> JsonObject:
    """Has a client ask for a card's dynamic data now: `{as, outTrackId}`."""
    person, card = order.person(order.need("as")), order.world.cards.cards.get(order.need("outTrackId"))
    if card is None or order.world.chat.shows(person.user_id, card.out_track_id) is None:
        raise MisuseError("they see no such card")
    source_ids = [source["dynamicDataSourceId"] for source in card.sources]
    return _pressed(await pull(order.world, person, card, source_ids))


def _pressed(pressed: Pressed) -> JsonObject:
    optional = {"error", "opened", "said"}
    return {k: v for k, v in to_json(pressed).items() if v is not None or k not in optional}


ROUTES: tuple[Route, ...] = (
    ("POST", "/say", speak),
    ("POST", "/press", press),
    ("POST", "/render", render),
)
