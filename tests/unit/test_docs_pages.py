"""Single pages against the code they tell of."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.channels import Channel
from bot.models import Language
from bot.policy.reading import KEYS
from bot.settings import PREFIX, load
from cards.catalogue import WordingError, ours, replaced
from cards.texts import texts
from handlers.commands import parse
from tests.conformance.control import Control
from tests.integration.office import ENGINEERING, MARKETING, MARKETING_SPACE, Message, Office
from tests.unit import papers


@dataclass(frozen=True)
class Employee:
    """Who types what the page shows, and the files it tells of that are not on the drive from the beginning."""

    page: str
    who: str
    where: str
    space: str
    file: str
    folder: str


EMPLOYEES = {
    "en": Employee("employee.md", "alice", ENGINEERING, "24010002", "/my report.pdf", "/archive"),
    "zh": Employee("employee.zh-CN.md", "wang", MARKETING, MARKETING_SPACE, "/我的 报告.pdf", "/归档"),
}
NEEDED = {"client_id": "somebody", "client_secret": "something"}
both = pytest.mark.parametrize("language", ["", ".zh-CN"])


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_there_are_ten_rules_to_take_from() -> None:
    found = [block for block in papers.blocks(papers.read("docs/policy.md"), "toml") if "[[rules]]" in block]
    assert len(found) == 10


@both
def test_the_tables_have_every_key_of_a_rule_and_no_other(language: str) -> None:
    keys = {key for cell in papers.rows(papers.read(f"docs/policy{language}.md")) for key in _names(cell)}
    answers = {"refuse", "run", "confirm", "approve"}
    assert keys - answers == set(KEYS) - {"name", "answer"}


@both
def test_the_table_has_every_key_of_a_channel(language: str) -> None:
    keys = {key for cell in papers.rows(papers.read(f"docs/approvals{language}.md")) for key in _names(cell)}
    assert {field.alias or name for name, field in Channel.model_fields.items()} <= keys


def test_one_variable_brings_back_how_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [block] = papers.blocks(papers.read("docs/policy.md"), "sh")[-1:]
    name, _, value = shlex.split(block)[1].partition("=")
    monkeypatch.setenv(name, value)
    [rule] = load(tmp_path, **NEEDED).policy.rules
    assert (rule.answer, rule.conditions) == ("confirm", ())


@pytest.mark.parametrize(
    ("page", "language"), [("employee", "en"), ("employee", "zh"), ("manager", "en"), ("manager", "zh")]
)
def test_buttons_and_ends_are_called_as_on_the_cards(page: str, language: Language) -> None:
    paper = papers.read(f"docs/{page}{'.zh-CN' if language == 'zh' else ''}.md")
    t = texts(language)
    keys = {
        "employee": ("recycle", "details", "cancel", "undo"),
        "manager": ("approve", "reject", "details"),
    }
    told = papers.rows(paper)
    assert [key for key in keys[page] if t(f"button.{key}") not in told] == []
    if page == "employee":
        ends = ("deleted", "already_gone", "changed", "denied", "not_recyclable", "unknown")
        assert [key for key in ends if t(f"outcome.{key}") not in told] == []
        assert str(t("reply.pong")) in paper


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_ten_answers_are_what_it_says_and_the_way_out_is_one(
    sandbox: Control, tmp_path: Path, language: Language
) -> None:
    """Everything typed for real, with the files that the page tells of, under the rules that come with it."""
    told = EMPLOYEES[language]
    years = {2023: 40, 2024: 1160}  # all of it is too much at once, the first year is not
    paths = [told.file, *(f"{told.folder}/{year}/{n}.txt" for year in years for n in range(years[year]))]
    await sandbox.create(told.space, *({"path": path, "size": 1, "creator": told.who} for path in paths))
    office = Office(sandbox, tmp_path)
    rows = papers.rows(papers.read(f"docs/{told.page}"))
    answers = {cell: rest for cell, rest in rows.items() if cell.startswith("`") and len(rest) == 2}
    assert len(answers) == 10
    async with office.robot(rules=None):
        for cell, (said, instead) in answers.items():
            [typed], [better] = papers.spans(cell), papers.spans(instead)
            place = told.where if cell == f"`{typed}`" else f"one:{told.who}"
            assert _plain(await office.say(told.who, typed, place)) == said
            if parse(better).command.verb == "delete":
                answer = await office.say(told.who, better, place)
                assert answer["kind"] == "card", (better, answer)


def _plain(answer: Message) -> str:
    return " ".join(str(answer.get("text")).split())


def _names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


@pytest.mark.parametrize(("language", "code"), [("", "en"), (".zh-CN", "zh")])
def test_the_texts_shown_are_taken_and_the_mistake_shown_is_told_so(
    language: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = papers.read(f"docs/texts{language}.md")
    [own], [told] = papers.blocks(paper, "po"), papers.blocks(paper, "text")
    monkeypatch.chdir(tmp_path)
    file = Path("wording") / f"{code}.po"
    file.parent.mkdir()
    file.write_text(own, "utf-8")
    assert {len(catalogue) for catalogue in replaced(file.parent).values()} == {len(ours("en"))}
    file.write_text(own.replace("not_yours", "not_your"), "utf-8")
    with pytest.raises(WordingError) as caught:
        replaced(file.parent)
    assert f"DINGSWEEP_TEXTS: {caught.value}\n" == told
