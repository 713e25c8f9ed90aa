"""`dingsweep doctor` on what is stored: a line for each thing. DingTalk is not there."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.channels import Notice
from bot.commands.doctor import doctor
from bot.doctor.finding import found
from bot.doctor.hosts import Reached, clock
from bot.doctor.words import SAID
from bot.models import Request, RequestState
from bot.scopes import SCOPES
from bot.settings import load
from bot.store import Answer, ChannelState, Store
from tests.unit import papers
from tests.unit.store_given import manifest, request

TOML = """
client_id = "ding1"
client_secret = "tops3cret"
api_base_url = "http://127.0.0.1:1"
oapi_base_url = "http://127.0.0.1:1"
database_url = "{url}"
[[notify]]
name = "audit"
conversation = "cidA=="
[[notify]]
name = "ops"
webhook = "https://oapi.dingtalk.com/robot/send?access_token=tops3cret"
"""


@pytest.mark.parametrize("date", ["", "now", "Wed, 25 Nov 2026 12:00:00 -0000"])
def test_a_time_that_is_none_is_no_reason_to_look_no_further(date: str) -> None:
    told = clock(Reached(found("host.ok", "host x", ms=1, way=""), date, datetime.now(UTC)))
    assert told.id == "clock.unknown"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.upper().startswith("DINGSWEEP_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def install(folder: Path, database_url: str) -> str:
    """Settings, and a database as a robot leaves it; its URL."""
    (folder / "dingsweep.toml").write_text(TOML.format(url=database_url))
    url = load(folder).database_url
    asyncio.run(_used(url))
    return url


async def _used(url: str) -> None:
    now = datetime.now(UTC)
    notice = Notice(
        event="done", request_id="R1", requester="王", space="市场部", dentries=3, size_bytes=1, at=now
    )
    async with Store(url) as store:
        await store.meter.count("POST /a", now)
        await store.outbox.add(["audit", "ops"], "ding", notice)
        batch = await store.outbox.begin(ChannelState(name="audit"), "b1", "local")
        assert batch
        await store.outbox.close(batch, ChannelState(name="audit", sent_at=now), at=now, event="notice.sent")


def check(*options: str) -> Result:
    result = CliRunner().invoke(doctor, options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "tops3cret" not in result.output
    return result


def findings(*options: str) -> dict[str, dict[str, Any]]:
    lines = map(json.loads, check("--json", *options).stdout.splitlines())
    return {line["check"]: line for line in lines}


def test_all_is_well(folder: Path, database_url: str) -> None:
    install(folder, database_url)
    result = check()
    lines = result.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:8]] == [
        "ok       settings",
        "ok       policy",
        "ok       database",
        "ok       audit",
        "ok       month",
        "ok       events",
        "ok       notify audit",
        "ok       notify ops",
    ]
    assert "hash " in lines[1]
    assert lines[4].endswith("1 calls of 5000, 0 webhook messages of 3000")
    assert "last sent 20" in lines[6]
    assert lines[7].endswith("nothing sent yet, 1 waiting")
    assert lines[8].startswith("failed   host 127.0.0.1:1: 127.0.0.1:1 cannot be reached")
    assert ". To do: let this machine connect to 127.0.0.1:1 in the firewall" in lines[8]
    assert {line.split()[0] for line in lines[9:]} == {"skipped", "ok"}
    assert result.exit_code == 1


def test_channels_in_trouble_are_told_with_the_error(folder: Path, database_url: str) -> None:
    url = install(folder, database_url)

    async def trouble() -> None:
        now = datetime.now(UTC)
        bad = ChannelState(name="ops", failures=3, error="POST /robot/send: 400102: robot\x1b[2J stopped")
        async with Store(url) as store:
            batch = await store.outbox.begin(ChannelState(name="ops"), "b2", "local")
            assert batch
            await store.outbox.close(batch, bad, at=now, event="notice.undelivered", error="400102")
            await store.audit.append(
                now - timedelta(days=8),
                corp_id="",
                actor="dingsweep",
                event="notice.cut",
                target="audit",
                size=9,
            )

    asyncio.run(trouble())
    found = findings()
    assert found["notify ops"]["health"] == "warning"
    assert found["notify ops"]["said"] == (
        "nothing sent yet, 0 waiting, 1 given up in the last 7 days, failed 3 times since, "
        "the last time with POST /robot/send: 400102: robot\x1b[2J stopped"
    )
    assert found["notify audit"]["health"] == "ok", "what was lost long ago is history"
    plain = check()
    assert "\x1b" not in plain.output


def test_a_month_that_runs_low_is_told(folder: Path, database_url: str) -> None:
    install(folder, database_url)
    os.environ["DINGSWEEP_MONTHLY_CALLS"] = "1"
    try:
        month = findings()["month"]
    finally:
        del os.environ["DINGSWEEP_MONTHLY_CALLS"]
    assert month["health"] == "warning"
    assert month["said"] == "1 calls of 1, 0 webhook messages of 3000"
    assert month["todo"].startswith("notices are cut first")


def test_how_to_be_told_of_deletions_is_a_hint(folder: Path, database_url: str) -> None:
    install(folder, database_url)
    events = findings()["events"]
    assert events["health"] == "ok"
    assert 'POST /v1.0/storage/events/subscribe?unionId=… {"scope": "ORG"' in events["todo"]
    assert "Storage.Event.Write" in events["todo"]
    assert events["todo"].endswith("then set DINGSWEEP_DELETION_EVENTS to true")


def test_events_that_never_come_are_told(folder: Path, database_url: str) -> None:
    url = install(folder, database_url)
    toml = folder / "dingsweep.toml"
    toml.write_text("deletion_events = true\n" + toml.read_text())
    assert findings()["events"]["said"].startswith("storage_dentry_delete told of 0 of 0 folders")
    begun, first = asyncio.run(_folders_left(url))
    events = findings()["events"]
    assert events["health"] == "warning"
    assert events["said"].startswith("none told of the 2 folders deleted in the last 7 days")
    asyncio.run(_told(url, begun, first))
    events = findings()["events"]
    assert (events["health"], events["said"].partition(" folders")[0]) == (
        "ok",
        "storage_dentry_delete told of 1 of 2",
    )


async def _folders_left(url: str) -> tuple[Request, str]:
    """A job that leaves two folders to DingTalk; the dentryId of the first."""
    now = datetime.now(UTC)
    frozen = manifest(files=3)
    made = request(frozen, id="AB12").model_copy(update={"state": RequestState.APPROVED})
    first, second, _ = (entry.dentry.dentry_id for entry in frozen.targets)
    async with Store(url) as store:
        await store.requests.add(made, frozen)
        begun = await store.jobs.begin("AB12", "here", at=now)
        assert begun
        tasks = {first: "task 1", second: "task 2"}
        await store.jobs.answered(begun, Answer(2, "", "", {}, tasks), at=now)
    return begun, first


async def _told(url: str, request: Request, dentry_id: str) -> None:
    async with Store(url) as store:
        assert await store.jobs.seen_gone(request.space.id, dentry_id, at=datetime.now(UTC))


def test_wrong_settings_fail_and_the_database_is_looked_at_all_the_same(
    folder: Path, database_url: str
) -> None:
    install(folder, database_url)
    with (folder / "dingsweep.toml").open("a") as file:
        file.write('digest = "weekly"\n')
    assert check().exit_code == 1
    found = findings()
    assert found["settings"]["health"] == "failed"
    assert "DINGSWEEP_NOTIFY is wrong at entry 2, digest" in found["settings"]["said"]
    assert found["audit"]["health"] == "ok"


def test_texts_that_are_wrong(folder: Path) -> None:
    (folder / "dingsweep.toml").write_text(TOML.format(url="sqlite:///none.sqlite"))
    os.environ["DINGSWEEP_TEXTS"] = str(folder)
    try:
        (folder / "en.po").write_text('msgid "no.such.text"\nmsgstr "x"\n')
        wrong = findings()["texts"]
        (folder / "en.po").write_text("")
        right = findings()["texts"]
    finally:
        del os.environ["DINGSWEEP_TEXTS"]
    assert (wrong["id"], wrong["said"].startswith("1 mistakes, the first: "), right["id"]) == (
        "texts.wrong",
        True,
        "texts.ok",
    )


def test_settings_that_are_none(folder: Path) -> None:
    (folder / "dingsweep.toml").write_text("database_url = 3 3\n")
    assert check().exit_code == 1
    found = findings()
    assert found.pop("settings")["health"] == "failed"
    assert {finding["said"] for finding in found.values()} == {"not looked at, because of settings"}
    assert {"database", "secret", "scopes", "stream"} <= found.keys()


def test_a_database_that_is_not_there_is_not_made(folder: Path) -> None:
    (folder / "dingsweep.toml").write_text(TOML.format(url=f"sqlite:///{folder}/none.sqlite"))
    database = findings()["database"]
    assert (database["health"], database["todo"]) == ("warning", "nothing: dingsweep run makes it")
    assert not (folder / "none.sqlite").exists()


def test_a_file_that_is_no_database(folder: Path) -> None:
    (folder / "bad.sqlite").write_text("no database" * 100)
    (folder / "dingsweep.toml").write_text(TOML.format(url=f"sqlite:///{folder}/bad.sqlite"))
    database = findings()["database"]
    assert (database["health"], database["said"]) == ("failed", "it cannot be used: file is not a database")


@pytest.mark.parametrize(
    ("schema", "health", "todo"),
    [
        ("0001", "warning", "make a backup; dingsweep run brings it to "),
        ("9999", "failed", "install that version again"),
    ],
)
def test_a_schema_that_is_not_ours(folder: Path, schema: str, health: str, todo: str) -> None:
    install(folder, f"sqlite:///{folder}/robot.sqlite")
    with closing(sqlite3.connect(folder / "robot.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    found = findings()
    assert found["database"]["health"] == health
    assert found["database"]["said"].startswith(f"it has schema {schema}")
    assert found["database"]["todo"].startswith(todo)
    assert "audit" not in found


def test_a_trail_whose_end_was_cut_off_fails(folder: Path) -> None:
    install(folder, f"sqlite:///{folder}/robot.sqlite")
    with closing(sqlite3.connect(folder / "robot.sqlite")) as connection, connection:
        for (trigger,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DELETE FROM audit")
    assert check().exit_code == 1
    assert findings()["audit"]["health"] == "failed"


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_all_it_says_is_in_the_papers_and_nothing_else(language: str) -> None:
    """In English word for word; in Chinese what it says word for word, and what it means."""
    rows = papers.rows(papers.read(f"docs/doctor{language}.md"))
    told = {
        cell: cells
        for cell, cells in rows.items()
        if re.match(r"`\w+(\.\w+)?` (ok|warning|failed|skipped)$", cell)
    }
    said = {f"`{key}` {words.health}": words for key, words in SAID.items()}
    assert told.keys() == said.keys()
    for cell, words in said.items():
        text, todo = (part.replace("{{", "{").replace("}}", "}") for part in (words.said, words.todo))
        if language:
            assert told[cell][0] == text
            assert re.search("[\u4e00-\u9fff]", told[cell][1]), cell
        else:
            assert [*told[cell], ""][:2] == [text, todo], cell


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_what_each_permission_is_learnt_from_is_told(language: str) -> None:
    told = " ".join(papers.rows(papers.read(f"docs/doctor{language}.md")))
    assert [scope.code for scope in SCOPES if f"`scope {scope.code}`" not in told] == []


@pytest.mark.parametrize("key", SAID)
def test_what_is_not_well_says_what_to_do(key: str) -> None:
    words = SAID[key]
    assert words.todo or words.health in {"ok", "skipped"}
