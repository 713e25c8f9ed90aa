"""Settings for a new installation: asked for or given, written privately; and what to click at DingTalk."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import click
from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.commands.init_files import FRESH, PRIVATE, SHARED, Unchangeable, env_text, put, toml_text
from bot.commands.init_steps import told
from bot.commands.terminal import called, fail, shown
from bot.models import Language
from bot.settings import MARKED, PREFIX, TOML, Settings, SettingsError, load

ENV = ".env"
STDIN = Path("-")
NOWHERE = Path(os.devnull)
"""A folder without settings."""
WHOLE = {"client_id": "x", "client_secret": "x", "suite_key": "", "auth_corp_id": ""}
"""Enough of settings to have one of them looked at."""
_CREDENTIAL = re.compile(r"[\x21-\x23\x25-\x7e]{1,200}")
"""What may stand in .env as it is: no space, and no $, which would be read as a variable."""
_QUESTIONS: dict[str, dict[Language, str]] = {
    "client_id": {"en": "Client ID", "zh": "Client ID"},
    "client_secret": {"en": "Client Secret (not shown)", "zh": "Client Secret（不显示）"},
    "region": {
        "en": "Region: cn (mainland China) or intl (international)",
        "zh": "地区：cn（中国大陆）或 intl（国际版）",
    },
    "language": {
        "en": "Answers: auto (the command's language), zh or en",
        "zh": "回答用的语言：auto（跟命令一样）、zh 或 en",
    },
    "database_url": {
        "en": "Database: a SQLite file, or postgresql://user:password@host/name",
        "zh": "数据库：SQLite 文件，或 postgresql://user:password@host/name",
    },
    "auth_corp_id": {
        "en": "corpId of the one organisation to serve; empty for all that authorise the app",
        "zh": "只为一个企业服务时填它的 corpId；不填就为所有授权了应用的企业服务",
    },
}
_WHERE = {
    "en": "Both stand at open-dev.dingtalk.com, your app, 基础信息 > 凭证与基础信息. No app yet? "
    "{program} init --steps says how to make one.",
    "zh": "两个值都在 open-dev.dingtalk.com，你的应用，基础信息 > 凭证与基础信息。"
    "还没有应用？{program} init --steps 会告诉你怎么建。",
}
_WRITTEN = {"en": "{file} is written.", "zh": "已写入 {file}。"}
_REPLACED = {
    "en": "{file} is written; what was there is {kept}.",
    "zh": "已写入 {file}，原来的内容在 {kept}。",
}
_STAYS = {"en": "{file} stays as it is.", "zh": "{file} 没有变化。"}
_OUTDONE = {
    "en": "Note that {variable} of the environment differs, and wins.",
    "zh": "注意：环境变量 {variable} 的值不一样，以它为准。",
}
_KEEP = {"en": "Enter keeps the one there is", "zh": "回车沿用现有的"}


@dataclass
class Found:
    """Values by the names of settings: `given` by options and the environment, `there` in the files."""

    given: dict[str, str] = field(default_factory=dict)
    there: dict[str, str] = field(default_factory=dict)


@click.command()
@click.option("--client-id", metavar="ID", help="The app's Client ID.")
@click.option(
    "--client-secret-file",
    "secret_file",
    metavar="FILE",
    type=click.Path(allow_dash=True, path_type=Path),
    help="Read the Client Secret from there, - for standard input. It is never an option itself.",
)
@click.option("--region", metavar="REGION", help="cn or intl.")
@click.option("--answers", "language", metavar="LANGUAGE", help="The robot's language: auto, zh or en.")
@click.option("--database", "database_url", metavar="URL", help="A SQLite or PostgreSQL database.")
@click.option("--health", metavar="ADDRESS", help="Where a page says how it is, such as 127.0.0.1:8080.")
@click.option("--third-party", is_flag=True, help="It is a third-party app (第三方企业应用).")
@click.option("--auth-corp-id", metavar="ID", help="The organisation that installed a third-party app.")
@click.option("--force", is_flag=True, help="Change files that exist; copies of them are kept.")
@click.option("--steps", is_flag=True, help="Only print what to click; write nothing.")
@click.option(
    "--language",
    "speaking",
    type=click.Choice(sorted(get_args(Language))),
    help="In which language this is said.  [default: by LANG]",
)
def init(
    *,
    secret_file: Path | None,
    third_party: bool,
    force: bool,
    steps: bool,
    speaking: Language | None,
    **options: str | None,
) -> None:
    """Write dingsweep.toml and .env into this folder.

    Asks for what is not given by an option or the environment; without a terminal nothing is asked. Then prints what
    to click in DingTalk's developer console, and why. .env is readable by you alone.
    """
    speaking = speaking or _by_locale()
    if not steps:
        _check_environment()
        found = _look(options, force=force)
        if secret_file:
            found.given["client_secret"] = _read_secret(secret_file)
        is_there = any("suite_key" in values for values in (found.given, found.there))
        third_party = third_party or is_there
        asking = Asking(found, speaking, asks=is_terminal() and secret_file != STDIN)
        _write(asking.all(third_party=third_party), speaking, force=force)
    for line in told(speaking, third_party=third_party, is_written=not steps, program=called()):
        click.echo(line)


def is_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def _by_locale() -> Language:
    """As gettext looks it up."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    first = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "zh" if first.lower().startswith("zh") else "en"


def _check_environment() -> None:
    """What is wrong there is not to be blamed on an answer later."""
    try:
        load(NOWHERE, **WHOLE)
    except SettingsError as exc:
        fail(shown(str(exc)))


def _look(options: Mapping[str, str | None], *, force: bool) -> Found:
    """What is known before anything is asked. Ends the program where files are in the way."""
    files = [Path(name) for name in (TOML, ENV) if Path(name).exists()]
    if files and not force:
        left = "exist and are left as they are" if len(files) > 1 else "exists and is left as it is"
        fail(
            f"{' and '.join(map(str, files))} {left}: --force changes what you answer, keeps all else that is "
            "in there, and a copy of what was there before.",
            code=1,
        )
    found = Found()
    try:
        found.there |= _known(tomllib.loads(Path(TOML).read_text(MARKED)) if Path(TOML).exists() else {})
        found.there |= _known(_unprefixed(dotenv_values(ENV, interpolate=False, encoding=MARKED)))
    except tomllib.TOMLDecodeError as exc:
        fail(shown(f"{TOML} is not valid TOML: {exc}"), code=1)
    except (OSError, UnicodeDecodeError):
        fail(f"{TOML} and {ENV} cannot be read.", code=1)
    found.given |= _known(_unprefixed(os.environ))
    found.given |= {name: value for name, value in options.items() if value is not None}
    for name, value in found.given.items():
        if said := problem(name, value):
            fail(shown(said))
    return found


def _unprefixed(variables: Mapping[str, str | None]) -> dict[str, str | None]:
    ours = {name.upper(): value for name, value in variables.items()}
    return {name.removeprefix(PREFIX).lower(): v for name, v in ours.items() if name.startswith(PREFIX)}


def _known(values: Mapping[str, object]) -> dict[str, str]:
    """Of these values those that are asked for here."""
    names = {*_QUESTIONS, "health", "suite_key"}
    return {
        name: value for name, value in values.items() if name in names and isinstance(value, str) and value
    }


def _read_secret(file: Path) -> str:
    try:
        text = sys.stdin.read() if file == STDIN else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        fail(shown(f"{file} cannot be read: {getattr(exc, 'strerror', None) or 'it is no text'}."))
    secret = text.strip()
    if said := problem("client_secret", secret):
        fail(said)
    return secret


def problem(name: str, value: str) -> str:
    """What is wrong with a value, in one sentence without it; empty when nothing is."""
    if name in {"client_id", "client_secret", "suite_key"} and not _CREDENTIAL.fullmatch(value):
        what = "Client Secret" if name == "client_secret" else "Client ID"
        return (
            f"This is no {what}, which is one word of letters and digits: copy it from open-dev.dingtalk.com, "
            "your app, 凭证与基础信息."
        )
    try:
        load(NOWHERE, **WHOLE | {name: value})
    except SettingsError as exc:
        return str(exc)
    return ""


class Asking:
    """Gets a value for each setting: the one given, or an answer, or what is there, or the default."""

    def __init__(self, found: Found, speaking: Language, *, asks: bool) -> None:
        self._found = found
        self._speaking = speaking
        self._asks = asks

    def all(self, *, third_party: bool) -> dict[str, str]:
        """Everything, as settings. Ends the program where something needed is missing and nobody can be asked."""
        found = self._found
        if self._asks and not {"client_id", "client_secret"} <= found.given.keys():
            click.echo(_WHERE[self._speaking].format(program=called()))
        names = [name for name in _QUESTIONS if name != "auth_corp_id" or third_party]
        answers = {name: self._one(name) for name in names}
        if health := found.given.get("health") or found.there.get("health"):
            answers["health"] = health  # nobody is asked for it
        if third_party:
            answers |= {"suite_key": answers["client_id"], "suite_secret": answers["client_secret"]}
        return answers

    def _one(self, name: str) -> str:
        if name in self._found.given:
            return self._found.given[name]
        setting = Settings.model_fields[name]
        fallback = self._found.there.get(name) or ("" if setting.is_required() else str(setting.default))
        if self._asks:
            return self._answer(name, fallback)
        if not fallback and name != "auth_corp_id":
            option = {"client_id": "--client-id", "client_secret": "--client-secret-file"}[name]
            fail(
                f"{PREFIX}{name.upper()} is not set, and there is no terminal to ask at: give it, or {option}."
            )
        return fallback

    def _answer(self, name: str, fallback: str) -> str:
        """Asks until the answer is one that can be used."""
        question, is_secret = _QUESTIONS[name][self._speaking], name == "client_secret"
        is_hidden = is_secret or (name == "database_url" and _has_password(fallback))
        if is_hidden and fallback:
            question += f" [{_KEEP[self._speaking]}]"
        while True:
            answer: str = click.prompt(
                question,
                default=fallback,
                show_default=bool(fallback) and not is_hidden,
                hide_input=is_secret,
            ).strip()
            said = problem(name, answer) if answer or name != "auth_corp_id" else ""
            if not said:
                return answer
            click.echo(shown(said))


def _write(answers: dict[str, str], speaking: Language, *, force: bool) -> None:
    """Both files, or a sentence why not."""
    try:
        load(NOWHERE, **answers)
    except SettingsError as exc:
        fail(shown(str(exc)))
    private, public = _parted(answers)
    texts = (
        (Path(ENV), lambda old: env_text(old, private), "", PRIVATE),
        (Path(TOML), lambda old: toml_text(old, public), FRESH, SHARED),
    )
    changed = [(file, _changed(file, change, fresh), mode) for file, change, fresh, mode in texts]
    for file, text, mode in changed:
        if file.exists() and file.read_text("utf-8") == text:
            click.echo(_STAYS[speaking].format(file=file))
            continue
        try:
            kept = put(file, text, mode, replace=force)
        except FileExistsError:
            fail(f"{file} exists and is left as it is: --force changes it and keeps a copy.", code=1)
        except OSError as exc:
            fail(shown(f"{file} cannot be written: {exc.strerror}."), code=1)
        said = _REPLACED if kept else _WRITTEN
        click.echo(shown(said[speaking].format(file=file, kept=kept.name if kept else "")))
    for name, value in answers.items():
        variable = f"{PREFIX}{name.upper()}"
        if os.environ.get(variable, value) != value:
            click.echo(_OUTDONE[speaking].format(variable=variable))
    click.echo("")


def _changed(file: Path, change: Callable[[str], str], fresh: str) -> str:
    try:
        return change(file.read_text(MARKED) if file.exists() else fresh)
    except (Unchangeable, tomllib.TOMLDecodeError, UnicodeDecodeError):
        fail(f"{file} has lines that cannot be changed without touching others: change it by hand.", code=1)
    except OSError as exc:
        fail(shown(f"{file} cannot be read: {exc.strerror}."), code=1)


def _parted(answers: Mapping[str, str]) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """What belongs into .env, for it is secret or would be shared with it, and into dingsweep.toml.

    Each is taken out of the other file: .env would win, and a secret has no business in the other.
    """
    secret = {"client_id", "client_secret", "suite_secret"}
    if _has_password(answers["database_url"]):
        secret.add("database_url")
    names = [*answers, "client_secret", "suite_secret"]
    private = {f"{PREFIX}{name.upper()}": answers.get(name) if name in secret else None for name in names}
    public = {name: None if name in secret else answers.get(name) or None for name in names}
    return private, public


def _has_password(url: str) -> bool:
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):  # written wrong, as it stands in a file: who knows what of it is one
        return True
    return read.password is not None or "password" in read.query
