"""The audit trail on the command line: read, exported, proved, cut."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.table import Column, Table

from bot.commands.terminal import (
    console,
    database_or_fail,
    fail,
    harmless_json,
    json_line,
    local,
    plain,
    shown,
)
from bot.models import AuditRecord
from bot.settings import DatabaseSettings
from bot.store import KEPT_AT_LEAST, Break, Chain, Flaw, Link, Proof, Store, StoreError, Wanted
from bot.store.chain import Record, utc
from cards.manifest_csv import BOM, inert

OPERATOR = "operator"
"""Who cut the trail, where a person did it here and not the robot."""
COLUMNS = ("seq", "at", "request_id", "corp_id", "actor", "event", "details", "previous_hash", "hash")
_SECOND = "%Y-%m-%d %H:%M:%S"
_SAID = {
    Flaw.CHANGED: "record {seq} was changed",
    Flaw.MISSING: "record {seq} is missing",
    Flaw.INSERTED: "record {seq} was inserted",
    Flaw.REORDERED: "record {seq} was reordered: another one lies in its place",
    Flaw.CUT_AT_THE_END: "the end is cut off: record {seq} is missing, and all behind it",
    Flaw.CUT_AT_THE_BEGINNING: "the beginning is cut off at record {seq}, and no retention accounts for it",
    Flaw.REWRITTEN: "record {seq} is another one than that noted: the trail was rewritten",
    Flaw.OUT_OF_REACH: (
        "record {seq}, noted earlier, was taken away by retention, and nothing proves it any more: "
        "expect a head noted later"
    ),
}
T = TypeVar("T")
Write = Callable[[AsyncIterator[AuditRecord], TextIO], Awaitable[None]]


class _OrRequest(click.Group):
    """What is no subcommand belongs to `show`, so that `audit K7M2` goes on working.

    No request can be called like a subcommand: its number has no letter I, L, O or U.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


class _LinkType(click.ParamType[Link]):
    name = "SEQ:HASH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Link:
        if isinstance(value, Link):
            return value
        seq, _, hash_ = str(value).partition(":")
        if not (seq.isdecimal() and len(hash_) == len(Link(0, "0" * 64).hash)):
            self.fail("write it as dingsweep audit verify prints it: SEQ:HASH", param, ctx)
        return Link(int(seq), hash_.lower())


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    """The options that choose records, for `show` and `export` alike."""
    for option in (
        click.option("--until", metavar="TIME", default="", help="Up to that day, or before that time."),
        click.option(
            "--since", metavar="TIME", default="", help="From that day or time on: 2026-08-01 or ISO."
        ),
        click.option("--event", default="", help="An event, or its beginning: request, request.created."),
        click.option("--space", default="", help="Requests about this space, by ID or name."),
        click.option("--person", default="", help="Who acted or asked, by userId or name."),
        click.argument("request_id", metavar="[REQUEST]", default=""),
    ):
        command = option(command)
    return command


@click.group(cls=_OrRequest)
def audit() -> None:
    """Print the audit trail, prove it, export it, cut it.

    audit K7M2 prints that of one request, audit without a number all of it.
    """


@audit.command()
@_filters
@click.option("--json", "in_json", is_flag=True, help="One JSON object a line.")
def show(in_json: bool, **chosen: str) -> None:
    """Print records; the word `show` may be left out."""
    settings = database_or_fail()
    wanted = _wanted(settings.timezone, **chosen)
    _with_store(settings, lambda store: _show(store, settings.timezone, wanted, in_json))


@audit.command()
@_filters
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, for you alone to read."
)
def export(form: str, output: Path | None, **chosen: str) -> None:
    """Write records out, as jsonl or csv.

    jsonl keeps all as it is and can be verified; csv is for spreadsheets.
    """
    settings = database_or_fail()
    wanted = _wanted(settings.timezone, **chosen)
    write: Write = _write_csv if form == "csv" else _write_jsonl
    try:
        with _opened(output) as file:
            _with_store(settings, lambda store: write(store.audit.records(wanted=wanted), file))
    except OSError as exc:
        fail(shown(f"{output or 'The output'} cannot be written: {exc.strerror}"))


@audit.command()
@click.option(
    "--expect", type=_LinkType(), multiple=True, help="A head noted earlier; may be given several times."
)
@click.option("--file", type=click.File("rb"), help="Verify an exported jsonl of the whole trail instead.")
def verify(expect: tuple[Link, ...], file: BinaryIO | None) -> None:
    """Prove the trail, and print its head.

    Proved is that no record was changed, put in, taken out or moved. Note the head elsewhere.

    Somebody who may write everything in the database could make the whole chain anew: only a head noted where they
    cannot reach shows that. Exit code 0: sound; 1: broken.
    """
    noted = {link.seq: link.hash for link in expect}
    if len(noted) < len(set(expect)):
        fail("Two different hashes are expected for one record: at most one of them can be right.", code=1)
    if file:
        proof = asyncio.run(Chain(None, None, noted).prove(_lines(file)))
    else:
        proof = _with_store(database_or_fail(), lambda store: store.audit.verify(noted))
    _report(proof, is_end_open=file is not None and proof.head.seq not in noted)


@audit.command()
@click.option("--before", metavar="DATE", default="", help="In place of the setting audit_days.")
def prune(before: str) -> None:
    """Take away old records; the rest can still be proved.

    Old is what audit_days says.

    Records of unfinished requests stay, and all behind them. Requests and their files are not touched.
    """
    settings = database_or_fail()
    now = datetime.now(UTC)
    if before:
        until = _moment(before, settings.timezone)
    elif settings.audit_days:
        until = now - timedelta(days=settings.audit_days)
    else:
        fail("The audit trail is kept for ever: set DINGSWEEP_AUDIT_DAYS, or say --before DATE.")
    if until > now - KEPT_AT_LEAST:
        fail(f"The last {KEPT_AT_LEAST.days} days of the audit trail are kept: say an earlier date.")
    pruned = _with_store(settings, lambda store: store.audit.prune(until, now, actor=OPERATOR))
    through = f", up to record {pruned.through_seq}" if pruned.records else ""
    click.echo(f"Records taken away: {pruned.records}{through}.")


def _with_store(settings: DatabaseSettings, work: Callable[[Store], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with Store(settings.database_url) as store:
            return await work(store)

    try:
        return asyncio.run(opened())
    except StoreError as exc:
        fail(str(exc))


def _wanted(
    zone: str, *, request_id: str, person: str, space: str, event: str, since: str, until: str
) -> Wanted:
    return Wanted(
        request_id=request_id.upper(),
        person=person,
        space=space,
        event=event,
        since=_moment(since, zone) if since else None,
        until=_moment(until, zone, end=True) if until else None,
    )


def _moment(text: str, zone: str, *, end: bool = False) -> datetime:
    """A day in the robot's zone (its beginning, or its end), or an ISO time, in that zone unless it says another."""
    try:
        day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
    except (ValueError, OverflowError):
        pass
    else:
        return datetime.combine(day, time(), ZoneInfo(zone))
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        fail(shown(f"{text} is no time: write 2026-08-01, or 2026-08-01T17:30+08:00."))


async def _show(store: Store, zone: str, wanted: Wanted, in_json: bool) -> None:
    table = _table(zone)
    known = wanted != Wanted(request_id=wanted.request_id) or not wanted.request_id
    async for record in store.audit.records(wanted=wanted):
        known = True
        if in_json:
            click.echo(json_line(record))
        else:
            table.add_row(*map(plain, _cells(record, zone)))
    if not known:
        line = f"There is no request {wanted.request_id}: dingsweep requests prints the latest."
        fail(shown(line), code=1)
    if not in_json:
        console().print(table)


def _table(zone: str) -> Table:
    return Table(
        Column("#", no_wrap=True),
        Column(f"Time ({zone})", min_width=len("YYYY-MM-DD")),
        Column("Request", no_wrap=True),
        Column("Actor", overflow="fold"),
        Column("Event", overflow="fold"),
        Column("Details", overflow="fold"),
        box=None,
    )


def _cells(record: AuditRecord, zone: str) -> tuple[str, ...]:
    details = ", ".join(f"{name}={value}" for name, value in record.details.items())
    at = local(record.at, zone, _SECOND)
    return (str(record.seq), at, record.request_id, record.actor, record.event, details)


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is whole or not there at all, and private from its first byte on."""
    if path is None:
        output = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        yield output
        output.detach()  # writes what is left, and leaves it open
        return
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # its mode is 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            yield file
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


async def _write_jsonl(records: AsyncIterator[AuditRecord], file: TextIO) -> None:
    async for record in records:
        file.write(json_line(record) + "\n")


async def _write_csv(records: AsyncIterator[AuditRecord], file: TextIO) -> None:
    file.write(BOM)
    line = io.StringIO()
    rows = csv.writer(line)
    rows.writerow(COLUMNS)
    async for record in records:
        rows.writerow(map(inert, _values(record)))
        file.write(line.getvalue())
        line.seek(0)
        line.truncate()
    file.write(line.getvalue())  # the head, where no record followed it


def _values(record: AuditRecord) -> Iterator[str]:
    row = record.model_dump(mode="json")
    row["details"] = harmless_json(json.dumps(record.details, ensure_ascii=False))
    return (shown(str(row[name])) if name != "details" else row[name] for name in COLUMNS)


async def _lines(file: BinaryIO) -> AsyncIterator[Record]:
    """The records of an export; a line that is none comes as an empty one."""
    for line in file:
        yield _record(line)


def _record(line: bytes) -> Record:
    try:
        record = json.loads(line)
        return {**record, "at": utc(record["at"])}
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return {}


def _report(proof: Proof, *, is_end_open: bool) -> None:
    if proof.broken:
        _report_break(proof.broken)
        click.echo(f"Proved up to {proof.head}", err=True)
        sys.exit(1)
    click.echo(f"Sound: {proof.records} records, {_extent(proof)}.")
    click.echo(f"Head: {proof.head}")
    if is_end_open:
        click.echo("A file does not say where the trail ends: expect a head, to prove that its end is there.")


def _report_break(broken: Break) -> None:
    click.echo(f"BROKEN: {_SAID[broken.flaw].format(seq=broken.seq)}.", err=True)


def _extent(proof: Proof) -> str:
    if not proof.start.seq:
        return "from the very first on"
    return f"from {proof.start.seq + 1} on; what was before was taken away by retention"
