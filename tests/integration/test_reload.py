"""Settings read anew while the robot runs: what is asked from then on goes by them, what was asked before does not."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any
from unittest.mock import AsyncMock

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot import logs as redaction
from bot.app import App
from bot.logs.redaction import Redactor
from cards.texts import use
from tests.integration.deletions import agree, ask, files, struck, until
from tests.integration.endings import fault
from tests.integration.office import ENGINEERING, MARKETING, MARKETING_SPACE, Office
from tests.integration.organisations import HARBOUR, HOME, PIER, SEVERAL, build_harbour, does, served
from tests.integration.program import environment, started
from tests.integration.proofs import words

SEND = "POST /v1.0/robot/groupMessages/send"
REFUSED: list[dict[str, Any]] = [{"name": "None", "answer": "refuse", "sentence": "Nothing today."}]


async def reload(office: Office, app: App, **changed: Any) -> list[dict[str, Any]]:
    """What the robot logged when it read these settings."""
    with capture_logs() as logs:
        await app.reload(lambda: office.settings(**changed))
    return [dict(line) for line in logs if line["event"].startswith("reload.")]


async def test_new_rules_rule_what_is_asked_next_and_nothing_that_was_asked_before(office: Office) -> None:
    async with office.robot() as app:
        await files(office, "a.txt", "b.txt")
        card = await ask(office, "/a.txt")
        old = app.services.policy.hash
        [said] = await reload(office, app, rules=REFUSED, spaces={MARKETING: MARKETING_SPACE}, language="en")
        assert said["event"] == "reload.done"
        assert said["settings"] == ["rules", "language", "spaces"]
        new = app.services.policy.hash
        assert said["policy_hash"] == new != old
        assert "Nothing today." in await words(office, "wang", "rm /b.txt")
        told = await agree(office, app, card)
        assert told.request.ruling.policy_hash == old
        assert "/a.txt" not in await office.paths()
        policies = [
            r.details["hash"] async for r in app.store.audit.records() if r.event == "policy.in_force"
        ]
        assert policies == [old, new]

        # What goes on for ever goes on, by the new ones: a clock that runs out is noticed.
        await reload(office, app, confirm_minutes=0.001)
        expiring = await ask(office, "/b.txt")

        async def has_expired() -> bool:
            request = await app.store.requests.by_card(expiring["outTrackId"])
            return request is not None and request.state == "expired"

        await until(has_expired)


async def test_what_is_refused_changes_nothing_of_anybody_and_new_secrets_stay_secret(office: Office) -> None:
    """One organisation's part that cannot be written keeps all others by the old settings; and texts, too."""
    await build_harbour(office)
    async with office.robot(**SEVERAL) as app:
        for corp_id in (HOME, HARBOUR):
            await does(office, corp_id, "authorise")
        home, harbour = await served(app, HOME), await served(app, HARBOUR)
        before = home.parts, harbour.parts, app.settings
        with pytest.MonkeyPatch.context() as patch:
            for error in (OperationalError("x", {}, Exception("away")), RuntimeError("whatever")):
                patch.setattr(harbour.store.audit, "note_policy", AsyncMock(side_effect=error))
                patch.setattr(redaction, "_redactor", Redactor())
                tables = {HOME: {"notify": [{"name": "x", "conversation": PIER, "events": ["requested"]}]}}
                [said] = await reload(
                    office,
                    app,
                    **SEVERAL | {"suite_secret": "another-secret"},
                    max_dentries=3,
                    organisations=tables,
                )
                assert said["event"] == "reload.refused"
                assert (home.parts, harbour.parts, app.settings) == before
                assert "another-secret" not in redaction._redactor.clean("it is another-secret")
        [said] = await reload(office, app, **SEVERAL, max_dentries=3)
        assert said["event"] == "reload.done"
        assert home.services.policy.max_dentries == harbour.services.policy.max_dentries == 3


async def test_a_bad_file_changes_nothing_and_what_cannot_change_is_named(office: Office) -> None:
    async with office.robot() as app:
        before = app.only.parts
        [said] = await reload(office, app, max_dentries=0)
        assert said["event"] == "reload.refused"
        assert said["log_level"] == "error"
        assert said["reason"] == "DINGSWEEP_MAX_DENTRIES is wrong: write a whole number of at least 1."
        assert app.only.parts is before
        logs = await reload(office, app, client_secret="another", health="127.0.0.1:0", max_dentries=2)
        assert [line["event"] for line in logs] == ["reload.needs_restart", "reload.done"]
        assert logs[0]["settings"] == ["client_secret", "health"]
        assert "another" not in str(logs)
        assert app.services.policy.max_dentries == 2
        assert app.settings.client_secret.get_secret_value() != "another"
        logs = await reload(office, app, **SEVERAL, max_dentries=3)
        assert logs[0]["event"] == "reload.needs_restart"
        assert app.services.policy.max_dentries == 2, "half of another robot would be neither"


async def test_a_notice_that_is_on_its_way_is_told_once(office: Office) -> None:
    notify = [{"name": "log", "conversation": ENGINEERING, "events": ["requested"]}]
    async with office.robot(notify=notify) as app:
        sending = await fault(office, SEND, delayMs=300)
        await ask(office, *await files(office, "a.txt"))
        await struck(office, sending)
        await reload(office, app, notify=notify, max_dentries=5)

        async def are_told() -> bool:
            return await app.store.outbox.waiting() == {}

        await until(are_told)
        assert len(await office.calls(SEND)) == 1


async def test_texts_are_read_anew_all_or_none(office: Office) -> None:
    folder = office.folder / "wording"
    folder.mkdir()
    wording = folder / "en.po"
    try:
        async with office.robot() as app:
            wording.write_text('msgid "reply.pong"\nmsgstr "Here I am."\n')
            [said] = await reload(office, app, texts=str(folder))
            assert (said["event"], said["settings"]) == ("reload.done", ["texts"])
            assert "Here I am." in await words(office, "alice", "ping", ENGINEERING)
            wording.write_text('msgid "reply.pong"\nmsgstr "{nobody}"\n')
            [said] = await reload(office, app, texts=str(folder), max_dentries=2)
            assert said["event"] == "reload.refused"
            assert "en.po" in said["reason"]
            assert "Here I am." in await words(office, "alice", "ping", ENGINEERING)
            assert app.services.policy.max_dentries != 2
    finally:
        use("")


async def test_each_organisation_goes_by_its_own(office: Office) -> None:
    await build_harbour(office)
    async with office.robot(**SEVERAL) as app:
        for corp_id in (HOME, HARBOUR):
            await does(office, corp_id, "authorise")
        home, harbour = await served(app, HOME), await served(app, HARBOUR)
        tables = {HARBOUR: {"rules": REFUSED, "calls_per_second": 3}}
        [said] = await reload(office, app, **SEVERAL, organisations=tables)
        assert said["event"] == "reload.done"
        assert "Nothing today." in await words(office, "lin", "rm /plan.pdf", PIER)
        assert (await office.say("wang", "rm /report.pdf"))["kind"] == "card"
        assert home.services.policy.hash != harbour.services.policy.hash
        [said] = await reload(office, app, **SEVERAL, organisations={HARBOUR: {"rules": []}})
        assert said["event"] == "reload.refused"
        assert HARBOUR in said["reason"]


async def test_on_sighup(office: Office) -> None:
    """From the file beside the program; a mistake in it is told with its line, and the robot goes on."""
    toml = office.folder / "dingsweep.toml"
    toml.write_text("max_dentries = 5\n")
    texts = office.folder / "wording"
    texts.mkdir()
    os.mkfifo(texts / "en.po")
    variables = environment(office, DINGSWEEP_TEXTS=str(texts))
    del variables["DINGSWEEP_RULES"]
    async with started(office.folder, "run", variables=variables) as program:
        held = await asyncio.to_thread(
            os.open, texts / "en.po", os.O_WRONLY
        )  # it reads its texts, and is not up yet
        program.send(signal.SIGHUP)
        (texts / "new").touch()
        (texts / "new").replace(texts / "en.po")
        os.close(held)
        await program.says("stream.connected")
        await program.says("reload.done")
        for text in ("", f"a = {20_000 * chr(91)}"):
            toml.write_text(text)
            program.send(signal.SIGHUP)
            await program.says("gone or empty" if not text else "too many brackets")
        toml.write_text('max_dentries = 7\n\n[[rules]]\nname = "x"\nanswer = "maybe"\n')
        program.send(signal.SIGHUP)
        await program.says("dingsweep.toml line 5")
        toml.write_text('[[rules]]\nname = "Whoever asks"\nanswer = "confirm"\n')
        program.send(signal.SIGHUP)
        await program.says('"rules"')
        assert (await office.say("wang", "rm /report.pdf"))["kind"] == "card"
        ended = await program.end()
        assert ended.code == 0
        *_, refused = [line for line in ended.errors.splitlines() if "reload.refused" in line]
        assert "dingsweep.toml line 5" in refused
