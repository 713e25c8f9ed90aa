"""The commands about the robot itself: whoami, help, ping."""

from __future__ import annotations

from bot.deletion.problems import TargetProblem
from bot.dingtalk.errors import DingTalkError
from cards import replies
from cards.escape import Markdown
from cards.help import help_command, help_text
from cards.status import whoami_text
from handlers.commands import HelpArgs, PingArgs, WhoamiArgs
from handlers.services import Context


async def whoami(ctx: Context, _: WhoamiArgs) -> Markdown:
    """The person and the place as the robot sees them."""
    try:
        space = await ctx.services.spaces.find(ctx.message.conversation, ctx.operator)
    except (TargetProblem, DingTalkError):
        space = None
    return whoami_text(ctx.operator, ctx.message.conversation, space, ctx.t)


async def help_(ctx: Context, args: HelpArgs) -> Markdown:
    """What the robot understands."""
    return help_command(args.topic, ctx.t) if args.topic else help_text(ctx.t)


async def ping(ctx: Context, _: PingArgs) -> Markdown:
    """A sign of life."""
    return replies.pong(ctx.t)
