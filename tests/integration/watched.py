"""The health page of a robot in the test's own process, read as Prometheus and Kubernetes would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.app import App
from bot.health import Health

LOOPBACK = "127.0.0.1:0"

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass(frozen=True)
class Scrape:
    """What `/metrics` said."""

    text: str

    @property
    def series(self) -> Series:
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """0 where there is no such series."""
        return self.series.get((name, frozenset(labels.items())), 0.0)


class Reader:
    """Reads the page at this port."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self.port = port

    async def page(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self._http.get(f"http://127.0.0.1:{self.port}/{path}") as answer:
            return answer.status, await answer.json()

    async def asked(self, method: str, path: str) -> tuple[int, str]:
        async with self._http.request(method, f"http://127.0.0.1:{self.port}/{path}") as answer:
            return answer.status, await answer.text()

    async def scrape(self) -> Scrape:
        status, text = await self.asked("GET", "metrics")
        assert status == 200, text
        return Scrape(text)


@asynccontextmanager
async def opened(health: Health) -> AsyncIterator[Reader]:
    """A page, and its reader."""
    async with health, aiohttp.ClientSession() as http:
        yield Reader(http, health.port)


@asynccontextmanager
async def watching(app: App, **options: Any) -> AsyncIterator[Reader]:
    """The page of this robot; what it says is never older than the question."""
    health = Health(LOOPBACK, **{"keep_ready_s": 0.0, "keep_metrics_s": 0.0} | options)
    async with opened(health) as reader:
        with health.of(app.stream, app.replica, app.main, app.parts):
            yield reader
