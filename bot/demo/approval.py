"""The main scenes: a deletion that a manager must approve, from the wish to the result."""

from __future__ import annotations

from bot.demo.asked import RESULT, Asked, ask, check_ended
from bot.demo.company import CHANNEL
from bot.demo.director import Director, alone
from bot.demo.places import CUSTOMERS, FOLDER, MARKETING, REPORT, marketing
from bot.demo.sandbox import Message

REASON = "季度清理"


async def he_asks(director: Director) -> Asked:
    director.stage.scene("An employee wants to delete a folder and two files")
    director.stage.tell(
        "王小明 (Wang Xiaoming, marketing) asks the robot to delete the folder /2023/drafts, report.pdf and "
        "the customer list. His reason: quarterly clean-up."
    )
    asked = await ask(
        director, "wang", MARKETING, f"删除 {FOLDER} {REPORT} {CUSTOMERS} --reason {REASON}", "li"
    )
    await director.show_calls()
    director.stage.tell(
        "Nothing is deleted yet. Files of colleagues are among it, so the company's rules want his manager. The group "
        "sees what would go, and that 李经理 (Manager Li) is asked. He himself can only look closer, or cancel:"
    )
    await director.show(asked.card)
    words = asked.card.words
    named = all(part in words for part in (FOLDER, REPORT, CUSTOMERS, director.name("li")))
    director.check("the card names all three, and who is asked", named, words)
    buttons = {button.id for button in asked.card.buttons}
    director.check("nobody can approve on it", buttons == {"details", "cancel"}, buttons)
    await director.check_lost("nothing has left the drive")
    return asked


async def others_press(director: Director, asked: Asked) -> None:
    director.stage.scene("Others press")
    director.stage.tell(
        "赵同事, a colleague, and 孙外部, a supplier in the same group, press Cancel. Then 王小明, with a "
        "client he has tampered with, presses Approve on his manager's card. Each is refused, and only they see it."
    )
    pressed = {who: await director.press(who, asked.card, "cancel") for who in ("zhao", "sun")} | {
        "wang": await director.press("wang", asked.approval, "approve", forged=True)
    }
    for who, click in pressed.items():
        refused = bool(click.private_words) and not click.title
        director.check(f"{director.name(who)} was refused, privately", refused, click.response)
    for who in ("zhao", "wang"):
        await director.told(who)  # the same once more, since not every client shows what is private on a card
    await director.show_calls()
    now = [
        await director.box.card("wang", MARKETING, asked.card.out_track_id),
        await director.box.card("li", alone("li"), asked.approval.out_track_id),
    ]
    before = [asked.card, asked.approval]
    same = [(card.params, card.buttons) for card in now] == [(card.params, card.buttons) for card in before]
    director.check("both cards are as they were", same, now)
    await director.check_lost("nothing has left the drive")


async def his_manager_approves(director: Director, asked: Asked) -> Message:
    """The card with the result, in the group."""
    director.stage.scene("His manager approves, with one press")
    director.stage.tell(
        "李经理 has a card that nobody else sees, with what a decision in fifteen seconds needs: who, what, how "
        "much, can it come back, whose files, how old, which rule asks, and the reason given."
    )
    await director.show(asked.approval, to="li")
    await _check_card(director, asked)

    await director.press("li", asked.approval, "approve")
    director.gone |= director.inside(*marketing(FOLDER, REPORT))
    result = await director.box.until("wang", MARKETING, 0, lambda m: m.out_track_id.startswith(RESULT))
    told = await director.shown("wang", alone("wang"), result.out_track_id)
    director.stage.tell(
        "The robot deletes with the rights of who asked, not with its own, so DingTalk refuses one of the "
        "files. The result says which, why, and whom to ask:"
    )
    await director.show(result)
    same = told.params == result.params and CUSTOMERS in told.words and director.name("zhao") in told.words
    director.check("the group and 王小明 alone read which file stayed, and whose it is", same, told)
    closed = await check_ended(director, asked, result.title, director.name("li"))
    director.stage.changed(closed.title, whose="each copy of the first cards")
    await _check_deleted(director)
    await director.show_calls()
    await _check_channel(director, asked)
    return result


async def _check_card(director: Director, asked: Asked) -> None:
    card = f"{asked.approval.title} {asked.approval.words}"
    colleagues = (director.name("zhao"), director.name("qian"))
    parts = (director.name("wang"), FOLDER, REPORT, CUSTOMERS, "15.7 MB", REASON, *colleagues)
    director.check("all of that is on it", all(part in card for part in parts), card)
    seen = [who for who in director.people if await director.box.sees(who, asked.approval.out_track_id)]
    director.check("he alone has it", seen == ["li"], seen)


async def _check_deleted(director: Director) -> None:
    count = len(director.gone)
    await director.check_lost(f"{count} entries left the drive, the customer list is still there")
    items = {item.original_path: item for item in await director.box.binned()}
    inside = items[FOLDER].contents if FOLDER in items else []
    whole = items.keys() == {FOLDER, REPORT} and len(inside) == count - 1
    director.check("they lie in the recycle bin, the folder with all that was in it", whole, list(items))
    removals = await director.removals()
    binned = [call.request["option"] for call in removals] == [{"toRecycleBin": True}]
    director.check("one call deleted them, with toRecycleBin: true", binned, removals)
    his = {call.query.get("unionId") for call in removals} == {director.people["wang"].union_id}
    director.check(f"in the name of {director.name('wang')}", his, removals)


async def _check_channel(director: Director, asked: Asked) -> None:
    director.stage.tell(
        f"The team hears of it, too: from {CHANNEL}, a custom robot that reads out what Dingsweep sends to its "
        "webhook, signed."
    )
    said = await director.box.until("wang", MARKETING, 0, lambda m: m.sender.robot == CHANNEL)
    await director.show(said)
    parts = (asked.request_id, director.name("wang"), "7 / 8")
    director.check(
        "it is about this deletion, and says how many went",
        all(part in said.words for part in parts),
        said.words,
    )
