"""The main job, through the front door: a command, a card, a click, files in the bin, a result card."""

from tests.integration.office import MARKETING, REMOVE, Office


async def test_named_files_go_to_the_bin_after_the_requester_confirms(office: Office) -> None:
    async with office.robot():
        card = await office.say("wang", "删除 /2023/drafts /report.pdf --reason 季度清理")
        assert card["kind"] == "card"
        assert "删除 7 项" in card["params"]["title"]
        assert "/report.pdf" in card["params"]["markdown"]
        assert [button["id"] for button in card["buttons"]] == ["confirm", "details", "cancel"]
        assert "/report.pdf" in await office.paths()

        pressed = await office.press("wang", card, "confirm")
        assert pressed["ok"]
        assert "正在删除" in pressed["response"]["cardData"]["cardParamMap"]["title"]

        result = await office.card("wang", MARKETING, "已移到回收站：7 项", after=card["seq"])
        assert result["outTrackId"] != card["outTrackId"]
        closed = await office.card("wang", MARKETING, "已移到回收站", after=result["seq"])
        assert closed["outTrackId"] == card["outTrackId"]
        assert closed["buttons"] == []

        assert not {path for path in await office.paths() if path.startswith(("/report.pdf", "/2023/drafts"))}
        [removal] = await office.calls(REMOVE)
        assert removal["request"]["option"] == {"toRecycleBin": True}
        assert len(removal["request"]["dentryIds"]) == 2
