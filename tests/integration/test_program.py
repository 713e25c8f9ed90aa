"""The program: it starts or says in one line why not, ends when told, prints what happened, and keeps secrets."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from rich.console import Console

from bot.__main__ import requests_table
from bot.models import Conversation, Operator, Request, RequestState, Space, Totals
from bot.store import Store
from tests.databases import NewDatabase
from tests.integration.deletions import DELETED, ask, delete, files
from tests.integration.endings import told
from tests.integration.office import PATIENCE_S, REMOVE, Office
from tests.integration.program import ROOT, SHUTDOWN_S, Ended, environment, ran, ran_inside, robot, started

SECRET = "sandbox-secret"
WRONG = "wr0ng-s3cret-value"


def one_line(ended: Ended) -> str:
    """What it says when it cannot start: one line on standard error, nothing else, exit code 2."""
    assert ended.code == 2, ended.printed
    assert ended.output == ""
    [line] = ended.errors.splitlines()
    assert SECRET not in line
    return line


def obeyed(output: str) -> list[str]:
    """What in it a terminal would obey instead of showing it."""
    return [c for c in output if not c.isprintable() and c not in "\n\u3000"]


async def test_told_to_end_it_does_so_in_time_and_leaves_cleanly(office: Office) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        async with robot(office) as program:
            assert (await office.say("wang", "ping"))["text"] == "Here I am."
            ended = await program.end(number, within_s=SHUTDOWN_S)
        assert ended.code == 0, ended.errors
        assert "Traceback" not in ended.printed
        assert "error" not in ended.errors
        assert SECRET not in ended.printed
        [line] = [json.loads(text) for text in ended.errors.splitlines() if "stream.connected" in text]
        assert (line["level"], line["event"]) == ("info", "stream.connected")
        connections = await office.control.ask("GET", "stream", wait=PATIENCE_S, count=0)
        assert connections == {"connections": []}


@pytest.mark.parametrize("form", ["json", "console"])
async def test_credentials_that_are_wrong_are_said_in_one_line(office: Office, form: str) -> None:
    variables = environment(office, DINGSWEEP_CLIENT_SECRET=WRONG, DINGSWEEP_LOG=form)
    ended = await ran(office.folder, "run", variables=variables)
    line = one_line(ended) if form == "console" else json.loads(one_line(ended))["problem"]
    assert line.startswith("DINGSWEEP_CLIENT_ID or DINGSWEEP_CLIENT_SECRET is wrong")
    assert "open-dev.dingtalk.com" in line
    assert WRONG not in ended.printed


async def test_what_is_missing_or_wrong_is_said_in_one_line(office: Office) -> None:
    whole = environment(office)
    without_secret = {k: v for k, v in whole.items() if k != "DINGSWEEP_CLIENT_SECRET"}
    password = "p4ssword"
    unreachable = f"postgresql://robot:{password}@127.0.0.1:1/dingsweep"
    cases = [
        (ran_inside, without_secret, "DINGSWEEP_CLIENT_SECRET is not set: "),
        (ran_inside, whole | {"DINGSWEEP_LOG": "xml"}, "DINGSWEEP_LOG is wrong"),
        (ran_inside, whole | {"DINGSWEEP_HEALTH": "8080"}, "DINGSWEEP_HEALTH is wrong"),
        (ran, whole | {"DINGSWEEP_DATABASE_URL": "sqlite:////proc/no/x.sqlite"}, "The database sqlite"),
    ]
    for way, variables, beginning in cases:
        line = json.loads(one_line(await way(office.folder, "run", variables=variables)))
        assert (line["event"], line["level"]) == ("run.refused", "critical")
        assert line["problem"].startswith(beginning)
    without_database = [  # the robot itself waits for it
        (whole | {"DINGSWEEP_DATABASE_URL": unreachable}, "The database postgresql+psycopg://robot:***@"),
        (
            whole | {"DINGSWEEP_DATABASE_URL": "sqlite:////no/way/x.sqlite"},
            "The database /no/way/x.sqlite is not there",
        ),
    ]
    for variables, beginning in without_database:
        said = one_line(await ran_inside(office.folder, "requests", variables=variables))
        assert said.startswith(beginning)
        assert password not in said
    for command in (["audit", "verify"], ["requests"], ["organisations"]):
        elsewhere = whole | {"DINGSWEEP_DATABASE_URL": "sqlite:///elsewhere.sqlite"}
        assert "call this in the robot's folder" in one_line(
            await ran_inside(office.folder, *command, variables=elsewhere)
        )
        assert not (office.folder / "elsewhere.sqlite").exists(), "or a backup would be made of it"
    (office.folder / "dingsweep.toml").write_text('client_secret = "x\n')
    assert "not valid TOML" in one_line(await ran_inside(office.folder, "requests", variables=whole))


async def test_while_dingtalk_cannot_be_reached_it_keeps_trying(office: Office) -> None:
    refused = "http://127.0.0.1:1"
    variables = environment(office, DINGSWEEP_API_BASE_URL=refused, DINGSWEEP_LOG="console")
    async with started(office.folder, "run", variables=variables) as program:
        async with asyncio.timeout(PATIENCE_S):
            await program.says("stream.connect_failed")
        ended = await program.end(within_s=SHUTDOWN_S)
    assert ended.code == 0, ended.errors
    assert "Traceback" not in ended.printed
    assert SECRET not in ended.printed


SPEAKING = """
import os, stamina, structlog
from bot import logs

logs.set_up(os.environ["FORM"])

@stamina.retry(on=ValueError, attempts=2, wait_initial=0, wait_max=0, wait_jitter=0)
def work(session, *, reason):
    token = session
    raise ValueError(token)

try:
    work(os.environ["SESSION"], reason=os.environ["SESSION"])
except ValueError:
    pass
try:
    token = os.environ["SESSION"]
    {}["nothing"]
except KeyError:
    structlog.get_logger().exception("it.failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
async def test_the_log_holds_no_arguments_and_no_variables(form: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SPEAKING),
        cwd=ROOT,
        env={**os.environ, "FORM": form, "SESSION": WRONG},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        said = (await process.communicate())[1].decode()
    assert process.returncode == 0, said
    assert WRONG not in said
    retry, failure = said.splitlines()[:2]
    assert "stamina.retry_scheduled" in retry
    assert "ValueError" in retry
    assert "info" in retry
    for word in ("callable", "args", "kwargs", "warning"):
        assert word not in retry
    assert "it.failed" in failure
    assert "Traceback (most recent call last)" in said
    assert "KeyError: …" in said, "what it says may name somebody's file"


async def test_what_happened_is_printed(office: Office) -> None:
    hostile = "\x1b]0;owned\x07\x1b[31m\x9b31m[bold]红\u3000\u202egpj.exe\n\r\u2028"
    async with office.robot() as app:
        made = {"name": hostile, "creator": "wang", "create": [{"path": "/a", "creator": "wang"}]}
        space = (await office.control.ask("POST", "drive", made))["spaceId"]
        reason = '"[red]\x1b[2J\x9b2J\u202ewhy"'
        card = await ask(office, "/a", "--space", space, "--reason", reason)
        done = await delete(office, app, *await files(office, "plain"))
        assert (await office.press("wang", card, "cancel"))["ok"]
    variables = environment(office, COLUMNS="200")

    shown = await ran(office.folder, "requests", variables=variables)
    assert shown.code == 0, shown.errors
    rows = shown.output.splitlines()
    assert len(rows) == 4
    assert "(Asia/Shanghai)" in rows[1]
    assert done.request.id in rows[2]
    assert all(word in rows[2] for word in ("done", "王小明", "市场部群文件"))
    assert "cancelled" in rows[3]

    by_database = {k: v for k, v in variables.items() if "DATABASE" in k} | {
        "DINGSWEEP_TIMEZONE": "Etc/GMT+12"
    }
    abroad = await ran_inside(office.folder, "requests", "--limit", "1", variables=by_database)
    assert abroad.code == 0, abroad.errors
    _, head, row = abroad.output.splitlines()
    assert "(Etc/GMT+12)" in head
    assert f"{done.request.created_at - timedelta(hours=12):%Y-%m-%d %H:%M}" in row

    trail = await ran_inside(office.folder, "audit", variables=variables)
    assert trail.code == 0, trail.errors
    assert "request.cancelled" in trail.output
    assert "[red]" in trail.output, "markup is shown, not obeyed"
    for output in (shown.output, trail.output):
        assert obeyed(output) == []

    lines = (await ran_inside(office.folder, "audit", "--json", variables=variables)).output.splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    mine = await ran_inside(office.folder, "audit", done.request.id, "--json", variables=variables)
    events = [json.loads(line)["event"] for line in mine.output.splitlines()]
    assert [event for event in events if event.startswith("card.")] == ["card.delivered"] * 2 + [
        "card.updated"
    ]
    assert [event for event in events if not event.startswith("card.")] == [
        "request.created",
        "request.approved",
        "request.running",
        "batch.sent",
        "batch.answered",
        "dentry.outcome",
        "request.done",
    ]
    listed = await ran_inside(office.folder, "requests", "--json", "--limit", "1", variables=variables)
    [request] = [json.loads(line) for line in listed.output.splitlines()]
    assert request["id"] == done.request.id
    assert "nonce" not in request, "whoever has it can confirm"
    everything = (await ran_inside(office.folder, "requests", "--json", variables=variables)).output
    assert json.loads(everything.splitlines()[1])["space"]["name"] == hostile, "as it is, to a program"
    for output in (everything, "\n".join(lines)):
        assert obeyed(output) == []


async def test_nothing_has_happened_yet(office: Office) -> None:
    variables = environment(office)
    async with Store(office.settings().database_url):
        pass
    for command in ("requests", "audit"):
        ended = await ran_inside(office.folder, command, "--json", variables=variables)
        assert (ended.code, ended.output, ended.errors) == (0, "", "")


async def test_a_request_that_is_none_is_said(office: Office) -> None:
    variables = environment(office)
    async with Store(office.settings().database_url):
        pass
    for options in ([], ["--json"]):
        ended = await ran_inside(office.folder, "audit", "ZZ\x1b[2JZZ", *options, variables=variables)
        assert (ended.code, ended.output) == (1, "")
        [line] = ended.errors.splitlines()
        assert line.startswith("There is no request ZZ")
        assert obeyed(line) == []


@pytest.mark.parametrize("limit", ["0", "-4"])
async def test_a_number_of_requests_is_at_least_one(office: Office, limit: str) -> None:
    ended = await ran_inside(office.folder, "requests", "--limit", limit, variables=environment(office))
    assert (ended.code, ended.output) == (2, "")
    assert "--limit" in ended.errors


def test_in_a_narrow_terminal_states_times_and_what_is_permanent_stay_whole() -> None:
    at = datetime(2026, 11, 23, 22, 18, tzinfo=UTC)
    made = {
        state: Request(
            id="K7M2",
            requester=Operator(corp_id="c", user_id="u", union_id="n", name="王小明" * 5),
            conversation=Conversation(id="cid", kind="group"),
            space=Space(id="1", name="市场部群文件" * 5),
            totals=Totals(targets=1, dentries=1000, folders=0, size_bytes=0),
            digest="",
            to_recycle_bin=False,
            state=state,
            nonce="n",
            message_key="m",
            created_at=at,
            expires_at=at,
        )
        for state in RequestState
    }
    for state, request in made.items():
        output = io.StringIO()
        Console(file=output, width=80).print(requests_table([request], "Asia/Shanghai"))
        for word in (state, "K7M2", "(Asia/Shanghai)", "2026-11-24 06:18", "permanent", "1000"):
            assert word in output.getvalue()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_sandbox_ends_with_the_process_that_was_started(number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "sandbox", "--port", "0"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        async with asyncio.timeout(PATIENCE_S):
            url = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/sandbox/people") as answer:
                assert answer.status == 200
            process.send_signal(number)
            async with asyncio.timeout(SHUTDOWN_S):
                assert await process.wait() == 0
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get(f"{url}/sandbox/people")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_main_job_on_postgresql(office: Office, postgres: NewDatabase) -> None:
    """With the URL as it is usually given: no driver's name in it."""
    url = postgres()
    assert url.startswith("postgresql://")
    async with robot(office, DINGSWEEP_DATABASE_URL=url) as program:
        card = await ask(office, "/2023/drafts", "/report.pdf")
        assert (await office.press("wang", card, "confirm"))["ok"]
        found = await told(office, card, database_url=url)
        assert (await program.end()).code == 0
    assert found.results == {"/2023/drafts": DELETED, "/report.pdf": DELETED}
    assert len(found.made(REMOVE)) == 1
    variables = environment(office, DINGSWEEP_DATABASE_URL=url)
    shown = await ran_inside(office.folder, "requests", variables=variables)
    assert found.request.id in shown.output
    assert not (office.folder / "robot.sqlite").exists()
