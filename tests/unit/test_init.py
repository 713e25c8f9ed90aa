"""`dingsweep init`: what is asked or given ends up in two files, privately, and nothing that was there is lost."""

from __future__ import annotations

import os
import pty
import re
import select
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bot.__main__ import main
from bot.commands import init as init_command
from bot.commands.init_files import FRESH, Unchangeable, env_text, put, toml_text
from bot.scopes import SCOPES
from bot.settings import PREFIX, Settings, load
from tests.unit import papers

SECRET = "tops3cret-Value_1"
NEEDED = ("--client-id", "ding1", "--client-secret-file", "-")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith(PREFIX) or name in {"LC_ALL", "LC_MESSAGES"}]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    before = os.umask(0)  # so that a mode is what was asked for
    yield
    os.umask(before)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init_command, "is_terminal", lambda: True)


def run(*options: str, said: str = SECRET, **variables: str) -> Result:
    """The command without a terminal; `said` is its standard input."""
    return CliRunner(env=variables).invoke(main, ["init", *options], input=said)


def refused(result: Result, code: int = 2) -> str:
    """The one sentence that it ends with."""
    assert (result.exit_code, result.stdout) == (code, "")
    [line] = result.stderr.splitlines()
    assert SECRET not in line
    return line


def modes(*names: str) -> list[int]:
    return [stat.S_IMODE(Path(name).stat().st_mode) for name in names]


def drafts() -> list[str]:
    return [file.name for file in Path().iterdir() if file.name not in {".env", "dingsweep.toml"}]


def test_options_and_a_secret_from_standard_input_are_enough() -> None:
    result = run(*NEEDED)
    assert (result.exit_code, result.stderr) == (0, "")
    assert SECRET not in result.output
    settings = load(Path())
    assert (settings.client_id, settings.client_secret.get_secret_value()) == ("ding1", SECRET)
    assert settings.model_dump(exclude={"client_id", "client_secret", "robot_code"}) == load(
        Path("nothing"), client_id="x", client_secret="x"
    ).model_dump(exclude={"client_id", "client_secret", "robot_code"}), "all else is as by default"
    assert modes(".env", "dingsweep.toml") == [0o600, 0o640]
    assert SECRET not in Path("dingsweep.toml").read_text()
    assert drafts() == []


def test_the_secret_is_private_from_the_first_byte_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    opened = os.fdopen

    def noted(descriptor: int, *more: Any) -> Any:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        assert os.fstat(descriptor).st_size == 0
        return opened(descriptor, *more)

    monkeypatch.setattr(os, "fdopen", noted)
    assert run(*NEEDED).exit_code == 0
    assert seen == [0o600, 0o640]


def test_everything_can_be_given() -> None:
    Path("secret").write_text(f"{SECRET}\n")
    url = "postgresql://robot:p4ss@db/dingsweep"
    result = run(
        *("--client-id", "suite1", "--client-secret-file", "secret", "--region", "intl", "--answers", "zh"),
        *("--database", url, "--health", "127.0.0.1:8081", "--third-party", "--auth-corp-id", "dingcorp1"),
    )
    assert result.exit_code == 0, result.stderr
    settings = load(Path())
    assert (settings.region, settings.language, settings.health) == ("intl", "zh", "127.0.0.1:8081")
    assert (settings.suite_key, settings.auth_corp_id) == ("suite1", "dingcorp1")
    assert settings.suite_secret.get_secret_value() == SECRET
    assert "p4ss" in settings.database_url
    assert not {"p4ss", SECRET} & set(re.findall(r"\w+", Path("dingsweep.toml").read_text()))
    assert "p4ss" not in result.output
    assert "开发配置 > 事件订阅" in result.output, "the steps are those of such an app"


def test_the_environment_counts_as_an_answer_and_is_told_to_win() -> None:
    result = run(DINGSWEEP_CLIENT_ID="ding2", DINGSWEEP_CLIENT_SECRET=SECRET, DINGSWEEP_LANGUAGE="en")
    assert result.exit_code == 0
    assert dotenv_values(".env")["DINGSWEEP_CLIENT_ID"] == "ding2"
    assert tomllib.loads(Path("dingsweep.toml").read_text())["language"] == "en"
    again = run("--force", *NEEDED, DINGSWEEP_CLIENT_ID="ding2", DINGSWEEP_CLIENT_SECRET=SECRET)
    assert "Note that DINGSWEEP_CLIENT_ID of the environment differs, and wins." in again.stdout


@pytest.mark.parametrize(
    ("options", "said", "variables", "sentence"),
    [
        (
            (),
            "",
            {},
            "DINGSWEEP_CLIENT_ID is not set, and there is no terminal to ask at: give it, or --client-id.",
        ),
        (("--client-id", "ding1"), "", {}, "DINGSWEEP_CLIENT_SECRET is not set, and there is no terminal"),
        (("--client-id", "my app"), "", {}, "This is no Client ID, which is one word"),
        (NEEDED, "two words", {}, "This is no Client Secret"),
        (NEEDED, "", {}, "This is no Client Secret"),
        (NEEDED, "a${HOME}", {}, "This is no Client Secret"),
        (
            ("--client-id", "ding1", "--client-secret-file", "away"),
            "",
            {},
            "away cannot be read: No such file",
        ),
        ((*NEEDED, "--region", "us"), SECRET, {}, "DINGSWEEP_REGION is wrong: write cn or intl."),
        ((*NEEDED, "--answers", "fr"), SECRET, {}, "DINGSWEEP_LANGUAGE is wrong: write auto, zh or en."),
        ((*NEEDED, "--database", "mysql://x"), SECRET, {}, "DINGSWEEP_DATABASE_URL is wrong"),
        ((*NEEDED, "--health", "8080"), SECRET, {}, "DINGSWEEP_HEALTH is wrong"),
        (NEEDED, SECRET, {"DINGSWEEP_CONFIRM": "1"}, "There is no setting DINGSWEEP_CONFIRM"),
        (NEEDED, SECRET, {"DINGSWEEP_MAX_DENTRIES": "many"}, "DINGSWEEP_MAX_DENTRIES is wrong"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence_and_nothing_is_written(
    options: tuple[str, ...], said: str, variables: dict[str, str], sentence: str
) -> None:
    assert refused(run(*options, said=said, **variables)).startswith(sentence)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("there", [[".env"], ["dingsweep.toml"], ["dingsweep.toml", ".env"]])
def test_what_exists_is_left_as_it_is(there: list[str]) -> None:
    for name in there:
        Path(name).write_text("# mine\n")
    assert refused(run(*NEEDED), code=1).startswith(f"{' and '.join(there)} exist")
    assert {file.name: file.read_text() for file in Path().iterdir()} == dict.fromkeys(there, "# mine\n")


def test_a_file_that_comes_meanwhile_is_not_lost() -> None:
    Path(".env").write_text("# mine\n")
    with pytest.raises(FileExistsError):
        put(Path(".env"), "ours", 0o600, replace=False)
    assert {file.name: file.read_text() for file in Path().iterdir()} == {".env": "# mine\n"}


def test_force_changes_what_is_asked_for_and_keeps_all_else_and_copies() -> None:
    shared = (
        "COMPOSE_PROJECT_NAME=x\nexport DINGSWEEP_CLIENT_ID=old\nDINGSWEEP_REGION=intl # once\nPATH='a b'\n"
    )
    Path(".env").write_text(shared)
    Path(".env").chmod(0o644)
    rules = '[[rules]]\nname = "All"\nanswer = "confirm"\n'
    own = f'# mine\nmax_dentries = 7\nclient_secret = "stray"\nlanguage = "zh" # us\n{rules}'
    Path("dingsweep.toml").write_text(own)

    result = run(*NEEDED, "--force", "--region", "cn")
    assert result.exit_code == 0, result.stderr
    assert dotenv_values(".env") == {
        "COMPOSE_PROJECT_NAME": "x",
        "PATH": "a b",
        "DINGSWEEP_CLIENT_ID": "ding1",
        "DINGSWEEP_CLIENT_SECRET": SECRET,
    }, "the region is in the other file now, and would be overruled here"
    settings = load(Path())
    assert (settings.max_dentries, settings.region, settings.language) == (7, "cn", "zh")
    assert [rule.name for rule in settings.policy.rules] == ["All"]
    assert "# mine\n" in Path("dingsweep.toml").read_text()
    assert "stray" not in Path("dingsweep.toml").read_text()

    copies = sorted(drafts())
    assert [copy.partition(".replaced-")[0] for copy in copies] == [".env", "dingsweep.toml"]
    assert [Path(copy).read_text() for copy in copies] == [shared, own]
    assert modes(".env", *copies) == [0o600, 0o600, 0o600]
    assert all(copy in result.stdout for copy in copies)

    again = run(*NEEDED, "--force")
    assert ".env stays as it is." in again.stdout
    assert len(drafts()) == 2, "what does not change needs no copy"


def test_a_link_stays_one() -> None:
    Path("elsewhere").mkdir()
    Path("elsewhere/secrets").write_text("A=1\n")
    Path(".env").symlink_to("elsewhere/secrets")
    assert run(*NEEDED, "--force").exit_code == 0
    assert Path(".env").is_symlink()
    assert dotenv_values("elsewhere/secrets")["A"] == "1"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("dingsweep.toml", "region = \n", "dingsweep.toml is not valid TOML"),
        ("dingsweep.toml", 'region = """\ncn"""\n', "dingsweep.toml has lines that cannot be changed"),
        (".env", "DINGSWEEP_CLIENT_ID='a\nb=c'\n", ".env has lines that cannot be changed"),
        (".env", "X='a\nDINGSWEEP_CLIENT_ID=b'\n", ".env has lines that cannot be changed"),
    ],
)
def test_what_cannot_be_changed_safely_is_left(name: str, content: str, sentence: str) -> None:
    Path(name).write_text(content)
    assert refused(run(*NEEDED, "--force"), code=1).startswith(sentence)
    assert Path(name).read_text() == content
    assert drafts() == []


def test_a_folder_in_the_place_of_a_file_is_no_stack_trace() -> None:
    Path(".env").mkdir()
    assert refused(run(*NEEDED, "--force"), code=1) == ".env cannot be read: Is a directory."


def test_at_a_terminal_it_asks_until_it_can_use_the_answer(terminal: None) -> None:
    answers = ["my app", "ding1", "", SECRET, "us", "", "", ""]
    result = run(said="".join(f"{answer}\n" for answer in answers))
    assert result.exit_code == 0, result.output
    assert result.stdout.count("This is no Client ID") == 1
    assert result.stdout.count("This is no Client Secret") == 1
    assert result.stdout.count("DINGSWEEP_REGION is wrong: write cn or intl.") == 1
    assert SECRET not in result.output
    assert "dingsweep init --steps" in result.stdout
    settings = load(Path())
    assert (settings.client_id, settings.region) == ("ding1", "cn")
    assert settings.client_secret.get_secret_value() == SECRET


def test_asked_again_it_offers_what_is_there(terminal: None) -> None:
    assert run(*NEEDED, "--region", "intl", "--answers", "en").exit_code == 0
    result = run("--force", "--language", "zh", said="\n\n\nauto\n\n")
    assert result.exit_code == 0, result.output
    for offered in ("[ding1]", "[intl]", "[en]", "回车沿用现有的"):
        assert offered in result.stdout
    assert SECRET not in result.output
    settings = load(Path())
    assert (settings.client_id, settings.region, settings.language) == ("ding1", "intl", "auto")
    assert settings.client_secret.get_secret_value() == SECRET


def test_the_way_on_is_one_that_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder of the source no shell finds the program by its name alone."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.argv", [".venv/bin/dingsweep", "init"])
    steps = run("--steps").stdout
    assert [line.split()[1] for line in steps.splitlines() if line.startswith("   .venv/bin/dingsweep ")] == [
        "init",
        "doctor",
        "run",
    ]
    written = run(*NEEDED, "--language", "zh").stdout
    assert written.startswith("已写入 .env。\n已写入 dingsweep.toml。\n")
    assert "   .venv/bin/dingsweep init" not in written, "that is done"


@pytest.mark.parametrize("url", ["postgresql://robot:p4ss@db/x", "postgresql://robot@db/x?password=p4ss"])
def test_the_password_of_a_database_is_not_shown_either(terminal: None, url: str) -> None:
    assert run(*NEEDED, "--database", url).exit_code == 0
    result = run("--force", said="\n\n\n\n\n")
    assert result.exit_code == 0, result.output
    assert "p4ss" not in result.output
    assert "p4ss" in load(Path()).database_url
    assert "p4ss" not in Path("dingsweep.toml").read_text()


def test_one_that_was_written_wrong_is_not_shown_either(terminal: None) -> None:
    Path(".env").write_text("DINGSWEEP_DATABASE_URL=postgresql://robot:p4ss/x\n")
    result = run(*NEEDED, "--force", said="\n\n\nsqlite:///x.sqlite\n\n")
    assert "p4ss" not in result.output
    assert not result.exception or isinstance(result.exception, SystemExit)


def test_given_up_nothing_is_written(terminal: None) -> None:
    assert run(said="ding1\n").exit_code == 1
    assert list(Path().iterdir()) == []


def test_a_real_terminal_does_not_show_the_secret() -> None:
    outside, inside = pty.openpty()
    command = [sys.executable, "-c", "from bot.commands.init import init; init()"]
    with subprocess.Popen(  # noqa: S603  our own program
        command,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env={**os.environ, "PYTHONPATH": str(papers.ROOT)},
    ) as program:
        os.close(inside)
        seen = ""
        for question, answer in (
            ("Client ID:", "ding1"),
            ("(not shown):", SECRET),
            ("[cn]:", ""),
            ("[auto]:", ""),
            ("sqlite]:", ""),
        ):
            while question not in seen:
                assert select.select([outside], [], [], 20)[0], seen
                seen += os.read(outside, 4096).decode()
            os.write(outside, f"{answer}\n".encode())
        while program.poll() is None or select.select([outside], [], [], 0)[0]:
            if select.select([outside], [], [], 0.2)[0]:
                try:
                    seen += os.read(outside, 65536).decode(errors="replace")
                except OSError:  # it has ended
                    break
    os.close(outside)
    assert program.returncode == 0
    assert "ding1" in seen
    assert SECRET not in seen
    assert load(Path()).client_secret.get_secret_value() == SECRET


# --- the steps


@pytest.mark.parametrize(("language", "readme"), [("en", "README.md"), ("zh", "README.zh-CN.md")])
def test_the_steps_name_every_permission_with_its_reason_and_every_menu_of_the_readme(
    language: str, readme: str
) -> None:
    told = run("--steps", "--language", language).stdout
    assert [line.split()[1] for line in told.splitlines() if line.startswith("   - ")] == [
        s.code for s in SCOPES
    ]
    for scope in SCOPES:
        assert scope.name in told
        reason = scope.why_zh if language == "zh" else scope.why
        assert reason.replace("`", "") in told
    section = re.split(r"^## ", papers.read(readme), flags=re.MULTILINE)
    [about] = [part for part in section if "创建应用" in part]
    steps = re.findall(r"^\d\. .*?(?=^\d\. |\Z)", about, re.MULTILINE | re.DOTALL)[:6]
    menus = [menu for step in steps for menu in re.findall(r"\*\*([^*]+)\*\*", step) if menu != "直属主管"]
    assert [menu for menu in menus if menu not in told] == []
    assert len(menus) > 8
    numbered = [
        told.index(menu) for menu in ("创建应用", "应用能力 > 机器人", "权限管理", "创建新版本", "添加机器人")
    ]
    assert numbered == sorted(numbered)
    assert told.rstrip().splitlines()[-2].split()[:2] == ["dingsweep", "doctor"]
    assert told.rstrip().splitlines()[-1].split()[:2] == ["dingsweep", "run"]
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "head"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "接下来"),
        ({"LANG": "en_US.UTF-8"}, "What is"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW"}, "接下来"),
        ({"LANG": ""}, "What is"),
    ],
)
def test_they_are_in_the_language_of_the_machine(variables: dict[str, str], head: str) -> None:
    assert run("--steps", **variables).stdout.startswith(head)


# --- the files


def test_the_file_it_begins_with_says_the_same_as_the_sample(tmp_path: Path) -> None:
    sample = tomllib.loads(papers.read("deploy/dingsweep.toml"))
    assert tomllib.loads(FRESH).items() <= sample.items()
    shown = re.sub(r"^# (\w+ = )", r"\1", FRESH, flags=re.MULTILINE)
    assert tomllib.loads(shown).keys() <= Settings.model_fields.keys()
    (tmp_path / "dingsweep.toml").write_text(shown)
    assert load(tmp_path, client_id="x", client_secret="x", suite_secret="x").suite_key


def test_any_secret_survives() -> None:
    """Written in a way that is read differently, it would be refused."""
    everything = "".join(map(chr, range(0x21, 0x7F)))
    for secret in (everything, *"'\"\\#$=`", "a\\", "\\'", "'a", "a'"):
        text = env_text("A='b c'\n# d\n", {"DINGSWEEP_CLIENT_SECRET": secret})
        assert text.startswith("A='b c'\n# d\n")
    with pytest.raises(Unchangeable):
        env_text("", {"DINGSWEEP_DATABASE_URL": "postgresql://a:${HOME}@b/c"})


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_any_text_survives(value: str) -> None:
    text = toml_text('[notify]\nlanguage = "x"\n', {"language": value, "region": None})
    assert tomllib.loads(text) == {"language": value, "notify": {"language": "x"}}


def test_the_sample_is_a_file_that_can_be_changed() -> None:
    sample = papers.read("deploy/dingsweep.toml")
    changed = toml_text(sample, {"region": "intl", "suite_key": "s", "client_secret": None})
    assert len(changed.splitlines()) == len(sample.splitlines()), "each in its own line"
    with pytest.raises(Unchangeable):
        toml_text('x = """\nregion = 1\n"""\n', {"region": "cn"})
