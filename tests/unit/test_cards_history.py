"""A person's history: a line for each request, page by page, and inert whatever names say."""

from __future__ import annotations

import pytest

from bot.models import Language, RequestState
from cards.history import PAGE, history_page
from cards.texts import texts
from tests.unit.cards_given import LANGUAGES, SHANGHAI, kinds
from tests.unit.store_given import NOW, OTHER, manifest, request

SHOWN = {
    "zh": "**AB12** · 已完成 · 市场部群文件 · 1 项，1.1 TB · **王小明** 2026-08-01 17:30 提出 · **李经理** 17:30 批准",
    "en": (
        "**AB12** · done · 市场部群文件 · 1 item, 1.1 TB · asked by **王小明** at 17:30 on 2026-08-01"
        " · **李经理** approved at 17:30"
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_says_what_it_is_and_who_asked_and_decided_when(language: Language) -> None:
    made = request(manifest(), id="AB12").model_copy(
        update={"state": RequestState.DONE, "decided_by": OTHER, "decided_at": NOW}
    )
    _, line = history_page([made], texts(language), SHANGHAI).split("\n\n")
    assert line == SHOWN[language]


@pytest.mark.parametrize("state", [RequestState.AWAITING_CONFIRMATION, RequestState.EXPIRED])
def test_what_nobody_decided_names_nobody(state: RequestState) -> None:
    made = request(manifest(), id="AB12").model_copy(update={"state": state})
    assert history_page([made], texts("en"), SHANGHAI).endswith("at 17:30 on 2026-08-01")


@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_to_a_page_and_how_to_read_on(language: Language) -> None:
    t, many = texts(language), [request(manifest(), id=f"R{n}") for n in range(PAGE + 1)]
    word = "历史" if language == "zh" else "history"
    full = history_page(many, t, SHANGHAI, 2)
    assert [f"**R{n}**" in full for n in range(PAGE + 1)] == [True] * PAGE + [False]
    assert f"{word} 3" in full
    assert f"{word} 2" not in history_page(many[:PAGE], t, SHANGHAI)
    assert history_page([], t, SHANGHAI) != history_page([], t, SHANGHAI, 4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_do_nothing(language: Language) -> None:
    made = request(manifest(), id="AB12")
    evil = "[x](http://y) **<font>** # @all"
    hostile = made.model_copy(
        update={
            "requester": made.requester.model_copy(update={"name": evil}),
            "space": made.space.model_copy(update={"name": evil}),
        }
    )
    shown = history_page([hostile], texts(language), SHANGHAI)
    assert kinds(shown) <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "strong_open",
        "strong_close",
    }
