"""The story: what happens, in order, and what must be true after it.

Every scene goes through the front door, people speaking and pressing, and then looks at the drive, the recycle
bin, the cards and the calls. Nothing is taken from what the robot says about itself.
"""

from __future__ import annotations

from bot.demo.director import Director
from bot.demo.sandbox import Message, Refused

MARKETING, ENGINEERING = "cidMarketing==", "cidEngineering=="
MARKETING_FILES = "24010001:"
FOLDER, REPORT, CUSTOMERS = "/2023/drafts", "/report.pdf", "/客户名单.xlsx"
BUTTONS = {"confirm", "details", "cancel"}
RESULT = "dingsweep.result."
WELCOME = (
    "A small company chats on DingTalk. Dingsweep is a robot in its group chats that deletes files safely. "
    "All of this happens now: a local DingTalk (the sandbox) and the robot run as two programs, and nothing "
    "leaves this machine."
)


async def play(director: Director) -> None:
    """All scenes. One that breaks off ends the story as a check that failed."""
    director.stage.title("Dingsweep, the demo", WELCOME)
    try:
        card = await _he_asks(director)
        await _others_press(director, card)
        await _he_confirms(director, card)
        await _not_for_ever(director)
        await _she_looks_first(director)
        await _all_in_all(director)
    except Refused as exc:
        director.check("the story was played to its end", good=False, found=exc)


async def _he_asks(director: Director) -> Message:
    director.stage.scene(1, "Somebody wants to delete a folder and two files")
    director.stage.tell(
        "王小明 (Wang Xiaoming, marketing) asks the robot to delete the folder /2023/drafts, report.pdf and "
        "the customer list. His reason: quarterly clean-up."
    )
    text = f"删除 {FOLDER} {REPORT} {CUSTOMERS} --reason 季度清理"
    card = await director.card("wang", MARKETING, await director.say("wang", MARKETING, text))
    await director.show_calls()
    director.stage.tell(
        "Nothing is deleted yet. The robot shows what would go, how much it is, that it can come back, and asks:"
    )
    await director.show(card)
    named = all(path in card.words for path in (FOLDER, REPORT, CUSTOMERS))
    director.check("the card names all three", named, card.words)
    ids = [button.id for button in card.buttons]
    director.check("its buttons are to confirm, to look closer, to cancel", set(ids) == BUTTONS, ids)
    await _check_lost(director, set(), "nothing has left the drive")
    return card


async def _others_press(director: Director, card: Message) -> None:
    director.stage.scene(2, "Somebody else presses the button")
    director.stage.tell(
        "The whole group sees the card. 赵同事, a colleague, presses 移到回收站 (move to the recycle bin); so does "
        "孙外部, a supplier from another company. Only 王小明 may, so the robot refuses both."
    )
    for who in ("zhao", "sun"):
        pressed = await director.press(who, card, "confirm")
        refused = bool(pressed.private_words) and not pressed.title
        director.check(f"{director.name(who)} was refused, privately", refused, pressed.response)
    await director.box.answer("zhao", "one:zhao", after=0)
    await director.show_calls()
    now = await director.box.card("wang", MARKETING, card.out_track_id)
    director.check("the card is as it was", (now.params, now.buttons) == (card.params, card.buttons), now)
    await _check_lost(director, set(), "nothing has left the drive")


async def _he_confirms(director: Director, card: Message) -> None:
    director.stage.scene(3, "He confirms")
    pressed = await director.press("wang", card, "confirm")
    result = await director.box.until(
        "wang", MARKETING, card.seq, lambda m: m.out_track_id.startswith(RESULT)
    )
    closed = await director.box.until(
        "wang",
        MARKETING,
        card.seq,
        lambda m: m.out_track_id == card.out_track_id and m.title not in {card.title, pressed.title},
    )
    await director.show_calls()
    director.stage.tell(
        "The robot deletes with his rights, not with its own, so DingTalk refuses one of the files. The result "
        "card says which, why, and whom to ask; the first card is closed."
    )
    await director.show(result)
    director.stage.changed(closed.title, closed.words.rpartition("\n")[2])
    await _check_deleted(director)
    told = CUSTOMERS in result.words and director.name("zhao") in result.words
    director.check("the result card names the file that stayed, and its owner", told, result.words)
    director.check("the first card has no buttons any more", not closed.buttons, closed.buttons)


async def _check_deleted(director: Director) -> None:
    gone = _gone(director)
    await _check_lost(director, gone, f"{len(gone)} entries left the drive, the customer list is still there")
    items = {item.original_path: item for item in await director.box.binned()}
    inside = items[FOLDER].contents if FOLDER in items else []
    whole = items.keys() == {FOLDER, REPORT} and len(inside) == len(gone) - 1
    director.check("they lie in the recycle bin, the folder with all that was in it", whole, list(items))
    removals = await director.removals()
    binned = [call.request["option"] for call in removals] == [{"toRecycleBin": True}]
    director.check("one call deleted them, with toRecycleBin: true", binned, removals)
    his = {call.query.get("unionId") for call in removals} == {director.people["wang"].union_id}
    director.check(f"in the name of {director.name('wang')}", his, removals)


async def _not_for_ever(director: Director) -> None:
    director.stage.scene(4, "Somebody wants to delete for ever")
    director.stage.tell(
        "He tries --permanent, which would bypass the recycle bin. This company's settings do not allow it."
    )
    after = await director.say("wang", MARKETING, "删除 /2023/Q1 --permanent")
    answer = await director.box.answer("wang", MARKETING, after)
    await director.show(answer)
    refused = not answer.is_card and "--permanent" in answer.words
    director.check("refused in one sentence, with no card to press", refused, answer.words)
    await _check_lost(director, _gone(director), "nothing more has left the drive")


async def _she_looks_first(director: Director) -> None:
    director.stage.scene(5, "Alice looks first, then changes her mind")
    director.stage.tell("In another group, in English: the robot answers in the language it was asked in.")
    after = await director.say("alice", ENGINEERING, "delete /builds --dry-run")
    answer = await director.box.answer("alice", ENGINEERING, after)
    await director.show(answer)
    dry = not answer.is_card and "/builds" in answer.words
    director.check("a dry run tells what would go, and has nothing to press", dry, answer.words)

    director.stage.tell("She asks for one of the folders, and presses Cancel.")
    text = 'delete /builds/nightly --reason "disk is full"'
    card = await director.card("alice", ENGINEERING, await director.say("alice", ENGINEERING, text))
    await director.show(card)
    pressed = await director.press("alice", card, "cancel")
    closed = await director.box.card("alice", ENGINEERING, card.out_track_id)
    cancelled = pressed.title == closed.title != card.title and not closed.buttons
    director.check("the card is closed", cancelled, closed)
    await director.show_calls()
    await _check_lost(director, _gone(director), "nothing more has left the drive")


async def _all_in_all(director: Director) -> None:
    director.stage.scene(6, "All in all")
    meter = await director.box.state("meter")
    director.stage.tell(
        f"The story cost {meter['counted']} counted API calls, of 5,000 a month in DingTalk's standard edition, "
        f"and {meter['pushes']} messages pushed or sent by webhook, of 3,000."
    )
    names = {person.union_id: person.name for person in director.people.values()}
    director.stage.bin(await director.box.binned(), names)
    violations = await director.box.state("violations")
    director.check(
        "the robot broke none of DingTalk's rules that the sandbox watches", not violations, violations
    )
    failed = [call for call in await director.box.calls() if call.status >= 400]  # noqa: PLR2004
    director.check("no call was refused", not failed, failed)


def _gone(director: Director) -> set[str]:
    """What he may delete of what he named, with all that was in the folder."""
    folder, report = MARKETING_FILES + FOLDER, MARKETING_FILES + REPORT
    return {path for path in director.before if path in {folder, report} or path.startswith(f"{folder}/")}


async def _check_lost(director: Director, expected: set[str], what: str) -> None:
    """That exactly this, of all spaces, is not where it was."""
    lost = await director.lost()
    director.check(what, lost == expected, sorted(lost ^ expected))
