"""The client against the sandbox: every call, and what DingTalk's refusals become on the way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.dingtalk import DingTalk, InternalAppTokens, Progress, ThirdPartyTokens, errors
from bot.dingtalk.limit import Limits
from bot.dingtalk.pace import Turn
from bot.models import Conversation, DentryType
from sandbox.server import Server

SPACE = "24010001"
ARCHIVE = "24010003"
WANG = "wangUnionId"
MARKETING = Conversation(id="cidMarketing==", kind="group")
TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"


class Counts(Counter[str]):
    async def count(self, api: str, at: datetime) -> None:
        self[api] += 1


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as running:
        yield running


@asynccontextmanager
async def _client(server: Server, **more: Any) -> AsyncIterator[DingTalk]:
    settings: dict[str, Any] = {
        "api_base_url": server.url,
        "oapi_base_url": server.url,
        "tokens": InternalAppTokens("dingsandbox", SecretStr("sandbox-secret")),
        "robot_code": "dingsandbox",
    }
    async with DingTalk(**settings | more) as client:
        yield client


@pytest.fixture
async def client(server: Server) -> AsyncIterator[DingTalk]:
    async with _client(server) as made:
        yield made


async def _ids(client: DingTalk, *paths: str, space_id: str = SPACE) -> list[str]:
    found = {d.full_path: d.id async for d in client.storage.list_all(space_id, union_id=WANG)}
    return [found[path] for path in paths]


async def _control(server: Server, method: str, path: str, body: Any = None) -> Any:
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, f"{server.url}/sandbox/{path}", json=body) as answer,
    ):
        assert answer.status < 400, await answer.text()
        return await answer.json()


async def test_people(client: DingTalk) -> None:
    wang = await client.contact.user("wang")
    assert (wang.unionid, wang.name, wang.manager_userid, wang.admin) == (WANG, "王小明", "li", False)
    department = await client.contact.department(wang.dept_id_list[0])
    assert department.dept_manager_userid_list == ("li",)
    members = await client.contact.role_members("1001")
    assert [member.userid for member in members] == ["li", "admin"]


async def test_people_who_are_not_there(client: DingTalk) -> None:
    for asked in (
        client.contact.user("nobody"),
        client.contact.department("404"),
        client.contact.role_members("404"),
    ):
        with pytest.raises(errors.NotFound):
            await asked


async def test_spaces(client: DingTalk) -> None:
    group = await client.storage.conversation_space(MARKETING.id, union_id=WANG)
    assert group.as_space(MARKETING.title).id == SPACE
    space = await client.storage.space(SPACE, union_id=WANG)
    assert (space.name, space.corp_id) == ("市场部群文件", "dingcorpsandbox")
    assert ARCHIVE in {space.space_id for space in await client.storage.spaces(WANG)}
    with pytest.raises(errors.NotFound):
        await client.storage.space("404", union_id=WANG)


async def test_the_two_listings_agree(client: DingTalk) -> None:
    everything = {d.id: d async for d in client.storage.list_all(SPACE, union_id=WANG)}
    walked: dict[str, str] = {}
    folders = ["0"]
    while folders:
        async for dentry in client.storage.children(SPACE, folders.pop(), union_id=WANG):
            walked[dentry.id] = dentry.full_path
            if dentry.type == "FOLDER":
                folders.append(dentry.id)
    assert walked == {id_: dentry.full_path for id_, dentry in everything.items()}
    assert len(walked) > 100
    assert "/2023/drafts/budget draft.xlsx" in walked.values()


async def test_one_dentry_and_several(client: DingTalk) -> None:
    report, drafts = await _ids(client, "/report.pdf", "/2023/drafts")
    dentry = (await client.storage.dentry(SPACE, report, union_id=WANG)).as_dentry()
    assert (dentry.path, dentry.size_bytes, dentry.space_id) == ("/report.pdf", 12_400_000, SPACE)
    assert dentry.modified_at is not None
    items = await client.storage.dentries(SPACE, [drafts, "404", report], union_id=WANG)
    assert [item.success for item in items] == [True, False, True]
    assert errors.kind_of(items[1].error_code) is errors.NotFound
    assert items[0].dentry
    assert items[0].dentry.as_dentry().type is DentryType.FOLDER


async def test_a_document_link(client: DingTalk) -> None:
    (report,) = await _ids(client, "/report.pdf")
    uuid = (await client.storage.dentry(SPACE, report, union_id=WANG)).uuid
    ref = await client.storage.by_uuid(uuid, union_id=WANG)
    assert (ref.space_id, ref.dentry_id) == (SPACE, report)
    with pytest.raises(errors.NotFound):
        await client.storage.by_uuid("nothing", union_id=WANG)


async def test_removing_files_and_a_folder(client: DingTalk) -> None:
    report, drafts = await _ids(client, "/report.pdf", "/2023/drafts")
    removed = await client.storage.remove(SPACE, [report, drafts, "404"], union_id=WANG, to_recycle_bin=True)
    assert [item.progress for item in removed] == [Progress.DONE, Progress.PENDING, Progress.FAILED]
    assert errors.kind_of(removed[2].error_code) is errors.NotFound
    task = await client.storage.task(removed[1].task_id, union_id=WANG)
    while not task.is_finished:
        task = await client.storage.task(removed[1].task_id, union_id=WANG)
    assert task.is_success
    with pytest.raises(errors.NotFound):
        await client.storage.dentry(SPACE, report, union_id=WANG)


async def test_removing_what_one_may_not(client: DingTalk) -> None:
    (customers,) = await _ids(client, "/客户名单.xlsx")
    (item,) = await client.storage.remove(SPACE, [customers], union_id=WANG, to_recycle_bin=True)
    assert (item.progress, errors.kind_of(item.error_code)) == (Progress.FAILED, errors.Denied)


async def test_a_space_without_a_recycle_bin(client: DingTalk) -> None:
    (old,) = await _ids(client, "/2019/年度预算 定稿 2019.xlsx", space_id=ARCHIVE)
    with pytest.raises(errors.NotRecyclable):
        await client.storage.remove(ARCHIVE, [old], union_id=WANG, to_recycle_bin=True)
    assert (await client.storage.dentry(ARCHIVE, old, union_id=WANG)).is_there


async def test_a_task_that_is_not_there(client: DingTalk) -> None:
    with pytest.raises(errors.NotFound):
        await client.storage.task("404", union_id=WANG)


async def test_a_card_is_shown_once_and_updated(server: Server, client: DingTalk) -> None:
    async def show() -> None:
        await client.card.create_and_deliver(
            out_track_id="card-1",
            template_id=TEMPLATE,
            params={"title": "甲", "markdown": "乙"},
            conversation=MARKETING,
        )

    await show()
    with pytest.raises(errors.Conflict):
        await show()
    await client.card.update(out_track_id="card-1", params={"markdown": "丙"})
    messages = (await _control(server, "GET", "conversations/cidMarketing==?as=wang"))["messages"]
    assert messages[-1]["params"] == {"title": "甲", "markdown": "丙"}
    with pytest.raises(errors.NotFound):
        await client.card.update(out_track_id="card-2", params={"markdown": "丙"})


async def test_a_card_for_one_person(server: Server, client: DingTalk) -> None:
    await client.card.create_and_deliver(
        out_track_id="card-1",
        template_id=TEMPLATE,
        params={"title": "甲"},
        conversation=Conversation(id="any", kind="one_to_one"),
        user_id="wang",
    )
    messages = (await _control(server, "GET", "conversations/one:wang?as=wang"))["messages"]
    assert messages[-1]["outTrackId"] == "card-1"


async def test_a_card_for_several_people(server: Server, client: DingTalk) -> None:
    missed = await client.card.create_and_deliver(
        out_track_id="out-4",
        template_id=TEMPLATE,
        params={"title": "请审批"},
        people=["li", "nobody", "zhao"],
    )
    assert missed == ["nobody"]
    assert await client.card.deliver("out-4", ["wang"]) == []
    for who in ("li", "zhao", "wang"):
        messages = (await _control(server, "GET", f"conversations/one:{who}?as={who}"))["messages"]
        assert messages[-1]["outTrackId"] == "out-4"
    with pytest.raises(errors.DeliveryFailed):
        await client.card.deliver("out-4", ["nobody"])
    with pytest.raises(errors.NotFound):
        await client.card.deliver("out-5", ["wang"])


async def test_a_file_for_one_person(server: Server, client: DingTalk) -> None:
    await client.robot.send_file("wang", "清单.csv", b"a,b")
    messages = (await _control(server, "GET", "conversations/one:wang?as=wang"))["messages"]
    assert "清单.zip" in str(messages[-1])


async def test_cards_that_do_not_arrive(client: DingTalk) -> None:
    with pytest.raises(errors.DeliveryFailed):
        await client.card.create_and_deliver(
            out_track_id="card-1",
            template_id=TEMPLATE,
            params={"title": "甲"},
            conversation=Conversation(id="cidNowhere==", kind="group"),
        )
    with pytest.raises(errors.NotFound) as caught:
        await client.card.create_and_deliver(
            out_track_id="card-2", template_id="no.schema", params={"title": "甲"}, conversation=MARKETING
        )
    assert caught.value.code == "param.templateNotExist"


async def test_messages(server: Server, client: DingTalk) -> None:
    await client.robot.send_to_group(MARKETING.id, "sampleMarkdown", {"title": "t", "text": "**你好**"})
    failed = await client.robot.send_to_users(["wang", "nobody"], "sampleText", {"content": "你好"})
    assert failed == ["nobody"]
    for conversation in (MARKETING.id, "one:wang"):
        messages = (await _control(server, "GET", f"conversations/{conversation}?as=wang"))["messages"]
        assert "你好" in str(messages[-1])
    with pytest.raises(errors.Invalid):
        await client.robot.send_to_group("cidNowhere==", "sampleText", {"content": "x"})


async def test_a_session_that_is_not_there(server: Server, client: DingTalk) -> None:
    with pytest.raises(errors.NotFound):
        await client.robot.reply(
            f"{server.url}/robot/sendBySession?session=gone", {"msgtype": "text", "text": {"content": "x"}}
        )


async def test_an_expired_token_is_renewed(server: Server, client: DingTalk) -> None:
    await client.contact.user("wang")
    await _control(server, "POST", "clock", {"advanceS": 7300})
    assert (await client.contact.user("wang")).userid == "wang"
    assert (await client.storage.space(SPACE, union_id=WANG)).space_id == SPACE


async def test_a_hundred_calls_need_one_token(server: Server) -> None:
    async with _client(server, calls_per_second=1000) as client:
        await _control(server, "PUT", "limits", {"permitUnlimited": True})
        await asyncio.gather(*(client.contact.user("wang") for _ in range(100)))
    assert sum(call.route.endswith("/accessToken") for call in server.world.calls.after(0)) == 1


async def test_a_wrong_secret(server: Server) -> None:
    tokens = InternalAppTokens("dingsandbox", SecretStr("a-wrong-secret"))
    async with _client(server, tokens=tokens) as client:
        with pytest.raises(errors.BadCredentials) as caught:
            await client.contact.user("wang")
    assert "a-wrong-secret" not in str(caught.value)


class Tickets:
    def __init__(self) -> None:
        self.ticket: str | None = None

    async def suite_ticket(self, suite_key: str) -> str | None:
        return self.ticket

    async def save_suite_ticket(self, suite_key: str, ticket: str) -> None:
        self.ticket = ticket


async def test_a_third_party_app(server: Server) -> None:
    tickets = Tickets()
    tokens = ThirdPartyTokens("suitesandbox", SecretStr("suite-secret"), "dingcorpsandbox", tickets)
    async with _client(server, tokens=tokens) as client:
        for ticket in (None, "a-wrong-ticket"):
            tickets.ticket = ticket
            with pytest.raises(errors.BadCredentials):
                await client.contact.user("wang")
        await tickets.save_suite_ticket("suitesandbox", server.world.tokens.new_ticket("suitesandbox"))
        assert (await client.contact.user("wang")).userid == "wang"


async def test_a_missing_scope_is_named(server: Server, client: DingTalk) -> None:
    server.world.apps["dingsandbox"].scopes = ["Storage.File.Read"]
    with pytest.raises(errors.Denied) as caught:
        await client.storage.remove(SPACE, ["1"], union_id=WANG, to_recycle_bin=True)
    assert caught.value.missing_scopes == ("Storage.File.Write",)


async def test_the_monthly_quota(server: Server, client: DingTalk) -> None:
    await _control(server, "PUT", "limits", {"monthlyQuota": 1})
    await client.storage.space(SPACE, union_id=WANG)
    with pytest.raises(errors.QuotaUsedUp):
        await client.storage.space(SPACE, union_id=WANG)
    assert (await client.contact.user("wang")).userid == "wang", "contact calls are free"


async def test_the_meter_agrees_with_dingtalk(server: Server) -> None:
    counts = Counts()
    async with _client(server, meter=counts) as client:
        (report,) = await _ids(client, "/report.pdf")
        await client.contact.user("wang")
        await client.storage.remove(SPACE, [report], union_id=WANG, to_recycle_bin=True)
        await client.robot.send_to_group(MARKETING.id, "sampleText", {"content": "x"})
    assert counts == server.world.meter.calls


class OneClock(Limits):
    """Limits, and the sandbox, on a clock that moves on only when all that left has arrived: no busy machine
    delays one call and not the next."""

    def __init__(self, server: Server, calls_per_second: int, lanes: None) -> None:
        super().__init__(calls_per_second, lanes, now=self.now, sleep=self.sleep)
        self.time_s, self.left, self.calls = 1_800_000_000.0, 0, server.world.calls
        server.world.clock.now = self.now  # type: ignore[method-assign]

    def now(self) -> float:
        return self.time_s

    async def turn(self, api: str) -> Turn:
        turn = await super().turn(api)
        self.left += 1
        return turn

    async def sleep(self, seconds: float) -> None:
        assert await self.calls.bell.until(lambda: self.calls.numbers.last >= self.left, 30)
        self.time_s += seconds


async def test_our_own_speed_never_throttles_us(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.dingtalk.client.Limits", partial(OneClock, server))
    async with _client(server) as client:
        (report,) = await _ids(client, "/report.pdf")
        began = server.world.clock.now()
        await asyncio.gather(*(client.storage.dentry(SPACE, report, union_id=WANG) for _ in range(45)))
        assert 2 < server.world.clock.now() - began < 3, "45 calls at 20 a second"
    calls = server.world.calls.after(0)
    assert len(calls) > 45
    assert all(call.status == 200 for call in calls)


async def test_a_write_that_was_done_and_then_cut_is_an_unknown_outcome(
    server: Server, client: DingTalk
) -> None:
    report, budget = await _ids(client, "/report.pdf", "/预算 2023.xlsx")
    server.world.faults.order(REMOVE, after=True, reset=True, count=1)
    with pytest.raises(errors.UnknownOutcome):
        await client.storage.remove(SPACE, [report, budget], union_id=WANG, to_recycle_bin=True)
    items = await client.storage.dentries(SPACE, [report, budget], union_id=WANG)
    assert [errors.kind_of(item.error_code) for item in items] == [errors.NotFound] * 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "operationConcurrentControl", errors.Conflict),
        (403, "permissionDenied", errors.Denied),
        (500, "systemError", errors.UnknownOutcome),
        (503, "operationTimeout", errors.UnknownOutcome),
        (403, "Forbidden.AccessDenied.QpsLimitForApi", errors.Throttled),
    ],
)
async def test_faults_of_a_whole_call(
    server: Server, client: DingTalk, status: int, code: str, kind: type[errors.DingTalkError]
) -> None:
    server.world.faults.order(REMOVE, status=status, code=code, count=1)
    with pytest.raises(kind):
        await client.storage.remove(SPACE, ["1"], union_id=WANG, to_recycle_bin=True)
