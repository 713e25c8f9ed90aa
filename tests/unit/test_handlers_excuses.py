"""Every way a text can be no command has a sentence that names what was wrong, in both languages."""

from typing import get_args

import pytest

from bot.deletion.problems import TargetProblem
from bot.dingtalk.errors import (
    BadCredentials,
    Conflict,
    Denied,
    DingTalkError,
    Invalid,
    QuotaUsedUp,
    Throttled,
    TransportError,
)
from bot.models import Language
from cards.texts import texts
from handlers import excuses
from handlers.commands import parse
from handlers.grammar import MAX_CHARS, UsageKind, UsageProblem

TYPED: dict[UsageKind, tuple[str, str]] = {
    "empty": ("@Dingsweep ", ""),
    "too_long": ("rm " + "a" * MAX_CHARS, ""),
    "unknown_command": ("delet /a", "delete"),
    "unclosed_quote": ('rm "/my report.pdf', ""),
    "unknown_option": ("rm /a --permanant", "--permanent"),
    "repeated_option": ("rm /a --space 1 --space 2", "--space"),
    "missing_value": ("rm /a --reason", "--reason"),
    "needless_value": ("rm /a --dry-run=yes", "--dry-run"),
    "missing_argument": ("cancel", "K7M2"),
    "too_many_arguments": ("ls /a /b", "ls"),
    "bad_value": ("details K7M2 many", "many"),
    "bad_path": ("rm /../etc", "/../etc"),
    "bad_id": ("rm " + "9" * 400, "999"),
    "bad_link": ("rm https://example.com/x", ""),
}


def problem(text: str) -> UsageProblem:
    with pytest.raises(UsageProblem) as caught:
        parse(text)
    return caught.value


def test_every_kind_is_tried() -> None:
    assert TYPED.keys() == set(get_args(UsageKind))


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("kind", get_args(UsageKind))
def test_every_kind_has_a_sentence(kind: UsageKind, language: Language) -> None:
    text, named = TYPED[kind]
    found = problem(text)
    assert found.kind == kind
    sentence = excuses.usage(found, texts(language))
    assert named in sentence
    assert "{" not in sentence
    assert "reply." not in sentence


@pytest.mark.parametrize("parameter", ["request", "nonce", "space", "page"])
def test_every_parameter_has_a_sentence(parameter: str) -> None:
    typed = {
        "request": "status ???",
        "nonce": "confirm K7M2 ???",
        "space": "ls --space ???",
        "page": "details K7M2 0",
    }
    found = problem(typed[parameter])
    assert found.facts["parameter"] == parameter
    assert excuses.usage(found, texts("en"))


def test_help_is_offered_for_the_command_that_was_typed() -> None:
    assert "help ls" in excuses.usage(problem("ls --foo"), texts("en"))
    assert "help delete" in excuses.usage(problem("rm /a —— old"), texts("en"))


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (Invalid("POST /x", "paramError", request_id="REQ-1"), "REQ-1"),
        (Conflict("POST /x", "operationConcurrentControl"), "operationConcurrentControl"),
        (TransportError("GET /x", "timeout"), "cannot be reached"),
        (Throttled("GET /x", "Forbidden.AccessDenied.QpsLimitForApi"), "slow down"),
        (QuotaUsedUp("GET /x", "Forbidden.AccessDenied.ApiCountLimitForOrg"), "used up"),
        (Denied("GET /x", "permissionDenied"), "no access to 24010002"),
        (Denied("GET /x", "Forbidden.AccessDenied.AccessTokenPermissionDenied"), "API permission"),
        (BadCredentials("POST /x", "invalidClientIdOrSecret"), "cannot sign in"),
    ],
)
def test_what_dingtalk_refuses_is_told_for_what_it_is(error: DingTalkError, named: str) -> None:
    assert named in excuses.dingtalk(error, texts("en"), place="24010002")


@pytest.mark.parametrize("language", get_args(Language))
def test_looking_is_not_told_of_deletions_and_spaces_get_a_hint(language: Language) -> None:
    t = texts(language)
    missing = TargetProblem("not_found", target="/a", nearest=None)
    file = TargetProblem("through_file", path="/b", file="/b")
    assert not any(word in excuses.looking(one, t) for one in (missing, file) for word in ("delete", "删"))
    assert "2023.xlsx" in excuses.deleting(missing, t, targets=2)
    assert "2023.xlsx" not in excuses.deleting(missing, t, targets=1)
