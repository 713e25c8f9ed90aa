"""What the single calls send and make of the answer, where a plain round trip does not show it."""

import io
import random
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stamina

from bot.dingtalk import Progress, errors
from bot.dingtalk.hosts import own_address
from bot.dingtalk.media import packed
from bot.models import Conversation
from tests.unit.dingtalk_server import FakeDingTalk, Reply

GROUP = Conversation(id="cidA==", kind="group")
ALONE = Conversation(id="cidB==", kind="one_to_one")
DELIVERED = {"success": True, "result": {"deliverResults": [{"success": True, "errorMsg": "SYSTEM_ERROR"}]}}


@pytest.fixture(autouse=True)
def no_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


async def test_remove_always_says_where_to() -> None:
    for to_recycle_bin in (True, False):
        async with FakeDingTalk(Reply(body={})) as server, server.client() as client:
            await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=to_recycle_bin)
        assert server.seen[0].body == {"dentryIds": ["2"], "option": {"toRecycleBin": to_recycle_bin}}


async def test_remove_answers_for_every_id_in_order() -> None:
    items = [{"dentryId": "3", "async": True, "taskId": "t"}, {"dentryId": "1", "success": True}]
    async with FakeDingTalk(Reply(body={"resultItems": items})) as server, server.client() as client:
        removed = await client.storage.remove("9", ["1", "2", "3"], union_id="u", to_recycle_bin=True)
    assert [(item.dentry_id, item.progress) for item in removed] == [
        ("1", Progress.DONE),
        ("2", Progress.UNKNOWN),
        ("3", Progress.PENDING),
    ]


@pytest.mark.parametrize("count", [0, 51])
async def test_remove_takes_one_to_fifty(count: int) -> None:
    async with FakeDingTalk(Reply(body={})) as server, server.client() as client:
        with pytest.raises(ValueError, match="1 to 50"):
            await client.storage.remove("9", ["1"] * count, union_id="u", to_recycle_bin=True)
    assert server.seen == []


async def test_queries_go_out_by_thirty_and_come_back_in_order() -> None:
    ids = [str(number) for number in range(65)]
    found = [{"dentryId": id_, "success": True, "dentry": {"id": id_}} for id_ in reversed(ids) if id_ != "7"]
    async with FakeDingTalk(Reply(body={"resultItems": found})) as server, server.client() as client:
        items = await client.storage.dentries("9", ids, union_id="u")
    assert sorted(len(seen.body["dentryIds"]) for seen in server.seen) == [5, 30, 30]
    assert [item.dentry_id for item in items] == ids
    assert [item.dentry_id for item in items if not item.success] == ["7"]


async def test_no_ids_need_no_query() -> None:
    async with FakeDingTalk(Reply(body={})) as server, server.client() as client:
        assert await client.storage.dentries("9", [], union_id="u") == []
    assert server.seen == []


def page(*ids: str, more: str = "") -> Reply:
    return Reply(body={"dentries": [{"id": id_} for id_ in ids], "nextToken": more})


async def test_a_listing_shows_each_dentry_once() -> None:
    pages = (page("1", "2", more="a"), page("2", "3", more="b"), page("3", "4"))
    async with FakeDingTalk(*pages) as server, server.client() as client:
        ids = [dentry.id async for dentry in client.storage.list_all("9", union_id="u")]
    assert ids == ["1", "2", "3", "4"]
    assert [seen.body["option"].get("nextToken") for seen in server.seen] == [None, "a", "b"]


async def test_a_listing_that_goes_in_a_circle_ends() -> None:
    pages = (page("1", more="a"), page("2", more="b"), page("3", more="a"))
    async with FakeDingTalk(*pages) as server, server.client() as client:
        ids = [dentry.id async for dentry in client.storage.children("9", union_id="u")]
    assert ids == ["1", "2", "3"]


async def test_a_role_is_read_to_its_end() -> None:
    people = [
        Reply(body={"errcode": 0, "result": {"hasMore": more, "list": [{"userid": name}]}})
        for name, more in (("a", True), ("b", False))
    ]
    async with FakeDingTalk(*people) as server, server.client() as client:
        members = await client.contact.role_members("7")
    assert [member.userid for member in members] == ["a", "b"]
    assert [seen.body["offset"] for seen in server.seen] == ["0", "1"]


async def test_a_card_for_a_group() -> None:
    async with FakeDingTalk(Reply(body=DELIVERED)) as server, server.client() as client:
        await client.card.create_and_deliver(
            out_track_id="o",
            template_id="t",
            params={"title": "x"},
            conversation=GROUP,
            private_params={"wang": {"mine": "y"}},
            recipients=["wang"],
            at_user_ids={"wang": "王小明"},
        )
    assert server.seen[0].body == {
        "cardTemplateId": "t",
        "outTrackId": "o",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "x"}},
        "privateData": {"wang": {"cardParamMap": {"mine": "y"}}},
        "openSpaceId": "dtv1.card//IM_GROUP.cidA==",
        "imGroupOpenSpaceModel": {"supportForward": False},
        "imGroupOpenDeliverModel": {
            "robotCode": "the-robot",
            "atUserIds": {"wang": "王小明"},
            "recipients": ["wang"],
        },
        "userIdType": 1,
    }


async def test_a_card_for_one_person() -> None:
    async with FakeDingTalk(Reply(body=DELIVERED)) as server, server.client() as client:
        await client.card.create_and_deliver(
            out_track_id="o", template_id="t", params={}, conversation=ALONE, user_id="wang"
        )
    body = server.seen[0].body
    assert body["openSpaceId"] == "dtv1.card//IM_ROBOT.wang"
    assert body["imRobotOpenDeliverModel"] == {"spaceType": "IM_ROBOT", "robotCode": "the-robot"}


FAILED: list[dict[str, Any]] = [
    {"success": True, "result": {"deliverResults": [{"success": False, "errorMsg": "robot not in group"}]}},
    {"success": True, "result": {"deliverResults": [{"success": True}, {"success": False}]}},
    {"success": True, "result": {"deliverResults": []}},
    {"success": True, "result": {"outTrackId": "o"}},
    {"success": False, "result": None},
    {"success": False, "result": {"deliverResults": [{"success": True}]}},
    {},
]


@pytest.mark.parametrize("body", FAILED)
async def test_a_card_that_does_not_arrive_is_an_error(body: dict[str, Any]) -> None:
    async with FakeDingTalk(Reply(body=body)) as server, server.client() as client:
        with pytest.raises(errors.DeliveryFailed):
            await client.card.create_and_deliver(
                out_track_id="o", template_id="t", params={}, conversation=GROUP
            )


async def test_an_update_keeps_what_it_does_not_name() -> None:
    async with (
        FakeDingTalk(Reply(body={"success": True, "result": True})) as server,
        server.client() as client,
    ):
        await client.card.update(out_track_id="o", params={"a": "b"})
    assert server.seen[0].method == "PUT"
    assert server.seen[0].body["cardUpdateOptions"] == {
        "updateCardDataByKey": True,
        "updatePrivateDataByKey": True,
    }


async def test_an_update_that_changes_nothing_is_an_error() -> None:
    async with (
        FakeDingTalk(Reply(body={"success": True, "result": False})) as server,
        server.client() as client,
    ):
        with pytest.raises(errors.DeliveryFailed):
            await client.card.update(out_track_id="o", params={})


async def test_messages_go_to_twenty_people_a_call() -> None:
    sent = Reply(body={"invalidStaffIdList": ["3"], "flowControlledStaffIdList": ["4"]})
    async with FakeDingTalk(sent, Reply(body={})) as server, server.client() as client:
        failed = await client.robot.send_to_users(
            [str(number) for number in range(25)], "sampleText", {"content": "你好"}
        )
    assert failed == ["3", "4"]
    assert [len(seen.body["userIds"]) for seen in server.seen] == [20, 5]
    assert server.seen[0].body["msgParam"] == '{"content": "你好"}'


STRANGERS = [
    "https://evil.example/robot/sendBySession?session=1",
    "http://oapi.dingtalk.com/robot/sendBySession?session=1",
    "https://oapi.dingtalk.com.evil.example/robot/sendBySession",
    "https://evildingtalk.com/robot/sendBySession",
    "https://oapi.dingtalk.com:8443/robot/sendBySession",
    "https://oapi.dingtalk.com@evil.example/",
    "https://user:pw@oapi.dingtalk.com/",
    "http://127.0.0.1:1/robot/sendBySession",
    "http://[::1]/",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "//oapi.dingtalk.com/x",
    "oapi.dingtalk.com/x",
    "https://",
    "https://[",
    "https://oapi.dingtalk.com:99999/",
    "",
]


@pytest.mark.parametrize("address", STRANGERS)
async def test_a_reply_goes_to_dingtalk_only(address: str) -> None:
    async with FakeDingTalk(Reply(body={"errcode": 0})) as server, server.client() as client:
        with pytest.raises(errors.Invalid) as caught:
            await client.robot.reply(address, {"msgtype": "text"})
    assert server.seen == []
    assert not address or address not in str(caught.value)


async def test_a_reply_through_the_configured_host_carries_no_token_of_ours() -> None:
    async with FakeDingTalk(Reply(body={"errcode": 0, "errmsg": "ok"})) as server, server.client() as client:
        await client.robot.reply(f"{server.url}/robot/sendBySession?session=s%2Bx", {"msgtype": "text"})
    assert (server.seen[0].token, server.seen[0].query) == ("", {"session": "s+x"})
    assert server.tokens_given == 0


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        (400101, errors.NotFound),
        (430101, errors.Invalid),
        (410100, errors.Throttled),
        (-1, errors.UnknownOutcome),
    ],
)
async def test_a_reply_that_is_refused(errcode: int, kind: type[errors.DingTalkError]) -> None:
    refused = Reply(body={"errcode": errcode, "errmsg": "for session-key"})
    async with FakeDingTalk(refused) as server, server.client() as client:
        with pytest.raises(kind) as caught:
            await client.robot.reply(f"{server.url}/robot/sendBySession?session=session-key", {})
    assert "session-key" not in str(caught.value)


@pytest.mark.parametrize("host", ["oapi.dingtalk.com", "api.dingtalk.io", "OAPI.DingTalk.com"])
def test_dingtalks_own_hosts_are_known(host: str) -> None:
    url = own_address("a call", f"https://{host}/robot/sendBySession?session=1", [])
    assert url.query["session"] == "1"


async def test_administrators_are_each_named_once() -> None:
    found = [{"sys_level": level, "userid": name} for level, name in ((1, "boss"), (2, "li"), (2, "boss"))]
    async with FakeDingTalk(Reply(body={"errcode": 0, "result": found})) as server, server.client() as client:
        assert await client.contact.admins() == ["boss", "li"]
    assert (server.seen[0].raw_path, server.seen[0].body) == ("/topapi/user/listadmin", {})
    assert server.seen[0].token == "token-1"


async def test_departments_above_come_by_department() -> None:
    above = [{"parent_dept_id_list": [37, 1]}, {"parent_dept_id_list": [456, 123, 1]}, {}]
    answer = Reply(body={"errcode": 0, "result": {"parent_list": above}})
    async with FakeDingTalk(answer) as server, server.client() as client:
        assert await client.contact.departments_above("wang") == [["37", "1"], ["456", "123", "1"], []]
    assert server.seen[0].body == {"userid": "wang"}


def delivered(*people: str, failed: tuple[str, ...] = (), named: bool = True) -> list[dict[str, Any]]:
    """Deliver results for these people, in this order."""
    return [
        {"spaceType": "IM_ROBOT", "spaceId": who if named else "", "success": who not in failed}
        for who in people
    ]


def created(*people: str, **how: Any) -> Reply:
    return Reply(body={"success": True, "result": {"deliverResults": delivered(*people, **how)}})


async def test_one_card_goes_to_several_people_in_one_call() -> None:
    async with FakeDingTalk(created("li", "zhao")) as server, server.client() as client:
        missed = await client.card.create_and_deliver(
            out_track_id="o", template_id="t", params={"a": "b"}, people=["li", "zhao", "li"]
        )
    assert missed == []
    (seen,) = server.seen
    assert seen.body == {
        "cardTemplateId": "t",
        "outTrackId": "o",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"a": "b"}},
        "openSpaceId": "dtv1.card//IM_ROBOT.li;IM_ROBOT.zhao",
        "imRobotOpenSpaceModel": {"supportForward": False},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "the-robot"},
        "userIdType": 1,
    }


@pytest.mark.parametrize(
    "reply",
    [
        created("c", "b", "a", failed=("b",)),
        created("a", "b", "c", failed=("b",), named=False),
        created("a", "c"),
    ],
)
async def test_who_was_not_reached_is_told(reply: Reply) -> None:
    async with FakeDingTalk(reply) as server, server.client() as client:
        missed = await client.card.create_and_deliver(
            out_track_id="o", template_id="t", params={}, people=["a", "b", "c"]
        )
    assert missed == ["b"]


async def test_a_card_that_reaches_nobody_is_an_error() -> None:
    nobody = created("a", "b", failed=("a", "b"))
    async with FakeDingTalk(nobody) as server, server.client() as client:
        with pytest.raises(errors.DeliveryFailed):
            await client.card.create_and_deliver(
                out_track_id="o", template_id="t", params={}, people=["a", "b"]
            )


MANY = [f"{number:064}" for number in range(30)]
FIT = 13
"""74 characters and a semicolon each, in 1 000"""


async def test_people_for_whom_an_address_has_no_room_get_the_same_card_by_more_calls() -> None:
    fine = [
        Reply(body={"success": True, "result": delivered(*MANY[start : start + FIT])})
        for start in (FIT, 2 * FIT)
    ]
    async with FakeDingTalk(created(*MANY[:FIT]), *fine) as server, server.client() as client:
        assert not await client.card.create_and_deliver(
            out_track_id="o", template_id="t", params={}, people=MANY
        )
    assert [seen.raw_path.rpartition("/")[2] for seen in server.seen] == [
        "createAndDeliver",
        "deliver",
        "deliver",
    ]
    addresses = [seen.body["openSpaceId"] for seen in server.seen]
    assert max(map(len, addresses)) <= 1000
    reached = [part.partition(".")[2] for each in addresses for part in each.split("//")[1].split(";")]
    assert reached == MANY
    assert server.seen[1].body == {
        "outTrackId": "o",
        "openSpaceId": addresses[1],
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "the-robot"},
        "userIdType": 1,
    }


async def test_a_later_call_that_fails_takes_nothing_back() -> None:
    busy = Reply(500, {"code": "system.busy", "message": "", "requestid": "R"})
    async with FakeDingTalk(created(*MANY[:FIT]), busy) as server, server.client() as client:
        missed = await client.card.create_and_deliver(
            out_track_id="o", template_id="t", params={}, people=MANY
        )
    assert missed == MANY[FIT:]


async def test_a_card_that_exists_is_shown_to_more_people() -> None:
    answer = Reply(body={"success": True, "result": delivered("li", "zhao", failed=("zhao",))})
    async with FakeDingTalk(answer) as server, server.client() as client:
        assert await client.card.deliver("o", ["li", "zhao"]) == ["zhao"]
    assert server.seen[0].body["openSpaceId"] == "dtv1.card//IM_ROBOT.li;IM_ROBOT.zhao"


async def test_a_card_that_does_not_exist_cannot_be_shown() -> None:
    gone = Reply(400, {"code": "param.cardNotExist", "message": "卡片不存在", "requestid": "R"})
    async with FakeDingTalk(gone) as server, server.client() as client:
        with pytest.raises(errors.NotFound):
            await client.card.deliver("o", ["li"])


async def test_a_file_is_uploaded_and_sent_to_one_person() -> None:
    uploaded = Reply(body={"errcode": 0, "media_id": "@lAz", "created_at": 1, "type": "file"})
    async with FakeDingTalk(uploaded, Reply(body={})) as server, server.client() as client:
        await client.robot.send_file("wang", '表 "1".xlsx', b"PK content")
    up, sent = server.seen
    assert (up.raw_path, up.token, up.body["type"]) == ("/media/upload", "token-1", "file")
    assert up.body["media"] == b"PK content"
    assert sent.body == {
        "robotCode": "the-robot",
        "msgKey": "sampleFile",
        "msgParam": '{"mediaId": "@lAz", "fileName": "表 \\"1\\".xlsx", "fileType": "xlsx"}',
        "userIds": ["wang"],
    }


async def test_a_file_that_no_message_can_carry_is_packed() -> None:
    uploaded = Reply(body={"errcode": 0, "media_id": "@lAz"})
    async with FakeDingTalk(uploaded, Reply(body={})) as server, server.client() as client:
        await client.robot.send_file("wang", "K7M2 清单.csv", "路径\n/a".encode())
    with zipfile.ZipFile(io.BytesIO(server.seen[0].body["media"])) as archive:
        assert archive.namelist() == ["K7M2 清单.csv"]
        assert archive.read("K7M2 清单.csv").decode() == "路径\n/a"
    assert '"fileName": "K7M2 清单.zip", "fileType": "zip"' in server.seen[1].body["msgParam"]


@pytest.mark.parametrize("size", [0, 20 * 1024 * 1024 + 1])
async def test_a_file_of_no_size_for_dingtalk_is_not_sent(size: int) -> None:
    async with FakeDingTalk(Reply(body={})) as server, server.client() as client:
        with pytest.raises(errors.Invalid, match="20 MB"):
            await client.media.upload("a.pdf", bytes(size))
    assert server.seen == []


async def test_a_file_is_packed_as_it_grows_and_no_further_than_dingtalk_takes() -> None:
    taken = 0

    async def pieces(number: int, size: int) -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(number):
            taken += 1
            yield random.Random(taken).randbytes(size)  # noqa: S311 - something that cannot be made smaller

    name, content = await packed("清单.csv", pieces(3, 9))
    assert name == "清单.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(archive.read("清单.csv")) == 27
    with pytest.raises(errors.Invalid, match="20 MB"):
        await packed("清单.csv", pieces(99, 8 * 1024 * 1024))
    assert taken < 3 + 5


async def test_a_refused_token_sends_the_file_again() -> None:
    refused = Reply(body={"errcode": 40014, "errmsg": "不合法的access_token"})
    uploaded = Reply(body={"errcode": 0, "media_id": "@lAz"})
    async with FakeDingTalk(refused, uploaded) as server, server.client() as client:
        assert await client.media.upload("a.pdf", b"x") == "@lAz"
    assert [seen.body["media"] for seen in server.seen] == [b"x", b"x"]


async def test_a_file_that_does_not_reach_them_is_an_error() -> None:
    uploaded = Reply(body={"errcode": 0, "media_id": "@lAz"})
    unknown = Reply(body={"invalidStaffIdList": ["wang"]})
    async with FakeDingTalk(uploaded, unknown) as server, server.client() as client:
        with pytest.raises(errors.DeliveryFailed):
            await client.robot.send_file("wang", "a.pdf", b"x")


async def test_a_bin_is_that_of_an_organisation() -> None:
    body = {"recycleBin": {"id": 897, "scope": "ORG", "scopeId": "ding1"}}
    async with FakeDingTalk(Reply(body=body)) as server, server.client() as client:
        assert await client.recycle.bin_id("ding1", union_id="u") == "897"
    assert server.seen[0].raw_path == "/v1.0/storage/recycleBins"
    assert server.seen[0].query == {"recycleBinScope": "ORG", "scopeId": "ding1", "unionId": "u"}


async def test_a_bin_is_read_page_by_page_and_no_further_than_wanted() -> None:
    """As in the example of the page, with a path that begins with a dot and a time that lacks its seconds."""
    item = {
        "id": "2528",
        "spaceId": "8415",
        "dentryId": 6585,
        "size": "512",
        "type": "FILE",
        "originalName": "测试文件夹",
        "originalPath": "./测试文件夹",
        "operatorId": "chy",
        "operatorTime": "2022-07-29T14:55Z",
    }
    first = Reply(body={"recycleItems": [item], "nextToken": "1660268242000:2528089682"})
    async with FakeDingTalk(first, Reply(body={"recycleItems": None})) as server, server.client() as client:
        pages = client.recycle.pages("9", union_id="u")
        (found,) = await anext(pages)
        assert (found.id, found.dentry_id, found.size) == ("2528", "6585", 512)
        assert found.operator_time == datetime(2022, 7, 29, 14, 55, tzinfo=UTC)
        assert len(server.seen) == 1
        assert [page async for page in pages] == [()]
    assert [seen.query.get("nextToken") for seen in server.seen] == [None, "1660268242000:2528089682"]
    assert {seen.query["maxResults"] for seen in server.seen} == {"50"}


async def test_one_item_of_a_bin() -> None:
    gone = Reply(status=404, body={"code": "recycleItemNotExist"})
    async with FakeDingTalk(Reply(body={"item": {"id": "7"}}), gone) as server, server.client() as client:
        assert (await client.recycle.item("9", "7", union_id="u")).id == "7"
        with pytest.raises(errors.NotFound):
            await client.recycle.item("9", "7", union_id="u")
    assert server.seen[0].raw_path == "/v1.0/storage/recycleBins/9/recycleItems/7"


async def test_a_restore_overwrites_nothing_and_answers_for_every_id_in_order() -> None:
    """All fields are optional, and DingTalk's own example has those that exclude each other."""
    items = [
        {"recycleItemId": "6", "async": False, "spaceId": "s", "dentryId": "d6"},
        {"recycleItemId": "5", "success": True, "dentryId": "d5"},
        {"recycleItemId": "4", "success": False, "errorCode": "permissionDenied"},
        {"recycleItemId": "3", "errorCode": "recycleItemNotExist"},
        {"recycleItemId": "2", "async": True, "taskId": "t", "dentryId": "d2"},
        {
            "recycleItemId": "1",
            "async": True,
            "success": True,
            "errorCode": "permissionDenied",
            "taskId": "t",
            "spaceId": "789",
            "dentryId": "776",
        },
    ]
    ids = ["1", "2", "3", "4", "5", "6", "7"]
    async with FakeDingTalk(Reply(body={"resultItems": items})) as server, server.client() as client:
        restored = await client.recycle.restore("9", ids, union_id="u")
    assert [(item.recycle_item_id, item.progress, item.dentry_id) for item in restored] == [
        ("1", Progress.PENDING, "776"),
        ("2", Progress.PENDING, "d2"),
        ("3", Progress.FAILED, ""),
        ("4", Progress.FAILED, ""),
        ("5", Progress.DONE, "d5"),
        ("6", Progress.DONE, "d6"),
        ("7", Progress.UNKNOWN, ""),
    ]
    assert server.seen[0].raw_path == "/v1.0/storage/recycleBins/9/recycleItems/batchRestore"
    assert server.seen[0].body == {"recycleItemIds": ids, "option": {"conflictStrategy": "AUTO_RENAME"}}


@pytest.mark.parametrize("count", [0, 31])
async def test_a_restore_takes_one_to_thirty(count: int) -> None:
    async with FakeDingTalk(Reply(body={})) as server, server.client() as client:
        with pytest.raises(ValueError, match="1 to 30"):
            await client.recycle.restore("9", ["1"] * count, union_id="u")
    assert server.seen == []


async def test_a_restore_without_an_answer_may_have_happened() -> None:
    async with (
        FakeDingTalk(Reply(status=500, body={"code": "systemError"})) as server,
        server.client() as client,
    ):
        with pytest.raises(errors.UnknownOutcome):
            await client.recycle.restore("9", ["1"], union_id="u")
    assert len(server.seen) == 1, "and is not sent again"
