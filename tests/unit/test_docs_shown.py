"""What pages show is taken by the program: commands, settings, rules, and what is said to the robot."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.__main__ import main
from bot.channels import Channel
from bot.commands.policy_file import examine
from bot.policy.reading import KEYS
from bot.settings import PREFIX, Settings, load
from handlers.commands import VERBS, parse
from handlers.grammar import UsageProblem, fold_word
from sandbox.__main__ import _parser as sandbox_parser
from tests.unit import papers

PAGES = papers.everywhere()
SPOKEN = {"sh", "toml", "text", "json", "yaml", "ini", "python", "promql", "nginx", "mermaid", "csv", "po"}
"""What code blocks may be in; shell in any other name would not be looked at."""
OTHERS = """
    apt apt-get cat cd chmod chown cp curl date dig docker export getent git grep install journalctl jq kill kubectl
    kustomize ls mkdir mv nc openssl pg_dump pip pip-audit podman podman-compose prometheus promtool psql python
    python3 rm scp sed sleep ssh su sudo systemctl systemd-analyze systemd-creds systemd-run
    systemd-sysusers tail tar timedatectl touch umask useradd uv
"""
"""Programs that may be shown. Nothing here knows their options; files of ours that they are given must exist."""
OURS = ("bot/", "cards/", "deploy/", "docs/", "handlers/", "sandbox/", "tests/", ".ci/")
PLACEHOLDERS = {
    "target": "/drafts",
    "path": "/drafts",
    "request": "K7M2",
    "code": "a1b2c3d4",
    "page": "2",
    "reason": "old",
    "command": "delete",
    "目标": "/旧资料",
    "路径": "/旧资料",
    "单号": "K7M2",
    "验证码": "a1b2c3d4",
    "页": "2",
    "理由": "旧",
    "命令": "删除",
}
NEEDED = {"client_id": "somebody", "client_secret": "something"}
each = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@each
def test_code_says_what_it_is_in(page: str) -> None:
    paper = papers.read(page)
    assert set(papers.languages(paper)) <= SPOKEN
    for block in papers.blocks(paper, "python"):
        compile(block, page, "exec")
    if "sandbox/" not in page:  # there they are sketches, with … in them
        for block in papers.blocks(paper, "json"):
            json.loads(block)


SNIPPETS = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(papers.blocks(papers.read(page), "toml"), 1)
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_what_is_there_to_copy_is_taken_without_a_remark(snippet: str, tmp_path: Path) -> None:
    file = tmp_path / "dingsweep.toml"
    file.write_text(snippet, "utf-8")
    found = examine(file)
    assert (found.mistakes, found.warnings) == ((), ())
    assert load(tmp_path, **NEEDED).policy.rules


ENVIRONMENT = re.compile(r"(?: *\w+=.*\n)+")
"""A file `.env`, in which a value may have spaces."""


def _set(shown: list[str]) -> Iterator[tuple[str, str]]:
    """Name and value of whatever is set there, on a command line or in a file."""
    for block in shown:
        words = block.splitlines() if ENVIRONMENT.fullmatch(block) else shlex.split(block, comments=True)
        for word in words:
            name, equals, value = word.strip().partition("=")
            if equals:
                yield name, value


@each
def test_settings_that_are_named_are_taken(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = papers.read(page)
    known = {f"{PREFIX}{setting.upper()}" for setting in Settings.model_fields}
    assert set(re.findall(rf"{PREFIX}[A-Z]\w*", paper)) <= known
    for setting, value in _set(papers.blocks(paper, "sh")):
        if setting in known:
            monkeypatch.setenv(setting, value)
    assert load(tmp_path, **{} if f"{PREFIX}CLIENT_ID" in os.environ else NEEDED).client_id


@each
def test_a_setting_with_a_value_is_one_that_can_be_set(page: str) -> None:
    """As `confirm_minutes = 30` in running text: of the settings, of a rule, or of a channel."""
    channel = {field.alias or name for name, field in Channel.model_fields.items()}
    for span in papers.spans(papers.read(page)):
        if re.fullmatch(r"[a-z_]+ = .+", span):
            [name] = tomllib.loads(span.replace("…", ""))
            assert name in Settings.model_fields.keys() | set(KEYS) | channel, span


def _commands(block: str) -> Iterator[list[str]]:
    """The words of each simple command, assignments and redirections in front and behind taken off."""
    text = block.replace("\\\n", " ")
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word in (";", "|", "||", "&&", "&", "(", ")"):
                while words and re.match(r"\w+=", words[0]):
                    words.pop(0)
                if words:
                    yield words
                words = []
            elif words[-1:] and words[-1] in (">", ">>", "<"):
                words.pop()
            else:
                words.append(word)


@pytest.mark.parametrize("page", [page for page in PAGES if papers.blocks(papers.read(page), "sh")])
def test_what_is_there_to_type_is_understood(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        click.Path, "convert", lambda self, value, *_: value
    )  # no file is opened or looked for
    monkeypatch.setattr(click.File, "convert", lambda self, value, *_: value)
    for block in papers.blocks(papers.read(page), "sh"):
        said = subprocess.run(  # noqa: S603  it is read, not carried out
            [shutil.which("bash") or "bash", "-n"], input=block, text=True, capture_output=True, check=False
        )
        assert said.stderr == ""
        for words in () if ENVIRONMENT.fullmatch(block) else _commands(block):
            _understand(words)


def _understand(words: list[str]) -> None:
    program, *rest = words
    match Path(program).name, rest:
        case "dingsweep", _:
            _parse(main, rest)
        case "make", _:
            assert set(rest) - {word for word in rest if "=" in word} <= _targets(), words
        case (("python" | "python3"), ["-m", "sandbox", *options]):
            sandbox_parser().parse_args([option for option in options if option != "--help"])
        case (("python" | "python3"), ["-m", module, *_]) if (papers.ROOT / module.split(".")[0]).exists():
            file = papers.ROOT / module.replace(".", "/")
            assert file.is_dir() or file.with_suffix(".py").exists(), words
        case name, _:
            assert name in OTHERS.split() or program.startswith(OURS), f"nobody looks at what {name} is given"
            _understand_inside(rest)
    for word in words:
        if word.removeprefix("./").startswith(OURS) and not re.search(r"[*<>{}$:]", word):
            assert (papers.ROOT / word).exists(), f"there is no {word}"


def _understand_inside(words: list[str]) -> None:
    """A command of ours behind one of others, as in `docker compose run robot dingsweep doctor`."""
    for at, word in enumerate(words):
        if Path(word).name == "dingsweep" and words[at + 1 : at + 2] and words[at + 1] in main.commands:
            _parse(main, words[at + 1 :])


def _parse(command: click.Command, words: list[str]) -> None:
    """Raises UsageError for what this command does not take."""
    if not isinstance(command, click.Group):
        try:
            with command.make_context(command.name, list(words)):
                return
        except click.exceptions.Exit:  # --help
            return
    words = _behind_options(command, words)
    if not words or words in (["--help"], ["--version"]):
        return
    context = click.Context(command)
    found = command.get_command(context, words[0])
    rest = (
        words[1:] if found else words
    )  # audit K7M2 is short for audit show K7M2, backup FILE for backup write FILE
    found = found or command.get_command(context, "show") or command.get_command(context, "write")
    assert found, words
    _parse(found, rest)


def _behind_options(group: click.Group, words: list[str]) -> list[str]:
    """Without the group's own options, which stand before the command."""
    known = {word: each for each in group.params if isinstance(each, click.Option) for word in each.opts}
    while words and words[0] in known:
        words = words[1 if known[words[0]].is_flag else 2 :]
    return words


@each
def test_commands_in_running_text_are_understood(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There, what an option or a command is about may be left out."""
    monkeypatch.setattr(click.Path, "convert", lambda self, value, *_: value)
    monkeypatch.setattr(click.File, "convert", lambda self, value, *_: value)
    for span in papers.spans(papers.read(page)):
        words = span.split()
        if words[:1] == ["dingsweep"]:
            try:
                _parse(main, shlex.split(span.replace("…", ""))[1:])
            except (click.MissingParameter, click.BadOptionUsage):
                continue
        if words[:1] == ["make"] and len(words) == 2:
            assert words[1] in _targets(), span


def _targets() -> set[str]:
    return set(re.findall(r"^([\w-]+):", papers.read("Makefile"), re.MULTILINE))


@each
def test_what_is_there_to_say_is_understood(page: str) -> None:
    """Every span that begins with the robot's name, or with a word of its language and something behind."""
    words = {word for verb in VERBS for word in verb.words}
    for span in _said(papers.read(page)):
        first, _, rest = span.partition(" ")
        if not span.startswith("@Dingsweep") and (fold_word(first) not in words or not rest):
            continue
        if re.match(r"[=({]|[a-z]+ [=({]", rest):  # code
            continue
        for text in _filled(span):
            try:
                parse(text)
            except UsageProblem as problem:
                if problem.kind != "missing_argument":
                    raise AssertionError(f"{page}: {text}: {problem}") from problem


def _said(paper: str) -> list[str]:
    lines = [line for block in papers.blocks(paper, "text") for line in block.splitlines()]
    return [*papers.spans(paper), *(line for line in lines if line.startswith("@Dingsweep "))]


def _filled(usage: str) -> set[str]:
    """`undo <request> [<path>…]` with and without what may be left out, with something for each of its words."""
    made = []
    for taken in ("", r"\1"):
        text = re.sub(r" \[([^\]]+)\]", f" {taken}" if taken else "", usage).replace("…", "")
        text = re.sub(r"<([^>]+)>", lambda found: _thing(found[1]), text)
        made.append(re.sub(r"(?<= )(\w+)$", lambda found: PLACEHOLDERS.get(found[1], found[1]), text))
    return set(made)


def _thing(name: str) -> str:
    assert name in PLACEHOLDERS, f"say in PLACEHOLDERS what <{name}> stands for"
    return PLACEHOLDERS[name]
