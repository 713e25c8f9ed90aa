"""Every kind of fault that befalls calls, seen through the official SDK: what it makes of it, and what was done.

The kinds are those of `GET /sandbox/faults/kinds`; one that is shown by nothing here fails the last test.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pytest
from alibabacloud_dingtalk.card_1_0 import models as cards
from alibabacloud_dingtalk.oauth2_1_0 import models as oauth
from alibabacloud_dingtalk.storage_1_0 import models as storage
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from tests.conformance.callers import client
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, Control, Json
from tests.conformance.given import known

# The SDK leaves it to the garbage collector to close the sockets of its blocking half.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

FORBIDDEN = "Forbidden.AccessDenied."
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
PAUSE_MS = 250


class Sdk:
    """The SDK, blocking or not, and the files of wang's to try it on. Nothing is tried twice."""

    def __init__(self, sandbox: Control, names: dict[str, str], token: str, *, blocking: bool) -> None:
        self.sandbox = sandbox
        self.names = names
        self.token = token
        self.blocking = blocking

    async def ask(self, family: str, name: str, *arguments: Any, read_ms: int = 10_000) -> Any:
        """The body of the answer to a method of the SDK; raises what the SDK raises."""
        runtime = RuntimeOptions(autoretry=False, read_timeout=read_ms)
        sdk = client(self.sandbox.url, family)
        if self.blocking:
            method = getattr(sdk, f"{name}_with_options")
            return (await asyncio.to_thread(partial(method, *arguments, runtime))).body
        return (await getattr(sdk, f"{name}_with_options_async")(*arguments, runtime)).body

    async def remove(self, *ids: str, read_ms: int = 10_000) -> list[Any]:
        """Deletes to the recycle bin; the items of the answer."""
        request = storage.DeleteDentriesRequest(
            union_id=self.names["wang"],
            dentry_ids=list(ids),
            option=storage.DeleteDentriesRequestOption(to_recycle_bin=True),
        )
        headers = storage.DeleteDentriesHeaders(x_acs_dingtalk_access_token=self.token)
        arguments = (self.names["space"], request, headers)
        body = await self.ask("storage_1_0", "delete_dentries", *arguments, read_ms=read_ms)
        items: list[Any] = body.result_items
        return items

    async def finished(self, task_id: str) -> Any:
        """The task, once it has ended."""
        headers = storage.GetTaskHeaders(x_acs_dingtalk_access_token=self.token)
        request = storage.GetTaskRequest(union_id=self.names["wang"])
        while True:
            task = (await self.ask("storage_1_0", "get_task", task_id, request, headers)).task
            if task.status not in {"INIT", "IN_PROGRESS"}:
                return task

    async def card(self, track: str) -> Any:
        """Makes a card and shows it in the group; the one result of its delivery."""
        request = cards.CreateAndDeliverRequest(
            card_template_id=self.names["template"],
            out_track_id=track,
            callback_type="STREAM",
            card_data=cards.CreateAndDeliverRequestCardData(card_param_map={"title": "a title"}),
            open_space_id=f"dtv1.card//IM_GROUP.{self.names['group']}",
            im_group_open_space_model=cards.CreateAndDeliverRequestImGroupOpenSpaceModel(
                support_forward=True
            ),
            im_group_open_deliver_model=cards.CreateAndDeliverRequestImGroupOpenDeliverModel(
                robot_code=CLIENT_ID
            ),
        )
        headers = cards.CreateAndDeliverHeaders(x_acs_dingtalk_access_token=self.token)
        body = await self.ask("card_1_0", "create_and_deliver", request, headers)
        (result,) = body.result.deliver_results
        return result

    async def new_token(self) -> str:
        """An access token."""
        request = oauth.GetAccessTokenRequest(app_key=CLIENT_ID, app_secret=CLIENT_SECRET)
        token: str = (await self.ask("oauth2_1_0", "get_access_token", request, {})).access_token
        return token

    async def there(self, name: str) -> bool:
        """Whether one of the files is still in the space, whatever anybody was told."""
        entries = await self.sandbox.entries(self.names["space"])
        return self.names[name] in {entry["id"] for entry in entries.values()}

    async def order(self, kind: str, **more: Json) -> str:
        fault_id: str = (await self.sandbox.ask("POST", "faults", {"kind": kind, **more}))["id"]
        return fault_id

    async def struck(self, fault_id: str) -> int:
        faults = (await self.sandbox.ask("GET", "faults"))["faults"]
        return next(int(fault["struck"]) for fault in faults if fault["id"] == fault_id)


@pytest.fixture(params=["blocking", "async"])
async def sdk(sandbox_process: Control, request: pytest.FixtureRequest) -> Sdk:
    names = await known(sandbox_process, ("files",))
    token = await sandbox_process.token()
    return Sdk(sandbox_process, names, token, blocking=request.param == "blocking")


@dataclass(frozen=True)
class Raised:
    """What the SDK raises when wang deletes a file: code and HTTP status as far as it read them, words of its
    message; and whether the file is gone all the same."""

    code: str | None = None
    status: int | None = None
    words: tuple[str, ...] = ()
    done: bool = False


RAISED = {
    "error": Raised("systemError", 500, ("系统错误",)),
    "qps": Raised(f"{FORBIDDEN}QpsLimitForAppkeyAndApi", 403),
    "qpm": Raised(f"{FORBIDDEN}QpmLimitForAppkeyAndApi", 403),
    "apiQps": Raised(f"{FORBIDDEN}QpsLimitForApi", 403),
    "quota": Raised(f"{FORBIDDEN}ApiCountLimitForOrg", 403),
    "ipBan": Raised(words=("parse the value as json", "punish=deny")),
    "serverError": Raised(words=("parse the value as json", "502 Bad Gateway")),
    "resetBefore": Raised(words=("Connection reset by peer",)),
    "resetAfter": Raised(words=("Connection reset by peer",), done=True),
    "timeoutAfterWork": Raised("operationTimeout", 503, ("请求超时",), done=True),
    "truncated": Raised(done=True),
}

SHOWN = {*RAISED}
"""The kinds whose effect a test shows."""

TestT = TypeVar("TestT", bound=Callable[..., Any])


def shows(*kinds: str) -> Callable[[TestT], TestT]:
    """Marks a test as the one that shows the effect of these kinds."""

    def mark(test: TestT) -> TestT:
        SHOWN.update(kinds)
        return test

    return mark


@pytest.mark.parametrize("kind", RAISED)
async def test_the_sdk_raises_and_the_work_was_done_or_not(sdk: Sdk, kind: str) -> None:
    expected = RAISED[kind]
    fault = await sdk.order(kind, count=1)
    with pytest.raises(TeaException) as raised:
        await sdk.remove(sdk.names["file"])
    assert (getattr(raised.value, "code", None), getattr(raised.value, "statusCode", None)) == (
        expected.code,
        expected.status,
    )
    assert all(word in str(raised.value) for word in expected.words)
    assert await sdk.struck(fault) == 1
    assert await sdk.there("file") is not expected.done
    (again,) = await sdk.remove(sdk.names["file"])
    assert (again.success, again.error_code or "") == (
        (False, "dentryNotExist") if expected.done else (True, "")
    )


async def test_an_answer_cut_short_is_told_as_one(sdk: Sdk) -> None:
    """Blocking and asynchronous halves say it in words of their own."""
    await sdk.order("truncated", truncate=20)
    with pytest.raises(TeaException, match=r"20 bytes read, \d+ more expected|received 20 of \d+ bytes"):
        await sdk.remove(sdk.names["file"])


@shows("ipBanJson")
async def test_a_ban_that_looks_like_success(sdk: Sdk) -> None:
    """HTTP 200 with an object of another kind: the SDK returns it as an answer with nothing in it."""
    await sdk.order("ipBanJson")
    assert not await sdk.remove(sdk.names["file"])
    assert await sdk.there("file")


@pytest.mark.parametrize("kind", ["ipBan", "ipBanJson"])
async def test_a_ban_holds_for_every_call_and_five_minutes(sdk: Sdk, kind: str) -> None:
    await sdk.order(kind)
    for _ in range(2):
        if kind == "ipBan":
            with pytest.raises(TeaException):
                await sdk.new_token()
        else:
            assert await sdk.new_token() is None
    await sdk.sandbox.advance(299)
    (banned,) = (await sdk.sandbox.ask("GET", "faults"))["faults"]
    assert banned["struck"] == 2
    await sdk.sandbox.advance(2)
    assert await sdk.new_token()


async def test_a_throttle_ends_by_itself(sdk: Sdk) -> None:
    await sdk.order("qps", seconds=30)
    for _ in range(2):
        with pytest.raises(TeaException):
            await sdk.remove(sdk.names["file"])
    await sdk.sandbox.advance(30)
    (item,) = await sdk.remove(sdk.names["file"])
    assert item.success


@shows("slow")
async def test_slow_work_is_waited_for(sdk: Sdk) -> None:
    await sdk.order("slow", delayMs=PAUSE_MS)
    started = time.perf_counter()
    (item,) = await sdk.remove(sdk.names["file"])
    assert time.perf_counter() - started >= PAUSE_MS / 1000
    assert item.success
    assert not await sdk.there("file")


@shows("slowFirstByte")
async def test_a_first_byte_that_takes_its_time(sdk: Sdk) -> None:
    """Who gives up before it comes does not know that the work was done."""
    await sdk.order("slowFirstByte", firstByteMs=2000, count=1)
    with pytest.raises(TeaException):
        await sdk.remove(sdk.names["file"], read_ms=100)
    assert not await sdk.there("file")


async def test_a_first_byte_waited_for_brings_the_real_answer(sdk: Sdk) -> None:
    await sdk.order("slowFirstByte", firstByteMs=PAUSE_MS)
    started = time.perf_counter()
    (item,) = await sdk.remove(sdk.names["file"])
    assert time.perf_counter() - started >= PAUSE_MS / 1000
    assert item.success


@shows("wrongContentType")
async def test_a_wrong_content_type_does_not_disturb_the_sdk(sdk: Sdk) -> None:
    await sdk.order("wrongContentType")
    (item,) = await sdk.remove(sdk.names["file"])
    assert item.success
    logged = (await sdk.sandbox.ask("GET", "calls?path=batchRemove"))["calls"][-1]
    assert "sent as text/html" in logged["note"]


@shows("itemFails")
@pytest.mark.parametrize("named", [True, False])
async def test_one_item_fails_inside_a_success(sdk: Sdk, named: bool) -> None:
    """The one that is named, or else the first."""
    bad, good = ("second", "file") if named else ("file", "second")
    item = {"dentryId": sdk.names[bad] if named else "", "errorCode": "permissionDenied"}
    await sdk.order("itemFails", item=item)
    items = await sdk.remove(sdk.names["file"], sdk.names["second"])
    told = {item.dentry_id: (item.success, item.error_code or "") for item in items}
    assert told == {sdk.names[bad]: (False, "permissionDenied"), sdk.names[good]: (True, "")}
    assert (await sdk.there(bad), await sdk.there(good)) == (True, False)


@shows("taskFails", "taskFailsPartly")
@pytest.mark.parametrize(("kind", "left"), [("taskFails", 2), ("taskFailsPartly", 1)])
async def test_a_task_ends_in_failure(sdk: Sdk, kind: str, left: int) -> None:
    """Of a folder and the file in it all stays, or the folder."""
    await sdk.sandbox.limits(taskSeconds=0, taskPolls=2)
    fault = await sdk.order(kind)
    (item,) = await sdk.remove(sdk.names["folder"])
    assert (item.async_, item.success, item.error_code) == (True, None, None)
    task = await sdk.finished(item.task_id)
    assert (task.status, task.fail_message) == ("FAIL", "systemError")
    assert (task.total_count, task.success_count, task.fail_count) == (2, 2 - left, left)
    assert (await sdk.there("folder"), await sdk.there("inside")) == (True, left == 2)
    assert await sdk.struck(fault) == 1


@shows("undelivered")
async def test_a_card_that_is_not_delivered(sdk: Sdk) -> None:
    await sdk.order("undelivered", count=1)
    failed = await sdk.card("lost")
    assert (failed.success, failed.error_msg) == (False, "system error")
    shown = await sdk.card("found")
    assert (shown.success, bool(shown.carrier_id)) == (True, True)
    seen = await sdk.sandbox.read("wang", sdk.names["group"])
    assert [message["outTrackId"] for message in seen] == ["found"]


async def test_another_write_to_the_space_is_open(sdk: Sdk) -> None:
    """`writeLock` by space: refused while the first is still being answered, and not done; then let in."""
    await sdk.sandbox.limits(writeLock="space")
    fault = await sdk.order("slowFirstByte", route=REMOVE, firstByteMs=1500, count=1)
    first = asyncio.create_task(sdk.remove(sdk.names["file"]))
    while not await sdk.struck(fault):
        assert not first.done()
    with pytest.raises(TeaException) as refused:
        await sdk.remove(sdk.names["second"])
    assert (refused.value.code, refused.value.statusCode) == ("operationConcurrentControl", 400)
    assert await sdk.there("second")
    assert not first.done()
    assert (await first)[0].success
    assert (await sdk.remove(sdk.names["second"]))[0].success


async def test_a_seed_makes_the_same_run_twice(sdk: Sdk) -> None:
    await sdk.sandbox.limits(permitUnlimited=True)
    runs: list[list[bool]] = []
    for _ in range(2):
        await sdk.sandbox.ask("DELETE", "faults")
        await sdk.order("error", probability=0.5, seed=11, count=4)
        runs.append([await _fails(lambda: sdk.remove("1")) for _ in range(12)])
    assert runs[0] == runs[1]
    assert sum(runs[0]) == 4


async def _fails(call: Callable[[], Awaitable[Any]]) -> bool:
    try:
        await call()
    except TeaException as raised:
        return bool(raised.code == "systemError")
    return False


async def test_every_kind_of_call_is_shown(sandbox: Control) -> None:
    kinds = (await sandbox.ask("GET", "faults/kinds"))["kinds"]
    assert {kind["kind"] for kind in kinds if kind["side"] == "call"} == SHOWN
