"""Both languages say the same things, every text is used, and every use has its text and its values.

What holds for each of 600 texts is one test: as a test each they took longer to be counted than to be tried.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

import cards
from bot.models import Language
from cards.catalogue import LOCALE
from cards.escape import Markdown
from cards.texts import texts
from tests.unit.cards_given import LANGUAGES, SHANGHAI, kinds

KEY = re.compile(r"[a-z][a-z_]*(\.[a-z_]+)+")
OURS = {"paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"}


def catalogue(language: Language) -> dict[str, Message]:
    with (LOCALE / f"{language}.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if message.id]
    return {message.id if isinstance(message.id, str) else message.id[0]: message for message in messages}


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


CATALOGUES = {language: catalogue(language) for language in LANGUAGES}
MESSAGES = CATALOGUES["en"]
RED = "<font colorTokenV2=common_red1_color>"
"""https://open.dingtalk.com/document/development/markdown-variable-new"""


def test_both_catalogues_have_the_same_keys_and_plurals() -> None:
    shapes = [{key: message.pluralizable for key, message in c.items()} for c in CATALOGUES.values()]
    assert shapes[0] == shapes[1]


def test_every_form_is_filled_from_the_same_values() -> None:
    for key, message in MESSAGES.items():
        texts_of_key = [form for c in CATALOGUES.values() for form in forms(c[key])]

        assert all(text.strip() for text in texts_of_key), key
        assert len({frozenset(placeholders(text)) for text in texts_of_key}) == 1, key
        assert not message.pluralizable or "n" in placeholders(texts_of_key[0]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_ours_is_read_as_anything_but_bold(language: Language) -> None:
    for key, message in CATALOGUES[language].items():
        values = {name: Markdown("甲 X") for name in placeholders(forms(message)[0]) - {"n"}}
        shown = texts(language)(key, n=2 if message.pluralizable else None, **values)

        if key == "preview.total_permanent":  # the one thing said in red
            assert shown.count(RED) == shown.count("</font>") == 1
            shown = Markdown(shown.replace(RED, "").replace("</font>", ""))
        assert kinds(shown) <= OURS, key
        assert "**" not in re.sub(r"\*\*[^*]+\*\*", "", shown), key


def test_chinese_texts_use_chinese_punctuation_and_space() -> None:
    for key in MESSAGES.keys() - {"time.with_date"}:
        for text in forms(CATALOGUES["zh"][key]):
            prose = re.sub(r"\{\w+\}", "", text)
            assert not re.search(r"[\u4e00-\u9fff] ?[,:;?!()]", prose), key
            assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", prose), key


# --- the code and the catalogue know each other


@cache
def syntax() -> list[ast.AST]:
    paths = Path(cards.__file__).parent.glob("*.py")
    return [node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def used() -> set[str]:
    """Every key in the code: written out, or all that an f-string such as f"help.{name}.more" can mean."""
    patterns = set()
    for node in syntax():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.fullmatch(node.value):
            patterns.add(re.escape(node.value))
        if isinstance(node, ast.JoinedStr) and any(
            isinstance(part, ast.FormattedValue) for part in node.values
        ):
            parts = [
                re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[a-z]+" for p in node.values
            ]
            patterns.add("".join(parts))
    whole = re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns)))
    return {key for key in MESSAGES if whole.fullmatch(key)}


def test_every_text_is_used() -> None:
    assert set(MESSAGES) - used() == set()


def calls() -> Iterator[tuple[str, set[str]]]:
    """Each t("key", …) or t("a" if … else "b", …) with the names of its values."""
    for node in syntax():
        if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name | ast.Attribute):
            first = node.args[0]
            keys = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            for key in keys:
                if isinstance(key, ast.Constant) and str(key.value) in MESSAGES:
                    yield str(key.value), {keyword.arg or "" for keyword in node.keywords}


def test_every_call_gives_every_value() -> None:
    for key, values in calls():
        assert placeholders(forms(MESSAGES[key])[0]) == values, key
        assert ("n" in values) is MESSAGES[key].pluralizable, key


def test_every_key_in_the_code_has_a_text() -> None:
    prefixes = {key.partition(".")[0] for key in MESSAGES}
    named = {
        node.value
        for node in syntax()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and KEY.fullmatch(node.value)
        and node.value.partition(".")[0] in prefixes
    }
    assert named - set(MESSAGES) == set()


# --- what goes into a text


def test_strings_are_made_safe_and_short_unless_they_are_markdown() -> None:
    t = texts("en")
    assert t("reply.not_found", path="**[x](http://y)**").startswith("There is no ＊＊［x］(http：//y)＊＊,")
    assert t("state.running", decision=Markdown("**Li** approved")).startswith("⏳ **Li** approved")
    assert len(t("reply.not_found", path="/" + "名" * 5000).encode()) < 400


@pytest.mark.parametrize(
    ("key", "n"),
    [("no.such_text", None), ("preview.more", None), ("button.cancel", 1), ("reply.not_found", None)],
)
def test_a_missing_text_plural_or_value_is_an_error(key: str, n: int | None) -> None:
    with pytest.raises(KeyError):
        texts("zh")(key, n=n)


def test_chinese_and_latin_stand_apart_in_chinese() -> None:
    t = texts("zh")
    assert t("preview.tips", time=Markdown("14:32"), name="王小明") == "14:32 前有效，只有王小明可以确认"
    assert t("preview.tips", time=Markdown("14:32"), name="Ann") == "14:32 前有效，只有 Ann 可以确认"


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (12_400_000, "12.4 MB"),
        (999_960, "1.0 MB"),
        (1_290_000_000, "1.3 GB"),
        (10**25, "10,000,000.0 EB"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_sizes_have_one_decimal(size_bytes: int, shown: str, language: Language) -> None:
    assert texts(language).size(size_bytes) == shown


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0.2, "不到 1 秒", "under a second"),
        (1, "1 秒", "1 second"),
        (3.2, "3 秒", "3 seconds"),
        (65, "1 分钟 5 秒", "1 minute 5 seconds"),
        (120, "2 分钟", "2 minutes"),
        (3725, "1 小时 2 分钟", "1 hour 2 minutes"),
    ],
)
def test_durations_are_words(seconds: float, zh: str, en: str) -> None:
    assert (texts("zh").duration(seconds), texts("en").duration(seconds)) == (zh, en)


def test_times_are_the_reader_s_and_show_the_day_only_when_it_is_another() -> None:
    asked = datetime(2023, 11, 23, 15, 50, tzinfo=UTC)
    t = texts("en")

    assert t.clock(asked, SHANGHAI, since=asked) == "23:50"
    assert t.clock(asked + timedelta(minutes=30), SHANGHAI, since=asked) == "00:20 on 2023-11-24"
    assert t.number(1234567) == "1,234,567"
