"""A folder with very much in it: found, stored, shown, deleted, with hardly more memory than a small one takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from cards.lists import PAGE_ROWS
from tests.integration.office import MARKETING, MARKETING_SPACE, PATIENCE_S, Message, Office
from tests.integration.program import robot

ALONE = "one:wang"
MB = 1_000_000
LISTED_A_SECOND = 20 * 50


async def plant(office: Office, dentries: int) -> None:
    """`/big` and what lies in it, `dentries` in all: half of it flat, half in folders of 99 files."""
    flat = [f"/big/{number:06} 报告.pdf" for number in range(dentries - 1)]
    for number in range(dentries // 200):
        flat[number * 100 : (number + 1) * 100] = [f"/big/{number:04}/{file}.txt" for file in range(99)] + [
            ""
        ]
    files = [{"path": path, "size": 1000, "creator": "wang"} for path in flat if path]
    for start in range(0, len(files), 5000):
        await office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"create": files[start : start + 5000]})


async def heard(
    office: Office,
    after: int,
    fits: Callable[[Message], bool],
    *,
    where: str = MARKETING,
    within_s: float = PATIENCE_S,
) -> list[Message]:
    """What wang gets to see after `after`, up to the first message that fits."""
    seen: list[Message] = []
    async with asyncio.timeout(within_s):
        while not (seen and fits(seen[-1])):
            for message in await office.control.read("wang", where, after, wait_s=5):
                after = max(after, message["seq"])
                seen.append(dict(message))
                if fits(message):
                    break
    return seen


async def presses(office: Office, card: Message, over: asyncio.Event) -> int:
    """Press a button that is not for li again and again: each press is answered in time, says the sandbox."""
    pressed = 0
    while not over.is_set():
        answer = await office.press("li", card, "confirm")
        assert answer["ok"], f"{answer} after {pressed} presses"
        pressed += 1
        await asyncio.wait([asyncio.create_task(over.wait())], timeout=0.1)
    return pressed


async def ask(office: Office, dentries: int) -> tuple[list[Message], Message]:
    """The question about `/big`, and what was said before it; others decide something meanwhile."""
    other, over = await office.say("wang", "rm /report.pdf"), asyncio.Event()
    pressing = asyncio.create_task(presses(office, other, over))
    said = await office.control.say("wang", MARKETING, "rm /big")
    try:
        *earlier, card = await heard(
            office,
            said["seq"],
            lambda m: m["kind"] == "card" and f"{dentries:,}" in m["params"]["title"],
            within_s=PATIENCE_S + 3 * dentries / LISTED_A_SECOND,
        )
    finally:
        over.set()
    assert await pressing
    return earlier, card


async def read(office: Office, card: Message, dentries: int) -> None:
    """Any page of it is found, and the whole list comes as a file."""
    request, pages = card["outTrackId"].split(".")[2], -(-dentries // PAGE_ROWS)
    for page in (1, pages // 2, pages):
        told = await office.say("wang", f"details {request} {page}", ALONE)
        assert f"page {page:,} of {pages:,}" in told["text"].replace("Page", "page"), told["text"][:200]
        rows = told["text"].count("📄") + told["text"].count("📁")
        assert rows == (PAGE_ROWS if page < pages else (dentries - 1) % PAGE_ROWS + 1)
    said = await office.control.say("wang", ALONE, f"details {request} --csv")
    await heard(office, said["seq"], lambda m: f"dingsweep-{request}.zip" in str(m), where=ALONE)


async def delete(office: Office, card: Message, dentries: int) -> Message:
    """Confirm it; the card of the result."""
    pressed = await office.press("wang", card, "confirm")
    assert pressed["ok"], pressed
    result_id = card["outTrackId"].replace("dingsweep.request.", "dingsweep.result.")
    *_, result = await heard(
        office,
        card["seq"],
        lambda m: m.get("outTrackId") == result_id,
        within_s=PATIENCE_S + 3 * dentries / LISTED_A_SECOND,
    )
    return result


@pytest.mark.parametrize(
    ("dentries", "most_bytes"),
    [(4000, 25 * MB), pytest.param(100_000, 60 * MB, marks=(pytest.mark.soak, pytest.mark.timeout(600)))],
)
async def test_what_is_very_much_is_never_held_in_memory(
    office: Office, dentries: int, most_bytes: int
) -> None:
    await plant(office, dentries)
    await office.control.limits(permitUnlimited=True)
    async with robot(office, DINGSWEEP_MAX_DENTRIES=str(dentries)) as program:
        await office.say("wang", "rm /report.pdf --dry-run")
        before = program.peak_bytes
        earlier, card = await ask(office, dentries)
        waiting = [m for m in earlier if "I am looking through all of it" in m.get("text", "")]
        assert len(waiting) == 1, "a word in between, said once"
        assert "/big" in card["params"]["markdown"]
        await read(office, card, dentries)
        result = await delete(office, card, dentries)
        assert f"Moved to the bin: {dentries:,} items" in result["params"]["title"]
        peak = program.peak_bytes
    assert peak - before < most_bytes
    assert peak < 256 * MB


async def test_a_name_is_found_on_any_page_of_a_folder_that_is_listed_once(office: Office) -> None:
    wide = [f"/wide/n {number:03}.txt" for number in range(125)]
    odd = ["/wide/Ｒeport.txt", "/wide/twin.TXT", "/wide/Twin.txt", "/wide/deep/a.txt"]
    await office.control.create(
        MARKETING_SPACE, *({"path": path, "size": 1, "creator": "wang"} for path in [*wide, *odd])
    )
    async with office.robot():
        named = '"/wide/n 124.txt" /wide/report.txt /wide/deep/a.txt /wide/deep "/wide/n 000.txt"'
        told = (await office.say("wang", f"rm {named} --dry-run"))["text"]
        assert "5 items" in told
        assert "/wide/Ｒeport.txt" in told
        assert "/wide/deep/a.txt" not in told, "it goes with its folder"
        listings = await office.calls("GET /v1.0/storage/spaces/{spaceId}/dentries")
        assert len(listings) == 1 + 3 + 1, "the root, three pages of /wide, and /wide/deep"
        alike = (await office.say("wang", "rm /wide/TWIN.txt"))["text"]
        assert "/wide/twin.TXT" in alike
        assert "/wide/Twin.txt" in alike
        assert (
            "/wide/n 124.txt" in (await office.say("wang", 'rm "/wide/n  124.txt" "/wide/n 124.tx"'))["text"]
        )
        listed = (await office.say("wang", "ls /wide"))["text"]
        assert listed.index("📁 deep") < listed.index("📄")
        assert "129 items" in listed
