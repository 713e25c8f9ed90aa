"""Hostile text does nothing, stays readable, and cannot hide."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given

from cards.escape import UNSEEN, escape
from tests.unit.cards_given import hostile, kinds, rendered

PLAIN = {"paragraph_open", "paragraph_close", "inline", "text"}


@given(hostile)
def test_any_text_is_read_as_plain_text_and_nothing_else(text: str) -> None:
    safe = escape(text)

    assert kinds(safe) == PLAIN
    assert [token.content for token in rendered(safe) if token.type == "text"] == [safe]


@given(hostile)
def test_any_text_stays_plain_inside_our_own_markup(text: str) -> None:
    tokens = rendered(f"⚠️ **{escape(text)}** 14:05 批准")

    assert [token.type for token in tokens if token.type not in PLAIN] == ["strong_open", "strong_close"]


@given(hostile)
def test_any_text_becomes_one_visible_line(text: str) -> None:
    safe = escape(text)

    assert safe.strip()
    assert safe.encode()
    assert not [c for c in safe if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp", "Co"}]
    assert not [
        c
        for c in safe
        if unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI", "PDI"}
    ]
    assert "://" not in safe
    assert not set(safe) & set("[]<>*`\\|@~\n\t")


@given(hostile)
def test_escaping_twice_changes_nothing_more(text: str) -> None:
    assert escape(escape(text)) == escape(text)


@pytest.mark.parametrize(
    "text",
    [
        "报告 2023（终稿）.docx",
        "my_file_name.pdf",
        "R&D - 50%.xlsx",
        "👨‍👩‍👧 ❤️ 1️⃣ 🇨🇳 👍🏽",
        "a.b-c+d=e#f.txt",
        "Łódź.pdf",
        '"quoted"',
    ],
)
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](http://x.y)", "［a］(http：//x.y)"),
        ("@all <a atId=1>", "＠all ＜a atId=1＞"),
        ("a\nb\tc", "a b c"),
        ("fdp\u202eexe", f"fdp{UNSEEN}exe"),
        ("a\u200bb", f"a{UNSEEN}b"),
        ("", UNSEEN),
        ("  ", UNSEEN),
        ("# 标题", "＃ 标题"),
        ("1. 报告", "1． 报告"),
        ("_x_ a_b", "＿x＿ a_b"),
        ("&lt;b&gt; R&D", "＆lt;b＆gt; R&D"),
        ("JavaScript:x dtmd://y", "JavaScript：x dtmd：//y"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 3),
        ("\u0336x", f"{UNSEEN}\u0336x"),
        ("\n\u0336x", f"{UNSEEN}\u0336x"),
    ],
)  # fmt: skip
def test_what_could_act_or_hide_is_shown_by_its_twin(text: str, shown: str) -> None:
    assert escape(text) == shown
