"""A company's network: through its proxy and no other way, with its certificates, and a clear word where it fails."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stamina
import trustme
from aiohttp import web
from structlog.testing import capture_logs

from bot.dingtalk import DingTalk, InternalAppTokens
from bot.dingtalk.errors import TransportError
from bot.network import NetworkError, open_session
from bot.settings import Settings
from bot.stream import Stream
from sandbox.server import Server
from tests.conformance.control import Control
from tests.integration.company import API, ESCAPED, OAPI, PASSWORD, USER, Company, company
from tests.integration.deletions import ask
from tests.integration.endings import told
from tests.integration.gateway import Notes
from tests.integration.office import PATIENCE_S, Office
from tests.integration.program import environment, ran

Line = MutableMapping[str, Any]


@pytest.fixture
async def corp(tmp_path: Path) -> AsyncIterator[Company]:
    async with company(tmp_path) as made:
        yield made


@pytest.fixture
def hurry() -> Iterator[None]:
    """Tries again without a pause."""
    with stamina.set_testing(True, attempts=1_000_000):
        yield


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https", "all", "no", "ws", "wss"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


async def logged(lines: list[Line], holds: Callable[[Line], bool]) -> Line:
    """The first line that holds, waited for; lines appear while this loop runs."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := [line for line in lines if holds(line)]):  # noqa: ASYNC110  a list tells nobody
            await asyncio.sleep(0.01)
    return found[0]


async def said_of_failure(lines: list[Line]) -> str:
    """Why a connection could not be opened, as the log says."""
    line = await logged(lines, lambda line: line["event"] == "stream.connect_failed")
    lines.clear()
    return str(line["reason"])


@asynccontextmanager
async def streaming(settings: Settings) -> AsyncIterator[Stream]:
    """The robot's stream alone, on the session that it would have."""
    async with open_session(settings) as session:
        stream = Stream(
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            api_base_url=settings.api_base_url,
            receiver=Notes(),
            session=session,
        )
        running = asyncio.create_task(stream.run())
        try:
            yield stream
        finally:
            await stream.stop()
            await asyncio.wait([running])


@pytest.mark.parametrize("way", ["setting", "environment", "tls"])
async def test_calls_uploads_and_the_websocket_go_through_the_proxy(
    corp: Company, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names are known to nobody else, so what arrives came through it."""
    office = Office(corp.control, tmp_path)
    address = corp.secure_url if way == "tls" else corp.url
    with_password = address.replace("://", f"://{ESCAPED}@")
    given: dict[str, Any] = {"proxy": with_password}
    if way == "environment":
        monkeypatch.setenv("HTTPS_PROXY", with_password)
        given = {}
    with capture_logs() as lines:
        async with office.robot(**corp.settings(), **given):
            card = await ask(office, "/report.pdf")
            assert (await office.press("wang", card, "confirm"))["ok"]
            done = await told(office, card)
            said = await corp.control.say("wang", "one:wang", f"details {done.request.id} --csv")
            file = f"dingsweep-{done.request.id}.zip"
            await office.until("wang", "one:wang", said["seq"], lambda m: file in str(m))
            proxy = corp.secure if way == "tls" else corp.proxy
            assert len(await office.calls("/media/upload")) == 1
    assert set(proxy.asked) == {f"{API}:443", f"{OAPI}:443"}
    assert set(proxy.told) == {f"{USER}:{PASSWORD}"}
    assert len(proxy.told) == len(proxy.asked), "each time it is told who asks"
    assert not any(secret in str(lines) for secret in (PASSWORD, ESCAPED, "sandbox-secret"))


async def test_a_proxy_that_refuses_or_hangs_is_named_and_used_again(
    corp: Company, tmp_path: Path, hurry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.stream.OPEN_TIMEOUT_S", 0.3)
    settings = Office(corp.control, tmp_path).settings(**corp.settings(), proxy=corp.url)
    corp.proxy.status = 407
    with capture_logs() as lines:
        async with streaming(settings) as stream:
            assert "user name" in await said_of_failure(lines)
            corp.proxy.status = 403
            await logged(lines, lambda line: "does not allow this host (HTTP 403)" in line.get("reason", ""))
            corp.proxy.status = 502
            await logged(lines, lambda line: "cannot reach this host (HTTP 502)" in line.get("reason", ""))
            corp.proxy.status, corp.proxy.hangs = 200, True
            await logged(lines, lambda line: line.get("reason") == "there was no answer in time")
            corp.proxy.hangs = False
            async with asyncio.timeout(PATIENCE_S):
                await stream.connected.wait()
                lines.clear()
                corp.proxy.cut()
                await logged(lines, lambda line: line["event"] == "stream.disconnected")
                await logged(lines, lambda line: line["event"] == "stream.connected")
                assert stream.connected.is_set()


async def test_what_a_proxy_refused_was_not_sent(corp: Company, tmp_path: Path) -> None:
    settings = Office(corp.control, tmp_path).settings(**corp.settings(), proxy=corp.url)
    corp.proxy.status = 407
    tokens = InternalAppTokens(settings.client_id, settings.client_secret)
    async with (
        open_session(settings) as session,
        DingTalk(
            api_base_url=settings.api_base_url,
            oapi_base_url=settings.oapi_base_url,
            tokens=tokens,
            robot_code="r",
            session=session,
        ) as dingtalk,
    ):
        with stamina.set_testing(True, attempts=1), pytest.raises(TransportError) as caught:
            await dingtalk.contact.user("wang")
    assert caught.value.code == "notSent"
    assert "the proxy wants" in caught.value.message


async def test_a_certificate_nobody_vouches_for_is_said(corp: Company, tmp_path: Path, hurry: None) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    office = Office(corp.control, tmp_path)
    for file in ("", str(other)):
        settings = office.settings(**corp.settings() | {"ca_file": file}, proxy=corp.url)
        with capture_logs() as lines:
            async with streaming(settings) as stream:
                said = await said_of_failure(lines)
                assert not stream.connected.is_set()
        assert said.startswith(f"the certificate that {API} shows is not trusted")
        assert "DINGSWEEP_CA_FILE" in said


async def test_a_proxy_that_is_not_there_is_said(corp: Company, tmp_path: Path, hurry: None) -> None:
    office = Office(corp.control, tmp_path)
    for proxy, said in (
        ("http://127.0.0.1:1", "the proxy 127.0.0.1:1 cannot be reached (Connection refused)"),
        ("http://proxy.invalid:1", "the name proxy.invalid is not found"),
    ):
        settings = office.settings(**corp.settings(), proxy=proxy)
        with capture_logs() as lines:
            async with streaming(settings):
                assert await said_of_failure(lines) == said


async def test_a_file_without_certificates_is_one_sentence_at_the_start(office: Office) -> None:
    folder = office.folder
    (folder / "empty.pem").touch()
    (folder / "not.pem").write_bytes(b"\x30\x82\x01\x0a")
    for name, said in (
        ("missing.pem", "cannot be read: No such file or directory."),
        (".", "cannot be read: Is a directory."),
        ("empty.pem", "there is no certificate in"),
        ("not.pem", "there is no certificate in"),
    ):
        with pytest.raises(NetworkError, match=r"^DINGSWEEP_CA_FILE: ") as caught:
            open_session(office.settings(ca_file=str(folder / name)))
        assert said in str(caught.value)
    variables = environment(office, DINGSWEEP_API_BASE_URL=f"https://{API}")
    ended = await ran(folder, "run", variables=variables | {"HTTPS_PROXY": "socks5://me:pa55@proxy:1080"})
    assert (ended.code, ended.output) == (2, "")
    [line] = ended.errors.splitlines()
    assert json.loads(line)["problem"].startswith("HTTPS_PROXY is no HTTP proxy")
    assert "pa55" not in line


async def test_the_robot_works_over_ipv6(tmp_path: Path) -> None:
    async with Server(host="::1") as server, aiohttp.ClientSession() as http:
        office = Office(Control(http, server.url), tmp_path)
        async with office.robot():
            assert (await office.say("wang", "ping"))["text"] == "Here I am."


@pytest.mark.parametrize("first", ["nothing", "an address of IPv4 where nobody answers"])
async def test_a_host_with_an_address_of_ipv6_is_found(
    tmp_path: Path, first: str, hurry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Server(host="::1", allow_remote=True) as server, aiohttp.ClientSession() as http:
        there = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", server.port, 0, 0))
        dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        known = socket.getaddrinfo

        def look_up(host: Any, *more: Any, **options: Any) -> Any:
            if host != API:
                return known(host, *more, **options)
            return [there] if first == "nothing" else [dead, there]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        office = Office(Control(http, server.url), tmp_path)
        async with streaming(office.settings(api_base_url=f"http://{API}:{server.port}")) as stream:
            await asyncio.wait_for(stream.connected.wait(), PATIENCE_S)


@pytest.mark.parametrize("place", ["open", "connect"])
@pytest.mark.parametrize("status", [302, 307])
async def test_no_redirect_is_followed(office: Office, hurry: None, place: str, status: int) -> None:
    """Not with the secret, which 307 would send once more, and not with the ticket."""
    reached: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.json_response({})

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": f"http://{request.host}/elsewhere"})

    async def opened(request: web.Request) -> web.Response:
        return web.json_response({"endpoint": f"ws://{request.host}/connect", "ticket": "t"})

    app = web.Application()
    app.router.add_post("/v1.0/gateway/connections/open", redirect if place == "open" else opened)
    app.router.add_get("/connect", redirect)
    app.router.add_route("*", "/elsewhere", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        settings = office.settings(api_base_url=f"http://127.0.0.1:{runner.addresses[0][1]}")
        with capture_logs() as lines:
            async with streaming(settings):
                assert "not followed" in await said_of_failure(lines)
    finally:
        await runner.cleanup()
    assert reached == []
