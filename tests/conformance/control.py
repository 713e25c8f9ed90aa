"""The sandbox's control interface from a test: people speak, buttons are pressed, faults are set, time passes."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

Json = Any

CLIENT_ID = "dingsandbox"
CLIENT_SECRET = "sandbox-secret"
CORP_ID = "dingcorpsandbox"
HEADER = "x-acs-dingtalk-access-token"


class Control:
    """Talks to one sandbox at `url`; every method raises AssertionError with the answer when it is refused."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url

    async def ask(self, method: str, path: str, body: Json = None, **query: str | int) -> Json:
        """One request to the control interface, its JSON answer."""
        url = f"{self.url}/sandbox/{path}"
        async with self.http.request(method, url, json=body, params=query) as answer:
            text = await answer.text()
            assert answer.status < 400, f"{method} {path}: {answer.status} {text}"
            return await answer.json() if text else {}

    async def token(self) -> str:
        """An access token of the sandbox's own application."""
        body = {"appKey": CLIENT_ID, "appSecret": CLIENT_SECRET}
        async with self.http.post(f"{self.url}/v1.0/oauth2/accessToken", json=body) as answer:
            token: str = (await answer.json())["accessToken"]
            return token

    async def api(self, method: str, path: str, body: Json = None, **query: str | int) -> Json:
        """One documented call by the sandbox's own application, which must succeed; its JSON answer."""
        headers = {HEADER: await self.token()}
        url = self.url + path
        async with self.http.request(method, url, json=body, params=query, headers=headers) as answer:
            assert answer.status < 400, f"{method} {path}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def remove(self, space_id: str, union_id: str, *dentry_ids: str) -> list[Json]:
        """Deletes entries to the recycle bin by the documented call; one result an entry."""
        body = {"dentryIds": dentry_ids, "option": {"toRecycleBin": True}}
        path = f"/v1.0/storage/spaces/{space_id}/dentries/batchRemove"
        items: list[Json] = (await self.api("POST", path, body, unionId=union_id))["resultItems"]
        return items

    async def scopes(self, *granted: str) -> None:
        """Grants the sandbox's own application these permissions and no others."""
        await self.ask("PUT", f"apps/{CLIENT_ID}", {"scopes": granted})

    async def people(self) -> dict[str, Json]:
        """Everybody, by userId."""
        return {person["userId"]: person for person in (await self.ask("GET", "people"))["people"]}

    async def say(self, who: str, conversation: str, text: str, **more: Json) -> Json:
        """Somebody writes in a conversation (in a group the robot is mentioned): `{msgId, messageId}`."""
        return await self.ask("POST", "say", {"as": who, "conversation": conversation, "text": text, **more})

    async def press(self, who: str, out_track_id: str, button: str, **more: Json) -> Json:
        """Somebody presses a card's button; returns when the robot has answered or two seconds are over."""
        body = {"as": who, "outTrackId": out_track_id, "button": button, **more}
        return await self.ask("POST", "press", body)

    async def read(self, who: str, conversation: str, after: int = 0, wait_s: int = 10) -> list[Json]:
        """What somebody sees in a conversation after `after`; waits until there is something."""
        path = f"conversations/{quote(conversation, safe='')}"
        answer = await self.ask("GET", path, **{"as": who}, after=after, wait=wait_s)
        messages: list[Json] = answer["messages"]
        return messages

    async def fault(self, route: str, status: int, code: str, **more: Json) -> str:
        """Makes calls of a route fail; returns the fault's id."""
        body = {"route": route, "status": status, "code": code, "message": "made to fail", **more}
        fault_id: str = (await self.ask("POST", "faults", body))["id"]
        return fault_id

    async def advance(self, seconds: float) -> None:
        """Moves the sandbox's clock on."""
        await self.ask("POST", "clock", {"advanceS": seconds})

    async def limits(self, **changed: Json) -> None:
        """Changes limits: `callsPerSecond`, `monthlyQuota`, `latencyMs`, `taskPolls`, ..."""
        await self.ask("PUT", "limits", changed)

    async def create(self, space_id: str, *entries: Mapping[str, Json]) -> dict[str, Json]:
        """Puts files (`path`, `size`, `creator`) into a space; returns the space's entries by path."""
        await self.ask("POST", f"drive/{space_id}", {"create": list(entries)})
        return await self.entries(space_id)

    async def entries(self, space_id: str) -> dict[str, Json]:
        """The entries of a space by path."""
        answer = await self.ask("GET", f"drive/{space_id}")
        return {entry["path"]: entry for entry in answer["dentries"]}
