"""Everything fits: whole lines first, then inside a text, never inside a character."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import (
    Card,
    Entry,
    Language,
    Operator,
    Outcome,
    Owner,
    RequestState,
    Ruling,
    Space,
    Survey,
    Totals,
)
from cards.approval import approval_card
from cards.entries import entry_line
from cards.escape import Markdown, escape
from cards.fit import NAME_BYTES, VALUE_BYTES, characters, json_bytes, pages, short, short_path, utf8_bytes
from cards.request import preview_card, request_card
from cards.result import result_card
from cards.texts import texts
from tests.unit.cards_given import (
    ASKED_AT,
    LANGUAGES,
    LI,
    SHANGHAI,
    WANG,
    accounted,
    file,
    folder,
    hostile,
    kinds,
    no,
    receipt,
    request,
    result,
    voted,
    yes,
)

OURS = {"paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"}
RED = "<font colorTokenV2=common_red1_color>"

long_texts = st.one_of(
    st.sampled_from(
        ["王" * 400, "很长的理由，" * 334, "*" * 2000, "_" * 999, "👨‍👩‍👧" * 100, "a" * 2000, ""]
    ),
    hostile,
)
paths = st.one_of(
    st.sampled_from(["/" + "名" * 200, "/很长的文件夹" * 30 + "/合同.pdf", "/a.pdf", "/" + "@" * 500]),
    hostile.map(lambda name: f"/{name}"),
)
entries = st.lists(
    st.one_of(
        st.builds(file, paths, st.integers(0, 10**15)),
        st.builds(folder, paths, st.integers(0, 999), st.integers(0, 10**15)),
    ),
    min_size=1,
    max_size=8,
)
times = st.sampled_from((1, 200))
languages = st.sampled_from(LANGUAGES)
causes = st.sampled_from(
    (
        "permissionDenied",
        "operationConcurrentControl",
        "systemError",
        "quota",
        "task_failed",
        "",
        "odd.code",
        "*" * 300,
    )
)
ends = st.lists(st.tuples(st.sampled_from(Outcome), causes), min_size=1, max_size=9)


def assert_fits(card: Card) -> None:
    buttons = json.dumps({"msgButtons": [{**b.model_dump(), "request": True} for b in card.buttons]})
    values = [card.title, card.markdown, card.tips, buttons]
    assert [value for value in values if utf8_bytes(value) > VALUE_BYTES] == []


@settings(deadline=None)
@given(languages, entries, times, st.tuples(long_texts, long_texts, long_texts), st.booleans())
def test_the_question_fits_and_keeps_what_must_be_said(
    language: Language, some: list[Entry], times: int, said: tuple[str, str, str], permanent: bool
) -> None:
    t = texts(language)
    name, space, reason = said
    asked = request(
        some * times,
        permanent=permanent,
        requester=Operator(corp_id="c", user_id="u", union_id="x", name=name),
        space=Space(id="s", name=space),
        reason=reason,
    )
    card = preview_card(asked, some * times, t, SHANGHAI)

    assert_fits(card)
    assert short(name, NAME_BYTES) in card.markdown
    assert short(name, NAME_BYTES) in card.tips
    assert "14:32" in card.tips
    assert t.number(asked.totals.dentries) in card.markdown
    assert permanent is ("永久" in card.markdown or "permanently" in card.markdown)
    assert entry_line(some[0], t) in card.markdown


@settings(deadline=None)
@given(languages, entries, long_texts, st.sampled_from(RequestState), st.booleans())
def test_the_question_fits_in_every_later_state(
    language: Language, some: list[Entry], name: str, state: RequestState, finished: bool
) -> None:
    decider = LI.model_copy(update={"name": name})
    decided = request(some * 100, state=state, decided_by=decider, reason=name)
    account = receipt([result(entry, Outcome.UNKNOWN) for entry in some]) if finished else None

    assert_fits(request_card(decided, some * 100, texts(language), SHANGHAI, account))


voting = st.tuples(
    st.integers(0, 12), st.integers(1, 12), st.sampled_from(RequestState), st.booleans(), st.booleans()
)


@settings(deadline=None)
@given(languages, entries, long_texts, long_texts, voting)
def test_the_cards_of_an_approval_fit_and_name_what_must_be_known(
    language: Language,
    some: list[Entry],
    name: str,
    said: str,
    voting: tuple[int, int, RequestState, bool, bool],
) -> None:
    approvals, needed, state, permanent, finished = voting
    t, who = texts(language), LI.model_copy(update={"name": name})
    votes = [yes(who, minute) for minute in range(approvals)]
    votes += [no(who, 20, said)] if state is RequestState.REJECTED else []
    given = voted(
        *votes,
        state=state,
        needed=needed,
        asked=[who] * max(needed, approvals),
        permanent=permanent,
        decided_by=who if approvals >= needed else None,
        requester=who,
        space=Space(id="s", name=said),
        reason=said,
        survey=Survey(
            oldest=ASKED_AT - timedelta(days=999),
            newest=ASKED_AT,
            others=99_999,
            owners=(Owner(union_id="x", name=name, dentries=33_333),) * 3,
        ),
        totals=Totals(targets=50, dentries=999_999, folders=999_999, size_bytes=10**18),
        ruling=Ruling(answer="approve", needed=needed, run_as="approver"),
        expires_at=ASKED_AT + timedelta(days=9),
    )
    account = receipt([result(entry, Outcome.UNKNOWN) for entry in some]) if finished else None
    for why in (said, Markdown("规" * 200)):
        for card in (
            approval_card(given, some * 9, t, SHANGHAI, account, why=why),
            request_card(given, some * 9, t, SHANGHAI, account, why=why),
        ):
            assert_fits(card)
            assert kinds(card.markdown.replace(RED, "").replace("</font>", "")) <= OURS
            assert short(name, NAME_BYTES) in card.markdown
            if state is RequestState.AWAITING_APPROVAL:
                assert permanent is ("永久" in card.markdown or "permanently" in card.markdown)
                assert "14:02" in card.tips


@settings(deadline=None)
@given(languages, long_texts, st.integers(1, 12))
def test_the_result_fits_whoever_approved_and_whatever_was_added(
    language: Language, name: str, approvals: int
) -> None:
    t, who = texts(language), LI.model_copy(update={"name": name})
    changed = [
        result(folder(f"/{name}{number}", 9), Outcome.CHANGED).model_copy(
            update={"added": 3, "added_names": (name, name, name)}
        )
        for number in range(9)
    ]
    asked = voted(*[yes(who)] * approvals, state=RequestState.FAILED, decided_by=who, requester=who)
    card = result_card(accounted(asked, changed, 1), t, SHANGHAI)

    assert_fits(card)
    assert "📁" in card.markdown
    assert kinds(card.markdown) <= OURS


@settings(deadline=None)
@given(languages, entries, times, long_texts, ends)
def test_the_result_fits_and_names_its_first_failure(
    language: Language, some: list[Entry], times: int, name: str, ends: list[tuple[Outcome, str]]
) -> None:
    t = texts(language)
    results = [result(entry, *ends[number % len(ends)]) for number, entry in enumerate(some * times)]
    requester = WANG.model_copy(update={"name": name})
    account = receipt(results, requester=requester, space=Space(id="s", name=name), decided_by=LI)
    card = result_card(account, t, SHANGHAI)

    assert_fits(card)
    assert t.duration(account.elapsed_s) in card.markdown
    if account.not_gone:
        assert "📄" in card.markdown or "📁" in card.markdown


@given(hostile, st.integers(8, 200))
def test_a_text_is_cut_between_characters_and_says_so(text: str, max_bytes: int) -> None:
    whole = escape(text)
    for cut in (short(text, max_bytes), short_path(text, max_bytes)):
        assert utf8_bytes(cut) <= max(max_bytes, utf8_bytes("□"))
        assert cut == whole or "…" in cut


def test_a_path_keeps_both_ends() -> None:
    cut = short_path("/" + "很长的文件夹" * 33 + "/合同.pdf", 100)

    assert cut.startswith("/很长的文件夹")
    assert cut.endswith("/合同.pdf")


def test_a_reader_s_characters_are_not_taken_apart() -> None:
    assert [*characters("e\u0301👨‍👩‍👧🇨🇳🇨🇳👍🏽1️⃣")] == ["e\u0301", "👨‍👩‍👧", "🇨🇳", "🇨🇳", "👍🏽", "1️⃣"]
    assert short("👨‍👩‍👧" * 9, 40) == "👨‍👩‍👧" * 2 + "…"


@given(st.lists(hostile, max_size=60), st.integers(500, 2000))
def test_pages_hold_every_row_once_and_whole(rows: list[str], max_bytes: int) -> None:
    safe = [str(escape(row)) for row in rows]
    split = pages(safe, max_bytes)

    assert [row for page in split for row in page] == safe
    assert all(json_bytes("\n\n".join(page)) <= max_bytes for page in split if len(page) > 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thousand_files_say_how_many_are_not_listed(language: Language) -> None:
    thousand = [file(f"/{number}.pdf", 1000) for number in range(1000)]
    card = preview_card(request(thousand), thousand, texts(language), SHANGHAI)

    assert card.markdown.count("📄") == 5
    assert "995" in card.markdown
    assert "1,000" in card.title
