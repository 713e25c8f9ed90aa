"""What was deleted comes back: its requester has changed his mind."""

from __future__ import annotations

from bot.demo.asked import REQUEST, RESULT, Asked
from bot.demo.director import Director
from bot.demo.places import FOLDER, MARKETING, REPORT, marketing
from bot.demo.sandbox import Message


async def he_undoes(director: Director, asked: Asked, result: Message) -> None:
    director.stage.scene("He wants it back")
    director.stage.tell(
        "The drafts are still needed. 王小明 presses Undo on the result; the robot shows what would come back, and "
        "asks once more."
    )
    offered = any(button.id == "undo" for button in result.buttons)
    director.check("the result offers to undo it", offered, result.buttons)
    if not offered:
        return
    await director.press("wang", result, "undo")
    question = await _new_card(director, REQUEST, result.seq)
    await director.show(question)
    await director.press("wang", question, "confirm")
    director.gone -= director.inside(*marketing(FOLDER, REPORT))
    await director.show(await _new_card(director, RESULT, question.seq))
    await director.check_lost("everything is back where it was")
    left = await director.box.binned()
    director.check("nothing is left in the recycle bin", not left, left)
    await director.show_calls()
    again = await director.press("wang", result, "undo")
    kept = not again.title and asked.request_id in again.private_words
    director.check("a second Undo brings nothing back twice, and says so", kept, again.response)


async def _new_card(director: Director, kind: str, after: int) -> Message:
    return await director.box.until(
        "wang", MARKETING, after, lambda m: m.out_track_id.startswith(kind) and m.is_new(after)
    )
