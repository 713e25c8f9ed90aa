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
    closed = await _closed(director, result)
    await director.show(closed)
    is_over = asked.request_id in closed.title and all(button.id != "undo" for button in closed.buttons)
    director.check("the result says that it was undone, and offers it no more", is_over, closed.title)


async def _closed(director: Director, result: Message) -> Message:
    """The result of the deletion once it has changed."""
    return await director.box.until(
        "wang",
        MARKETING,
        result.seq,
        lambda m: (
            m.out_track_id == result.out_track_id
            and m.seq > result.seq
            and all(button.id != "undo" for button in m.buttons)
        ),
    )


async def _new_card(director: Director, kind: str, after: int) -> Message:
    return await director.box.until(
        "wang", MARKETING, after, lambda m: m.out_track_id.startswith(kind) and m.is_new(after)
    )
