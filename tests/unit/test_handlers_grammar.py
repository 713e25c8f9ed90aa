"""The grammar of commands: what people type, and what it must never be taken for."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handlers.commands import (
    VERBS,
    CancelArgs,
    ConfirmArgs,
    DeleteArgs,
    DetailsArgs,
    HelpArgs,
    HistoryArgs,
    LsArgs,
    Parsed,
    PingArgs,
    StatusArgs,
    Verb,
    WhoamiArgs,
    parse,
)
from handlers.grammar import MAX_CHARS, Token, UsageProblem, quote, scrub, tokens
from handlers.targets import ROOT, Target

T = TypeVar("T")
UUID = "EpGBa2Lm8aRmzkkNhplMx1prWgN7R35y"


def deletion(text: str) -> DeleteArgs:
    command = parse(text).command
    assert isinstance(command, DeleteArgs)
    return command


def named(text: str) -> list[str]:
    return [target.value for target in deletion(text).targets]


def problem(text: str) -> UsageProblem:
    with pytest.raises(UsageProblem) as caught:
        parse(text)
    return caught.value


def attempt(read: Callable[[], T]) -> T | UsageProblem:
    try:
        return read()
    except UsageProblem as found:
        return found


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("ls", LsArgs()),
        ("LS /2023", LsArgs(folder=Target.of("/2023"))),
        ("列表 /2023 --空间 12", LsArgs(folder=Target.of("/2023"), space="12")),
        ("status", StatusArgs()),
        ("status k7m2", StatusArgs(request="K7M2")),
        ("状态 #ｋ７ｍ２", StatusArgs(request="K7M2")),
        ("details K7M2", DetailsArgs(request="K7M2")),
        ("history", HistoryArgs()),
        ("历史 2", HistoryArgs(page=2)),
        ("歷史２", HistoryArgs(page=2)),
        ("记录", HistoryArgs()),
        ("明细 K7M2 ２", DetailsArgs(request="K7M2", page=2)),
        ("confirm k7m2 Ab-9", ConfirmArgs(request="K7M2", nonce="Ab-9")),
        ("确认 k7m2", ConfirmArgs(request="K7M2")),
        ("cancel K7M2", CancelArgs(request="K7M2")),
        ("取消K7M2 x1", CancelArgs(request="K7M2", nonce="x1")),
        ("whoami", WhoamiArgs()),
        ("我是谁？", WhoamiArgs()),
        ("help", HelpArgs()),
        ("帮助。", HelpArgs()),
        ("/help rm", HelpArgs(topic="delete")),
        ("帮助 删除", HelpArgs(topic="delete")),
        ("ＰＩＮＧ", PingArgs()),
    ],
)
def test_every_command_has_its_words(text: str, command: object) -> None:
    parsed = parse(text)
    assert parsed.command == command
    assert Parsed.model_validate_json(parsed.model_dump_json()) == parsed


@pytest.mark.parametrize(
    "word", ["delete", "rm", "删除", "DELETE", "ｒｍ", "@Dingsweep rm", "＠扫地\u2005删除"]
)
def test_delete_by_any_name(word: str) -> None:
    assert named(f"{word} /2023/drafts") == ["/2023/drafts"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("删除/2023/drafts", ["/2023/drafts"]),
        ("删除／2023／drafts", ["/2023/drafts"]),
        ("删除：/2023", ["/2023"]),
        ("删除“我的 报告.pdf”", ["我的 报告.pdf"]),
        ("删除报告.docx", ["报告.docx"]),
        ("删除.gitignore", [".gitignore"]),
    ],
)
def test_chinese_needs_no_space(text: str, names: list[str]) -> None:
    assert named(text) == names


@pytest.mark.parametrize(
    "quoted",
    [
        "“a  b”",
        "”a  b”",
        "„a  b“",
        "‟a  b”",
        "＂a  b＂",
        '"a  b"',
        "「a  b」",
        "『a  b』",
        "‘a  b’",
        "＇a  b＇",
        "'a  b'",
        "“a  b“",
        '"a  b”',
        "“a  b＂",
    ],
)
def test_quotes_of_every_style(quoted: str) -> None:
    assert tokens(f"x　{quoted}\u200b\n{quoted}") == (
        Token("x"),
        Token("a  b", quoted=True),
        Token("a  b", quoted=True),
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('rm "a／b—c　d“e”"', ["a／b—c　d“e”"]),
        ("rm 关于“十四五”规划.docx", ["关于“十四五”规划.docx"]),
        ("rm “十四五”规划.docx “b c.txt”", ["“十四五”规划.docx", "b c.txt"]),
        ("rm “关于“十四五” 规划.docx” x", ["关于“十四五” 规划.docx", "x"]),
        ("rm “关于“十四五”” x", ["关于“十四五”", "x"]),
        ("rm it's 'it is' ’tis", ["it's", "it is", "’tis"]),
        ('rm "a"" b" c', ['a" b', "c"]),
    ],
)
def test_quotations_inside_names(text: str, names: list[str]) -> None:
    assert [target.text for target in deletion(text).targets] == names


@pytest.mark.parametrize(
    "text",
    [
        "rm “a",
        'rm "a b',
        "rm 「a b",
        "rm /2023/“a b”.pdf",
        'rm /2023/"a b.pdf"',
        'rm "a b"/c',
        'rm a"',
        "rm “a b”.pdf",
    ],
)
def test_half_a_quotation_is_refused(text: str) -> None:
    assert problem(text).kind == "unclosed_quote"


@pytest.mark.parametrize(
    "option", ["--permanent", "——permanent", "—permanent", "－－permanent", "–PERMANENT", "——永久"]
)
def test_dashes_that_begin_an_option(option: str) -> None:
    assert deletion(f"rm {option} a").permanent
    assert deletion(f"rm a {option}").permanent
    assert not deletion(f"rm '{option}'").permanent


@pytest.mark.parametrize("name", ["a-b", "2023—2024", "—草稿.docx", "a --", "x\u200d\u2640"])
def test_dashes_and_joiners_in_names_stay(name: str) -> None:
    assert named(f"rm {quote(name) if ' ' in name else name}") == [name]


@pytest.mark.parametrize(
    "option",
    ["--space=a1", "--space a1", "--SPACE：a1", "——空间＝a1", "--空间 ａ１", '--space "a1"', "--space='a1'"],
)
def test_values_of_options(option: str) -> None:
    assert deletion(f"rm x {option}").space == "a1"
    assert deletion(f"rm {option} x").targets == (Target.of("x"),)


@pytest.mark.parametrize(
    ("text", "reason", "names"),
    [
        ("rm /a --reason spring cleaning", "spring cleaning", ["/a"]),
        ("rm /a --reason=spring cleaning --dry-run", "spring cleaning", ["/a"]),
        ('rm --reason "spring cleaning" /a', "spring cleaning", ["/a"]),
        ("rm --理由 “季度 清理” /a /b", "季度 清理", ["/a", "/b"]),
        ("rm /a ——理由：清理“旧 文件” ——试运行", "清理“旧 文件”", ["/a"]),
        ("rm /a --理由 旧的 —— 已过期", "旧的 —— 已过期", ["/a"]),
        ("rm /a --reason '--permanent'", "--permanent", ["/a"]),
    ],
)
def test_reason_takes_all_words_or_one_quotation(text: str, reason: str, names: list[str]) -> None:
    args = deletion(text)
    assert (args.reason, [target.value for target in args.targets]) == (reason, names)
    assert not args.permanent


def test_an_unquoted_reason_never_names_a_target() -> None:
    assert problem("rm --reason old stuff /a").kind == "missing_argument"


def test_marks_and_line_breaks_between_words_are_nothing() -> None:
    assert named("\u200f\u200bde\u200blete\u200b /a\u200b\r\n\u2066/b\u2069\u3000\ufeff") == ["/a", "/b"]


@pytest.mark.parametrize(
    ("text", "kind", "facts"),
    [
        ("", "empty", {}),
        (" \u200b　\n", "empty", {}),
        ("@Dingsweep ", "empty", {}),
        ("x" * (MAX_CHARS + 1), "too_long", {"limit": str(MAX_CHARS)}),
        ("delet /a", "unknown_command", {"word": "delet", "nearest": "delete"}),
        ("删除了吗", "unknown_command", {"word": "删除了吗", "nearest": "删除"}),
        ("你好", "unknown_command", {"word": "你好", "nearest": None}),
        ("help delet", "unknown_command", {"word": "delet", "nearest": "delete"}),
        ("rm /a --permanant", "unknown_option", {"option": "--permanant", "nearest": "--permanent"}),
        ("rm /a ——试运", "unknown_option", {"option": "--试运", "nearest": "--试运行"}),
        ("rm -rf /", "unknown_option", {"option": "-rf", "nearest": None}),
        ("rm /a —— old", "unknown_option", {"option": "——", "nearest": None}),
        ("ls --permanent", "unknown_option", {"option": "--permanent", "nearest": None}),
        ("rm /a --space 1 --空间 2", "repeated_option", {"option": "--空间"}),
        ("rm /a --space", "missing_value", {"option": "--space"}),
        ("rm /a --space --permanent", "missing_value", {"option": "--space"}),
        ("rm /a --reason=", "missing_value", {"option": "--reason"}),
        ("rm /a --permanent=no", "needless_value", {"option": "--permanent"}),
        ("rm /a --space 市场部", "bad_value", {"parameter": "space", "value": "市场部"}),
        ("confirm ../..", "bad_value", {"parameter": "request", "value": "../.."}),
        ("confirm K7M2 a'b", "bad_value", {"parameter": "nonce", "value": "a'b"}),
        ("history K7M2", "bad_value", {"parameter": "page", "value": "K7M2"}),
        ("details K7M2 0", "bad_value", {"parameter": "page", "value": "0"}),
        ("details K7M2 -1", "unknown_option", {"option": "-1", "nearest": None}),
        ("rm", "missing_argument", {"command": "delete", "argument": "targets"}),
        ("cancel", "missing_argument", {"command": "cancel", "argument": "request"}),
        ("ls /a /b", "too_many_arguments", {"command": "ls"}),
        ("ping pong", "too_many_arguments", {"command": "ping"}),
        ("rm ''", "bad_path", {"path": ""}),
        ("rm /a/../b", "bad_path", {"path": "/a/../b"}),
        ("rm " + "1" * 400, "bad_id", {"id": "1" * 79 + "…"}),
        ("rm /a --space " + "1" * 65, "bad_id", {"id": "1" * 65}),
        ("rm https://evil.com/a", "bad_link", {"link": "https://evil.com/a"}),
    ],
)
def test_what_is_no_command(text: str, kind: str, facts: dict[str, str | None]) -> None:
    assert (problem(text).kind, problem(text).facts) == (kind, facts)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("delete /报告.docx", "en"),
        ("delete /a --永久", "zh"),
        ("删除 /report", "zh"),
        ("rm /report", "en"),
        ("rm /报告.docx", "zh"),
        ("rm “my report.pdf”", "en"),
        ("ls　/2023", "zh"),
        ("ping", "en"),
    ],
)
def test_language_of_a_command(text: str, language: str) -> None:
    assert parse(text).language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [("删除", "zh"), ("rm", "en"), ("delet /报告", "zh"), ("你好", "zh"), ("", "en"), ("rm “报告", "zh")],
)
def test_language_of_a_problem(text: str, language: str) -> None:
    assert problem(text).language == language


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("/", "root", "/"),
        ("//.", "root", "/"),
        ("/2023//./drafts/", "path", "/2023/drafts"),
        ("2023/drafts", "path", "/2023/drafts"),
        ("report.pdf", "name", "report.pdf"),
        ("...", "name", "..."),
        ("2023", "name", "2023"),
        ("104898", "id", "104898"),
        ("１０４８９８", "name", "１０４８９８"),
        (f"https://alidocs.dingtalk.com/i/nodes/{UUID}", "link", UUID),
        (f"HTTP://AliDocs.DingTalk.io/i/nodes/{UUID}/?utm_source=im&x=1#top", "link", UUID),
    ],
)
def test_targets(text: str, kind: str, value: str) -> None:
    assert Target.of(text) == Target.model_validate({"text": text, "kind": kind, "value": value})


@pytest.mark.parametrize(
    "link",
    [
        f"https://alidocs.dingtalk.com.evil.com/i/nodes/{UUID}",
        f"https://alidocs.dingtalk.com@evil.com/i/nodes/{UUID}",
        f"https://evil.com/https://alidocs.dingtalk.com/i/nodes/{UUID}",
        f"https://alidocs.dingtalk.com/i/nodes/{UUID}/../x",
        "https://alidocs.dingtalk.com/i/nodes/",
        "https://alidocs.dingtalk.com/i/nodes/a%2fb",
        "https://alidocs.dingtalk.com/i/spaces/abc/overview",
    ],
)
def test_other_links_are_refused(link: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        Target.of(link)
    assert caught.value.kind == "bad_link"


def test_the_root_is_a_target_that_says_so() -> None:
    assert deletion("rm /").targets == (ROOT,)


def test_no_word_means_two_commands() -> None:
    words = [word for verb in VERBS for word in verb.words]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_and_its_arguments_bear_the_same_name(verb: Verb) -> None:
    assert verb.args.model_fields["verb"].default == verb.name


PIECES = st.sampled_from(
    [
        "rm",
        "delete ",
        "删除",
        " ",
        "\u3000",
        "\u200b",
        "\n",
        "--",
        "—",
        "-",
        "=",
        "：",
        '"',
        "“",
        "”",
        "「",
        "」",
        "'",
        "’",
        "/",
        "..",
        "／",
        "@a ",
        "--space",
        "--reason",
        "——永久",
        "K7M2",
        "https://alidocs.dingtalk.com/i/nodes/",
    ]
)
ANY_TEXT = st.text() | st.text(st.characters()) | st.lists(PIECES | st.text(max_size=3)).map("".join)


@settings(deadline=None)
@given(ANY_TEXT)
@example("rm " + '"' * 9_000)
@example("rm " + "“a“ " * 2_000)
@example("rm " + "'a " * 3_000)
@example("rm " + "-" * 9_000)
@example("@" * 9_000)
@example("rm \ud800\0")
def test_any_text_is_a_command_or_a_problem(text: str) -> None:
    answer = attempt(lambda: parse(text))
    assert answer.language in {"zh", "en"}
    if isinstance(answer, Parsed):
        assert answer == Parsed.model_validate_json(answer.model_dump_json())


@settings(deadline=None)
@given(st.text())
@example('a" b')
@example('"')
@example("——永久")
@example("“a” b’ 」 』")
def test_a_quoted_name_is_the_same_target(name: str) -> None:
    name = scrub(name)
    target = attempt(lambda: Target.of(name))
    if isinstance(target, UsageProblem):
        assert problem(f"rm {quote(name)} x").kind == target.kind
    else:
        assert deletion(f"rm {quote(name)} x").targets == (target, Target.of("x"))
        assert deletion(f"删除{quote(name)}").targets == (target,)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=4), st.text())
def test_nothing_quoted_turns_an_option_on(names: list[str], reason: str) -> None:
    text = " ".join(quote(scrub(f"a{name}".replace("/", ""))) for name in names)
    args = deletion(f"rm {text} --reason {quote(scrub(reason))}")
    assert (len(args.targets), args.reason) == (len(names), scrub(reason))
    assert not args.permanent
    assert not args.dry_run
