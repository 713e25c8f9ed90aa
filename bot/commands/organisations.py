"""The organisations that a third-party app serves, on the command line: listed, stopped, taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from rich.table import Column, Table

from bot.commands.terminal import console, fail, harmless_json, local, plain, records_or_fail, shown
from bot.models import OPEN_STATES, Model, RequestState
from bot.settings import DatabaseSettings
from bot.store import KnownOrganisation, OrganisationState, StillServedError, Store, StoreError

OPERATOR = "operator"
"""Who did it, where a person did it here and not DingTalk."""
_MINUTE = "%Y-%m-%d %H:%M"
_UNFINISHED = {*OPEN_STATES, RequestState.APPROVED, RequestState.RUNNING}
T = TypeVar("T")


class Listed(Model):
    """One line of the list. `requests_open` are those that have not ended."""

    corp_id: str
    name: str
    state: OrganisationState
    since: datetime
    requests_open: int
    calls_this_month: int


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def organisations(context: click.Context, as_json: bool) -> None:
    """List the organisations that have authorised a third-party app; stop serving one, take away its data.

    What one of them has: dingsweep --organisation CORPID requests, or audit.
    """
    if context.invoked_subcommand:
        return
    settings = records_or_fail()
    found = _run(_list(settings))
    if as_json:
        for each in found:
            click.echo(harmless_json(each.model_dump_json()))
    elif found:
        console().print(_table(found, settings.timezone))
    else:
        click.echo("No organisation has authorised the app, or this robot serves only one.")


@organisations.command()
@click.argument("corp_id", metavar="CORPID")
def stop(corp_id: str) -> None:
    """Serve it no more, also while the robot runs; its data stays.

    What runs for it rests, what was asked for ends. It is served again when it authorises the app anew.
    """
    settings = records_or_fail()
    if not _run(_stop(settings, corp_id)):
        fail(shown(f"{corp_id} is not served: dingsweep organisations lists who is."))
    click.echo(shown(f"Stopped: {corp_id}. A robot that runs knows within seconds."))


@organisations.command()
@click.argument("corp_id", metavar="CORPID")
@click.option("--yes", is_flag=True, help="Do not ask for the corpId again.")
def remove(corp_id: str, yes: bool) -> None:
    """Take away all data of an organisation that is not served any more: requests, trail, counts, messages.

    Only that it was there, and that its data was removed, stays on record.
    """
    settings = records_or_fail()
    if _run(_find(settings, corp_id)) is None:
        fail(shown(f"There is no organisation {corp_id}: dingsweep organisations lists them."))
    if not yes and click.prompt("Everything it has here goes for good. Type its corpId again") != corp_id:
        fail("That is another one: nothing was removed.")
    try:
        _run(_remove(settings, corp_id))
    except StillServedError:
        fail(
            shown(
                f"{corp_id} is still served: let it cancel the app, or dingsweep organisations stop {corp_id}, "
                "and try again when the robot has closed its data, some seconds later."
            )
        )
    click.echo(shown(f"Removed: all data of {corp_id}. Backups made before still have it."))


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except StoreError as exc:
        fail(shown(str(exc)))


async def _list(settings: DatabaseSettings) -> list[Listed]:
    async with Store(settings.database_url) as main:
        return [await _listed(main, known) for known in await main.organisations.all()]


async def _listed(main: Store, known: KnownOrganisation) -> Listed:
    async with await main.of(known.corp_id) as store:
        return Listed(
            **known.model_dump(),
            requests_open=await store.requests.count(_UNFINISHED),
            calls_this_month=sum((await store.meter.month(datetime.now(UTC))).values()),
        )


async def _find(settings: DatabaseSettings, corp_id: str) -> KnownOrganisation | None:
    async with Store(settings.database_url) as main:
        return await main.organisations.get(corp_id)


async def _stop(settings: DatabaseSettings, corp_id: str) -> bool:
    async with Store(settings.database_url) as main:
        now = datetime.now(UTC)
        return await main.organisations.stop(corp_id, at=now, event="organisation.stopped", actor=OPERATOR)


async def _remove(settings: DatabaseSettings, corp_id: str) -> None:
    async with Store(settings.database_url) as main:
        await main.organisations.remove(corp_id, at=datetime.now(UTC), actor=OPERATOR)


def _table(found: list[Listed], zone: str) -> Table:
    table = Table(
        Column("Organisation", overflow="fold"),
        Column("corpId", no_wrap=True),
        Column("State", no_wrap=True),
        Column(f"Since\n({zone})", no_wrap=True),
        Column("Requests\nopen", no_wrap=True),
        Column("Calls\nthis month", no_wrap=True),
        box=None,
        padding=(0, 1, 0, 0),
    )
    for each in found:
        cells = (
            each.name or "-",
            each.corp_id,
            each.state,
            local(each.since, zone, _MINUTE),
            str(each.requests_open),
            str(each.calls_this_month),
        )
        table.add_row(*map(plain, cells))
    return table
