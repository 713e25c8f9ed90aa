"""The health page: what it says of a robot at work, of one that cannot work, and who can hold it up (nobody)."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
import stamina
import structlog

from bot import metrics
from bot.health import Health, HealthError
from bot.health.page import BACKLOG, MOST_CONNECTIONS
from bot.settings import OFF
from tests.integration.deletions import until
from tests.integration.gateway import Notes, frame, gateway, streaming
from tests.integration.office import MARKETING, PATIENCE_S, Office
from tests.integration.test_third_party import DEAF, SUITE
from tests.integration.watched import LOOPBACK, Scrape, opened, watching

TOKEN = "/v1.0/oauth2/accessToken"
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
FILE = {"kind": "delete", "outcome": "deleted"}


async def test_a_day_at_work_is_counted(office: Office) -> None:
    async with office.robot(monthly_calls=100) as app, watching(app) as page:
        before = await page.scrape()
        card = await office.say("wang", "rm /report.pdf")
        await office.press("wang", card, "confirm")
        await office.until("wang", MARKETING, card["seq"], lambda said: said["id"] != card["id"])
        await office.say("wang", "nonsense")
        assert await page.page("readyz") == (200, {"ready": True, "wrong": {}})
        assert await page.page("livez") == (200, {"live": True})
        await app.store.meter.flush()
        after = await page.scrape()

    def rose(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before.value(name, **labels)

    assert rose("dingsweep_stream_frames_total", topic="message", result="answered") == 2
    assert rose("dingsweep_stream_frames_total", topic="click", result="answered") == 1
    assert rose("dingsweep_stream_answer_seconds_count", topic="click") == 1
    assert rose("dingsweep_callbacks_late_total") == 0
    assert rose("dingsweep_commands_total", command="delete", result="done") == 1
    assert rose("dingsweep_commands_total", command="none", result="refused") == 1
    assert rose("dingsweep_api_calls_total", api=REMOVE, status="200") == 1
    assert rose("dingsweep_api_call_seconds_count", api=REMOVE) == 1
    assert rose("dingsweep_dentries_total", **FILE) == 1
    assert rose("dingsweep_jobs_finished_total", kind="delete", state="done") == 1
    assert rose("dingsweep_audit_head_sequence", organisation="") > 3
    assert after.value("dingsweep_audit_head_ok", organisation="") == 1
    assert time.time() - after.value("dingsweep_audit_head_timestamp_seconds", organisation="") < PATIENCE_S
    used = after.value("dingsweep_month_calls", organisation="", quota="calls")
    assert 3 < used == 100 - after.value("dingsweep_month_calls_left", organisation="", quota="calls")
    assert after.value("dingsweep_ready") == after.value("dingsweep_stream_connected") == 1
    assert time.time() - after.value("dingsweep_stream_frame_timestamp_seconds") < PATIENCE_S
    assert after.value("dingsweep_jobs", state="running") == 0
    assert not re.search(r"report\.pdf|wang|sandbox-secret|cidMarketing|dingcorp", after.text)


async def test_only_reading_is_answered_and_nothing_is_kept_open(office: Office) -> None:
    async with opened(Health(LOOPBACK)) as page:
        answers = [
            (await page.asked(method, path))[0]
            for method in ("POST", "PUT", "DELETE")
            for path in ("metrics", "")
        ]
        assert answers == [405, 404] * 3
        assert await page.asked("HEAD", "livez") == (200, "")
        assert (await page.asked("GET", "metrics/../../etc/passwd"))[0] == 404
        assert await page.page("readyz") == (
            503,
            {"ready": False, "wrong": {"replica": "It is starting, or stopping."}},
        )
        found = await page.scrape()
        assert (found.value("dingsweep_ready"), found.value("dingsweep_database_up")) == (0, 0)
        assert not re.search("(?m)^dingsweep_jobs{", found.text), "nobody knows, so nothing is said"


async def test_what_keeps_it_from_working_is_said(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.health.readiness.WITHIN_S", 0.1)
    async with office.robot() as app, watching(app) as page:
        assert await page.page("readyz") == (200, {"ready": True, "wrong": {}})

        monkeypatch.setattr(app.stream, "_heard_at", time.monotonic() - 76)
        assert await _wrong(page) == {"stream"}
        assert (await page.scrape()).value("dingsweep_check_ok", check="stream") == 0
        app.stream._heard()
        assert await _wrong(page) == set()

        async def hangs() -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(app.store.watch, "ping", hangs)
        assert await _wrong(page) == {"database"}
        assert (await page.scrape()).value("dingsweep_database_up") == 0
        monkeypatch.undo()
        monkeypatch.setattr(app.store.watch, "look", hangs)
        monkeypatch.setattr("bot.health.health.WITHIN_S", 0.05)
        assert (await page.scrape()).value("dingsweep_database_up") == 0, "a scrape has its end, too"
        monkeypatch.undo()

        await app.stream.hold()
        assert await _wrong(page) == {"stream"}


async def _wrong(page: Any) -> set[str]:
    status, said = await page.page("readyz")
    assert status == (503 if said["wrong"] else 200)
    return set(said["wrong"])


async def test_without_a_token_it_is_not_ready_and_dingtalk_is_not_asked_each_time(office: Office) -> None:
    async with office.robot(**SUITE | DEAF) as app, watching(app) as page:
        for _ in range(3):
            status, said = await page.page("readyz")
            assert (status, said["wrong"]) == (
                503,
                {"token": "DingTalk gives no access token: noSuiteTicket."},
            )
    await office.control.fault(f"POST {TOKEN}", 400, "invalidClientIdOrSecret", count=100)
    async with office.robot() as app, watching(app) as page:
        for _ in range(3):
            status, said = await page.page("readyz")
            assert (status, "invalidClientIdOrSecret" in said["wrong"]["token"]) == (503, True)
    assert len(await office.calls(TOKEN)) == 1


async def test_a_loop_that_hangs_is_found_out_although_it_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.health.health.BEAT_S", 0.02)
    async with opened(Health(LOOPBACK, stuck_s=0.5)) as page:
        assert (await page.page("livez"))[0] == 200
        reading = asyncio.create_task(asyncio.to_thread(_until_stuck, page.port))
        await asyncio.sleep(0)
        time.sleep(0.9)  # noqa: ASYNC251  this is what it is about
        assert "The loop has not turned" in await reading
        await asyncio.sleep(0.05)
        assert (await page.page("livez"))[0] == 200


def _until_stuck(port: int) -> str:
    """What the page says once it says so; in a thread, for the test's loop stands still."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5)
        except urllib.error.HTTPError as exc:
            return exc.read().decode()
    raise AssertionError("it never said so")


async def test_who_is_slow_holds_up_nobody_and_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.health.page.CUT_AFTER_S", 0.5)
    async with opened(Health(LOOPBACK)) as page:
        slow = [await asyncio.open_connection("127.0.0.1", page.port) for _ in range(80)]
        for _, writer in slow[:40]:
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert (await page.page("livez"))[0] == 200
        async with asyncio.timeout(PATIENCE_S):
            for reader, writer in slow:
                with suppress(ConnectionResetError):
                    assert await reader.read() == b"", "cut without a word"
                writer.close()
        assert (await page.scrape()).value("dingsweep_build_info") >= 0


async def test_many_connections_at_once_leave_the_robot_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go as soon as there are more, and not when somebody looks the next time."""
    monkeypatch.setattr("bot.health.page.CUT_AFTER_S", 3600.0)
    monkeypatch.setattr("bot.health.page.LOOK_EVERY_S", 3600.0)
    async with opened(Health(LOOPBACK)) as page:
        crowd = [await asyncio.open_connection("127.0.0.1", page.port) for _ in range(200)]
        try:
            async with asyncio.timeout(PATIENCE_S):
                for reader, _ in crowd[: 200 - MOST_CONNECTIONS - BACKLOG]:  # so many may be taken in one go
                    with suppress(ConnectionResetError):
                        assert await reader.read() == b""
            assert (await page.page("livez"))[0] == 200
        finally:
            for _, writer in crowd:
                writer.close()


async def test_many_scrapes_are_one_look_at_the_database(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office.robot() as app, watching(app, keep_metrics_s=60.0) as page:
        looks = []
        look = app.store.watch.look

        async def counted(at: Any) -> Any:
            looks.append(at)
            return await look(at)

        monkeypatch.setattr(app.store.watch, "look", counted)
        texts = {scrape.text for scrape in await asyncio.gather(*(page.scrape() for _ in range(20)))}
        assert (len(looks), len(texts)) == (1, 1)


async def test_an_address_that_is_taken() -> None:
    async with opened(Health(LOOPBACK)) as page:
        taken = f"127.0.0.1:{page.port}"
        with pytest.raises(HealthError, match=f"DINGSWEEP_HEALTH: {taken} cannot be used"):
            async with Health(taken):
                pass
        with structlog.testing.capture_logs() as lines:
            async with Health(taken, is_default=True) as without:
                assert without.port == 0
        assert [(line["event"], line["log_level"]) for line in lines] == [("health.not_open", "warning")]
    async with Health(OFF) as none:
        assert none.port == 0


async def test_hostile_frames_make_no_series() -> None:
    """Topics, types and ids of any kind, and as many as one likes."""
    hostile = [
        frame(f'id-{number}\n"}} 1', f"/v1.0/топик/{number}", {"n": number}, kind)
        for number in range(100)
        for kind in ("CALLBACK", "EVENT", "SYSTEM", f"KIND{number}")
    ]
    of_no_kind: list[Any] = [1, None, [], {}]
    odd = [
        {"type": each, "headers": {"topic": topic, "messageId": "x"}}
        for each in of_no_kind
        for topic in of_no_kind
    ]
    async with gateway() as there, streaming(there, Notes()):
        line = await there.line()
        before = {key for key in _of_frames() if key[1]}
        await line.send(
            *hostile,
            *(dict(each) for each in odd),
            "{",
            "[]",
            '{"headers": 3}',
            frame("end", "/v1.0/none", {}),
        )
        await line.answer("end")
        await until(_are_counted)
        made = {key for key in _of_frames() if key[1]} - before
    topics = {*metrics.TOPICS, metrics.OTHER}
    results = {*metrics.RESULTS, metrics.OTHER}
    for _, labels in made:
        found = dict(labels)
        assert found.get("topic", "click") in topics
        assert found.get("result", "lost") in results
    metrics.call("GET /v1.0/" + "x" * 5000, 299, "Z", 1.0)
    metrics.command("nonsense\n", "y", 1.0)
    metrics.outcome("none", "such")
    metrics.throttled("a", "b")
    text = Scrape(_text()).series
    assert all(len(value) < 100 for _, labels in text for _, value in labels)


def _text() -> str:
    from prometheus_client import generate_latest  # noqa: PLC0415

    return generate_latest(metrics.registry).decode()


def _of_frames() -> Any:
    return {
        key: value for key, value in Scrape(_text()).series.items() if key[0].startswith("dingsweep_stream")
    }


async def _are_counted() -> bool:
    other = Scrape(_text()).value("dingsweep_stream_frames_total", topic="other", result="unknown")
    return other >= 200


async def test_connections_that_end_or_fail_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def counted() -> list[float]:
        found = Scrape(_text())
        ended = [found.value("dingsweep_stream_reconnects_total", reason=r) for r in ("announced", "broken")]
        reasons = ("unreachable", "certificate", "refused")
        failed = [found.value("dingsweep_stream_connect_failures_total", reason=r) for r in reasons]
        return [*ended, *failed, found.value("dingsweep_stream_connected")]

    before = counted()
    with stamina.set_testing(True, attempts=1000):
        async with gateway() as there, streaming(there, Notes()) as (stream, _):
            line = await there.line()
            there.refusals = [(500, "{}"), (401, "{}")]
            await line.send(frame("bye", "disconnect", {}, "SYSTEM"))
            await there.line(2)
            await asyncio.wait_for(stream.connected.wait(), PATIENCE_S)
            connect, distrusted = stream._connect, iter([True])

            async def distrusting() -> Any:
                if next(distrusted, False):
                    raise aiohttp.ClientConnectorCertificateError(_NO_KEY, OSError(1, "self-signed"))
                return await connect()

            monkeypatch.setattr(stream, "_connect", distrusting)
            await there.lines[1].socket.close()
            await there.line(3)
            await asyncio.wait_for(stream.connected.wait(), PATIENCE_S)
            assert [a - b for a, b in zip(counted(), before, strict=True)] == [1, 1, 1, 1, 1, 1]
        assert counted()[-1] == 0


_NO_KEY: Any = aiohttp.client_reqrep.ConnectionKey("x", 443, True, True, None, None, None)
