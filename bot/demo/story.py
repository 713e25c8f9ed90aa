"""The story: what happens, in order, and what must be true after it.

Every scene goes through the front door, people speaking and pressing, and then looks at the drive, the recycle
bin, the cards and the calls. Nothing is taken from what the robot says about itself.
"""

from __future__ import annotations

from bot.demo.account import all_in_all, the_trail
from bot.demo.approval import he_asks, his_manager_approves, others_press
from bot.demo.director import Director
from bot.demo.endings import he_confirms, his_manager_rejects, nobody_answers, refused_at_once
from bot.demo.sandbox import Refused
from bot.demo.undo import he_undoes
from bot.store import StoreError

WELCOME = (
    "A small company chats on DingTalk. Dingsweep is a robot in its group chats that deletes files safely: what is "
    "not a few files of one's own, a manager must approve. All of this happens now: a local DingTalk (the sandbox) "
    "and the robot run as two programs, and nothing leaves this machine."
)


async def play(director: Director, database_url: str) -> None:
    """All scenes; the robot keeps its trail in that database. One that breaks off is a check that failed."""
    director.stage.title("Dingsweep, the demo", WELCOME)
    try:
        asked = await he_asks(director)
        await others_press(director, asked)
        result = await his_manager_approves(director, asked)
        await he_undoes(director, asked, result)
        await he_confirms(director)
        await his_manager_rejects(director)
        await nobody_answers(director)
        await refused_at_once(director)
        await the_trail(director, asked, database_url)
        await all_in_all(director)
    except (Refused, StoreError) as exc:
        director.check("the story was played to its end", good=False, found=exc)
