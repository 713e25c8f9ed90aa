"""The cards of a restore: calm, true in every state, and never longer than a card may be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import (
    Entry,
    Language,
    Operator,
    Progress,
    Request,
    RequestState,
    RestoreOutcome,
    RestoreReceipt,
    RestoreResult,
    RestoreShare,
)
from cards.escape import Markdown
from cards.fit import VALUE_BYTES, utf8_bytes
from cards.lists import details_pages
from cards.manifest_csv import manifest_csv
from cards.restore import restore_card, restored_card
from cards.status import status_list, status_text
from cards.texts import texts
from tests.unit.cards_given import (
    ASKED_AT,
    ENTRIES,
    LANGUAGES,
    SHANGHAI,
    WANG,
    button_ids,
    file,
    folder,
    hostile,
    kinds,
    request,
)

ZH, EN = texts("zh"), texts("en")
FAILED, PURGED = RestoreOutcome.FAILED, RestoreOutcome.PURGED
RESTORED, RENAMED = RestoreOutcome.RESTORED, RestoreOutcome.RENAMED
PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"}


def wish(state: RequestState = RequestState.AWAITING_CONFIRMATION, **given: object) -> Request:
    decided = state not in {RequestState.AWAITING_CONFIRMATION, RequestState.EXPIRED}
    asked = request(state=state, decided_by=WANG if decided else None, reason="")
    return asked.model_copy(update={"id": "R3N8", "kind": "restore", "undoes": "K7M2", **given})


def receipt(*results: RestoreResult, **given: object) -> RestoreReceipt:
    shares: dict[RestoreOutcome, RestoreShare] = {}
    for result in results:
        before = shares.get(result.outcome, RestoreShare())
        dentries = before.dentries + 1 + result.entry.contents
        shares[result.outcome] = RestoreShare(targets=before.targets + 1, dentries=dentries)
    made = RestoreReceipt(
        request=wish(RequestState.RUNNING), shares=shares, first=results, elapsed_s=3.2, **given
    )
    return made.model_copy(update={"request": wish(made.state)})


def result(entry: Entry, outcome: RestoreOutcome = RESTORED, new: str = "", cause: str = "") -> RestoreResult:
    return RestoreResult(entry=entry, outcome=outcome, cause=cause, new_path=new or entry.dentry.path)


def test_the_question_says_what_would_come_back_and_that_nothing_is_overwritten() -> None:
    card = restore_card(wish(bin_days=30), ENTRIES, ZH, SHANGHAI)
    assert card.title == "恢复 8 项？ · R3N8"
    assert card.markdown.split("\n\n") == [
        "**王小明** 要把 K7M2 删除的 3 个条目放回 **市场部群文件**",
        "📁 /2023/drafts（内含 5 项，200.0 KB）",
        "📄 /report.pdf · 12.4 MB",
        "📄 /预算 2023.xlsx · 2.0 MB",
        "共 8 项，14.6 MB",
        "放回原来的位置，不会覆盖任何文件；遇到同名文件，恢复的会在名字后面加编号",
        "⚠️ 回收站只保留 30 天，现在可能已经清掉一部分；还在的都会放回",
    ]
    assert [(button.id, button.color) for button in card.buttons] == [
        ("confirm", "blue"),
        ("details", "gray"),
        ("cancel", "gray"),
    ]
    assert "14:32 前有效" in card.tips


@pytest.mark.parametrize(
    ("state", "title", "line"),
    [
        (RequestState.RUNNING, "Restoring 8 items · R3N8", "⏳ **王小明** confirmed at 14:05, restoring…"),
        (
            RequestState.CANCELLED,
            "Cancelled: 8 items stay in the bin · R3N8",
            "**王小明** cancelled at 14:05, nothing was restored",
        ),
        (
            RequestState.EXPIRED,
            "Expired: 8 items stay in the bin · R3N8",
            "Nobody confirmed by 14:32: expired, nothing was restored",
        ),
    ],
)
def test_the_card_afterwards(state: RequestState, title: str, line: str) -> None:
    card = restore_card(wish(state), ENTRIES, EN, SHANGHAI)
    assert (card.title, card.markdown.split("\n\n")[-1]) == (title, line)
    assert card.buttons == ()


@pytest.mark.parametrize(
    ("given", "title", "line", "tips"),
    [
        (
            {},
            "Restoring 8 items · R3N8",
            "⏳ **王小明** confirmed at 14:05, restoring…",
            "3 of 8 items done, about 10 seconds left",
        ),
        (
            {"stop_asked": WANG},
            "Stopping the restore of 8 items · R3N8",
            "⏹ **王小明** confirmed at 14:05, now stopping",
            "3 of 8 items done. What is under way will finish, nothing new is started",
        ),
        (
            {"paused": "quota"},
            "Paused: the restore of 8 items · R3N8",
            "⏸ **王小明** confirmed at 14:05, now paused",
            "3 of 8 items done. This month's API calls are used up: send resume R3N8 to go on, "
            "or cancel R3N8 to end it",
        ),
    ],
)
def test_a_running_card_says_how_far_it_is(
    given: dict[str, object], title: str, line: str, tips: str
) -> None:
    far = Progress(targets=1, of_targets=3, dentries=3, of_dentries=8, left_s=7)
    card = restore_card(wish(RequestState.RUNNING, **given), ENTRIES, EN, SHANGHAI, under_way=far)
    assert (card.title, card.markdown.split("\n\n")[-1], card.tips) == (title, line, tips)


def test_a_long_one_can_be_stopped_from_the_moment_it_is_confirmed() -> None:
    long = wish().totals.model_copy(update={"targets": 51})
    for state in (RequestState.APPROVED, RequestState.RUNNING):
        card = restore_card(wish(state, totals=long), ENTRIES, EN, SHANGHAI)
        assert [button.text for button in card.buttons] == ["Details", "Stop"]


def test_what_ended_by_itself_or_by_a_backup_says_so() -> None:
    nobody = Operator(corp_id="ding1", user_id="dingsweep", union_id="", name="")
    rested = wish(RequestState.CANCELLED, stop_asked=nobody, decided_by=nobody)
    assert "Paused for a week" in restore_card(rested, ENTRIES, EN, SHANGHAI).markdown
    set_back = restore_card(wish(RequestState.EXPIRED, stop_asked=nobody), ENTRIES, EN, SHANGHAI)
    assert "restored an earlier backup" in set_back.markdown


def test_the_result_names_new_names_and_what_is_gone_for_good() -> None:
    done = receipt(
        result(ENTRIES[0]),
        result(ENTRIES[1], RENAMED, "/report(1).pdf"),
        result(ENTRIES[2], PURGED),
        new_folders=1,
    )
    card = restored_card(done, EN, SHANGHAI)
    assert card.title == "Restored: 7 of 8 items · R3N8"
    assert card.markdown.split("\n\n") == [
        "**市场部群文件** · undoes K7M2 · took 3 seconds",
        "**王小明** confirmed at 14:05",
        "The folder of 1 entry was gone and is there again",
        "⚠️ 1 item not restored: it was removed from the recycle bin and is not where it was; "
        "only a backup can bring it back",
        "📄 /预算 2023.xlsx",
        "1 item found its name taken and has another one now",
        "📄 /report.pdf → /report(1).pdf",
    ]
    assert button_ids(card.buttons) == ["details"]
    closed = restore_card(done.request, ENTRIES, EN, SHANGHAI, done)
    assert closed.markdown.endswith("partly done: 7 items restored, 1 no longer in the bin")


@pytest.mark.parametrize(
    ("outcome", "title"),
    [
        (RESTORED, "Restored: 8 items"),
        (RestoreOutcome.ALREADY_BACK, "Already back: 8 items"),
        (PURGED, "Not restored: 8 items"),
        (RestoreOutcome.UNKNOWN, "Not confirmed yet: 8 items"),
    ],
)
def test_the_title_is_the_fact(outcome: RestoreOutcome, title: str) -> None:
    card = restored_card(receipt(*(result(entry, outcome) for entry in ENTRIES)), EN, SHANGHAI)
    assert card.title == f"{title} · R3N8"


def test_status_and_details_tell_it() -> None:
    done = receipt(result(ENTRIES[0]), result(ENTRIES[1], RENAMED, "/report(1).pdf"), result(ENTRIES[2]))
    assert status_list([wish(RequestState.RUNNING)], ZH).startswith("**R3N8** · 正在恢复 · 撤销 K7M2")
    assert "已完成：恢复 8 项" in status_text(done.request, ZH, SHANGHAI, done)
    undone = status_text(request(state=RequestState.DONE), ZH, SHANGHAI, undone_by=[done.request])
    assert "**王小明** 14:05 撤销了这次删除，见 R3N8" in undone
    part = wish(RequestState.DONE, totals=done.request.totals.model_copy(update={"dentries": 7}))
    assert "撤销了一部分，见 R3N8" in status_text(
        request(state=RequestState.DONE), ZH, SHANGHAI, undone_by=[part]
    )
    rows = details_pages(done.request, done.first, ZH)[0].split("\n\n")
    assert rows[2:] == ["📄 /report.pdf · 12.4 MB → /report(1).pdf", "📄 /预算 2023.xlsx · 2.0 MB · 已恢复"]
    assert '"已恢复，改了名字"' in manifest_csv(done.request, done.first, ZH, SHANGHAI)


@given(st.sampled_from(LANGUAGES), st.lists(st.sampled_from(list(RestoreOutcome)), max_size=12), hostile)
def test_strangers_texts_do_nothing_and_fit(
    language: Language, outcomes: list[RestoreOutcome], text: str
) -> None:
    t = texts(language)
    entries = [
        folder(f"/{text}{n}", contents=n) if n % 2 else file(f"/{text}{n}") for n in range(len(outcomes))
    ]
    named = WANG.model_copy(update={"name": text})
    results = [
        result(entry, outcome, f"/{text}", cause=text)
        for entry, outcome in zip(entries, outcomes, strict=True)
    ]
    done = receipt(*results)
    done = done.model_copy(update={"request": done.request.model_copy(update={"requester": named})})
    cards = [
        restored_card(done, t, SHANGHAI),
        restore_card(done.request, entries, t, SHANGHAI, done),
        restore_card(wish(requester=named, expires_at=ASKED_AT + timedelta(days=2)), entries, t, SHANGHAI),
    ]
    for card in cards:
        assert isinstance(card.markdown, Markdown) or card.markdown
        assert utf8_bytes(card.markdown) <= VALUE_BYTES
        assert kinds(card.markdown) <= PLAIN
