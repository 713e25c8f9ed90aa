"""What channels are told: one event in a line, many in a few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings

from cards.notices import MAX_LINES, Event, NoticeLine, notice_text
from cards.texts import texts
from tests.unit.cards_given import ASKED_AT, LANGUAGES, SHANGHAI, hostile, kinds

ZH, EN = texts("zh"), texts("en")
PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"}


def told(event: Event, request_id: str = "K7M2", **given: object) -> NoticeLine:
    facts = {
        "event": event,
        "request_id": request_id,
        "requester": "王小明",
        "space": "项目归档",
        "dentries": 47,
        "size_bytes": 1_300_000_000,
        "at": ASKED_AT,
    }
    return NoticeLine.model_validate(facts | given)


WISH = "**王小明** 把 **项目归档** 里的 47 项（1.3 GB）移到回收站"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (told("requested", note="清理"), f"⏳ K7M2 14:02 请求 · {WISH} · 清理"),
        (told("approved", actor="李经理"), f"⏳ K7M2 李经理 14:02 批准 · {WISH}"),
        (told("rejected", actor="李经理", note="还在用"), f"⛔ K7M2 李经理 14:02 驳回 · {WISH} · 还在用"),
        (told("expired"), f"⛔ K7M2 14:02 过期 · {WISH}"),
        (told("cancelled"), f"⛔ K7M2 王小明 14:02 取消 · {WISH}"),
        (told("done", deleted=47), f"✅ K7M2 14:02 已完成 · {WISH}"),
        (told("done", deleted=46), f"✅ K7M2 14:02 完成 46 / 47 · {WISH}"),
        (told("failed"), f"⚠️ K7M2 14:02 没有删除 · {WISH}"),
        (
            told("requested", permanent=True),
            "⏳ K7M2 14:02 请求 · **王小明** 从 **项目归档** 永久删除 47 项（1.3 GB）",
        ),
    ],
)
def test_an_event_is_a_line(line: NoticeLine, expected: str) -> None:
    assert notice_text([line], ZH, SHANGHAI) == expected


def test_an_event_in_english() -> None:
    assert notice_text([told("rejected", actor="Li", note="in use")], EN, SHANGHAI) == (
        "⛔ K7M2 rejected by Li at 14:02 · **王小明**: 47 items (1.3 GB) of **项目归档** to the recycle bin"
        " · in use"
    )


def test_many_are_counted_and_what_needs_a_look_comes_first() -> None:
    lines = [told("done", f"D{n}", deleted=47) for n in range(9)]
    lines += [told("rejected", f"R{n}", actor="李经理") for n in range(2)]
    said = notice_text([*lines, told("requested", "W0")], EN, SHANGHAI).split("\n\n")

    assert said[0] == "12 requests: 1 waits, 2 rejected, 9 done"
    assert [line.split()[1] for line in said[1:-1]] == ["W0", "R0", "R1", "D0", "D1"]
    assert len(said) == MAX_LINES + 2
    assert said[-1] == "… and 7 more"


def test_a_request_counts_once_as_what_it_is_now() -> None:
    first = told("requested")
    last = told("done", deleted=47, at=ASKED_AT + timedelta(minutes=1))

    assert notice_text([last, first], ZH, SHANGHAI) == notice_text([last], ZH, SHANGHAI)
    assert notice_text([first, last, told("failed", "B")], ZH, SHANGHAI).startswith(
        "2 个删除请求：1 个没有完成，1 个已完成"
    )


@settings(deadline=None)
@given(hostile)
def test_nothing_in_a_notice_acts(text: str) -> None:
    lines = [
        told("rejected", f"N{n}", requester=text, space=text, actor=text, note=text * 50) for n in range(9)
    ]
    for language in LANGUAGES:
        for some in (lines, lines[:1]):
            said = notice_text(some, texts(language), SHANGHAI)
            assert kinds(said) <= PLAIN
            assert not [word for word in ("@", "://") if word in said]
            assert len(said.encode()) < 5000
