"""The READMEs and the sample settings say what the program does: nothing left out, nothing made up."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.settings import PREFIX, Settings, load
from handlers.commands import VERBS
from sandbox.server import ENDPOINTS
from tests.conformance.control import Control
from tests.integration.office import MARKETING, Office

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
BOTH = pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=["en", "zh"])
SAMPLE = (ROOT / "deploy/dingsweep.toml").read_text("utf-8")
TRADITIONAL = set("刪狀態細確認幫誰運")
NEEDED = {"client_id": "somebody", "client_secret": "something"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def _headings(readme: str) -> list[str]:
    return re.findall(r"^(#+) ", _without_code(readme), re.MULTILINE)


def _without_code(readme: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", readme, flags=re.MULTILINE | re.DOTALL)


def _code(readme: str) -> list[str]:
    """The code blocks, without comments."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", readme, re.MULTILINE | re.DOTALL)
    return [re.sub(r" +#.*", "", block) for block in blocks]


def _rows(readme: str) -> dict[str, list[str]]:
    """The rows of all tables by the text of their first cell."""
    rows = [line.strip(" |").split(" | ") for line in readme.splitlines() if line.lstrip().startswith("|")]
    return {cells[0]: cells[1:] for cells in rows}


def _scopes(readme: str) -> set[str]:
    return {found[1] for cell in _rows(readme) if (found := re.match(r"`([\w.]+)` \S+权限$", cell))}


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


def test_both_have_the_same_sections_code_links_and_tables() -> None:
    assert _headings(ENGLISH) == _headings(CHINESE)
    assert _code(ENGLISH) == _code(CHINESE)
    assert _scopes(ENGLISH) == _scopes(CHINESE)
    assert len(_rows(ENGLISH)) == len(_rows(CHINESE))
    links = [sorted(set(re.findall(r"\]\((https?://[^)]+)\)", readme))) for readme in (ENGLISH, CHINESE)]
    assert links[0] == links[1]


@BOTH
def test_both_leave_room_for_what_was_measured(readme: str) -> None:
    assert readme.count("<!-- bench -->") == readme.count("<!-- /bench -->") == 1


@BOTH
def test_links_lead_somewhere(readme: str) -> None:
    links = re.findall(r"\]\((?!https?://)([^)]+)\)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@BOTH
def test_pictures_are_there_and_small(readme: str) -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", readme)
    assert len(pictures) == 2
    assert all((ROOT / picture).stat().st_size < 200_000 for picture in pictures)
    screens = re.findall(r'(?:src|srcset)="([^"]+)"', readme)
    assert len(screens) == 12, "six screens, light and dark"
    assert all((ROOT / screen).stat().st_size < 200_000 for screen in screens)
    assert readme.count("alt=") == len(screens) / 2


def test_every_picture_is_shown() -> None:
    made = {f"docs/pictures/{file.name}" for file in (ROOT / "docs/pictures").glob("*.png")}
    shown = {picture for picture in made if picture in ENGLISH or picture in CHINESE}
    assert made == shown


@BOTH
def test_the_table_has_every_setting_with_its_default_and_no_other(readme: str) -> None:
    rows = {name.strip("`"): cells for name, cells in _rows(readme).items() if PREFIX in name}
    assert rows.keys() == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = rows[f"{PREFIX}{name.upper()}"][0]
        if field.is_required():
            assert default.startswith("**"), name
        elif shown := _shown(field):
            assert default == shown, name
        else:
            assert not re.search("[`*]", default), name


@BOTH
def test_every_command_and_option_is_told(readme: str) -> None:
    for verb in VERBS:
        spellings = [*verb.words, *verb.options]
        simple = [word for word in spellings if not TRADITIONAL & (set(word) - set("确认"))]
        missing = [word for word in simple if not re.search(rf"`{re.escape(word)}[ `]", readme)]
        assert missing == [], verb.name


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
    async with office.robot():
        await office.say("wang", f"删除 {link} --试运行")
        card = await office.say("wang", "删除 /2023/drafts 品牌手册.pdf")
        await office.press("wang", card, "details")
        await office.answer("wang", "one:wang", after=0)
        await office.press("wang", card, "confirm")
        await office.card("wang", MARKETING, "已移到回收站", after=card["seq"])
    calls = await office.calls("")
    assert [call["route"] for call in calls if call["status"] != 200] == []
    scopes = {endpoint.route: endpoint.scope for endpoint in ENDPOINTS}
    assert {scopes[call["route"]] for call in calls} - {None} == _scopes(ENGLISH)
