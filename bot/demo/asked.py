"""A request that others decide about, as it stands before everybody: two cards, each in its copies."""

from __future__ import annotations

from dataclasses import dataclass

from bot.demo.director import Director, alone
from bot.demo.sandbox import Message

REQUEST, APPROVAL, RESULT = "dingsweep.request.", "dingsweep.approval.", "dingsweep.result."


@dataclass(frozen=True)
class Asked:
    """The card in the conversation `where` it was asked by `who`, and that of the `approver`."""

    who: str
    where: str
    card: Message
    approver: str
    approval: Message

    @property
    def request_id(self) -> str:
        return self.card.out_track_id.split(".")[2]


async def ask(director: Director, who: str, where: str, text: str, approver: str) -> Asked:
    """Somebody asks for a deletion; both cards. Raises Refused when either does not come."""
    card = await director.card(who, where, await director.say(who, where, text))
    track_id = card.out_track_id.replace(REQUEST, APPROVAL)
    approval = await director.shown(approver, alone(approver), track_id)
    return Asked(who, where, card, approver, approval)


async def check_ended(director: Director, asked: Asked, *parts: str) -> Message:
    """Wait for the end on both cards, and that it is the same, with these words; the card in the group."""
    copies = [
        await director.shown(
            asked.who, asked.where, asked.card.out_track_id, title=asked.card.title, part=parts[0]
        ),
        await director.shown(
            asked.approver,
            alone(asked.approver),
            asked.approval.out_track_id,
            title=asked.approval.title,
            part=parts[0],
        ),
    ]
    told = all(part in f"{copy.title} {copy.words}" for copy in copies for part in parts)
    agree = copies[0].title == copies[1].title and told and not any(copy.buttons for copy in copies)
    director.check("both cards show the same end, and have no buttons to decide", agree, copies)
    return copies[0]
