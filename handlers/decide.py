"""The commands that decide: confirm, approve, reject, cancel, resume. All but the last are buttons, typed."""

from __future__ import annotations

from bot.deletion.decisions import Shown
from bot.models import DecisionKind, RequestState
from cards import job, replies, votes
from cards.escape import Markdown
from handlers.commands import ApproveArgs, CancelArgs, ConfirmArgs, RejectArgs, ResumeArgs
from handlers.services import Context


async def confirm(ctx: Context, args: ConfirmArgs) -> Markdown:
    """It carries the code of the card that was shown."""
    shown = Shown(nonce=args.nonce or "")
    decisions = ctx.services.decisions
    decided = await decisions.decide(args.request, DecisionKind.CONFIRM, ctx.operator, shown)
    return replies.confirmed(ctx.t, decided)


async def approve(ctx: Context, args: ApproveArgs) -> Markdown:
    """The same for somebody who was asked."""
    shown = Shown(nonce=args.nonce or "")
    decisions = ctx.services.decisions
    decided = await decisions.decide(args.request, DecisionKind.APPROVE, ctx.operator, shown)
    if decided.state is RequestState.AWAITING_APPROVAL:
        return votes.approval_counts(ctx.t, decided)
    return votes.approved(ctx.t, decided)


async def reject(ctx: Context, args: RejectArgs) -> Markdown:
    """Saying no takes no code. To somebody who has said so already, the words are the reason they still owe."""
    reason = " ".join(args.reason)
    decisions = ctx.services.decisions
    if reason and await _has_rejected(ctx, args.request):
        explained = await decisions.explain(args.request, ctx.operator, reason)
        return votes.reason_added(ctx.t, explained)
    decided = await decisions.decide(args.request, DecisionKind.REJECT, ctx.operator, Shown(), reason=reason)
    return votes.rejected(ctx.t, decided)


async def cancel(ctx: Context, args: CancelArgs) -> Markdown:
    """Withdraw one's own request; one that runs ends before its next call."""
    shown = Shown(nonce=args.nonce)
    services = ctx.services
    decided = await services.decisions.decide(args.request, DecisionKind.CANCEL, ctx.operator, shown)
    if decided.state is RequestState.RUNNING:
        return job.stopping(decided, ctx.t)
    if not decided.news:  # a click would have been answered with the new card
        services.lifecycle.spread(decided)
    return replies.cancelled(ctx.t, decided)


async def resume(ctx: Context, args: ResumeArgs) -> Markdown:
    """Have a job that rests go on."""
    resumed = await ctx.services.decisions.resume(args.request, ctx.operator)
    return job.resumed(resumed, ctx.t)


async def _has_rejected(ctx: Context, request_id: str) -> bool:
    request = await ctx.services.store.requests.get(request_id)
    rejection = request.rejection if request else None
    return rejection is not None and rejection.operator.user_id == ctx.operator.user_id
