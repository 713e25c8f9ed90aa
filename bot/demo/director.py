"""Lets people act in the sandbox, shows on the stage what comes of it, and keeps count of what must be true."""

from __future__ import annotations

from bot.demo.sandbox import Call, Message, Person, Pressed, Refused, Sandbox
from bot.demo.stage import Stage

REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
FOUND_CHARS = 300


def alone(who: str) -> str:
    """The conversation that somebody has with the robot alone."""
    return f"one:{who}"


class Director:
    """One sandbox and one stage. `failures` are the checks that did not hold, of `checks` made.

    `people` is everybody by userId, `groups` the titles of groups by conversation id, `before` what lay in the drive
    at the beginning, `gone` what of it must be deleted by now.
    """

    def __init__(
        self, box: Sandbox, stage: Stage, people: dict[str, Person], groups: dict[str, str], before: set[str]
    ) -> None:
        self.box = box
        self.stage = stage
        self.people = people
        self.groups = groups
        self.before = before
        self.gone: set[str] = set()
        self.checks = 0
        self.failures: list[str] = []
        self._shown = 0

    @classmethod
    async def arrive(cls, box: Sandbox, stage: Stage) -> Director:
        """A director who has looked around."""
        return cls(box, stage, await box.people(), await box.groups(), await box.drive())

    def name(self, who: str) -> str:
        return self.people[who].name

    async def say(self, who: str, where: str, text: str) -> int:
        """Somebody writes to the robot; the number after which its answers come."""
        if where in self.groups:
            self.stage.bubble(self.name(who), f"in {self.groups[where]}", f"@Dingsweep {text}")
        else:
            self.stage.bubble(self.name(who), "to the robot alone", text)
        await self.stage.beat()
        return await self.box.say(who, where, text)

    async def card(self, who: str, where: str, after: int) -> Message:
        """The card the robot answers with. Raises Refused when it answers with something else."""
        answer = await self.box.answer(who, where, after)
        if not answer.is_card:
            raise Refused(f"The robot sent no card but said: {answer.words}")
        return answer

    async def shown(
        self, who: str, where: str, out_track_id: str, *, title: str = "", part: str = ""
    ) -> Message:
        """Wait until somebody sees the card with a title other than `title`, and `part` on it."""

        def fits(message: Message) -> bool:
            is_it = message.out_track_id == out_track_id and message.title != title
            return is_it and part in f"{message.title} {message.words}"

        return await self.box.until(who, where, 0, fits)

    async def told(self, who: str, *parts: str) -> Message:
        """Wait until the robot has told somebody this (or anything), one to one, in words."""

        def fits(message: Message) -> bool:
            return message.by_us and not message.is_card and all(part in message.words for part in parts)

        return await self.box.until(who, alone(who), 0, fits)

    async def show(self, message: Message, to: str = "") -> None:
        """Something the robot says; `to` is the one person who reads it."""
        self.stage.robot(message, f"to {self.name(to)} alone" if to else "")
        await self.stage.beat()

    async def show_calls(self) -> None:
        """The calls made since they were shown last."""
        calls = await self.box.calls(after=self._shown)
        self._shown = max((call.seq for call in calls), default=self._shown)
        self.stage.calls(calls)

    async def press(self, who: str, card: Message, button_id: str, *, forged: bool = False) -> Pressed:
        """Somebody presses a button of a card. Raises Refused when there is none or nobody answers.

        `forged`: the card is not theirs, or has no such button any more; `card` is as it was when it had.
        """
        button = next((button for button in card.buttons if button.id == button_id), None)
        if button is None:
            raise Refused(f"The card has no button {button_id}")
        pressed = await self.box.press(who, card, button_id, forged=forged)
        self.stage.click(self.name(who), button, pressed.elapsed_ms)
        if not pressed.ok:
            raise Refused(f"The click was not answered: {pressed.error}")
        if pressed.title:
            self.stage.changed(pressed.title)
        elif pressed.private_words:
            self.stage.private(self.name(who), pressed.private_words)
        await self.stage.beat()
        return pressed

    async def check_lost(self, what: str) -> None:
        """That of all spaces exactly what must be gone is not where it was."""
        lost = await self.lost()
        self.check(what, lost == self.gone, sorted(lost ^ self.gone))

    def inside(self, *places: str) -> set[str]:
        """What lay at these places (`{spaceId}:{path}`) at the beginning, and everything in them."""
        return {
            path for path in self.before for place in places if path == place or path.startswith(f"{place}/")
        }

    async def lost(self) -> set[str]:
        """What was in the drive at the beginning and is not there now."""
        return self.before - await self.box.drive()

    async def removals(self) -> list[Call]:
        """Every call so far that deletes."""
        return [call for call in await self.box.calls() if call.route == REMOVE]

    def check(self, what: str, good: bool, found: object = "") -> None:
        """Whether what must be true is true; `found` is told when it is not."""
        self.checks += 1
        if not good:
            self.failures.append(what)
        self.stage.check(what, good=good, found=str(found)[:FOUND_CHARS])
