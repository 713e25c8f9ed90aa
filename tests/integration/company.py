"""A company's network: DingTalk's hosts with certificates of an own CA, and a proxy without which none is reached."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import trustme
from aiohttp import web

from sandbox.seed import new_world
from sandbox.server import create_app
from tests.conformance.control import Control

API = "api.dingtalk.test"
OAPI = "oapi.dingtalk.test"
"""No resolver knows these: only the proxy can reach them."""
USER, PASSWORD = "wang:@corp", "pä55/w:rd"
ESCAPED = "wang%3A%40corp:p%C3%A455%2Fw%3Ard"


@dataclass
class Proxy:
    """Does nothing but CONNECT: counts whom it was asked for, and leads all of them to one address."""

    leads_to: tuple[str, int]
    port: int = 0
    status: int = 200
    hangs: bool = False
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """what was in Proxy-Authorization, decoded"""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Die in the middle of everything."""
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, *_ = head.split(" ")
        assert method == "CONNECT", head
        self.asked.append(target)
        for line in head.splitlines():
            if line.lower().startswith("proxy-authorization: basic "):
                self.told.append(base64.b64decode(line.split()[-1]).decode())
        if self.hangs:
            await reader.read()
            return
        writer.write(f"HTTP/1.1 {self.status} As told\r\n\r\n".encode())
        await writer.drain()
        if self.status == 200:
            await self._lead(reader, writer)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_there, to_there = await asyncio.open_connection(*self.leads_to)
        self._open.add(to_there)
        try:
            ways = [
                asyncio.create_task(_pump(reader, to_there)),
                asyncio.create_task(_pump(from_there, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        finally:
            self._open.discard(to_there)
            to_there.transport.abort()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await source.read(65536):
            target.write(piece)
            await target.drain()


@dataclass
class Company:
    """The sandbox under DingTalk's names, and what it takes to get there."""

    control: Control
    proxy: Proxy
    secure: Proxy
    """the same, spoken to with TLS"""
    ca_file: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}"

    @property
    def secure_url(self) -> str:
        return f"https://localhost:{self.secure.port}"

    def settings(self) -> dict[str, Any]:
        """Where the robot of this company finds DingTalk; not how."""
        return {
            "api_base_url": f"https://{API}",
            "oapi_base_url": f"https://{OAPI}",
            "ca_file": str(self.ca_file),
        }


@asynccontextmanager
async def company(folder: Path) -> AsyncIterator[Company]:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(API, OAPI, "localhost").configure_cert(context)
    ca_file = folder / "company.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    runner = web.AppRunner(create_app(new_world(), allow_remote=True), access_log=None, shutdown_timeout=0.1)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        secure, plain = (address[1] for address in runner.addresses)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        by_tcp = await stack.enter_async_context(_proxy(Proxy(("127.0.0.1", secure)), None))
        by_tls = await stack.enter_async_context(_proxy(Proxy(("127.0.0.1", secure)), context))
        yield Company(Control(http, f"http://127.0.0.1:{plain}"), by_tcp, by_tls, ca_file)


@asynccontextmanager
async def _proxy(made: Proxy, tls: ssl.SSLContext | None) -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
        await server.wait_closed()
