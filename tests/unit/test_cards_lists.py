"""Long answers: details page by page, listings, dry runs, status, help."""

from __future__ import annotations

import json

import pytest

from bot.models import Conversation, Language, Manifest, Outcome, Request, RequestState
from cards.fit import PAGE_BYTES
from cards.help import COMMANDS, help_command, help_text
from cards.lists import PAGE_ROWS, details_page, details_pages, dry_run_text, listing
from cards.status import MAX_REQUESTS, status_list, status_text, whoami_text
from cards.texts import texts
from tests.unit.cards_given import (
    ENTRIES,
    LANGUAGES,
    LI,
    SHANGHAI,
    SPACE,
    WANG,
    ZHAO,
    file,
    folder,
    kinds,
    no,
    receipt,
    request,
    result,
    voted,
    yes,
)

ZH, EN = texts("zh"), texts("en")
PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"}
LONG = [file(f'/"{"名" * 200}"/{number}.pdf', 1000) for number in range(1000)]


def message_bytes(markdown: str) -> int:
    return len(json.dumps({"text": markdown}, ensure_ascii=False).encode())


@pytest.mark.parametrize("language", LANGUAGES)
def test_details_show_every_entry_on_pages_that_fit(language: Language) -> None:
    pages = details_pages(request(LONG), LONG, texts(language))
    everything = "\n".join(pages)

    assert all(message_bytes(page) <= PAGE_BYTES + 100 for page in pages)
    assert all(f"/{number}.pdf" in everything for number in range(1000))
    assert f"{len(pages)}" in pages[0].split("\n\n")[0]
    assert all("K7M2" in page for page in pages)


def test_details_of_a_result_say_what_became_of_each() -> None:
    results = [
        result(ENTRIES[0]),
        result(ENTRIES[1], Outcome.FAILED, "[x]"),
        result(ENTRIES[2], Outcome.ALREADY_GONE),
    ]

    assert details_pages(request(), results, ZH)[0].split("\n\n") == [
        "**市场部群文件** 的 8 项 · K7M2 · 第 1 / 1 页",
        "📁 /2023/drafts（内含 5 项，200.0 KB） · 已移到回收站",
        "📄 /report.pdf · 12.4 MB · 没有删除（［x］）",
        "📄 /预算 2023.xlsx · 2.0 MB · 之前就不在了",
    ]
    assert "已永久删除" in details_pages(request(permanent=True), results, ZH)[0]


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_words(outcome: Outcome) -> None:
    for t in (ZH, EN):
        assert details_pages(request(), [result(ENTRIES[1], outcome)], t)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_very_many_has_all_its_rows_however_long_they_are(language: Language) -> None:
    pattern = '"' * 240 + "名"
    rows = [file(f"/{pattern}/{number}.pdf", 1000) for number in range(PAGE_ROWS)]
    changed = {"outcome": Outcome.CHANGED, "added": 9, "added_names": (pattern,) * 3}
    for shown in (rows, [result(row).model_copy(update=changed) for row in rows]):
        page = details_page(voted(), shown, texts(language), page=2, of=2500)
        assert message_bytes(page) <= PAGE_BYTES + 100
        assert page.count("📄") == PAGE_ROWS
        assert "2,500" in page.split("\n\n")[0]
    assert len(details_page(voted(), ENTRIES, EN, page=1, of=2).split("\n\n")) == 2 + len(ENTRIES)


def test_details_of_nothing_are_one_page() -> None:
    assert len(details_pages(request([]), [], EN)) == 1


def test_a_listing_has_folders_first_and_says_what_is_left_out() -> None:
    few = [file("/x/b.pdf", 1000).dentry, folder("/x/a").dentry]
    assert listing("/x", few, EN).split("\n\n") == ["2 items in **/x**", "📁 a", "📄 b.pdf · 1.0 KB"]
    assert listing("/x", [], ZH) == "**/x** 是空的。"
    cut = listing("/x", few, EN, total=100_000).split("\n\n")
    assert (cut[0], cut[-1]) == ("100,000 items in **/x**", "… and 99,998 more")


def test_a_listing_counts_what_it_leaves_out() -> None:
    named = [file("/" + "名" * 200 + f"{number}.pdf").dentry for number in range(100)]
    text = listing("/", named, EN)

    assert message_bytes(text) <= PAGE_BYTES + 100
    assert text.endswith(f"… and {100 - text.count('📄')} more")


def test_a_dry_run_says_that_nothing_happened() -> None:
    manifest = Manifest.freeze(SPACE, ENTRIES[1:])

    assert dry_run_text(manifest, ZH).split("\n\n") == [
        "试运行：会把 **市场部群文件** 里的 2 项移到回收站，现在什么都没有删",
        "📄 /report.pdf · 12.4 MB",
        "📄 /预算 2023.xlsx · 2.0 MB",
        "共 2 项，14.4 MB",
    ]
    assert "permanently" in dry_run_text(manifest, EN, to_recycle_bin=False)
    assert message_bytes(dry_run_text(Manifest.freeze(SPACE, LONG), EN)) <= PAGE_BYTES


@pytest.mark.parametrize("state", RequestState)
def test_status_of_every_state(state: RequestState) -> None:
    for t in (ZH, EN):
        text = status_text(request(state=state, decided_by=LI), t, SHANGHAI)
        assert text.startswith("**K7M2** · ")
        assert ("14:32" in text) is (state.is_open or state is RequestState.EXPIRED)


def test_status_tells_what_came_of_it() -> None:
    done = request(state=RequestState.DONE, decided_by=WANG)
    account = receipt([result(entry) for entry in ENTRIES])

    assert status_text(done, EN, SHANGHAI, account).split("\n\n") == [
        "**K7M2** · done · 市场部群文件 · 8 items, 14.6 MB",
        "Asked by **王小明** at 14:02 on 2023-11-23",
        "Reason: 季度清理",
        "**王小明** confirmed at 14:05",
        "8 items moved to the recycle bin",
        "Send details K7M2 to see every entry",
    ]


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (
            voted(yes(LI), needed=2, asked=(LI, ZHAO, WANG)),
            [
                "⏳ 已请李经理、赵同事、王小明审批，其中 2 人批准即可",
                "已批准 1 / 2：**李经理**（14:05）",
                "14:32 前有效",
            ],
        ),
        (
            voted(yes(LI), state=RequestState.APPROVED, decided_by=LI),
            ["⏳ **李经理** 14:05 批准，15:05 前开始删除"],
        ),
        (voted(state=RequestState.EXPIRED), ["到 14:32 没有人批准，已过期，什么都没有删"]),
        (
            voted(yes(LI), state=RequestState.EXPIRED, decided_by=LI),
            ["**李经理** 14:05 批准，但到 15:05 还没能开始，已过期，什么都没有删"],
        ),
        (
            voted(no(LI, 3, "还在用"), state=RequestState.REJECTED, decided_by=LI),
            ["**李经理** 14:05 驳回，什么都没有删。驳回理由：还在用"],
        ),
    ],
)
def test_status_tells_who_decides_and_how_far_it_is(given: Request, lines: list[str]) -> None:
    assert status_text(given, ZH, SHANGHAI).split("\n\n")[3:-1] == lines


def test_what_is_approved_and_waits_is_not_said_to_be_deleting() -> None:
    waiting = voted(yes(LI), state=RequestState.APPROVED, decided_by=LI)
    assert "approved, not begun" in status_list([waiting], EN)
    assert "deleting" in status_list([request(state=RequestState.APPROVED, decided_by=WANG)], EN)


def test_details_of_what_waits_say_once_who_is_asked() -> None:
    first, *rest = details_pages(voted(), LONG, EN)

    assert first.split("\n\n")[1] == "⏳ Asked to approve: 李经理"
    assert not [page for page in rest if "Asked" in page]
    assert "Asked" not in details_pages(voted(state=RequestState.DONE), LONG, EN)[0]


def test_a_list_of_requests_is_a_line_each() -> None:
    assert status_list([], EN) == "There are no recent requests."
    assert "永久删除" in status_list([request(permanent=True)], ZH)
    assert status_list([request()] * (MAX_REQUESTS + 3), EN).endswith("… and 3 more")


def test_whoami_names_person_and_place() -> None:
    here = Conversation(id="cidABC==", kind="group")

    assert "cidABC==" in whoami_text(WANG, here, SPACE, EN)
    assert "**市场部群文件** (ID: sp1)" in whoami_text(WANG, here, SPACE, EN)
    assert "--空间" in whoami_text(WANG, here, None, ZH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_tells_every_command_and_reads_as_written(language: Language) -> None:
    t = texts(language)

    assert help_text(t).count("**") == 2 * len(COMMANDS)
    assert kinds(help_text(t)) <= PLAIN
    for name in (*COMMANDS, "confirm"):
        assert kinds(help_command(name, t)) <= PLAIN
    assert "--permanent" in help_command("delete", t)
    with pytest.raises(KeyError):
        help_command("explode", t)


@pytest.mark.parametrize("code", ["permissionDenied", "operationNotSupported", "task_failed"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_code_with_a_sentence_is_not_shown(code: str, language: Language) -> None:
    [page] = details_pages(request(), [result(file("/a"), Outcome.FAILED, cause=code)], texts(language))

    assert code not in page
