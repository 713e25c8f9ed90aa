"""Names and reasons written to deceive: whatever form they reach people in, they are read and do nothing."""

from __future__ import annotations

import re

import pytest

from tests.integration.office import ENGINEERING, MARKETING, Json, Message, Office
from tests.integration.proofs import in_order

NAMES = [
    "🎉👨‍👩‍👧 party.pptx",
    "invoice\u202efdp.exe",
    "\u200bhidden\ufeff.txt",
    "](http://evil.example/a) click.pdf",
    "[win](http://evil.example/b).pdf",
    "![](http://evil.example/c.png).png",
    "dtmd:‎//dingtalkclient/sendMessage?content=x.pdf",
    "[x](dtmd://dingtalkclient/sendMessage?content=yes).pdf",
    "@all come here.pdf",
    '<a atId="li">李经理</a>.pdf',
    "<font color=#ff0000 size=30>red</font>.pdf",
    "line\nbreak\r\n# heading\n- item.pdf",
    "**bold** `code` ~~gone~~.md",
    "| a | b |.csv",
    "&lt;b&gt;&#64;all.txt",
    "${title} {name} %(id)s %s.txt",
    "الملف النهائي.docx",
    "z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308algo.txt",
]
REASON = "**urgent** ](http://evil.example) @all <a atId=li>x</a> \u202egnp\n# now"
ACTIVE = re.compile(
    r"\]\(|://|@|<[a-z/!]|&lt|&#|[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|`|~~|\r|(?<!\n)\n(?!\n)|\n[#\-|>]",
    re.IGNORECASE,
)

SENDS = re.compile(
    r"dtmd://dingtalkclient/sendMessage\?content=(confirm|details|cancel)%20\w{4,}(%20[0-9a-f]+)?"
)


def inert(*texts: str) -> None:
    """Nothing in a shown text acts; what the robot itself writes has only `**` and blank lines."""
    for text in texts:
        assert not (found := ACTIVE.search(text)), f"{found!r} in {text!r}"


def shown(message: Message) -> list[str]:
    """Every text of a message or card that people see."""
    if message["kind"] == "card":
        return [message["params"][name] for name in ("title", "markdown", "tips")]
    return [message["title"], message["text"]]


async def hostile_space(office: Office) -> list[str]:
    """A space with a hostile name, full of them, for Engineering; the ids of its entries."""
    space: Json = {
        "name": "files](http://evil.example) @all",
        "creator": "alice",
        "conversationId": ENGINEERING,
        "create": [{"parent": "/", "name": name, "size": 10, "creator": "alice"} for name in NAMES],
    }
    made = await office.control.ask("POST", "drive", space)
    listed = await office.control.ask("GET", f"drive/{made['spaceId']}")
    return [entry["id"] for entry in listed["dentries"]]


async def test_from_the_question_to_the_result_they_do_nothing(office: Office) -> None:
    ids = await hostile_space(office)
    assert len(ids) == len(NAMES)
    async with office.robot():
        told = 0
        for start in range(0, len(ids), 5):
            some = ids[start : start + 5]
            card = await office.say("alice", f"rm {' '.join(some)} --reason {REASON}", ENGINEERING)
            inert(*shown(card))
            assert "urgent" in card["params"]["markdown"]
            pressed = await office.press("alice", card, "details")
            assert pressed["ok"], pressed
            details = await office.answer("alice", "one:alice", after=told)
            told = details["seq"]
            inert(*shown(details))
            pressed = await office.press("alice", card, "confirm")
            inert(
                *(
                    v
                    for k, v in pressed["response"]["cardData"]["cardParamMap"].items()
                    if k != "sys_full_json_obj"
                )
            )
            result = await office.card("alice", ENGINEERING, "Moved to the bin", after=card["seq"])
            inert(*shown(result))
            closed = await office.card("alice", ENGINEERING, "Moved to the bin", after=result["seq"])
            inert(*shown(closed))
            assert closed["params"]["tips"] == "", "what was said about details is not true of it for ever"
        await in_order(office)


async def test_in_lists_and_short_answers_they_do_nothing(office: Office) -> None:
    ids = await hostile_space(office)
    said = [
        "ls",
        "whoami",
        f"rm {' '.join(ids)} --dry-run",
        *(f'rm "{name}.nowhere"' for name in NAMES if '"' not in name),
        *(f"{name.replace(' ', '')} x" for name in NAMES),
        *(f"rm x --{name.replace(' ', '')}" for name in NAMES),
        *(f"status {name.replace(' ', '')}" for name in NAMES),
        "ls /](http://evil.example)/@all",
        "rm https://evil.example/](http://evil.example)",
    ]
    async with office.robot():
        for text in said:
            reply = await office.say("alice", text, ENGINEERING)
            assert reply["kind"] == "markdown", text
            inert(*shown(reply))
        assert await office.calls("batchRemove") == []


@pytest.mark.parametrize(
    "code", ["param.templateNotExist", "Forbidden.AccessDenied.AccessTokenPermissionDenied"]
)
async def test_also_where_cards_cannot_be_shown(office: Office, code: str) -> None:
    ids = await hostile_space(office)
    await office.control.fault("/v1.0/card/", 403 if code.startswith("F") else 400, code)
    async with office.robot():
        for dentry_id in ids:
            reply = await office.say("alice", f"rm {dentry_id} --reason {REASON}", ENGINEERING)
            assert reply["kind"] == "actionCard"
            inert(*shown(reply))
            assert [button["id"] for button in reply["buttons"]] == ["0", "1", "2"]
            assert all(SENDS.fullmatch(button["url"]) for button in reply["buttons"])


async def test_a_hostile_name_can_be_typed_by_its_path(office: Office) -> None:
    """What was escaped for the eyes is not what is deleted: the name goes to DingTalk as it is."""
    paths = ["/[win](http) @all <a atId=li>.pdf", "/🎉 “quoted” ’s.txt", "/a;b$c `d`.txt"]
    await office.control.create("24010001", *({"path": path, "creator": "wang"} for path in paths))
    async with office.robot():
        names = " ".join(f'"{path}"' for path in paths)
        card = await office.say("wang", f"rm {names}", MARKETING)
        assert "Delete 3 items?" in card["params"]["title"]
        inert(*shown(card))
        assert (await office.press("wang", card, "confirm"))["ok"]
        await office.card("wang", MARKETING, "Moved to the bin: 3 items", after=card["seq"])
        assert not set(paths) & await office.paths()
