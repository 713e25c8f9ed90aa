"""Texts of one's own in the place of ours: taken as a whole, or refused with a line for every mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards.catalogue import WordingError
from cards.texts import texts, use
from tests.integration.program import ran_inside

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture(autouse=True)
def _ours_afterwards() -> Iterator[None]:
    yield
    use("")


def entry(key: str, *forms: str, plural: bool = False) -> str:
    if not plural:
        return f'msgid "{key}"\nmsgstr "{forms[0]}"\n'
    numbered = "".join(f'msgstr[{number}] "{form}"\n' for number, form in enumerate(forms))
    return f'msgid "{key}"\nmsgid_plural "{key}"\n{numbered}'


def written(folder: Path, **catalogues: str) -> str:
    for language, text in catalogues.items():
        (folder / f"{language}.po").write_text(text, "utf-8")
    return str(folder)


def refused(folder: str) -> list[str]:
    with pytest.raises(WordingError) as caught:
        use(folder)
    assert all("\n" not in line for line in caught.value.lines)
    return [line.removeprefix(f"{folder}/") for line in caught.value.lines]


def test_what_is_there_replaces_ours_and_the_rest_stays(tmp_path: Path) -> None:
    before = texts("en")("button.details")
    own = HEAD + entry("button.recycle", "To the bin") + "\n"
    own += entry("time.hours", "{n} h", "{n} h", plural=True) + entry("button.details", "")
    use(written(tmp_path, en=own, zh=entry("button.recycle", "放进回收站")))

    assert texts("en")("button.recycle") == "To the bin"
    assert texts("en")("time.hours", n=2) == "2 h"
    assert texts("en")("button.details") == before, "an empty one stays ours"
    assert texts("zh")("button.recycle") == "放进回收站"

    use("")
    assert texts("en")("button.recycle") == "Move to bin"


def test_one_language_is_enough_and_a_mark_at_the_beginning_is_none_of_it(tmp_path: Path) -> None:
    use(written(tmp_path, zh="\ufeff" + entry("button.recycle", "放进回收站")))
    assert texts("zh")("button.recycle") == "放进回收站"
    assert texts("en")("button.recycle") == "Move to bin"


def test_our_own_catalogues_are_a_folder_that_can_be_begun_with(tmp_path: Path) -> None:
    locale = Path(__file__).parents[2] / "cards/locale"
    use(
        written(
            tmp_path,
            **{language: (locale / f"{language}.po").read_text("utf-8") for language in ("en", "zh")},
        )
    )
    assert texts("zh")("button.recycle") == "移到回收站"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entry("buton.recycle", "x"), "line 1: there is no text buton.recycle, did you mean button.recycle?"),
        (
            'msgctxt "q"\n' + entry("button.recycle", "x"),
            "line 2: button.recycle has a msgctxt, which no text here has",
        ),
        (entry("preview.reason", "Why"), "line 1: preview.reason lacks the placeholder {reason}"),
        (
            entry("preview.reason", "{reason} {user}"),
            "line 1: preview.reason has a placeholder {user} that nobody fills; there are {reason}",
        ),
        (entry("preview.reason", "{reason!r}"), "line 1: preview.reason has more than the name in {reason}"),
        (entry("preview.reason", "{reason:>9}"), "line 1: preview.reason has more than the name in {reason}"),
        (
            entry("preview.reason", "{reason"),
            "line 1: preview.reason has a brace that does not belong to a placeholder: "
            "write {{ or }} for a brace itself",
        ),
        (entry("time.hours", "{n} h"), "line 1: time.hours needs msgid_plural and msgstr[0]"),
        (entry("time.hours", "{n} h", "", plural=True), "line 1: time.hours has no msgstr[1]"),
        (entry("time.hours", "{n} h", "hours", plural=True), "line 1: time.hours lacks the placeholder {n}"),
        (
            entry("time.hours", "{n}", "{n}", "{n}", plural=True),
            "line 5: msgstr[2] is one too many: this language has 2 plural forms",
        ),
        (
            entry("button.recycle", "x", plural=True),
            "line 1: button.recycle needs msgstr alone, without plurals",
        ),
        (
            'msgid ""\nmsgstr "Plural-Forms: nplurals=3; plural=n;\\n"\n',
            "line 2: this language has 2 plural forms here, not 3",
        ),
        (
            entry("button.recycle", "x") + entry("button.recycle", "y"),
            "line 3: button.recycle is there twice",
        ),
        (
            "#, fuzzy\n" + entry("button.recycle", "x"),
            "line 2: button.recycle is marked fuzzy: look it over and remove the mark",
        ),
        ("hello\n", "line 1: is no line of a .po file: 'hello'"),
        (
            entry("button.recycle", "x" * 301),
            "line 1: button.recycle is 301 bytes long; a card has room for 300 of it",
        ),
    ],
)
def test_each_mistake_is_named_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    assert refused(written(tmp_path, en=text)) == [f"en.po {said}"]


def test_all_mistakes_of_both_files_are_told_and_nothing_of_them_is_used(tmp_path: Path) -> None:
    use(written(tmp_path, en=entry("button.details", "More")))
    good = entry("button.details", "All of it")
    written(
        tmp_path, en=good + entry("a.b", "x") + entry("c.d", "y"), zh=entry("time.hours", "小时", plural=True)
    )

    assert refused(str(tmp_path)) == [
        "en.po line 3: there is no text a.b",
        "en.po line 5: there is no text c.d",
        "zh.po line 1: time.hours lacks the placeholder {n}",
    ]
    assert texts("en")("button.details") == "More", "what was in use before"


def test_a_folder_that_says_nothing_is_a_mistake(tmp_path: Path) -> None:
    assert refused(str(tmp_path / "away")) == [f"{tmp_path}/away is no folder"]
    assert refused(str(tmp_path)) == [f"{tmp_path} has neither en.po nor zh.po"]
    written(tmp_path, zh="", zh_CN="")
    assert refused(str(tmp_path)) == ["zh_CN.po: nobody reads a file of this name"]
    (tmp_path / "zh_CN.po").unlink()
    (tmp_path / "zh.po").write_bytes(b'msgid "a"\nmsgstr "\xff"\n')
    assert refused(str(tmp_path)) == ["zh.po line 2: is not UTF-8"]


async def test_the_robot_does_not_start_with_bad_ones(tmp_path: Path) -> None:
    folder = written(tmp_path, en=entry("button.recycle", "x{y}") + entry("a.b", "x"))
    variables = {"DINGSWEEP_CLIENT_ID": "a", "DINGSWEEP_CLIENT_SECRET": "b", "DINGSWEEP_TEXTS": folder}
    ended = await ran_inside(tmp_path, "run", variables=variables)
    assert ended.code == 2
    assert [json.loads(line)["problem"] for line in ended.errors.splitlines()] == [
        f"DINGSWEEP_TEXTS: {folder}/en.po line 1: button.recycle has a placeholder {{y}} that nobody fills; "
        "there are none here",
        f"DINGSWEEP_TEXTS: {folder}/en.po line 3: there is no text a.b",
    ]
