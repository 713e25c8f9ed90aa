"""Lets people act in the sandbox, shows on the stage what comes of it, and keeps count of what must be true."""

from __future__ import annotations

from bot.demo.sandbox import Call, Message, Person, Pressed, Refused, Sandbox
from bot.demo.stage import Stage

REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
FOUND_CHARS = 300


class Director:
    """One sandbox and one stage. `failures` are the checks that did not hold, of `checks` made.

    `people` is everybody by userId, `groups` the titles of groups by conversation id, `before` what lay in the drive
    at the beginning.
    """

    def __init__(
        self, box: Sandbox, stage: Stage, people: dict[str, Person], groups: dict[str, str], before: set[str]
    ) -> None:
        self.box = box
        self.stage = stage
        self.people = people
        self.groups = groups
        self.before = before
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
        self.stage.bubble(self.name(who), self.groups[where], f"@Dingsweep {text}")
        await self.stage.beat()
        return await self.box.say(who, where, text)

    async def card(self, who: str, where: str, after: int) -> Message:
        """The card the robot answers with. Raises Refused when it answers with something else."""
        answer = await self.box.answer(who, where, after)
        if not answer.is_card:
            raise Refused(f"The robot sent no card but said: {answer.words}")
        return answer

    async def show(self, message: Message) -> None:
        """Something the robot says, after the calls it made for it."""
        await self.show_calls()
        self.stage.robot(message)
        await self.stage.beat()

    async def show_calls(self) -> None:
        """The calls made since they were shown last."""
        calls = await self.box.calls(after=self._shown)
        self._shown = max((call.seq for call in calls), default=self._shown)
        self.stage.calls(calls)

    async def press(self, who: str, card: Message, button_id: str) -> Pressed:
        """Somebody presses a button of a card. Raises Refused when there is none or nobody answers."""
        button = next((button for button in card.buttons if button.id == button_id), None)
        if button is None:
            raise Refused(f"The card has no button {button_id}")
        pressed = await self.box.press(who, card, button_id)
        self.stage.click(self.name(who), button, pressed.elapsed_ms)
        if not pressed.ok:
            raise Refused(f"The click was not answered: {pressed.error}")
        if pressed.title:
            self.stage.changed(pressed.title)
        elif pressed.private_words:
            self.stage.private(self.name(who), pressed.private_words)
        await self.stage.beat()
        return pressed

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
