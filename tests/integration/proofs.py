"""What holds whenever the robot says no: a sentence, an acknowledged frame, nothing deleted, and it goes on."""

from __future__ import annotations

from tests.integration.office import MARKETING, PATIENCE_S, Json, Office

MAX_SENTENCE_CHARS = 400
HARMLESS = {
    "/v1.0/storage/spaces/{spaceId}/dentries/query",
    "/v1.0/storage/spaces/{spaceId}/dentries/listAll",
}
"""Storage calls that are a POST and change nothing."""


async def speak(office: Office, who: str, where: str, **said: Json) -> Json:
    """Say something that is no text: `richText`, `audio`, or `msgtype` with `content`."""
    return await office.control.ask("POST", "say", {"as": who, "conversation": where, **said})


async def refusal(office: Office, who: str, text: str | None, where: str = MARKETING, **more: Json) -> str:
    """Say what cannot be done; the sentence that comes back, from a robot that acknowledged the message."""
    said = await speak(office, who, where, **({} if text is None else {"text": text}), **more)
    reply = await office.answer(who, where, after=said["seq"])
    assert reply["kind"] == "markdown", f"{text}: {reply}"
    await acknowledged(office, said["messageId"])
    sentence = str(reply["text"])
    assert 0 < len(sentence) <= MAX_SENTENCE_CHARS, sentence
    assert not {"Traceback", "Exception", "Error("} & set(sentence.split()), sentence
    return sentence


async def words(office: Office, who: str, text: str, where: str = MARKETING, **more: Json) -> str:
    """Say something; the robot's next words to it, while cards may come and change."""
    said = await office.control.say(who, where, text, **more)
    reply = await office.until(who, where, said["seq"], lambda m: m["kind"] == "markdown")
    return str(reply["text"])


async def acknowledged(office: Office, message_id: str, code: int = 200) -> Json:
    """The answer to a frame, waited for."""
    query: dict[str, str | int] = {"messageId": message_id, "acked": "true", "wait": PATIENCE_S}
    frames = (await office.control.ask("GET", "frames", **query))["frames"]
    assert frames, f"{message_id} was never acknowledged"
    assert frames[0]["ack"]["code"] == code
    return frames[0]["ack"]


async def changing_calls(office: Office) -> list[str]:
    """The storage calls so far that were no mere question."""
    calls = (await office.control.ask("GET", "calls"))["calls"]
    return [
        call["route"]
        for call in calls
        if call["method"] != "GET"
        and "/storage/" in call["path"]
        and call["route"].split(" ")[-1] not in HARMLESS
    ]


async def unharmed(office: Office, who: str = "wang", where: str = MARKETING) -> None:
    """Nothing was deleted or changed in any space, no rule of the cards was broken, and the robot still answers."""
    assert await changing_calls(office) == []
    await in_order(office)
    pong = await office.say(who, "ping", where)
    assert pong["text"] in {"在的。", "Here I am."}


async def in_order(office: Office) -> None:
    """No card was updated by a call while its click waited for the answer."""
    assert (await office.control.ask("GET", "state"))["violations"] == []


async def cards_made(office: Office) -> int:
    """How many cards the robot has asked DingTalk to make."""
    return len(await office.calls("createAndDeliver"))
