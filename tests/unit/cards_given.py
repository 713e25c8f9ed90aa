"""People, files and requests to show, and the strangest texts a stranger can send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.models import (
    Button,
    Conversation,
    Dentry,
    DentryType,
    Entry,
    ItemResult,
    Language,
    Operator,
    Outcome,
    Owner,
    Receipt,
    Request,
    RequestState,
    Ruling,
    Share,
    Space,
    Survey,
    Totals,
    Vote,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
ASKED_AT = datetime(2023, 11, 23, 6, 2, tzinfo=UTC)
WANG = Operator(corp_id="ding1", user_id="wang", union_id="uWang", name="王小明")
LI = Operator(corp_id="ding1", user_id="li", union_id="uLi", name="李经理")
ZHAO = Operator(corp_id="ding1", user_id="zhao", union_id="uZhao", name="赵同事")
QIAN = Operator(corp_id="ding1", user_id="qian", union_id="uQian", name="钱同事")
SPACE = Space(id="sp1", name="市场部群文件", corp_id="ding1")
LANGUAGES: Sequence[Language] = ("zh", "en")

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def file(path: str, size_bytes: int = 0, dentry_id: str = "1") -> Entry:
    return Entry(dentry=_dentry(path, DentryType.FILE, dentry_id, size_bytes))


def folder(path: str, contents: int = 0, contents_bytes: int = 0, dentry_id: str = "2") -> Entry:
    dentry = _dentry(path, DentryType.FOLDER, dentry_id, 0)
    return Entry(dentry=dentry, contents=contents, contents_bytes=contents_bytes)


def _dentry(path: str, kind: DentryType, dentry_id: str, size_bytes: int) -> Dentry:
    return Dentry(
        space_id="sp1",
        dentry_id=dentry_id,
        parent_id="0",
        type=kind,
        name=path.rpartition("/")[2],
        path=path,
        size_bytes=size_bytes,
    )


ENTRIES = (
    folder("/2023/drafts", contents=5, contents_bytes=200_000),
    file("/report.pdf", 12_400_000),
    file("/预算 2023.xlsx", 2_000_000),
)


def request(
    entries: Sequence[Entry] = ENTRIES,
    *,
    permanent: bool = False,
    state: RequestState = RequestState.AWAITING_CONFIRMATION,
    requester: Operator = WANG,
    decided_by: Operator | None = None,
    space: Space = SPACE,
    reason: str = "季度清理",
) -> Request:
    """Asked at 14:02 in Shanghai, open for half an hour, decided (if it is) three minutes later."""
    totals = Totals(
        targets=len(entries),
        dentries=sum(1 + entry.contents for entry in entries),
        folders=sum(entry.dentry.is_folder for entry in entries),
        size_bytes=sum(entry.size_bytes for entry in entries),
    )
    return Request(
        id="K7M2",
        requester=requester,
        conversation=Conversation(id="cid1", kind="group"),
        space=space,
        totals=totals,
        digest="",
        to_recycle_bin=not permanent,
        reason=reason,
        state=state,
        nonce="n",
        message_key="m",
        created_at=ASKED_AT,
        expires_at=ASKED_AT + timedelta(minutes=30),
        decided_by=decided_by,
        decided_at=ASKED_AT + timedelta(minutes=3) if decided_by else None,
    )


SURVEY = Survey(
    oldest=datetime(2019, 3, 2, tzinfo=UTC),
    newest=datetime(2022, 11, 30, tzinfo=UTC),
    others=4,
    owners=(Owner(union_id="uZhao", name="赵同事", dentries=3), Owner(union_id="uQian", name="", dentries=1)),
)


def voted(
    *votes: Vote,
    state: RequestState = RequestState.AWAITING_APPROVAL,
    needed: int = 1,
    asked: Sequence[Operator] = (LI,),
    permanent: bool = False,
    decided_by: Operator | None = None,
    **given: object,
) -> Request:
    """The same request where others decide, until 14:32, and it begins by 15:05."""
    ruling = Ruling(rule="many", answer="approve", needed=needed, approvers=("manager",))
    update = {"ruling": ruling, "survey": SURVEY, "asked": tuple(asked), "votes": votes, "nonce": "a1b2c3d4"}
    run_before = ASKED_AT + timedelta(minutes=63) if decided_by else None
    waiting = request(state=state, permanent=permanent, decided_by=decided_by)
    return waiting.model_copy(update={**update, "run_before": run_before, **given})


def yes(operator: Operator, minutes: int = 3) -> Vote:
    return Vote(operator=operator, approves=True, at=ASKED_AT + timedelta(minutes=minutes))


def no(operator: Operator, minutes: int = 3, reason: str = "") -> Vote:
    return Vote(operator=operator, approves=False, at=ASKED_AT + timedelta(minutes=minutes), reason=reason)


def receipt(results: Sequence[ItemResult], **given: object) -> Receipt:
    """A job of three seconds with these results; `given` goes into its request."""
    asked = request([result.entry for result in results], decided_by=WANG)
    asked = asked.model_copy(update={"state": RequestState.RUNNING, **given})
    return accounted(asked, results, 3.2)


def accounted(asked: Request, results: Sequence[ItemResult], elapsed_s: float = 3) -> Receipt:
    """The receipt of a request whose job had these results, all of which are samples."""
    ends: dict[tuple[Outcome, str, bool], list[ItemResult]] = {}
    for each in results:
        ends.setdefault((each.outcome, each.cause, each.added > 0), []).append(each)
    shares = tuple(
        Share(
            outcome=outcome,
            cause=cause,
            targets=len(same),
            dentries=sum(each.dentries for each in same),
            size_bytes=sum(each.entry.size_bytes for each in same),
            gone=sum(each.gone for each in same),
            added=sum(each.added for each in same),
        )
        for (outcome, cause, _), same in ends.items()
    )
    return Receipt(request=asked, shares=shares, samples=tuple(results), elapsed_s=elapsed_s)


def result(entry: Entry, outcome: Outcome = Outcome.DELETED, cause: str = "") -> ItemResult:
    return ItemResult(entry=entry, outcome=outcome, cause=cause)


def rendered(markdown: str) -> list[Token]:
    """Every token of a reading of `markdown`, blocks and what is inside their lines."""
    return [token for block in _MARKDOWN.parse(markdown) for token in (block, *(block.children or ()))]


def kinds(markdown: str) -> set[str]:
    return {token.type for token in rendered(markdown)}


def button_ids(buttons: Sequence[Button]) -> list[str]:
    return [button.id for button in buttons]


FRAGMENTS = (
    *("[x](http://evil.example)", "![](https://evil.example/a.png)", "<https://evil.example>", "[元气满满]"),
    *("<a atId=wang>@王小明</a>", "@all", "<b>", "</font>", "<!--", "&lt;", "&#60;", "&amp"),
    *("**", "*", "__", "_", "~~", "~", "```", "`", "\\", "|", "| a | b |", "| - | - |"),
    *("# ", "> ", "- ", "+ ", "1. ", "1) ", "***", "---", "==="),
    *("://", "dingtalk://", "dtmd://", "javascript:", "mailto:a@b.example", "www.evil.example"),
    *("\n", "\r\n", "\t", "    ", "\u2028", "\x00", "\x85", " ", "\u3000"),
    *("\u202e", "\u2066", "\u200f", "\u200b", "\u200d", "\ufe0f", "\ufeff", "\u3164", "\U000e0041", "\ud800"),
    *("\u0301" * 9, "👨‍👩‍👧", "❤️", "1️⃣", "🇨🇳", "👍🏽", "合同", "a", "7", ".pdf", "/"),
)

hostile = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=12).map("".join)
"""Texts made of everything that means something to Markdown, to DingTalk or to the eye."""
