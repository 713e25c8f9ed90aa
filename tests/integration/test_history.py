"""`history` in chat: one's own requests, for oneself alone."""

from __future__ import annotations

from tests.integration.deletions import ask, delete, files
from tests.integration.office import Office


async def test_a_person_sees_what_they_asked_for_and_nobody_else_s(office: Office) -> None:
    async with office.robot() as app:
        done = await delete(office, app, *await files(office, "plain"))
        await ask(office, *await files(office, "waiting"))
        shown = await office.say("wang", "历史", "one:wang")
        text = shown["markdown"]["text"] if "markdown" in shown else str(shown)
        assert f"**{done.request.id}** · 已完成" in text
        assert text.count("王小明") >= 2
        in_group = str(await office.say("wang", "历史"))
        assert "已经私聊发给你" in in_group
        assert done.request.id not in in_group
        other = str(await office.say("zhao", "history", "one:zhao"))
        assert done.request.id not in other
        assert "not asked for a deletion yet" in other
