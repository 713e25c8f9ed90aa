"""Backups on the command line: written while the robot runs, put back while it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.commands.terminal import fail, settings_or_fail, shown
from bot.settings import load_database
from bot.store import StoreError
from bot.store.backup import back_up
from bot.store.backup import restore as put_back
from bot.store.copying import BackupError

_FILE = click.Path(path_type=Path)


class _OrFile(click.Group):
    """What is no subcommand belongs to `write`, so that `backup FILE` is enough."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["write", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OrFile)
def backup() -> None:
    """Write a backup of the database, or put one back.

    backup [FILE] writes one, also while the robot runs; backup restore FILE puts one back, while it does not.
    """


@backup.command()
@click.argument("file", type=_FILE, default=".")
def write(file: Path) -> None:
    """Write a backup; the word `write` may be left out.

    Without FILE, or with a folder in its place, the file is named by the time. None is ever written over.
    """
    settings = settings_or_fail(load_database)
    try:
        made = back_up(settings.database_url, file)
    except BackupError as exc:
        fail(shown(str(exc)))
    click.echo(shown(f"Backup: {made.path}, {made.size_bytes} bytes, schema {made.schema}."))
    click.echo(f"Head: {made.head}")


@backup.command()
@click.argument("file", type=_FILE)
def restore(file: Path) -> None:
    """Put a backup in the place of the database. The robot must not be running.

    What was there before is kept aside.

    What was decided after the backup is not in it. So requests that were waiting then are ended, and of jobs that
    were running it is only looked up what became of them: nothing is deleted because of what was restored.
    """
    settings = settings_or_fail(load_database)
    try:
        restored = put_back(settings.database_url, file, datetime.now(UTC))
    except (BackupError, StoreError) as exc:
        fail(shown(str(exc)))
    click.echo(shown(f"Restored: {file}, its trail ended with {restored.head}."))
    if restored.replaced:
        click.echo(shown(f"Kept aside: {restored.replaced}"))
    if restored.expired:
        click.echo(f"Ended, because they were waiting: {', '.join(restored.expired)}")
    if restored.stopped:
        click.echo(f"Only looked up, because they were running: {', '.join(restored.stopped)}")
