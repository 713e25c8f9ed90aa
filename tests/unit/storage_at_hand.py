"""The storage interfaces over HTTP, for tests: a seeded sandbox and somebody who calls it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.drive import plant
from sandbox.drive.dentry import Dentry
from sandbox.drive.drive import Drive
from sandbox.server import Server
from sandbox.world import World

MARKETING, ENGINEERING, ARCHIVE, FOREIGN = "24010001", "24010002", "24010003", "24020001"
CORP = "dingcorpsandbox"
Json = dict[str, Any]


@dataclass
class Caller:
    """Calls the sandbox at `url` with `token`; `world` is what lies behind it."""

    world: World
    http: aiohttp.ClientSession
    url: str
    token: str

    @property
    def drive(self) -> Drive:
        """The drive of the sandbox."""
        return self.world.drive

    def at(self, path: str, space_id: str = MARKETING) -> Dentry:
        """The dentry at a path, which must exist."""
        found = self.drive.spaces[space_id].tree.at(path)
        assert found is not None, path
        return found

    def plant(self, *entries: Json, space_id: str = MARKETING) -> list[str]:
        """Puts entries into a space; their ids. They are wang's unless they name a creator."""
        named = [{"creator": "wangUnionId", **entry} for entry in entries]
        return [d.id for d in plant(self.drive, self.drive.spaces[space_id], named)]

    async def call(
        self, method: str, path: str, body: Any = None, *, who: str = "wang", **query: str
    ) -> tuple[int, Json]:
        """One call for a person; HTTP status and body."""
        operator = "operatorId" if path.startswith("/v2.0/doc") or path.endswith("search") else "unionId"
        params = {operator: f"{who}UnionId", **query} if who else query
        headers = {"x-acs-dingtalk-access-token": self.token}
        url = self.url + path
        async with self.http.request(method, url, json=body, params=params, headers=headers) as answer:
            result: Json = await answer.json()
            return answer.status, result

    async def ok(self, method: str, path: str, body: Any = None, *, who: str = "wang", **query: str) -> Json:
        """One call that must succeed; its body."""
        status, answer = await self.call(method, path, body, who=who, **query)
        assert status == 200, answer
        return answer

    async def refused(
        self, method: str, path: str, body: Any = None, *, who: str = "wang", **query: str
    ) -> tuple[int, str]:
        """One call that must fail; its HTTP status and code."""
        status, answer = await self.call(method, path, body, who=who, **query)
        assert status >= 400, answer
        return status, answer["code"]

    async def remove(
        self, *ids: str, who: str = "wang", to_bin: bool = True, space_id: str = MARKETING
    ) -> list[Json]:
        """batchRemove; its resultItems."""
        body = {"dentryIds": list(ids), "option": {"toRecycleBin": to_bin}}
        path = f"/v1.0/storage/spaces/{space_id}/dentries/batchRemove"
        items: list[Json] = (await self.ok("POST", path, body, who=who))["resultItems"]
        return items

    async def bin(self) -> str:
        """The path of the organisation's recycle bin."""
        query = {"recycleBinScope": "ORG", "scopeId": CORP}
        found = await self.ok("GET", "/v1.0/storage/recycleBins", **query)
        return f"/v1.0/storage/recycleBins/{found['recycleBin']['id']}"


@asynccontextmanager
async def caller() -> AsyncIterator[Caller]:
    """A freshly seeded sandbox without limits on calls, and a caller with a token for it.

    A task ends when it is asked about the first time.
    """
    async with Server() as server, aiohttp.ClientSession() as http:
        limits = server.world.limits
        limits.permit_unlimited, limits.task_seconds, limits.task_polls = True, 0.0, 1
        body = {"appKey": "dingsandbox", "appSecret": "sandbox-secret"}
        async with http.post(f"{server.url}/v1.0/oauth2/accessToken", json=body) as answer:
            token = (await answer.json())["accessToken"]
        yield Caller(server.world, http, server.url, token)
