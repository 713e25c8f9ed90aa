"""Every documented way in which DingTalk refuses, byte for byte, becomes the right error of the tree."""

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from bot.dingtalk import errors
from bot.dingtalk.errors import DingTalkError, kind_of
from tests.unit.dingtalk_server import FakeDingTalk, Reply


@pytest.fixture(autouse=True)
def no_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


def new_style(status: int, code: str, **more: Any) -> Reply:
    return Reply(status, {"code": code, "requestid": "R-1", "message": "because", **more})


def old_style(errcode: int | str, errmsg: str = "because", **more: Any) -> Reply:
    return Reply(200, {"errcode": errcode, "errmsg": errmsg, "request_id": "R-1", **more})


async def write(reply: Reply, timeout_s: float = 5.0) -> DingTalkError:
    async with FakeDingTalk(reply) as server, server.client(timeout_s=timeout_s) as client:
        with pytest.raises(DingTalkError) as caught:
            await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)
    return caught.value


async def read(reply: Reply, timeout_s: float = 5.0) -> DingTalkError:
    async with FakeDingTalk(reply) as server, server.client(timeout_s=timeout_s) as client:
        with pytest.raises(DingTalkError) as caught:
            await client.contact.user("wang")
    return caught.value


NEW = [
    (400, "paramError", errors.Invalid),
    (400, "paramError.spaceId", errors.Invalid),
    (400, "paramError.dentryIds", errors.Invalid),
    (400, "operationConcurrentControl", errors.Conflict),
    (400, "param.cardAlreadyExist", errors.Conflict),
    (409, "somethingNew", errors.Conflict),
    (400, "recycleBinNotSupportForSpace", errors.NotRecyclable),
    (403, "operationNotSupported", errors.NotRecyclable),
    (403, "permissionDenied", errors.Denied),
    (403, "acrossOrgAccessForbidden", errors.Denied),
    (400, "no.priviledge", errors.Denied),
    (403, "Forbidden.AccessDenied.IpNotInWhiteList", errors.Denied),
    (404, "spaceNotExist", errors.NotFound),
    (404, "dentryNotExist", errors.NotFound),
    (404, "taskNotExist", errors.NotFound),
    (404, "conversationNotExist", errors.NotFound),
    (400, "param.cardNotExist", errors.NotFound),
    (400, "param.templateNotExist", errors.NotFound),
    (400, "param.templateUnpublished", errors.Invalid),
    (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", errors.Throttled),
    (403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", errors.Throttled),
    (403, "Forbidden.AccessDenied.QpsLimitForApi", errors.Throttled),
    (403, "Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi", errors.Throttled),
    (400, "send.too.fast", errors.Throttled),
    (400, "too.many.group", errors.Throttled),
    (400, "request.overlimit", errors.Throttled),
    (429, "system.busy", errors.Throttled),
    (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", errors.QuotaUsedUp),
    (500, "systemError", errors.UnknownOutcome),
    (500, "unknownError", errors.UnknownOutcome),
    (503, "operationTimeout", errors.UnknownOutcome),
    (500, "system.busy", errors.UnknownOutcome),
    (400, "unknown.send.result", errors.UnknownOutcome),
    (502, "", errors.UnknownOutcome),
    (400, "", errors.Invalid),
    (404, "", errors.NotFound),
    (401, "", errors.Denied),
]


@pytest.mark.parametrize(("status", "code", "kind"), NEW, ids=[f"{s} {c}" for s, c, _ in NEW])
async def test_new_style_refusals(status: int, code: str, kind: type[DingTalkError]) -> None:
    error = await write(new_style(status, code))
    assert type(error) is kind
    assert error.api == "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
    assert (error.status, error.request_id, error.message) == (status, "R-1", "because")
    assert error.code == (code or f"http{status}")


OLD = [
    (33012, errors.NotFound),
    (60121, errors.NotFound),
    (60003, errors.NotFound),
    (33011, errors.NotFound),
    (400002, errors.Invalid),
    (-1, errors.TransportError),
    (400001, errors.TransportError),
    (90018, errors.Throttled),
    (90002, errors.Throttled),
    (90006, errors.Throttled),
    (90020, errors.QuotaUsedUp),
    (60011, errors.Denied),
    (50002, errors.Denied),
    (43007, errors.Denied),
    ("33012", errors.NotFound),
]


@pytest.mark.parametrize(("errcode", "kind"), OLD)
async def test_old_style_refusals(errcode: int | str, kind: type[DingTalkError]) -> None:
    error = await read(old_style(errcode))
    assert type(error) is kind
    assert (error.code, error.request_id, error.status) == (str(errcode), "R-1", 200)


async def test_a_missing_scope_is_named() -> None:
    detail = {"requiredScopes": ["Storage.File.Write"]}
    code = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
    error = await write(new_style(403, code, accessdenieddetail=detail))
    assert isinstance(error, errors.Denied)
    assert error.missing_scopes == ("Storage.File.Write",)


async def test_a_missing_scope_is_named_in_the_capitalised_body_too() -> None:
    body = {
        "Code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
        "StatusCode": 403,
        "Message": "没有调用该接口的权限",
        "AccessDeniedDetail": {"requiredScopes": ["Contact.Org.Read"]},
    }
    error = await write(Reply(403, body))
    assert isinstance(error, errors.Denied)
    assert error.missing_scopes == ("Contact.Org.Read",)


async def test_an_old_missing_scope_is_found_in_the_sentence() -> None:
    sentence = "应用尚未开通所需的权限：[qyapi_get_member]，点击链接申请并开通即可：https://open-dev…"
    error = await read(old_style(88, "ding talk error", sub_code="60011", sub_msg=sentence))
    assert isinstance(error, errors.Denied)
    assert (error.code, error.missing_scopes) == ("60011", ("qyapi_get_member",))


async def test_an_old_sub_code_is_found_in_the_message() -> None:
    error = await read(old_style(88, "ding talk error[subcode=90018,submsg=太快]"))
    assert isinstance(error, errors.Throttled)


THROTTLES = [
    ("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "app", 1),
    ("Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", "app", 60),
    ("Forbidden.AccessDenied.QpsLimitForApi", "platform", 1),
    ("send.byToken.tooFast", "robot", 600),
    ("send.too.fast", "robot", 10),
]


@pytest.mark.parametrize(("code", "scope", "retry_after_s"), THROTTLES)
async def test_a_throttle_says_whom_and_how_long(code: str, scope: str, retry_after_s: float) -> None:
    error = await write(new_style(403, code))
    assert isinstance(error, errors.Throttled)
    assert (error.scope, error.retry_after_s) == (scope, retry_after_s)


BAN = '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"abc"}'
BANS = [
    Reply(200, BAN),
    Reply(403, BAN),
    Reply(200, BAN, content_type="text/html"),
    Reply(200, f"<!DOCTYPE html><html><body>{BAN}</body></html>", content_type="text/html"),
    Reply(403, "<html><body>访问被拒绝</body></html>", content_type="text/html"),
    Reply(429, "<html></html>", content_type="text/html"),
    Reply(302, "", headers={"Location": "https://api.dingtalk.com/_____tmd_____/punish?x5secdata=1"}),
]


@pytest.mark.parametrize("reply", BANS, ids=lambda reply: f"{reply.status} {reply.bytes[:20]!r}")
async def test_the_ban_of_our_address(reply: Reply) -> None:
    for error in (await write(reply), await read(reply)):
        assert isinstance(error, errors.Throttled)
        assert (error.scope, error.retry_after_s) == ("ip", 300)


WORTHLESS = [
    Reply(200, ""),
    Reply(200, "[]"),
    Reply(200, "null"),
    Reply(200, '{"resultItems": [{"spaceId": "1", "dent'),
    Reply(200, "<html>hello</html>", content_type="text/html"),
    Reply(200, "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), content_type="text/plain"),
    Reply(502, "<html>502 Bad Gateway</html>", content_type="text/html"),
    Reply(504, ""),
    Reply(500, "oops", content_type="text/plain"),
    Reply(307, "", headers={"Location": "https://elsewhere.example/"}),
    Reply(200, {"resultItems": "none", "result": 5}),
    Reply(200, {"resultItems": []}, cut_at=5),
    Reply(200, cut_at=0),
    Reply(hang=True),
]


@pytest.mark.parametrize("reply", WORTHLESS, ids=lambda r: f"{r.status} {r.bytes[:20]!r} {r.cut_at} {r.hang}")
async def test_no_answer_leaves_a_write_open_and_a_read_repeatable(reply: Reply) -> None:
    assert type(await write(reply, timeout_s=0.3)) is errors.UnknownOutcome
    assert type(await read(reply, timeout_s=0.3)) is errors.TransportError


async def test_an_answer_labelled_as_text_is_read_all_the_same() -> None:
    reply = Reply(200, {"resultItems": [{"dentryId": "2", "success": True}]}, content_type="text/plain")
    async with FakeDingTalk(reply) as server, server.client() as client:
        (item,) = await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)
    assert item.success


class FixedToken:
    async def token(self, *, refresh: str | None = None) -> str:
        return "fixed"


async def test_nothing_was_sent_where_nobody_listens() -> None:
    async with FakeDingTalk(Reply()) as server:
        client = server.client(tokens=FixedToken())
    async with client:
        with pytest.raises(errors.TransportError) as caught:
            await client.storage.remove("1", ["2"], union_id="u", to_recycle_bin=True)
    assert caught.value.code == "notSent"


async def test_a_name_that_cannot_be_resolved_is_a_transport_error() -> None:
    async with FakeDingTalk(Reply()) as server:
        client = server.client(oapi_base_url="http://nobody.invalid")
        async with client:
            with pytest.raises(errors.TransportError):
                await client.contact.user("wang")


@pytest.mark.parametrize("code", ["dentryNotExist", "spaceNotExist"])
def test_the_code_of_one_item_has_a_class_too(code: str) -> None:
    assert kind_of(code) is errors.NotFound
    assert kind_of("permissionDenied") is errors.Denied
    assert kind_of("systemError") is errors.UnknownOutcome
    assert kind_of("recycleBinNotSupportForSpace") is errors.NotRecyclable


def test_an_error_survives_being_stored() -> None:
    error = errors.Throttled("GET /x", "held", "wait", status=403, request_id="R")
    error.retry_after_s, error.scope = 7.0, "ip"
    back = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(back), str(back), vars(back)) == (errors.Throttled, str(error), vars(error))
