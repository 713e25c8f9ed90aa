"""The commands people may type, and `parse`, which turns a text into one of them.

click reads options and arguments. It is handed each option bound to its value, then `--`, then the words, so
a quoted `"--permanent"` is a file name and never an option.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import click
from pydantic import Field

from bot.models import Language, Model
from handlers.grammar import (
    MAX_CHARS,
    Token,
    UsageProblem,
    fold_word,
    is_dashes,
    is_torn,
    language_of,
    nearest,
    scrub,
    split_command,
    tokens,
)
from handlers.targets import ROOT, Target, checked_id

_REQUEST_ID = re.compile(r"[A-Z0-9][A-Z0-9-]{1,15}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SPACE_ID = re.compile(r"[A-Za-z0-9_-]+")
_PAGE = re.compile(r"0*[1-9][0-9]{0,3}")


class DeleteArgs(Model):
    verb: Literal["delete"] = "delete"
    targets: tuple[Target, ...]
    space: str | None = None
    permanent: bool = False
    reason: str = ""
    dry_run: bool = False


class LsArgs(Model):
    verb: Literal["ls"] = "ls"
    folder: Target = ROOT
    space: str | None = None


class StatusArgs(Model):
    verb: Literal["status"] = "status"
    request: str | None = None


class DetailsArgs(Model):
    """`page` counts from 1; `csv` asks for the whole list as a file."""

    verb: Literal["details"] = "details"
    request: str
    page: int = 1
    csv: bool = False


class HistoryArgs(Model):
    """`page` counts from 1."""

    verb: Literal["history"] = "history"
    page: int = 1


class ConfirmArgs(Model):
    verb: Literal["confirm"] = "confirm"
    request: str
    nonce: str | None = None


class ApproveArgs(Model):
    verb: Literal["approve"] = "approve"
    request: str
    nonce: str | None = None


class RejectArgs(Model):
    verb: Literal["reject"] = "reject"
    request: str
    reason: tuple[str, ...] = ()


class CancelArgs(Model):
    verb: Literal["cancel"] = "cancel"
    request: str
    nonce: str | None = None


class ResumeArgs(Model):
    verb: Literal["resume"] = "resume"
    request: str


class UndoArgs(Model):
    """`targets` are what of a deletion is to come back; none stands for all of it."""

    verb: Literal["undo"] = "undo"
    request: str
    targets: tuple[Target, ...] = ()


class WhoamiArgs(Model):
    verb: Literal["whoami"] = "whoami"


class HelpArgs(Model):
    """`topic` is the canonical name of a command."""

    verb: Literal["help"] = "help"
    topic: str | None = None


class PingArgs(Model):
    verb: Literal["ping"] = "ping"


Command = (
    DeleteArgs
    | LsArgs
    | StatusArgs
    | DetailsArgs
    | HistoryArgs
    | ConfirmArgs
    | ApproveArgs
    | RejectArgs
    | CancelArgs
    | ResumeArgs
    | UndoArgs
    | WhoamiArgs
    | HelpArgs
    | PingArgs
)


class Parsed(Model):
    """A command and the language to answer it in. Survives JSON: `verb` tells one command from another."""

    command: Annotated[Command, Field(discriminator="verb")]
    language: Language


class Words(click.Option):
    """An option that takes all words up to the next option, unless its value is quoted."""


def _request_id(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).upper().lstrip("#")
    return _checked("request", folded, _REQUEST_ID)


def _nonce(text: str) -> str:
    return _checked("nonce", unicodedata.normalize("NFKC", text), _NONCE)


def _page(text: str) -> int:
    return int(_checked("page", unicodedata.normalize("NFKC", text), _PAGE))


def _space_id(text: str) -> str:
    return checked_id(_checked("space", unicodedata.normalize("NFKC", text), _SPACE_ID))


def _topic(text: str) -> str:
    return _verb(text).name


def _checked(parameter: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise UsageProblem("bad_value", parameter=parameter, value=value)
    return value


_SPACE = click.Option(["space", "--space", "--空间"], type=_space_id)
_REQUEST = click.Argument(["request"], type=_request_id)
_ANY_REQUEST = click.Argument(["request"], type=_request_id, required=False)
_NONCE_ARGUMENT = click.Argument(["nonce"], type=_nonce, required=False)


@dataclass(frozen=True)
class Verb:
    """One command: its canonical name, all words for it, what it parses to and from which parameters."""

    name: str
    words: tuple[str, ...]
    args: type[Command]
    parameters: tuple[click.Parameter, ...] = ()
    click_command: click.Command = field(init=False)
    options: dict[str, click.Option] = field(init=False)
    """every spelling of every option"""

    def __post_init__(self) -> None:
        command = click.Command(self.name, params=list(self.parameters), add_help_option=False)
        options = {name: p for p in self.parameters if isinstance(p, click.Option) for name in p.opts}
        object.__setattr__(self, "click_command", command)
        object.__setattr__(self, "options", options)

    def read(self, text: str) -> Command:
        """The command that the rest of a text makes of this verb. Raises UsageProblem."""
        argv = _arranged(self.options, tokens(text))
        try:
            params = self.click_command.make_context(self.name, argv).params
        except click.MissingParameter as exc:
            argument = exc.param.name if exc.param else None
            raise UsageProblem("missing_argument", command=self.name, argument=argument) from None
        except click.UsageError:
            raise UsageProblem("too_many_arguments", command=self.name) from None
        given: dict[str, Any] = {name: value for name, value in params.items() if value is not None}
        return self.args(**given)


VERBS = (
    Verb(
        "delete",
        ("delete", "rm", "删除", "刪除"),
        DeleteArgs,
        (
            click.Argument(["targets"], type=Target.of, nargs=-1, required=True),
            _SPACE,
            click.Option(["permanent", "--permanent", "--永久"], is_flag=True),
            Words(["reason", "--reason", "--理由"]),
            click.Option(["dry_run", "--dry-run", "--试运行", "--試運行"], is_flag=True),
        ),
    ),
    Verb("ls", ("ls", "列表"), LsArgs, (click.Argument(["folder"], type=Target.of, required=False), _SPACE)),
    Verb("status", ("status", "状态", "狀態"), StatusArgs, (_ANY_REQUEST,)),
    Verb(
        "details",
        ("details", "明细", "明細"),
        DetailsArgs,
        (
            _REQUEST,
            click.Argument(["page"], type=_page, required=False),
            click.Option(["csv", "--csv", "--表格"], is_flag=True),
        ),
    ),
    Verb(
        "history",
        ("history", "历史", "歷史", "记录"),
        HistoryArgs,
        (click.Argument(["page"], type=_page, required=False),),
    ),
    Verb("confirm", ("confirm", "确认", "確認"), ConfirmArgs, (_REQUEST, _NONCE_ARGUMENT)),
    Verb("approve", ("approve", "批准", "同意"), ApproveArgs, (_REQUEST, _NONCE_ARGUMENT)),
    Verb(
        "reject",
        ("reject", "驳回", "駁回", "拒绝", "拒絕"),
        RejectArgs,
        (_REQUEST, click.Argument(["reason"], nargs=-1)),
    ),
    Verb("cancel", ("cancel", "取消", "stop", "停止"), CancelArgs, (_REQUEST, _NONCE_ARGUMENT)),
    Verb("resume", ("resume", "继续", "繼續"), ResumeArgs, (_REQUEST,)),
    Verb(
        "undo",
        ("undo", "restore", "恢复", "恢復", "撤销", "撤銷"),
        UndoArgs,
        (_REQUEST, click.Argument(["targets"], type=Target.of, nargs=-1)),
    ),
    Verb("whoami", ("whoami", "我是谁", "我是誰"), WhoamiArgs),
    Verb(
        "help",
        ("help", "帮助", "幫助"),
        HelpArgs,
        (click.Argument(["topic"], type=_topic, required=False),),
    ),
    Verb("ping", ("ping",), PingArgs),
)

_BY_WORD = {word: verb for verb in VERBS for word in verb.words}
_CHINESE = tuple(word for word in _BY_WORD if not word.isascii())


def parse(text: str) -> Parsed:
    """Read what a person typed, mentions in front included.

    Raises UsageProblem, with the language to answer in and the command it was about, for every text that is none:

    - `empty`; `too_long` (limit); `unclosed_quote` (text)
    - `unknown_command` (word, nearest); `unknown_option` (option, nearest)
    - `repeated_option` (option); `missing_value` (option); `needless_value` (option); `bad_value` (parameter, value)
    - `missing_argument` (command, argument); `too_many_arguments` (command)
    - `bad_path` (path); `bad_id` (id); `bad_link` (link)
    """
    language, verb = language_of("", text[:MAX_CHARS]), None
    try:
        if len(text) > MAX_CHARS:
            raise UsageProblem("too_long", limit=str(MAX_CHARS))
        word, rest = split_command(scrub(text), _CHINESE)
        language = language_of(word, rest)
        verb = _verb(word)
        return Parsed(command=verb.read(rest), language=language)
    except UsageProblem as problem:
        problem.language = language
        problem.command = verb.name if verb else ""
        raise


def spoken(name: str, language: Language) -> str:
    """What a command is called when one speaks of it in this language."""
    words = _BY_WORD[name].words
    return next((word for word in words if not word.isascii()), name) if language == "zh" else name


def _verb(word: str) -> Verb:
    folded = fold_word(word)
    if folded not in _BY_WORD:
        raise UsageProblem("unknown_command", word=word, nearest=nearest(folded, _BY_WORD))
    return _BY_WORD[folded]


def _arranged(options: dict[str, click.Option], given: tuple[Token, ...]) -> list[str]:
    """The arguments for click: options with their values, `--`, words."""
    bound: dict[str, str] = {}
    words: list[str] = []
    queue = deque(given)
    while queue:
        token = queue.popleft()
        if not token.option:
            words.append(_whole(token))
            continue
        option = _known(options, token)
        name = option.opts[0]
        if option.is_flag:
            bound[name] = name
            continue
        if name in bound:
            raise UsageProblem("repeated_option", option=token.text)
        bound[name] = f"{name}={_value(option, token, queue)}"
    return [*bound.values(), "--", *words]


def _whole(token: Token) -> str:
    """A word that may be an argument; free text is let through, but half a name must not name anything."""
    if not token.quoted and is_torn(token.text):
        raise UsageProblem("unclosed_quote", text=token.text)
    if not token.quoted and is_dashes(token.text):
        raise UsageProblem("unknown_option", option=token.text, nearest=None)
    return token.text


def _known(options: dict[str, click.Option], token: Token) -> click.Option:
    option = options.get(token.text)
    if option is None:
        bare = {name.lstrip("-"): name for name in options}
        alike = bare.get(nearest(token.text.lstrip("-"), bare) or "")
        raise UsageProblem("unknown_option", option=token.text, nearest=alike)
    if option.is_flag and token.attached:
        raise UsageProblem("needless_value", option=token.text)
    return option


def _value(option: click.Option, token: Token, queue: deque[Token]) -> str:
    """The value of an option, taken from the tokens behind it."""
    if not queue or queue[0].option:
        raise UsageProblem("missing_value", option=token.text)
    first = queue.popleft()
    taken = [first.text]
    if isinstance(option, Words) and not first.quoted:
        while queue and not queue[0].option:
            taken.append(queue.popleft().text)
    return " ".join(taken)
