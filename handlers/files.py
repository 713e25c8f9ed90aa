"""The commands about files: delete, ls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.deletion.consent import Consent
from bot.deletion.problems import PolicyRefused, TargetProblem
from bot.deletion.resolve import Resolver
from bot.dingtalk.errors import DingTalkError
from bot.messenger import Webhook
from bot.models import Manifest, Request, RequestState, Space
from cards import replies
from cards.escape import Markdown
from cards.fit import paragraphs
from cards.lists import dry_run_text, listing
from cards.policy import why_line
from handlers import excuses
from handlers.commands import DeleteArgs, LsArgs
from handlers.services import Context
from handlers.titles import title_of

LONG_S = 3.0
"""After so long a person begins to wonder whether they were heard."""


async def delete(ctx: Context, args: DeleteArgs) -> Markdown | None:
    """Show exactly what would go, and ask for the decision it needs. The card is the answer."""
    s = ctx.services
    if args.permanent and not s.policy.allow_permanent:
        return replies.permanent_not_allowed(ctx.t)
    request = await s.store.requests.by_message(ctx.message.message_key)
    if request is None:  # else this message was being handled when the robot stopped
        space = await s.spaces.find(
            ctx.message.conversation, ctx.operator, space_id=args.space, targets=args.targets
        )
        with _resolver(ctx, space) as resolver:
            try:
                async with _patience(ctx):
                    manifest = await resolver.manifest(args.targets)
            except TargetProblem as problem:
                return excuses.deleting(problem, ctx.t, targets=len(args.targets))
            consent = await _consent(ctx, args, manifest)
            if args.dry_run:
                shown = dry_run_text(manifest, ctx.t, to_recycle_bin=not args.permanent)
                return paragraphs((shown, ctx.t("request.why", why=why_line(consent.ruling, ctx.t))))
            request = await _made(ctx, args, manifest, consent)
    try:
        await s.announcer.ask(request, webhook(ctx))
    except DingTalkError:
        await s.lifecycle.withdraw(request)  # nobody can see what they would be agreeing to
        raise
    if request.state is RequestState.APPROVED:
        s.lifecycle.begin(request)
    return None


async def _consent(ctx: Context, args: DeleteArgs, manifest: Manifest) -> Consent:
    """What the policy wants. A refusal by it is part of the trail, although there is no request."""
    s = ctx.services
    try:
        return await s.consents.needed(
            manifest,
            requester=ctx.operator,
            conversation=ctx.message.conversation,
            permanent=args.permanent,
            now=s.clock(),
        )
    except PolicyRefused as refusal:
        await s.store.audit.append(
            s.clock(),
            corp_id=ctx.operator.corp_id,
            actor=ctx.operator.user_id,
            event="request.refused",
            reason=refusal.kind,
            rule=refusal.ruling.rule,
            policy_hash=refusal.ruling.policy_hash,
            space_id=manifest.space.id,
            dentries=manifest.totals.dentries,
            digest=manifest.digest,
        )
        raise


async def _made(ctx: Context, args: DeleteArgs, manifest: Manifest, consent: Consent) -> Request:
    return await ctx.services.lifecycle.make(
        manifest,
        consent,
        requester=ctx.operator,
        conversation=ctx.message.conversation,
        message_key=ctx.message.message_key,
        permanent=args.permanent,
        reason=args.reason,
        language=ctx.t.language,
    )


async def ls(ctx: Context, args: LsArgs) -> Markdown:
    """What lies in a folder."""
    space = await ctx.services.spaces.find(ctx.message.conversation, ctx.operator, space_id=args.space)
    with _resolver(ctx, space) as resolver:
        try:
            async with _patience(ctx):
                folder = await resolver.folder(args.folder)
        except TargetProblem as problem:
            return excuses.looking(problem, ctx.t)
    return listing(folder.path, folder.dentries, ctx.t, total=folder.total)


@asynccontextmanager
async def _patience(ctx: Context) -> AsyncIterator[None]:
    """What takes long is said to take long, as soon as that is clear."""

    async def ask_for_it() -> None:
        await asyncio.sleep(LONG_S)
        said = replies.still_looking(ctx.t)
        await ctx.services.messenger.mention(webhook(ctx), title_of(said), said)

    asking = asyncio.create_task(ask_for_it())
    try:
        yield
    finally:
        asking.cancel()
        await asyncio.wait([asking])


def webhook(ctx: Context) -> Webhook:
    """The way to answer this message without a counted call."""
    return Webhook(url=ctx.message.session_webhook, expires_at=ctx.message.session_webhook_expires_at)


def _resolver(ctx: Context, space: Space) -> Resolver:
    s = ctx.services
    return Resolver(s.dingtalk, space, union_id=ctx.operator.union_id, max_dentries=s.policy.max_dentries)
