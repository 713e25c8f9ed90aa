"""The other ways a request can end: confirmed by its requester, rejected, expired, refused at once."""

from __future__ import annotations

from bot.demo.asked import RESULT, ask, check_ended
from bot.demo.company import SECONDS
from bot.demo.director import Director, alone
from bot.demo.places import BUILDS, ENGINEERING, MARKETING, OWN, PHOTOS, WEEKLIES, marketing

WHY_NOT = "周报还在用"


async def he_confirms(director: Director) -> None:
    director.stage.scene("A few small files of his own")
    director.stage.tell("For these the rules ask nobody else: 王小明 looks once more and confirms himself.")
    after = await director.say("wang", MARKETING, f"删除 {' '.join(OWN)}")
    card = await director.card("wang", MARKETING, after)
    await director.show(card)
    await director.press("wang", card, "confirm")
    director.gone |= director.inside(*marketing(*OWN))
    result = await director.box.until(
        "wang", MARKETING, after, lambda m: m.out_track_id.startswith(RESULT) and m.is_new(after)
    )
    director.stage.changed(result.title, whose="a new card")
    await director.check_lost("both have left the drive, and nothing else")
    binned = {item.original_path for item in await director.box.binned()}
    director.check("they lie in the recycle bin", binned >= set(OWN), binned)


async def his_manager_rejects(director: Director) -> None:
    director.stage.scene("A request that is rejected")
    director.stage.tell(
        "He asks for the folder of weekly reports. 李经理 says no, and the robot asks him why."
    )
    asked = await ask(director, "wang", MARKETING, f"删除 {WEEKLIES} --理由 旧周报", "li")
    director.stage.changed(asked.approval.title, whose="李经理's card")
    await director.press("li", asked.approval, "reject")
    question = await director.told("li", f"驳回 {asked.request_id}")
    await director.show(question, to="li")
    await director.say("li", alone("li"), f"驳回 {asked.request_id} {WHY_NOT}")
    told = await director.told("wang", asked.request_id, WHY_NOT)
    await director.show(told, to="wang")
    director.check("王小明 reads who said no, and why", director.name("li") in told.words, told.words)
    await check_ended(director, asked, WHY_NOT, director.name("li"))
    await director.check_lost("nothing more has left the drive")


async def nobody_answers(director: Director) -> None:
    director.stage.scene("A request that nobody answers")
    director.stage.tell(
        f"In another group, in English: Alice asks for the nightly builds, and her manager Admin is away. By default "
        f"a request waits for a day; so that you need not, a rule of this company gives builds {SECONDS} seconds."
    )
    text = f'delete {BUILDS} --reason "disk is full"'
    asked = await ask(director, "alice", ENGINEERING, text, "admin")
    await director.show(asked.card)
    told = await director.told("alice", asked.request_id, "xpired")
    await director.show(told, to="alice")
    await check_ended(director, asked, "xpired")
    director.stage.tell(
        "Admin's phone still shows the old card when he is back. He presses Approve, too late."
    )
    late = await director.press("admin", asked.approval, "approve", forged=True)
    director.check(
        "the late press approves nothing", "xpired" in f"{late.title} {late.private_words}", late.response
    )
    await director.check_lost("nothing more has left the drive")


async def refused_at_once(director: Director) -> None:
    director.stage.scene("For ever, and only to look")
    director.stage.tell(
        "王小明 tries --permanent, which would bypass the recycle bin; the rules do not allow it. With --dry-run he "
        "sees what would go, and nobody is asked."
    )
    answer = await director.box.answer(
        "wang", MARKETING, await director.say("wang", MARKETING, "删除 /2023/Q1 --permanent")
    )
    await director.show(answer)
    refused = not answer.is_card and "--permanent" in answer.words
    director.check("refused in one sentence, with no card to press", refused, answer.words)
    answer = await director.box.answer(
        "wang", MARKETING, await director.say("wang", MARKETING, f"删除 {PHOTOS} --dry-run")
    )
    await director.show(answer)
    director.check(
        "a dry run has nothing to press", not answer.is_card and PHOTOS in answer.words, answer.words
    )
    await director.check_lost("nothing more has left the drive")
