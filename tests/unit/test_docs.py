"""The papers in docs/ say what the program takes: every rule, channel and command in them is read by it."""

import os
import re
import shlex
from pathlib import Path

import click
import pytest

from bot.__main__ import main
from bot.channels import Channel
from bot.commands.policy_file import examine
from bot.policy.reading import KEYS
from bot.settings import PREFIX, Settings, load
from handlers.commands import parse
from tests.unit import papers

POLICY, APPROVALS, BACKUP, JOBS = (
    f"docs/{name}{{}}.md" for name in ("policy", "approvals", "backup", "jobs")
)
NAMES = [paper.format(language) for paper in (POLICY, APPROVALS, BACKUP, JOBS) for language in ("", ".zh-CN")]
PAPERS = [*NAMES, "README.md", "README.zh-CN.md"]
SNIPPETS = [
    pytest.param(block, id=f"{name}-{number}")
    for name in PAPERS
    for number, block in enumerate(papers.blocks(papers.read(name), "toml"), 1)
]
ONE_LINE = r"((?:[A-Z_]+=\S+ )*)(?:\.venv/bin/)?(dingsweep .+)"
"""What is there to type: settings for this once, if any, and the command."""
LINES = sorted(
    {
        found[2]
        for name in PAPERS
        for block in papers.typed(papers.read(name))
        for line in block.splitlines()
        if (found := re.match(ONE_LINE, line))
    }
)
NEEDED = {"client_id": "somebody", "client_secret": "something"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def understand(command: click.Command, words: list[str]) -> None:
    """Raises UsageError for what this command does not take."""
    if not isinstance(command, click.Group):
        with command.make_context(command.name, words):
            return
    context = click.Context(command)
    found = command.get_command(context, words[0]) if words else None
    rest = (
        words[1:] if found else words
    )  # audit K7M2 is short for audit show K7M2, backup FILE for backup write FILE
    found = found or command.get_command(context, "show") or command.get_command(context, "write")
    assert found, words
    understand(found, rest)


@pytest.mark.parametrize("paper", [POLICY, APPROVALS, BACKUP, JOBS])
def test_both_languages_have_the_same_sections_code_links_and_tables(paper: str) -> None:
    english, chinese = (papers.read(paper.format(language)) for language in ("", ".zh-CN"))
    assert papers.levels(english) == papers.levels(chinese)
    assert papers.typed(english) == papers.typed(chinese)
    assert papers.addresses(english) == papers.addresses(chinese)
    assert len(papers.rows(english)) == len(papers.rows(chinese))


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    assert papers.dead_links(name) == []


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_what_is_there_to_copy_is_taken_without_a_remark(snippet: str, tmp_path: Path) -> None:
    file = tmp_path / "dingsweep.toml"
    file.write_text(snippet, "utf-8")
    found = examine(file)
    assert (found.mistakes, found.warnings) == ((), ())
    assert load(tmp_path, **NEEDED).policy.rules


def test_there_are_ten_rules_to_take_from() -> None:
    found = [block for block in papers.blocks(papers.read(POLICY.format("")), "toml") if "[[rules]]" in block]
    assert len(found) == 10


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_the_tables_have_every_key_of_a_rule_and_no_other(language: str) -> None:
    keys = {key for cell in papers.rows(papers.read(POLICY.format(language))) for key in _names(cell)}
    answers = {"refuse", "run", "confirm", "approve"}
    assert keys - answers == set(KEYS) - {"name", "answer"}


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_the_table_has_every_key_of_a_channel(language: str) -> None:
    keys = {key for cell in papers.rows(papers.read(APPROVALS.format(language))) for key in _names(cell)}
    assert {field.alias or name for name, field in Channel.model_fields.items()} <= keys


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_what_is_there_to_say_is_understood(language: str) -> None:
    said = [
        cell.strip("`") for cell in papers.rows(papers.read(APPROVALS.format(language))) if "K7M2" in cell
    ]
    assert len(said) == 4
    verbs = [parse(text).command.verb for text in said]
    assert verbs == ["approve", "reject", "cancel", "details"]


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_what_is_there_to_say_about_jobs_is_understood(language: str) -> None:
    said = re.findall(r"`([^`]+ K7M2[^`]*)`", papers.read(JOBS.format(language)))
    assert {parse(text).command.verb for text in said} == {"cancel", "resume", "status", "undo"}


@pytest.mark.parametrize("name", NAMES)
def test_settings_that_are_named_are_taken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = papers.read(name)
    known = {f"{PREFIX}{setting.upper()}" for setting in Settings.model_fields}
    assert set(re.findall(rf"{PREFIX}\w+", paper)) <= known
    for word in shlex.split("".join(papers.blocks(paper, "sh"))):
        setting, _, value = word.partition("=")
        if setting in known:
            monkeypatch.setenv(setting, value)
    assert load(tmp_path, **NEEDED).client_id == NEEDED["client_id"]


@pytest.mark.parametrize("line", LINES)
def test_what_is_there_to_type_is_understood(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trail.jsonl").touch()
    understand(main, shlex.split(line)[1:])


def test_one_variable_brings_back_how_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [block] = papers.blocks(papers.read(POLICY.format("")), "sh")[-1:]
    name, _, value = shlex.split(block)[1].partition("=")
    monkeypatch.setenv(name, value)
    [rule] = load(tmp_path, **NEEDED).policy.rules
    assert (rule.answer, rule.conditions) == ("confirm", ())


def _names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)
