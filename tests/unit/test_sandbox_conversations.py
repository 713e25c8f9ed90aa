"""What somebody has before them: their conversations, what is new in them, what was said, page by page."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.chat import Chat
from sandbox.clock import Clock
from tests.conformance.control import CLIENT_ID, Control
from tests.unit.sandbox_listener import call, card, listening

GROUP, QUIET = "cidMarketing==", "cidQuiet=="
SPACE = "24010001"
HOSTILE = [
    "<img src=x onerror=alert(1)>.pdf",
    "\u202efdp.exe",
    "a\u0000b\u001b[31m\n\r.txt",
    "'; DROP TABLE files;--",
    "{{nonce}} ${x} %s",
    "🎉" * 100,
    "\ud800.txt",
]
Json = Any


async def those_of(sandbox: Control, who: str) -> dict[str, Json]:
    found = (await sandbox.ask("GET", "conversations", **{"as": who}))["conversations"]
    return {c["conversationId"]: c for c in found}


async def page(sandbox: Control, who: str, **query: int) -> Json:
    return await sandbox.ask("GET", f"conversations/{GROUP}", **{"as": who}, **query)


async def heard(sandbox: Control) -> dict[str, int]:
    return {who: person["heardAt"] for who, person in (await sandbox.people()).items()}


async def refused(sandbox: Control, body: Json) -> str:
    async with sandbox.http.post(f"{sandbox.url}/sandbox/say", json=body) as answer:
        assert answer.status == 400
        text: str = (await answer.json())["error"]
        return text


async def send_to(sandbox: Control, *who: str) -> str:
    """The robot sends `told` one to one; the key to take it back with."""
    body = {
        "robotCode": CLIENT_ID,
        "userIds": who,
        "msgKey": "sampleText",
        "msgParam": json.dumps({"content": "told"}),
    }
    status, answer = await call(sandbox, "POST", "/v1.0/robot/oToMessages/batchSend", body)
    assert status == 200
    key: str = answer["processQueryKey"]
    return key


async def test_everybody_has_their_own_conversations(sandbox: Control) -> None:
    theirs = {who: await those_of(sandbox, who) for who in ("wang", "alice", "sun")}
    assert set(theirs["wang"]) == {GROUP, "cidEngineering==", QUIET, "cidOnewang=="}
    assert set(theirs["alice"]) == {"cidEngineering==", "cidOnealice=="}
    assert set(theirs["sun"]) == {GROUP}, "no robot in this organisation"
    assert [theirs["wang"][c]["canHear"] for c in (GROUP, QUIET, "cidOnewang==")] == [True, False, True]
    assert theirs["wang"]["cidOnewang=="]["userId"] == "wang"
    assert theirs["wang"][QUIET]["robots"] == []
    everything = (await sandbox.ask("GET", "conversations"))["conversations"]
    assert all("canHear" not in c for c in everything)


async def test_nobody_has_no_conversations(sandbox: Control) -> None:
    for who in ("", "nobody", "\ud83d\ude00"):
        async with sandbox.http.get(f"{sandbox.url}/sandbox/conversations", params={"as": who}) as answer:
            assert answer.status == 400


async def test_a_robot_is_there_when_it_is_connected(sandbox: Control) -> None:
    async def connected() -> dict[str, bool]:
        return {r["robotCode"]: r["connected"] for r in (await those_of(sandbox, "wang"))[GROUP]["robots"]}

    assert await connected() == {"dingsandbox": False, "suitesandbox": False}
    async with listening(sandbox):
        assert await connected() == {"dingsandbox": True, "suitesandbox": False}


async def test_what_was_said_last_is_seen_without_opening(sandbox: Control) -> None:
    assert (await those_of(sandbox, "wang"))[GROUP]["last"] is None
    said = await sandbox.say("wang", GROUP, "  one\n\ntwo  " + "x" * 500)
    shown = (await those_of(sandbox, "li"))[GROUP]
    assert shown["lastSeq"] == said["seq"]
    last = shown["last"]
    assert (last["from"]["userId"], last["kind"], last["mine"]) == ("wang", "text", False)
    assert last["text"] == ("one two " + "x" * 500)[:120]
    assert (await those_of(sandbox, "wang"))[GROUP]["last"]["mine"] is True
    await card(sandbox)
    assert (await those_of(sandbox, "li"))[GROUP]["last"]["text"] == "A"
    assert (await those_of(sandbox, "li"))[GROUP]["last"]["from"] == {"robot": CLIENT_ID}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"audio": "delete it"}, "delete it"),
        ({"image": True}, ""),
        ({"file": {"name": "a b.pdf", "size": 1}}, "a b.pdf"),
        ({"richText": [{"text": "look"}, {"type": "picture"}, {"text": "here"}]}, "look here"),
        ({"richText": "no list"}, ""),
        ({"richText": [7, None, {"text": {}}]}, "{}"),
        ({"msgtype": "feedCard", "content": {"links": [{"title": "A"}, {"title": "B"}]}}, "A B"),
        ({"msgtype": "unheardOf", "content": {"title": 7, "text": ["x"]}}, ""),
    ],
)
async def test_every_kind_of_message_has_a_preview(sandbox: Control, said: Json, words: str) -> None:
    await sandbox.ask("POST", "say", {"as": "wang", "conversation": GROUP, **said})
    assert (await those_of(sandbox, "li"))[GROUP]["last"]["text"] == words


async def test_a_message_for_some_is_news_for_them_only(sandbox: Control) -> None:
    await card(sandbox, imGroupOpenDeliverModel={"robotCode": CLIENT_ID, "recipients": ["li"]})
    assert (await those_of(sandbox, "li"))[GROUP]["lastSeq"] > 0
    zhao = (await those_of(sandbox, "zhao"))[GROUP]
    assert (zhao["lastSeq"], zhao["last"]) == (0, None)
    news = await heard(sandbox)
    assert news["li"] > 0
    assert news["zhao"] == news["alice"] == 0


async def test_what_one_says_oneself_is_no_news(sandbox: Control) -> None:
    for who in ("wang", "li"):
        await sandbox.advance(60)
        await sandbox.say(who, GROUP, "hello")
    first, second = (message["at"] for message in (await page(sandbox, "zhao"))["messages"])
    news = await heard(sandbox)
    assert (news["wang"], news["li"], news["zhao"], news["alice"]) == (second, first, second, 0)
    await sandbox.advance(60)
    await send_to(sandbox, "alice")
    assert (await heard(sandbox))["alice"] > second


async def test_a_card_that_changes_moves_on_and_is_no_news(sandbox: Control) -> None:
    await card(sandbox)
    said = await sandbox.say("li", GROUP, "later")
    before = await heard(sandbox)
    await sandbox.advance(60)
    body = {"outTrackId": "card-1", "cardData": {"cardParamMap": {"title": "B"}}}
    await call(sandbox, "PUT", "/v1.0/card/instances", body)
    assert await heard(sandbox) == before
    shown = (await those_of(sandbox, "wang"))[GROUP]
    assert shown["lastSeq"] > said["seq"]
    assert shown["last"]["text"] == "later"


async def test_the_newest_are_left_and_the_others_come_page_by_page(sandbox: Control) -> None:
    await card(sandbox)
    for number in range(9):
        await sandbox.say("wang", GROUP, str(number))
    body = {"outTrackId": "card-1", "cardData": {"cardParamMap": {"title": "B"}}}
    await call(sandbox, "PUT", "/v1.0/card/instances", body)
    newest = await page(sandbox, "li", limit=3)
    assert [m["kind"] for m in newest["messages"]] == ["card", "text", "text"]
    assert newest["more"]
    assert newest["lastSeq"] == newest["messages"][0]["seq"]
    seen = newest["messages"]
    while newest["more"]:
        newest = await page(sandbox, "li", limit=3, before=min(m["seq"] for m in seen))
        seen = newest["messages"] + seen
    assert len({m["id"] for m in seen}) == len(seen) == 10
    assert (await page(sandbox, "li", limit=10))["more"] is False


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": -1}, {"limit": "many"}, {"before": "x"}])
async def test_a_page_of_nonsense_is_refused(sandbox: Control, query: Json) -> None:
    async with sandbox.http.get(f"{sandbox.url}/sandbox/conversations/{GROUP}", params=query) as answer:
        assert answer.status == 400


async def test_what_is_taken_back_is_told_once(sandbox: Control) -> None:
    key = await send_to(sandbox, "wang", "li")
    seen = await sandbox.ask("GET", "conversations/one:wang", **{"as": "wang"})
    assert ([m["content"] for m in seen["messages"]], seen["recalled"]) == (["told"], [])
    body = {"robotCode": CLIENT_ID, "processQueryKeys": [key]}
    status, _ = await call(sandbox, "POST", "/v1.0/robot/otoMessages/batchRecall", body)
    assert status == 200
    query = {"as": "wang", "after": seen["lastSeq"]}
    again = await sandbox.ask("GET", "conversations/one:wang", **query)
    assert (again["messages"], again["recalled"]) == ([], [seen["messages"][0]["id"]])
    later = await sandbox.ask("GET", "conversations/one:wang", **query | {"after": again["lastSeq"]})
    assert (later["messages"], later["recalled"], later["lastSeq"]) == ([], [], again["lastSeq"])
    one = (await those_of(sandbox, "wang"))["cidOnewang=="]
    assert (one["last"], one["lastSeq"]) == (None, 0)


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 7), st.sampled_from([None, "a", "b"]))
def test_newest_first_has_everything_once(posted: list[int], cards: int, reader: str | None) -> None:
    """However messages come and cards change, by number nothing is twice and nothing missing."""
    chat = Chat(Clock())
    for kind in posted:
        if kind == 3:
            chat.touch_card(f"t{len(posted) % cards}")
        else:
            body = {"outTrackId": f"t{kind % cards}"} if kind else {"content": "x"}
            chat.post("c", "card" if kind else "text", body, visible_to=["a"] if kind == 2 else None)
    listed = chat.newest_first("c")
    assert [m.seq for m in listed] == sorted((m.seq for m in listed), reverse=True)
    assert {m.id for m in listed if m.visible(reader)} == {m.id for m in chat.read("c", reader)}


async def test_a_new_file_comes_to_the_robot_and_lies_in_the_senders_own_space(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        for name in ("plan.docx", "plan.docx"):
            await sandbox.ask(
                "POST", "say", {"as": "wang", "conversation": "one:wang", "file": {"name": name, "size": 7}}
            )
        heard = [await robot.answered({"response": None}) for _ in range(2)]
    assert [m["msgtype"] for m in heard] == ["file", "file"]
    contents = [m["content"] for m in heard]
    assert all(c.keys() == {"downloadCode", "fileName", "spaceId", "fileId"} for c in contents)
    assert [c["fileName"] for c in contents] == ["plan.docx", "plan(1).docx"]
    (space_id,) = {c["spaceId"] for c in contents}
    entries = await sandbox.entries(space_id)
    assert {e["id"] for e in entries.values()} == {c["fileId"] for c in contents}
    assert {e["creatorId"] for e in entries.values()} == {"wangUnionId"}
    (space,) = [s for s in (await sandbox.ask("GET", "drive"))["spaces"] if s["spaceId"] == space_id]
    assert (space["kind"], space["grants"]) == ("own", {"USER:wangUnionId": "OWNER"})
    assert [m["size"] for m in await sandbox.read("wang", "one:wang")] == [7, 7]


async def test_a_file_for_a_group_lies_in_its_space_and_the_robot_does_not_hear_it(sandbox: Control) -> None:
    async with listening(sandbox):
        file = {"name": "new.pdf", "size": 1}
        said = await sandbox.ask("POST", "say", {"as": "wang", "conversation": GROUP, "file": file})
    assert said["delivered"] is False
    assert "/new.pdf" in await sandbox.entries(SPACE)


async def test_an_outsiders_file_lies_in_their_own_organisation(sandbox: Control) -> None:
    await sandbox.ask("POST", "say", {"as": "sun", "conversation": GROUP, "file": {"name": "offer.pdf"}})
    (message,) = await sandbox.read("wang", GROUP)
    spaces = {s["spaceId"]: s for s in (await sandbox.ask("GET", "drive"))["spaces"]}
    assert spaces[message["spaceId"]]["corpId"] == "dingcorpother"


async def test_a_file_that_is_there_is_sent_by_whoever_may_see_it(sandbox: Control) -> None:
    report = (await sandbox.entries(SPACE))["/report.pdf"]
    file = {"spaceId": SPACE, "dentryId": report["id"]}
    async with listening(sandbox) as robot:
        await sandbox.ask("POST", "say", {"as": "li", "conversation": "one:li", "file": file})
        content = (await robot.answered({"response": None}))["content"]
    assert (content["fileName"], content["spaceId"], content["fileId"]) == ("report.pdf", SPACE, report["id"])
    wrong = {"as": "alice", "conversation": "one:alice"}
    assert "permissionDenied" in await refused(sandbox, {**wrong, "file": file})
    assert "dentryNotExist" in await refused(sandbox, {**wrong, "file": {**file, "dentryId": "1"}})
    assert "spaceNotExist" in await refused(sandbox, {**wrong, "file": {**file, "spaceId": "1"}})
    folder = (await sandbox.entries(SPACE))["/2023"]["id"]
    assert "is a folder" in await refused(
        sandbox, {"as": "li", "conversation": "one:li", "file": {**file, "dentryId": folder}}
    )


@pytest.mark.parametrize(
    "file",
    [
        None,
        "x",
        {},
        {"name": 7},
        {"name": "a", "size": "1"},
        {"name": "a", "size": -1},
        {"name": "a", "size": True},
        {"name": "", "size": 1},
        {"name": "a/b"},
        {"name": "a.", "size": 1},
        {"name": "big", "size": 10**15},
        {"dentryId": "1"},
        {"dentryId": [], "spaceId": {}},
    ],
)
async def test_what_is_no_file_is_not_sent(sandbox: Control, file: Json) -> None:
    await refused(sandbox, {"as": "wang", "conversation": "one:wang", "file": file})
    assert await sandbox.read("wang", "one:wang", wait_s=0) == []
    assert all(s["dentryCount"] for s in (await sandbox.ask("GET", "drive"))["spaces"] if s["kind"] != "own")


@pytest.mark.parametrize("who", ["nobody", "alice"])
async def test_a_file_comes_from_somebody_who_is_there(sandbox: Control, who: str) -> None:
    await refused(sandbox, {"as": who, "conversation": GROUP, "file": {"name": "a"}})


async def test_a_picture_is_heard_without_its_name(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        order = {"as": "wang", "conversation": "one:wang", "image": {"name": "cat.png"}}
        await sandbox.ask("POST", "say", order)
        heard = await robot.answered({"response": None})
    assert (heard["msgtype"], heard["content"].keys()) == ("picture", {"downloadCode"})
    assert (await sandbox.read("wang", "one:wang"))[0]["name"] == "cat.png"


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_words_come_back_as_they_were_said(sandbox: Control, name: str) -> None:
    await sandbox.say("wang", GROUP, name)
    assert (await sandbox.read("li", GROUP))[0]["content"] == name
    assert (await those_of(sandbox, "li"))[GROUP]["last"]["text"] == " ".join(name.split())[:120]
