"""The card of a request: what it asks, and what it says once it is decided."""

from __future__ import annotations

import pytest

from bot.models import Card, Language, Operator, Outcome, Progress, RequestState, Ruling
from cards.request import preview_card, request_card
from cards.texts import Texts, texts
from tests.unit.cards_given import (
    ENTRIES,
    LANGUAGES,
    LI,
    SHANGHAI,
    WANG,
    button_ids,
    file,
    folder,
    receipt,
    request,
    result,
)

ZH, EN = texts("zh"), texts("en")


def test_the_question_in_chinese() -> None:
    card = preview_card(request(), ENTRIES, ZH, SHANGHAI)

    assert card.title == "删除 8 项？ · K7M2"
    assert card.markdown.split("\n\n") == [
        "**王小明** 要把 **市场部群文件** 里的 3 个条目移到回收站",
        "📁 /2023/drafts（内含 5 项，200.0 KB）",
        "📄 /report.pdf · 12.4 MB",
        "📄 /预算 2023.xlsx · 2.0 MB",
        "共 8 项，14.6 MB，可以从回收站恢复；空间没有回收站就不会删",
        "其中 1 个文件夹，里面的内容会一起删除",
        "理由：季度清理",
    ]
    assert card.tips == "14:32 前有效，只有王小明可以确认"
    assert [(b.id, b.text, b.color) for b in card.buttons] == [
        ("confirm", "移到回收站", "blue"),
        ("details", "查看明细", "gray"),
        ("cancel", "取消", "gray"),
    ]


def test_the_question_in_english() -> None:
    card = preview_card(request(reason=""), ENTRIES, EN, SHANGHAI)

    assert card.title == "Delete 8 items? · K7M2"
    assert card.markdown.split("\n\n") == [
        "**王小明** wants to move 3 entries of **市场部群文件** to the recycle bin",
        "📁 /2023/drafts (5 items, 200.0 KB inside)",
        "📄 /report.pdf · 12.4 MB",
        "📄 /预算 2023.xlsx · 2.0 MB",
        "8 items, 14.6 MB, can be restored from the bin; if the space has none, nothing is deleted",
        "1 folder among them: everything inside goes too",
    ]
    assert card.tips == "Open until 14:32 · only 王小明 can confirm"


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [
        ("zh", "⛔ 永久删除 8 项，无法恢复 · K7M2", "永久"),
        ("en", "⛔ Delete 8 items permanently? No way back · K7M2", "permanently"),
    ],
)
def test_a_permanent_deletion_is_said_in_words_and_never_highlighted(
    language: Language, title: str, words: str
) -> None:
    card = preview_card(request(permanent=True), ENTRIES, texts(language), SHANGHAI)

    assert card.title == title
    assert words in card.markdown
    assert button_ids(card.buttons) == ["cancel", "details", "confirm"]
    assert card.buttons[-1].color == "red"
    assert [b.id for b in card.buttons if b.color == "blue"] == ["cancel"]
    assert words in card.buttons[-1].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_permanent_is_not_said_of_what_goes_to_the_bin(language: Language) -> None:
    card = preview_card(request(), ENTRIES, texts(language), SHANGHAI)
    said = " ".join((card.title, card.markdown, card.tips, *(b.text for b in card.buttons)))

    assert "永久" not in said
    assert "permanent" not in said.lower()
    assert "⛔" not in said


def test_only_targets_are_listed_and_the_rest_adds_up() -> None:
    seven = [folder("/a", contents=2), *(file(f"/{number}.pdf") for number in range(6))]
    child = file("/a/b.pdf").model_copy(update={"target_id": "2"})
    card = preview_card(request(seven), [seven[0], child, *seven[1:]], EN, SHANGHAI)

    assert "/a/b.pdf" not in card.markdown
    assert card.markdown.count("📄") == 4
    assert card.title.startswith("Delete 9 items?")
    assert "… and 2 more" in card.markdown


def test_one_file_is_one_item_without_a_size_it_does_not_have() -> None:
    card = preview_card(request([file("/note.adoc")], reason="  "), [file("/note.adoc")], EN, SHANGHAI)

    assert card.title == "Delete 1 item? · K7M2"
    assert card.markdown.split("\n\n") == [
        "**王小明** wants to move 1 entry of **市场部群文件** to the recycle bin",
        "📄 /note.adoc",
        "1 item, can be restored from the bin; if the space has none, nothing is deleted",
    ]


@pytest.mark.parametrize(
    ("state", "title", "line"),
    [
        (RequestState.AWAITING_APPROVAL, "删除 8 项，等待审批 · K7M2", "⏳ 等待 1 人批准"),
        (RequestState.APPROVED, "正在删除 8 项 · K7M2", "⏳ **李经理** 14:05 批准，正在删除…"),
        (RequestState.RUNNING, "正在删除 8 项 · K7M2", "⏳ **李经理** 14:05 批准，正在删除…"),
        (RequestState.CANCELLED, "已取消，8 项都没有删除 · K7M2", "**李经理** 14:05 取消，什么都没有删"),
        (RequestState.REJECTED, "已驳回，8 项都没有删除 · K7M2", "**李经理** 14:05 驳回，什么都没有删"),
        (RequestState.EXPIRED, "已过期，8 项都没有删除 · K7M2", "到 14:32 没有人确认，已过期，什么都没有删"),
        (RequestState.DONE, "删除 8 项，已结束 · K7M2", "✅ **李经理** 14:05 批准，已完成：结果见后续消息"),
    ],
)
def test_a_decided_card_keeps_its_content_and_gains_one_line(
    state: RequestState, title: str, line: str
) -> None:
    asked = preview_card(request(), ENTRIES, ZH, SHANGHAI)
    card = request_card(request(state=state, decided_by=LI), ENTRIES, ZH, SHANGHAI)

    assert card.title == title
    promise = "，可以从回收站恢复；空间没有回收站就不会删" if state.is_final else ""
    assert card.markdown == f"{asked.markdown.replace(promise, '')}\n\n{line}"
    assert not [b for b in card.buttons if b.id == "confirm"]


@pytest.mark.parametrize("state", RequestState)
def test_every_state_has_a_card_in_both_languages(state: RequestState) -> None:
    for t in (ZH, EN):
        card = request_card(request(state=state, decided_by=WANG), ENTRIES, t, SHANGHAI)
        assert bool(card.buttons) is state.is_open


def test_a_finished_card_says_what_came_of_it() -> None:
    account = receipt(
        [
            result(ENTRIES[0]),
            result(ENTRIES[1], Outcome.DENIED, "permissionDenied"),
            result(ENTRIES[2], Outcome.UNKNOWN),
        ]
    )
    card = request_card(
        request(state=RequestState.PARTLY_DONE, decided_by=WANG), ENTRIES, ZH, SHANGHAI, account
    )

    assert card.title == "已移到回收站：6 / 8 项 · K7M2"
    assert card.markdown.endswith("⚠️ **王小明** 14:05 确认，部分完成：6 项移到回收站，1 项未删除，1 项未确认")


@pytest.mark.parametrize("t", [ZH, EN])
def test_a_card_that_ended_promises_nothing_about_the_bin(t: Texts) -> None:
    asked, ended = (
        request(state=state) for state in (RequestState.AWAITING_CONFIRMATION, RequestState.FAILED)
    )

    assert ("没有回收站" if t is ZH else "if the space has none") in preview_card(
        asked, ENTRIES, t, SHANGHAI
    ).markdown
    said = request_card(ended, ENTRIES, t, SHANGHAI).markdown
    assert "恢复" not in said
    assert "restor" not in said


def running(t: Texts, under_way: Progress | None = None, **changed: object) -> Card:
    """The card of a job of 420 files."""
    entries = [file(f"/{number}.pdf", 1, str(number)) for number in range(420)]
    asked = request(entries, state=RequestState.RUNNING, decided_by=WANG).model_copy(update=changed)
    return request_card(asked, entries, t, SHANGHAI, under_way=under_way)


def progress(done: int, left_s: float | None) -> Progress:
    return Progress(targets=done, dentries=done, of_targets=420, of_dentries=420, left_s=left_s)


@pytest.mark.parametrize(
    ("left_s", "zh", "en"),
    [
        (None, "已处理 120 / 420 项", "120 of 420 items done"),
        (3.2, "已处理 120 / 420 项，大约还要 10 秒", "120 of 420 items done, about 10 seconds left"),
        (173.0, "已处理 120 / 420 项，大约还要 3 分钟", "120 of 420 items done, about 3 minutes left"),
        (
            14_477.0,
            "已处理 120 / 420 项，大约还要 4 小时 5 分钟",
            "120 of 420 items done, about 4 hours 5 minutes left",
        ),
    ],
)
def test_a_running_card_says_how_far_it_is_and_can_be_stopped(left_s: float | None, zh: str, en: str) -> None:
    """An estimate is as exact as it can be."""
    for t, tips, stop in ((ZH, zh, "停止"), (EN, en, "Stop")):
        card = running(t, progress(120, left_s))
        assert card.tips == tips
        assert [button.text for button in card.buttons][1:] == [stop]


def test_a_card_that_stops_or_rests_says_so() -> None:
    stopping = running(ZH, progress(120, 9), stop_asked=WANG)
    assert stopping.title == "正在停止删除，共 420 项 · K7M2"
    assert stopping.markdown.endswith("⏹ **王小明** 14:05 确认，正在停止")
    assert stopping.tips == "已处理 120 / 420 项。做完手头的就停，不再开始新的"
    assert not stopping.buttons
    by_another = running(EN, progress(120, 9), stop_asked=LI)
    assert by_another.markdown.endswith("⏹ **王小明** confirmed at 14:05; **李经理** is stopping it")
    resting = running(EN, progress(120, None), paused="quota")
    assert resting.title == "Paused: the deletion of 420 items · K7M2"
    assert resting.markdown.endswith("⏸ **王小明** confirmed at 14:05, now paused")
    assert "send resume K7M2 to go on" in resting.tips


def test_what_others_approved_is_cancelled_and_not_stopped_until_it_begins() -> None:
    approved = running(EN, state=RequestState.APPROVED)
    assert [button.text for button in approved.buttons] == ["Details", "Stop"]
    voted = running(EN, state=RequestState.APPROVED, ruling=Ruling(answer="approve"))
    assert [button.text for button in voted.buttons] == ["Details", "Cancel request"]


def test_nobody_is_named_for_what_ended_by_itself() -> None:
    nobody = Operator(corp_id="ding1", user_id="dingsweep", union_id="", name="")
    card = running(EN, state=RequestState.CANCELLED, stop_asked=nobody, decided_by=nobody)
    assert card.markdown.endswith("Paused for a week, so it was ended, nothing was deleted")
