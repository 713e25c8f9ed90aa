"""The READMEs and the sample settings say what the program does: nothing left out, nothing made up."""

import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.__main__ import main
from bot.scopes import SCOPES
from bot.settings import PREFIX, Settings, load
from handlers.commands import VERBS
from sandbox.server import ENDPOINTS
from tests.conformance.control import Control
from tests.integration.approvals import asked, shown
from tests.integration.office import CONFIRMED, MARKETING, Office
from tests.unit import papers

ROOT = papers.ROOT
FILES = ("README.md", "README.zh-CN.md")
ENGLISH, CHINESE = map(papers.read, FILES)
BOTH = pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=["en", "zh"])
SAMPLE = papers.read("deploy/dingsweep.toml")
TRADITIONAL = set("刪狀態細確認幫誰運歷駁絕繼續復銷")
ASKING_ALL: list[dict[str, Any]] = [
    {
        "name": "Everybody there is",
        "departments": ["1"],
        "paths": ["/report.pdf"],
        "answer": "approve",
        "from": ["heads", "role:1001", "admins"],
    }
]
SCOPE_OF = {scope.code: scope for scope in SCOPES}
NEEDED = {"client_id": "somebody", "client_secret": "something"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def _scopes(readme: str) -> set[str]:
    return {found[1] for cell in papers.rows(readme) if (found := re.match(r"`([\w.]+)` \S+权限$", cell))}


def _shown(field: FieldInfo) -> str | None:
    """How a default is written in the table; None where words say it."""
    match field.default:
        case bool(value):
            return f"`{str(value).lower()}`"
        case int(value) | float(value):
            return f"`{value}`"
        case str(value) if value:
            return f"`{value}`"
        case _:
            return None


def test_both_ask_for_the_same_permissions() -> None:
    assert _scopes(ENGLISH) == _scopes(CHINESE) != set()


@BOTH
def test_both_leave_room_for_what_was_measured(readme: str) -> None:
    assert readme.count("<!-- bench -->") == readme.count("<!-- /bench -->") == 1


@BOTH
def test_the_table_has_every_setting_with_its_default_and_no_other(readme: str) -> None:
    rows = {name.strip("`"): cells for name, cells in papers.rows(readme).items() if PREFIX in name}
    assert rows.keys() == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = rows[f"{PREFIX}{name.upper()}"][0]
        if field.is_required():
            assert default.startswith("**"), name
        elif shown := _shown(field):
            assert default == shown, name
        else:
            assert not re.search("[`*]", default), name


def test_the_permissions_are_those_of_the_one_list() -> None:
    for readme, words in ((ENGLISH, "{0.why} | {0.without}"), (CHINESE, "{0.why_zh} | {0.without_zh}")):
        rows = papers.rows(readme)
        told = {code: " | ".join(rows[f"`{code}` {scope.name}"]) for code, scope in SCOPE_OF.items()}
        assert told == {code: words.format(scope) for code, scope in SCOPE_OF.items()}
        assert _scopes(readme) == SCOPE_OF.keys()


@BOTH
def test_every_command_and_option_is_told(readme: str) -> None:
    for verb in VERBS:
        spellings = [*verb.words, *verb.options]
        simple = [word for word in spellings if not TRADITIONAL & (set(word) - set("确认"))]
        missing = [word for word in simple if not re.search(rf"`{re.escape(word)}[ `]", readme)]
        assert missing == [], verb.name


@BOTH
def test_every_command_of_the_program_is_told(readme: str) -> None:
    told = {
        " ".join(cell.split()[:3])
        for row in papers.rows(readme)
        for cell in re.findall(r"`(dingsweep[^`]+)`", row)
    }
    groups = [command for command in main.commands.values() if isinstance(command, click.Group)]
    names = {f"{group.name} {name}" for group in groups for name in group.commands} - {
        "audit show",
        "backup write",
    }
    names |= {group.name or "" for group in groups if group.invoke_without_command}
    names |= {name for name, command in main.commands.items() if command not in groups} | {
        "audit K7M2",
        "backup",
    }
    assert told == {f"dingsweep {name}" for name in names}


@pytest.mark.parametrize(
    ("readme", "more"), [(ENGLISH, []), (CHINESE, ["--language", "zh"])], ids=["en", "zh"]
)
def test_the_explanation_shown_is_what_the_program_says(
    readme: str, more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [line] = [block for block in papers.typed(readme) if "policy explain" in block]
    said = CliRunner().invoke(main, [*shlex.split(line)[1:], *more])
    assert (said.exit_code, said.stdout) == (0, papers.blocks(readme, "text")[0])


@BOTH
def test_make_knows_what_the_readme_asks_for(readme: str) -> None:
    asked = set(re.findall(r"\bmake (demo|test|run|bench|\w+(?=`))", readme))
    known = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test", "run", "bench"} <= asked <= known


def test_the_sample_settings_are_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "dingsweep.toml").write_text(SAMPLE, "utf-8")
    sample, defaults = load(tmp_path, **NEEDED), load(tmp_path / "nothing", **NEEDED)
    assert sample.model_dump() == defaults.model_dump()


def test_the_sample_shows_every_setting_in_a_form_that_is_taken(tmp_path: Path) -> None:
    everything = re.sub(r'^# (\[\[rules\]\]|(?:\w+|"\w+==") = )', r"\1", SAMPLE, flags=re.MULTILINE)
    assert tomllib.loads(everything).keys() == Settings.model_fields.keys()
    (tmp_path / "dingsweep.toml").write_text(everything, "utf-8")
    settings = load(tmp_path)
    assert settings.client_secret == SecretStr("the Client Secret beside it")
    assert list(settings.spaces.values()) == ["24010001"]
    assert [rule.answer for rule in settings.policy.rules] == ["approve", "confirm"]


async def test_the_permissions_told_are_enough_and_none_too_many(sandbox: Control, tmp_path: Path) -> None:
    """A day at work with exactly these permissions granted: every one is used, and nothing is refused."""
    await sandbox.scopes(*_scopes(ENGLISH))
    office = Office(sandbox, tmp_path)
    entries = await sandbox.entries("24010001")
    link = f"https://alidocs.dingtalk.com/i/nodes/{entries['/report.pdf']['uuid']}"
    async with office.robot(rules=[*ASKING_ALL, *CONFIRMED]):
        await office.say("wang", f"删除 {link} --试运行")
        card = await office.say("wang", "删除 /2023/drafts 品牌手册.pdf")
        await office.press("wang", card, "details")
        await office.answer("wang", "one:wang", after=0)
        await office.press("wang", card, "confirm")
        result = await office.card("wang", MARKETING, "已移到回收站", after=card["seq"])
        await office.press("wang", result, "undo")
        question = await office.card("wang", MARKETING, "恢复", after=result["seq"])
        await office.press("wang", question, "confirm")
        await office.card("wang", MARKETING, "已恢复", after=question["seq"])
        two = await asked(office, f"删除 {ASKING_ALL[0]['paths'][0]}")
        await office.press("li", two.approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站", after=two.card["seq"])
        await office.say("wang", f"明细 {two.request_id} --表格", "one:wang")
    calls = await office.calls("")
    assert [call["route"] for call in calls if call["status"] != 200] == []
    scopes = {endpoint.route: endpoint.scope for endpoint in ENDPOINTS}
    assert {scopes[call["route"]] for call in calls} - {None} == _scopes(ENGLISH)


async def test_an_approved_deletion_costs_what_is_told(sandbox: Control, tmp_path: Path) -> None:
    office = Office(sandbox, tmp_path)
    costs = []
    async with office.robot(rules=[{"name": "Manager", "answer": "approve", "from": ["manager"]}]):
        for number, files in enumerate((1, 1, 50)):  # the first time the space is not known
            before = await _used(sandbox)
            await _approved(office, [f"/{number}-{file}.txt" for file in range(files)])
            costs.append(await _used(sandbox) - before)
    for readme, told in ((ENGLISH, "it is {}, {} and"), (CHINESE, "分别是 {}、{}、")):
        assert told.format(*costs[1:]) in readme


async def _used(sandbox: Control) -> int:
    used: int = (await sandbox.ask("GET", "meter"))["callsUsed"]
    return used


async def _approved(office: Office, paths: list[str]) -> None:
    """Files by ID, from the command until all cards are closed."""
    made = [{"path": path, "size": 10, "creator": "wang"} for path in paths]
    entries = await office.control.create("24010001", *made)
    two = await asked(office, f"删除 {' '.join(entries[path]['id'] for path in paths)}")
    await office.press("li", two.approval, "approve")
    for who, where, card in (("wang", MARKETING, two.card), ("li", "one:li", two.approval)):
        await shown(office, who, where, card, "✅")
    await office.card("wang", "one:wang", "已移到回收站", after=two.card["seq"])
