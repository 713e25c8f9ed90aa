"""A receipt in numbers: the title of its card and one line of counts, contents of folders included."""

from __future__ import annotations

from bot.models import Outcome, Receipt, RequestState
from cards.escape import Markdown
from cards.texts import Texts


def result_title(receipt: Receipt, t: Texts) -> Markdown:
    """The fact with its number: moved to the bin: 46 / 47 items · K7M2"""
    request = receipt.request
    done, total = receipt.deleted_dentries, request.totals.dentries
    if done and receipt.state is RequestState.DONE and done == total:
        key = "result.title_recycled" if request.to_recycle_bin else "result.title_permanent"
        return t(key, n=done, id=request.id)
    if done:
        key = "result.title_recycled_part" if request.to_recycle_bin else "result.title_permanent_part"
        return t(key, n=total, done=done, id=request.id)
    return t(_nothing_deleted(receipt), n=total, id=request.id)


def _nothing_deleted(receipt: Receipt) -> str:
    if receipt.having(Outcome.UNKNOWN):
        return "result.title_unknown"
    return "result.title_not_deleted" if receipt.not_gone else "result.title_gone"


def summary(receipt: Receipt, t: Texts) -> Markdown:
    """46 items moved to the recycle bin, 1 not deleted"""
    gone, unknown = (receipt.dentries(outcome) for outcome in (Outcome.ALREADY_GONE, Outcome.UNKNOWN))
    kept = sum(share.dentries for share in receipt.not_gone) - unknown
    counts = {
        "summary.recycled"
        if receipt.request.to_recycle_bin
        else "summary.permanent": receipt.deleted_dentries,
        "summary.gone": gone,
        "summary.kept": kept,
        "summary.unknown": unknown,
    }
    parts = [t(key, n=count) for key, count in counts.items() if count]
    return Markdown(t("summary.comma").join(parts)) if parts else t("summary.nothing")
