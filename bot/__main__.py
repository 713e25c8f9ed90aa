"""The command line: init, run, demo, sandbox, doctor, policy, requests, audit, backup."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.table import Column, Table

from bot import logs
from bot.commands.audit import audit
from bot.commands.backup import backup
from bot.commands.doctor import doctor
from bot.commands.init import init
from bot.commands.organisations import organisations
from bot.commands.policy import policy
from bot.commands.terminal import (
    console,
    database_or_fail,
    fail,
    json_line,
    local,
    plain,
    shown,
)
from bot.ending import obey_signals
from bot.models import Request
from bot.settings import DatabaseSettings, Settings, SettingsError, load
from bot.store import Store, StoreError
from cards.catalogue import WordingError
from cards.texts import use

THREAD_S = 1.0
_MINUTE = "%Y-%m-%d %H:%M"
_REFUSED = (
    "DINGSWEEP_CLIENT_ID or DINGSWEEP_CLIENT_SECRET is wrong, DingTalk refuses them: copy both from "
    "open-dev.dingtalk.com, your app, page Credentials (凭证与基础信息)."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dingsweep")
@click.option(
    "--organisation",
    metavar="CORPID",
    help="For requests and audit: of this organisation, where a third-party app serves several.",
)
def main(organisation: str | None) -> None:
    """Dingsweep: a DingTalk robot that deletes files safely."""


@main.command()
def run() -> None:
    """Run the robot until it is told to stop (Ctrl-C or SIGTERM). SIGHUP has it read its settings anew.

    On PostgreSQL several may run at once and share the work; on SQLite only one.
    """
    # A reload that is asked for before the robot can hear of it waits, where the signal would end it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    with logs.caught():
        try:
            settings = load()
        except SettingsError as exc:
            _refuse(str(exc), form="json")
        _use_texts(settings)
        logs.set_up(settings.log, secrets=logs.secrets_in(settings), log_names=settings.log_names)
        try:
            _run_robot(settings)
        except SystemExit as exc:
            _leave_threads(exc.code)
            raise
    _leave_threads(0)


@main.command()
@click.option(
    "--once", is_flag=True, envvar="DEMO_ONCE", help="End after the story; the exit code says how it went."
)
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), help="Save the story there as a picture."
)
def demo(once: bool, svg: Path | None) -> None:
    """Play a day at work against a local DingTalk.

    Then it stays up to be tried by hand, until Ctrl-C.
    """
    from bot.demo.play import play  # noqa: PLC0415  as below

    sys.exit(asyncio.run(play(once=once, svg=svg)))


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """Start the local DingTalk to try things with."""
    # In place of this process, so that a signal reaches the sandbox and not a parent that would leave it behind.
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *arguments])  # noqa: S606


main.add_command(init)
main.add_command(doctor)
main.add_command(policy)


@main.command()
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many, the newest first.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def requests(limit: int, as_json: bool) -> None:
    """Print the latest requests, undos among them, and how they ended."""
    _run(_print_requests(database_or_fail(), limit, as_json))


main.add_command(audit)
main.add_command(organisations)
main.add_command(backup)


def _use_texts(settings: Settings) -> None:
    """Speak as `texts` has it; what is wrong in there ends the program with a line for each mistake."""
    try:
        use(settings.texts)
    except WordingError as exc:
        _refuse(*(f"DINGSWEEP_TEXTS: {shown(line)}" for line in exc.lines), form=settings.log)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; what the operator of the robot can mend is one line, not a stack trace."""
    try:
        asyncio.run(work)
    except StoreError as exc:
        fail(str(exc))


def _run_robot(settings: Settings) -> None:
    try:
        asyncio.run(_serve(settings))
    except StoreError as exc:
        _refuse(str(exc), form=settings.log)


def _refuse(*lines: str, form: str) -> NoReturn:
    """End because of what its operator can mend: lines for them, in the form of the log where it is no terminal."""
    if form == "json" and not sys.stderr.isatty():
        lines = tuple(logs.json_line("run.refused", "critical", problem=line) for line in lines)
    fail("\n".join(lines))


def _leave_threads(code: str | int | None) -> None:
    """End, with this exit code, also when a thread of the engine's waits without end for a database that is away."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(THREAD_S)
            if thread.is_alive():
                logging.shutdown()
                os._exit(code if isinstance(code, int) else 0)


async def _serve(settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    obey_signals(lambda: loop.call_soon_threadsafe(stopping.set))
    reloading = asyncio.Event()
    in_terminal = os.isatty(0)

    def hung_up() -> None:
        """Somebody asks for new settings, or the terminal it was started in was closed."""
        (stopping if in_terminal and not os.isatty(0) else reloading).set()

    loop.add_signal_handler(signal.SIGHUP, hung_up)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    # Half a second of work, which commands that only print something and settings that are wrong do without.
    from bot import app  # noqa: PLC0415
    from bot.health import HealthError  # noqa: PLC0415
    from bot.network import NetworkError  # noqa: PLC0415
    from bot.stream import CredentialsRefusedError  # noqa: PLC0415

    try:
        await app.run(settings, stopping, reloading=reloading)
    except (HealthError, NetworkError) as exc:
        _refuse(str(exc), form=settings.log)
    except ExceptionGroup as group:
        if group.subgroup(CredentialsRefusedError) is None:
            raise
        _refuse(_REFUSED, form=settings.log)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # nobody hears it from here on
        # to close the loop would wait for threads, and those perhaps for a database that does not answer
        loop.set_default_executor(ThreadPoolExecutor())


async def _print_requests(settings: DatabaseSettings, limit: int, as_json: bool) -> None:
    async with Store(settings.database_url) as store:
        found = await store.requests.latest(limit=limit)
    if not as_json:
        console().print(requests_table(found, settings.timezone))
        return
    for request in found:
        click.echo(json_line(request, exclude={"nonce"}))


def requests_table(found: Iterable[Request], zone: str) -> Table:
    """One row a request. Where it is narrow names and spaces are folded, all else is kept whole."""
    table = Table(
        Column("Request", no_wrap=True),
        Column("State", no_wrap=True),
        Column(f"Asked\n({zone})", no_wrap=True),
        Column("What", no_wrap=True),
        Column("Requester", overflow="fold"),
        Column("Space", overflow="fold"),
        Column("Items", no_wrap=True),
        box=None,
        padding=(0, 1, 0, 0),
    )
    for request in found:
        cells = (
            request.id,
            request.state,
            local(request.created_at, zone, _MINUTE),
            _what(request),
            request.requester.name,
            request.space.name,
            str(request.totals.dentries),
        )
        table.add_row(*map(plain, cells))
    return table


def _what(request: Request) -> str:
    if request.is_restore:
        return f"undo of {request.undoes}"
    return "to bin" if request.to_recycle_bin else "permanent"


if __name__ == "__main__":
    main()
