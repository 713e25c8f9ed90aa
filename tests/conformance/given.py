"""What must exist before a documented example can be tried, and the real ids its `$names` stand for."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote

import aiohttp

from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, CORP_ID, Control

SUITE_KEY = "suitesandbox"
SUITE_SECRET = "suite-secret"
TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
GROUP_TITLE = "市场部"
ARCHIVE_NAME = "项目归档"
FLASH_NOTE = "/周会闪记 0312"

_SEEDED: dict[str, str] = {}
"""What the seed holds, the same in every sandbox: asked for once."""

Step = Callable[[Control, dict[str, str]], Awaitable[Mapping[str, str]]]


async def known(sandbox: Control, steps: tuple[str, ...]) -> dict[str, str]:
    """Real ids by name: those of the seed, then what each of `steps` brings into being."""
    if not _SEEDED:
        _SEEDED.update(await _seeded(sandbox))
    names = dict(_SEEDED)
    for step in steps:
        names.update(await _STEPS[step](sandbox, names))
    return names


async def _seeded(sandbox: Control) -> dict[str, str]:
    people = await sandbox.people()
    groups = (await sandbox.ask("GET", "conversations"))["conversations"]
    spaces = (await sandbox.ask("GET", "drive"))["spaces"]
    group = next(each for each in groups if each["title"] == GROUP_TITLE)
    archive = next(each["spaceId"] for each in spaces if each["name"] == ARCHIVE_NAME)
    archived = next(
        each["id"] for each in (await sandbox.entries(archive)).values() if each["type"] == "FILE"
    )
    return {
        **{name: person["unionId"] for name, person in people.items()},
        "stranger": people["alice"]["unionId"],
        "corp": CORP_ID,
        "robot": CLIENT_ID,
        "template": TEMPLATE,
        "group": group["conversationId"],
        "space": group["spaceId"],
        "archive": archive,
        "archived": archived,
        "department": str(people["wang"]["departments"][0]),
        "role": str((await _role_ids(sandbox))[0]),
        "fifty_one_ids": ", ".join(f'"{number}"' for number in range(51)),
        "too_long": "长" * 5000,
    }


async def _role_ids(sandbox: Control) -> list[int]:
    """Roles anybody in the organisation has, from the documented interface for a person's details."""
    query = {"access_token": await sandbox.token()}
    url = f"{sandbox.url}/topapi/v2/user/get"
    async with sandbox.http.post(url, params=query, json={"userid": "li"}) as answer:
        return [role["id"] for role in (await answer.json())["result"]["role_list"]]


async def _files(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    entries = await sandbox.create(
        names["space"],
        {"path": "/conformance one.txt", "size": 512, "creator": "wang"},
        {"path": "/conformance two.txt", "size": 1024, "creator": "wang"},
        {"path": "/conformance of another.txt", "size": 4096, "creator": "zhao"},
        {"path": "/conformance folder/inside.txt", "size": 2048, "creator": "wang"},
    )
    one = entries["/conformance one.txt"]
    return {
        "file": one["id"],
        "uuid": one["uuid"],
        "second": entries["/conformance two.txt"]["id"],
        "denied": entries["/conformance of another.txt"]["id"],
        "folder": entries["/conformance folder"]["id"],
        "inside": entries["/conformance folder/inside.txt"]["id"],
    }


async def _recycled(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """Two files of wang's in the recycle bin: `bin`, and the recycle item of the second."""
    wang = names["wang"]
    await sandbox.remove(names["space"], wang, names["file"], names["second"])
    root = "/v1.0/storage/recycleBins"
    found = await sandbox.api("GET", root, recycleBinScope="ORG", scopeId=CORP_ID, unionId=wang)
    bin_id = found["recycleBin"]["id"]
    listed = await sandbox.api("GET", f"{root}/{bin_id}/recycleItems", unionId=wang)
    item = next(item for item in listed["recycleItems"] if item["dentryId"] == names["second"])
    return {"bin": bin_id, "item": item["id"]}


async def _task(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """A folder with something in it is being removed."""
    (item,) = await sandbox.remove(names["space"], names["wang"], names["folder"])
    return {"task": item["taskId"]}


async def _busy(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """A folder is being removed, and stays so."""
    await sandbox.limits(taskPolls=1_000_000)
    return await _task(sandbox, names)


async def _twin(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """In the folder lies a file of the same name as `file`."""
    await sandbox.create(
        names["space"], {"path": "/conformance folder/conformance one.txt", "creator": "wang"}
    )
    return {}


async def _elsewhere(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """Another folder of wang's, with nothing in it."""
    entries = await sandbox.create(names["space"], {"path": "/conformance elsewhere/", "creator": "wang"})
    return {"elsewhere": entries["/conformance elsewhere"]["id"]}


async def _small(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """A space of wang's with room for a single byte."""
    option = {"name": "small", "quota": 1, "scene": "conformance"}
    made = await sandbox.api("POST", "/v1.0/storage/spaces", {"option": option}, unionId=names["wang"])
    return {"small": made["space"]["id"]}


async def _huge(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """A file that takes all the organisation may store."""
    path = "/conformance huge.bin"
    entries = await sandbox.create(names["space"], {"path": path, "size": 100 * 1024**3, "creator": "wang"})
    return {"huge": entries[path]["id"]}


async def _shared(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """Two shared spaces: one of wang's, one of li's."""
    made = [
        await sandbox.api("POST", "/v1.0/drive/spaces", {"name": f"of {who}", "unionId": names[who]})
        for who in ("wang", "li")
    ]
    return {"shared": made[0]["spaceId"], "shared_by_li": made[1]["spaceId"]}


async def _flash(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """A flash note, as the seed has one."""
    return {"flash_note": (await sandbox.entries(names["space"]))[FLASH_NOTE]["id"]}


async def _granted(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """li may read the file, because wang said so."""
    body = {"roleId": "READER", "members": [{"type": "USER", "id": "li", "corpId": CORP_ID}]}
    path = f"/v2.0/storage/spaces/dentries/{names['uuid']}/permissions"
    await sandbox.api("POST", path, body, unionId=names["wang"])
    return {}


async def _sent(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """The robot has said something in the group, and something to wang alone."""
    body = {"robotCode": CLIENT_ID, "msgKey": "sampleText", "msgParam": '{"content": "oops"}'}
    root = "/v1.0/robot"
    there = {**body, "openConversationId": names["group"]}
    in_group = await sandbox.api("POST", f"{root}/groupMessages/send", there)
    alone = await sandbox.api("POST", f"{root}/oToMessages/batchSend", {**body, "userIds": ["wang"]})
    return {"sent": in_group["processQueryKey"], "sent_alone": alone["processQueryKey"]}


async def _session(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """Somebody has said something to the robot, which came with a session webhook."""
    topic = {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}
    async with _connected(sandbox, CLIENT_ID, CLIENT_SECRET, topic) as socket:
        await sandbox.say("wang", names["group"], "hello")
        while True:
            frame = await socket.receive_json(timeout=10)
            if frame["headers"]["topic"] == topic["topic"]:
                webhook = json.loads(frame["data"])["sessionWebhook"]
                return {"session": webhook.partition("session=")[2]}


async def _shown_everywhere(sandbox: Control, _names: dict[str, str]) -> Mapping[str, str]:
    """A card that may be delivered to groups, to single people and on top, and is not yet."""
    body = {
        "cardTemplateId": TEMPLATE,
        "outTrackId": "conformance-everywhere",
        "cardData": {"cardParamMap": {"title": "a title"}},
        "imGroupOpenSpaceModel": {"supportForward": True},
        "imRobotOpenSpaceModel": {"supportForward": True},
        "topOpenSpaceModel": {"spaceType": "ONE_BOX"},
    }
    await sandbox.api("POST", "/v1.0/card/instances", body)
    return {"everywhere": "conformance-everywhere"}


async def _card(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    body = {
        "cardTemplateId": TEMPLATE,
        "outTrackId": "conformance-card",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "a title", "markdown": "some words"}},
        "openSpaceId": f"dtv1.card//IM_GROUP.{names['group']}",
        "imGroupOpenSpaceModel": {"supportForward": True},
        "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
    }
    made = await sandbox.api("POST", "/v1.0/card/instances/createAndDeliver", body)
    assert made["result"]["deliverResults"][0]["success"]
    return {"track": "conformance-card"}


async def _suite_ticket(sandbox: Control, _names: dict[str, str]) -> Mapping[str, str]:
    """The ticket DingTalk pushes to a third-party application as the event `suite_ticket`."""
    everything = {"type": "EVENT", "topic": "*"}
    async with _connected(sandbox, SUITE_KEY, SUITE_SECRET, everything) as socket:
        while True:
            frame = await socket.receive_json(timeout=10)
            if frame["headers"].get("eventType") == "suite_ticket":
                return {"suite_ticket": json.loads(frame["data"])["suiteTicket"]}


@asynccontextmanager
async def _connected(
    sandbox: Control, client_id: str, secret: str, topic: Mapping[str, str]
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A stream connection of an application, subscribed to one topic."""
    body = {"clientId": client_id, "clientSecret": secret, "subscriptions": [topic]}
    async with sandbox.http.post(f"{sandbox.url}/v1.0/gateway/connections/open", json=body) as answer:
        opened = await answer.json()
    address = f"{opened['endpoint']}?ticket={quote(opened['ticket'], safe='')}"
    async with sandbox.http.ws_connect(address) as socket:
        yield socket


async def _signature(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """How a third party signs: https://open.dingtalk.com/document/development/the-signature-calculation-method-of-the-third-party-access-interface"""
    timestamp = str((await sandbox.ask("GET", "clock"))["nowMs"])
    signed = f"{timestamp}\n{names['suite_ticket']}".encode()
    digest = hmac.digest(SUITE_SECRET.encode(), signed, hashlib.sha256)
    return {"timestamp": timestamp, "signature": base64.b64encode(digest).decode()}


async def _webhooks(sandbox: Control, _names: dict[str, str]) -> Mapping[str, str]:
    """Custom robots as the seed has them: one that is signed, one with keywords; and others that cannot send."""
    seeded = (await sandbox.ask("GET", "state"))["webhooks"]
    signed = next(each for each in seeded if each["secret"])
    usual = next(each for each in seeded if each["keywords"])
    others = [
        {**usual, "accessToken": "conformance-stopped", "stopped": True},
        {**usual, "accessToken": "conformance-alone", "conversationId": "cidDisbanded=="},
        {**usual, "accessToken": "conformance-elsewhere", "ips": ["192.0.2.0/24"]},
    ]
    await sandbox.ask("PUT", "state", {"webhooks": [*seeded, *others]})
    now = str((await sandbox.ask("GET", "clock"))["nowMs"])
    digest = hmac.digest(signed["secret"].encode(), f"{now}\n{signed['secret']}".encode(), hashlib.sha256)
    return {
        "webhook": signed["accessToken"],
        "signed_at": now,
        "webhook_sign": base64.b64encode(digest).decode(),
        "keyword_webhook": usual["accessToken"],
        "keyword": usual["keywords"][0],
    }


async def _flooded(sandbox: Control, names: dict[str, str]) -> Mapping[str, str]:
    """The custom robot has sent 20 messages within a minute."""
    body = {"msgtype": "text", "text": {"content": names["keyword"]}}
    for _ in range(20):
        query = {"access_token": names["keyword_webhook"]}
        async with sandbox.http.post(f"{sandbox.url}/robot/send", params=query, json=body) as answer:
            assert (await answer.json())["errcode"] == 0
    return {}


async def _foreign_group(sandbox: Control, _names: dict[str, str]) -> Mapping[str, str]:
    """A conversation of another organisation."""
    groups = (await sandbox.ask("GET", "state"))["conversations"]
    foreign = {"conversationId": "cidForeign==", "title": "外部群", "corpId": "dingcorpother"}
    groups.append({**foreign, "type": "2", "members": ["wang", "sun"]})
    await sandbox.ask("PUT", "state", {"conversations": groups})
    return {"foreign_group": "cidForeign=="}


_STEPS: dict[str, Step] = {
    "files": _files,
    "recycled": _recycled,
    "task": _task,
    "busy": _busy,
    "twin": _twin,
    "elsewhere": _elsewhere,
    "small": _small,
    "huge": _huge,
    "shared": _shared,
    "flash": _flash,
    "granted": _granted,
    "sent": _sent,
    "session": _session,
    "card": _card,
    "shown_everywhere": _shown_everywhere,
    "foreign_group": _foreign_group,
    "webhooks": _webhooks,
    "flooded": _flooded,
    "suite_ticket": _suite_ticket,
    "signature": _signature,
}
