"""The card of a receipt: what was deleted, what was not and why, and what to do about it."""

from __future__ import annotations

import pytest

from bot.models import ItemResult, Outcome, RequestState, Ruling
from cards.result import MAX_FAILURES, cause_key, result_card
from cards.texts import texts
from tests.unit.cards_given import (
    ENTRIES,
    LI,
    SHANGHAI,
    ZHAO,
    accounted,
    button_ids,
    file,
    folder,
    receipt,
    request,
    result,
    voted,
    yes,
)

ZH, EN = texts("zh"), texts("en")


def lines(results: list[ItemResult], **given: object) -> list[str]:
    return result_card(receipt(results, **given), ZH, SHANGHAI).markdown.split("\n\n")


def test_all_deleted() -> None:
    card = result_card(receipt([result(entry) for entry in ENTRIES]), ZH, SHANGHAI)

    assert card.title == "已移到回收站：8 项 · K7M2"
    assert card.markdown.split("\n\n") == [
        "**市场部群文件** · 14.6 MB · 用时 3 秒",
        "**王小明** 14:05 确认",
        "删错了？可以撤销，或发送：恢复 K7M2",
    ]
    assert button_ids(card.buttons) == ["undo", "details"]


def test_failures_are_grouped_by_cause_the_most_common_first() -> None:
    results = [
        result(file("/a.pdf"), Outcome.DENIED, "permissionDenied"),
        result(file("/b.pdf"), Outcome.FAILED, "operationConcurrentControl"),
        result(file("/c.pdf"), Outcome.FAILED, "operationConcurrentControl"),
        result(file("/d.pdf"), Outcome.ALREADY_GONE),
        result(ENTRIES[1]),
    ]
    card = result_card(receipt(results, decided_by=LI), ZH, SHANGHAI)

    assert card.title == "已移到回收站：1 / 5 项 · K7M2"
    assert card.markdown.split("\n\n") == [
        "**市场部群文件** · 12.4 MB · 用时 3 秒",
        "**王小明** 提出，**李经理** 14:05 批准",
        "1 项之前就已经不在了",
        "⚠️ 2 项没有删除：有人正在改动，几分钟后再删一次就行",
        "📄 /b.pdf",
        "📄 /c.pdf",
        "⚠️ 1 项没有删除：王小明没有删除权限，可以请文件的创建者或空间管理员处理",
        "📄 /a.pdf",
        "删错了？可以撤销，或发送：恢复 K7M2",
    ]


def test_many_failures_show_the_first_and_how_to_see_all() -> None:
    failed = [result(file(f"/{n}.pdf"), Outcome.DENIED, "permissionDenied") for n in range(47)]
    card = result_card(receipt(failed), EN, SHANGHAI)

    assert card.title == "Not deleted: 47 items · K7M2"
    assert card.markdown.count("📄") == MAX_FAILURES
    assert "… and 27 more; send details K7M2 to see them all" in card.markdown
    assert "recycle bin" not in card.markdown


def test_a_stop_names_who_wanted_it_and_lists_little() -> None:
    kept = [result(file(f"/{n}.pdf"), Outcome.FAILED, "stopped") for n in range(8)]
    stopped = receipt([result(file("/a.pdf"), Outcome.DELETED), *kept], stop_asked=LI)
    card = result_card(stopped, EN, SHANGHAI)
    assert card.title == "Moved to the bin: 1 of 9 items · K7M2"
    assert "⏹ 8 items not deleted: **李经理** stopped the deletion" in card.markdown
    assert card.markdown.count("📄") == 5
    assert "… and 3 more; send details K7M2 to see them all" in card.markdown
    assert button_ids(card.buttons) == ["undo", "details"]


def test_every_cause_is_named_even_when_one_has_many_long_paths() -> None:
    denied = [result(file("/" + "名" * 200 + str(n)), Outcome.DENIED, "permissionDenied") for n in range(30)]
    shown = lines([*denied, result(file("/x.pdf"), Outcome.CHANGED)])

    assert [line[:1] for line in shown].count("⚠") == 2
    assert "📄 /x.pdf" in shown


@pytest.mark.parametrize(
    ("outcome", "cause", "key"),
    [
        (Outcome.DENIED, "permissionDenied", "cause.denied"),
        (Outcome.DENIED, "", "cause.denied"),
        (Outcome.NOT_RECYCLABLE, "recycleBinNotSupportForSpace", "cause.no_recycle_bin"),
        (Outcome.NOT_RECYCLABLE, "operationNotSupported", "cause.not_recyclable"),
        (Outcome.NOT_RECYCLABLE, "", "cause.not_recyclable"),
        (Outcome.FAILED, "operationConcurrentControl", "cause.busy"),
        (Outcome.FAILED, "spaceNotExist", "cause.space_gone"),
        (Outcome.FAILED, "paramError.dentryIds", "cause.bad_id"),
        (Outcome.FAILED, "task_failed", "cause.task_failed"),
        (Outcome.FAILED, "systemError", "cause.trouble"),
        (Outcome.FAILED, "quota", "cause.quota"),
        (Outcome.FAILED, "no_scope", "cause.no_scope"),
        (Outcome.FAILED, "Forbidden.AccessDenied.QpsLimitForApi", "cause.throttled"),
        (Outcome.FAILED, "brandNewCode", "cause.other"),
        (Outcome.FAILED, "", "cause.none"),
        (Outcome.CHANGED, "", "cause.changed"),
        (Outcome.UNKNOWN, "systemError", "cause.unknown"),
        (Outcome.UNKNOWN, "task_running", "cause.unknown"),
    ],
)
def test_each_cause_has_its_sentence(outcome: Outcome, cause: str, key: str) -> None:
    assert cause_key(result(ENTRIES[1], outcome, cause)) == key
    assert ZH(key, n=1, name="王", code="c", id="K7M2") != EN(key, n=1, name="王", code="c", id="K7M2")


def test_an_unnamed_cause_shows_its_code_and_codes_are_not_mixed() -> None:
    shown = lines(
        [result(ENTRIES[1], Outcome.FAILED, "codeA"), result(ENTRIES[2], Outcome.FAILED, "[b](http://x)")]
    )

    assert "⚠️ 1 项没有删除：钉钉返回 codeA，请把 K7M2 告诉机器人的管理员" in shown
    assert any("［b］(http：//x)" in line for line in shown)


def test_what_has_no_bin_is_kept_and_deleting_for_ever_is_offered_only_where_allowed() -> None:
    kept = receipt([result(ENTRIES[1], Outcome.NOT_RECYCLABLE, "recycleBinNotSupportForSpace")])

    assert "--permanent" in result_card(kept, ZH, SHANGHAI).markdown
    assert "--permanent" not in result_card(kept, ZH, SHANGHAI, allow_permanent=False).markdown
    assert "原样保留" in result_card(kept, ZH, SHANGHAI).markdown


@pytest.mark.parametrize(
    ("outcomes", "title"),
    [
        ([Outcome.UNKNOWN] * 3, "Not confirmed yet: 8 items · K7M2"),
        ([Outcome.ALREADY_GONE] * 3, "Already gone: 8 items · K7M2"),
        ([Outcome.DENIED] * 3, "Not deleted: 8 items · K7M2"),
        ([Outcome.DELETED, Outcome.ALREADY_GONE, Outcome.DELETED], "Moved to the bin: 7 of 8 items · K7M2"),
    ],
)
def test_the_title_is_the_fact(outcomes: list[Outcome], title: str) -> None:
    results = [result(entry, outcome) for entry, outcome in zip(ENTRIES, outcomes, strict=True)]
    assert result_card(receipt(results), EN, SHANGHAI).title == title


def test_a_permanent_deletion_is_not_said_to_be_restorable() -> None:
    card = result_card(receipt([result(e) for e in ENTRIES], to_recycle_bin=False), EN, SHANGHAI)

    assert card.title == "⛔ Permanently deleted: 8 items · K7M2"
    assert "bin" not in card.markdown


def test_everybody_who_approved_is_named() -> None:
    both = voted(yes(LI), yes(ZHAO, 18), needed=2, state=RequestState.RUNNING, decided_by=ZHAO)
    card = result_card(accounted(both, [result(ENTRIES[1])]), ZH, SHANGHAI)
    assert "**王小明** 提出，**李经理**（14:05）、**赵同事**（14:20）批准" in card.markdown


def test_what_changed_since_the_approval_is_said_with_what_is_new() -> None:
    changed = [
        ItemResult(entry=ENTRIES[0], outcome=Outcome.CHANGED, added=3, added_names=("新.pdf", "[x](y)")),
        ItemResult(entry=folder("/c"), outcome=Outcome.CHANGED, added=1, added_names=("d.txt",)),
        ItemResult(entry=folder("/e"), outcome=Outcome.CHANGED, added=2),
        result(ENTRIES[1], Outcome.CHANGED),
    ]
    given = accounted(voted(yes(LI), decided_by=LI), changed)
    shown = result_card(given, ZH, SHANGHAI).markdown.split("\n\n")

    assert shown[2:-2] == [
        "⚠️ 8 项没有删除：文件夹里的内容比批准时多了；仍要删除，请重新发送命令",
        "📁 /2023/drafts · 之后新增 3 项：新.pdf、［x］(y) 等",
        "📁 /c · 之后新增 1 项：d.txt",
        "📁 /e · 之后新增 2 项",
    ]
    assert shown[-2:] == ["⚠️ 1 项没有删除：批准之后内容变了；仍要删除，请重新发送命令", "📄 /report.pdf"]
    confirmed = result_card(receipt(changed), EN, SHANGHAI).markdown
    assert "the folders hold more than was confirmed" in confirmed
    assert "it changed after the confirmation" in confirmed


def test_rights_that_lack_are_those_of_whoever_it_ran_as() -> None:
    given = voted(yes(LI), decided_by=LI, ruling=Ruling(answer="approve", run_as="approver"))
    denied = accounted(given, [result(ENTRIES[1], Outcome.DENIED)])
    assert "李经理没有删除权限" in result_card(denied, ZH, SHANGHAI).markdown


def test_who_asked_is_named_where_nobody_had_to_confirm() -> None:
    given = request(state=RequestState.RUNNING).model_copy(update={"ruling": Ruling(answer="run")})
    ran = accounted(given, [result(ENTRIES[1])])
    assert "**王小明** 提出，按规则无需确认" in result_card(ran, ZH, SHANGHAI).markdown
