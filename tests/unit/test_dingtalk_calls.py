"""What the single calls send and make of the answer, where a plain round trip does not show it."""

from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from bot.dingtalk import Progress, errors
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
async def test_dingtalks_own_hosts_are_known(host: str) -> None:
    async with FakeDingTalk(Reply()) as server, server.client() as client:
        address = f"https://{host}/robot/sendBySession?session=1"
        assert client.robot._checked(address).query["session"] == "1"
