"""`dingsweep doctor`: a line for each thing looked at, and an exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import structlog

from bot.commands.terminal import json_line, shown

if TYPE_CHECKING:
    from bot.doctor import Finding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--post",
    "post_to",
    metavar="CONVERSATION",
    default="",
    help="Post a test card there, and tell what came back: a conversation's ID, or user: and a userId.",
)
def doctor(as_json: bool, post_to: str) -> None:
    """Look over this installation and what DingTalk lets it do. Exit code 1: something failed.

    It changes nothing, and posts nothing unless --post says where.
    """
    with _without_logs():
        is_well = asyncio.run(_tell(as_json, post_to))
    if not is_well:
        sys.exit(1)


async def _tell(as_json: bool, post_to: str) -> bool:
    """Tell each thing as soon as it is known; whether nothing failed."""
    # Half a second of work, which the other commands do without.
    from bot.doctor import examine  # noqa: PLC0415

    is_well = True
    async for finding in examine(post_to):
        click.echo(json_line(finding) if as_json else _line(finding))
        is_well = is_well and finding.health != "failed"
    return is_well


def _line(finding: Finding) -> str:
    todo = f". To do: {finding.todo}" if finding.todo else ""
    return shown(f"{finding.health:<8} {finding.check}: {finding.said}{todo}")


@contextmanager
def _without_logs() -> Iterator[None]:
    """What the robot's own parts log is for another place."""
    usual = structlog.get_config()
    structlog.configure(processors=[_drop])
    try:
        yield
    finally:
        structlog.configure(**usual)


def _drop(
    _logger: structlog.typing.WrappedLogger, _method: str, _event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    raise structlog.DropEvent
