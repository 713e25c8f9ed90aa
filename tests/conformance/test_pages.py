"""Every documented example and error row, by plain HTTP and through both halves of the official SDK."""

import pytest

from tests.conformance.callers import CALLERS, HTTP_OK, Reply
from tests.conformance.control import Control
from tests.conformance.given import known
from tests.conformance.pages import ErrorRow, Page, differences, families, load

PAGES = [page for family in families() for page in load(family)]

# The SDK leaves it to the garbage collector to close the sockets of its blocking half.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def _ways(page: Page, row: ErrorRow | None = None) -> list[str]:
    return list(CALLERS) if page.sdk and not (row and row.no_sdk) else ["http"]


def _examples(pages: list[Page]) -> list[object]:
    return [pytest.param(page, way, id=f"{page.name}-{way}") for page in pages for way in _ways(page)]


def _error_rows() -> list[object]:
    return [pytest.param(page, row, id=f"{page.name}-{row.label}") for page in PAGES for row in page.errors]


@pytest.mark.parametrize(("page", "way"), _examples(PAGES))
async def test_an_example_is_answered_in_the_documented_shape(
    sandbox_process: Control, page: Page, way: str
) -> None:
    names = await known(sandbox_process, page.given)
    token = await sandbox_process.token()
    reply = await CALLERS[way](sandbox_process, page, page.request.filled(names), token)
    assert reply.status == HTTP_OK, reply.body
    assert differences(page.answer, reply.body, page.optional) == []
    assert reply.body.get("success", True) is True


@pytest.mark.parametrize(("page", "row"), _error_rows())
async def test_an_error_row_comes_with_its_status_and_code(
    sandbox_process: Control, page: Page, row: ErrorRow
) -> None:
    """A refused call changes nothing, so that all ways can be tried one after the other."""
    names = await known(sandbox_process, (*page.given, *row.given))
    request, token = row.request.filled(names), await sandbox_process.token()
    ways = _ways(page, row)
    replies = [await CALLERS[way](sandbox_process, page, request, token) for way in ways]
    assert {
        way: _wrong(page, reply, row.status, row.code) for way, reply in zip(ways, replies, strict=True)
    } == dict.fromkeys(ways, "")


@pytest.mark.parametrize(("page", "way"), _examples([page for page in PAGES if page.faults]))
async def test_every_other_error_row_comes_when_it_is_ordered(
    sandbox_process: Control, page: Page, way: str
) -> None:
    names = await known(sandbox_process, page.given)
    request, token = page.request.filled(names), await sandbox_process.token()
    await sandbox_process.limits(permitUnlimited=True)
    wrong = []
    for status, code in page.faults:
        await sandbox_process.fault(page.route, status, code, count=1)
        reply = await CALLERS[way](sandbox_process, page, request, token)
        wrong.append(_wrong(page, reply, status, code))
    assert [each for each in wrong if each] == []


def _wrong(page: Page, reply: Reply, status: int, code: str) -> str:
    """What an error lacks of what the documentation promises, and of what the SDK should have made of it."""
    body = reply.body
    if (reply.status, reply.code) != (status, code):
        return f"{reply.status} {body} instead of {status} {code}"
    if page.old_style:
        return "" if body["errmsg"] else f"{code}: no errmsg"
    if not body["message"] or not body["requestid"]:
        return f"{code}: no message or no requestid"
    if reply.raised is None:
        same = reply.headers["x-acs-request-id"] == body["requestid"]
        return "" if same else f"{code}: requestid differs from the header's"
    return _misread(reply, code)


def _misread(reply: Reply, code: str) -> str:
    """What the SDK got wrong in an error."""
    raised = reply.raised
    assert raised is not None
    text = f"code: {reply.status}, {reply.body['message']} request id: {reply.body['requestid']}"
    read = (raised.code, raised.message, raised.statusCode, reply.denied)
    return "" if read == (code, text, reply.status, None) else f"{code}: the SDK read {read}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.scope], ids=lambda page: page.name)
async def test_a_missing_permission_is_named(sandbox_process: Control, page: Page) -> None:
    """https://open.dingtalk.com/document/development/add-api-permission"""
    names = await known(sandbox_process, page.given)
    await sandbox_process.scopes("Nothing.At.All")
    request, token = page.request.filled(names), await sandbox_process.token()
    for way in _ways(page):
        reply = await CALLERS[way](sandbox_process, page, request, token)
        if page.old_style:
            assert reply.code == "60011"
            assert f"[{page.scope}]" in reply.body["errmsg"]
            continue
        assert (reply.status, reply.code) == (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied")
        assert reply.body["accessdenieddetail"] == {"requiredScopes": [page.scope]}
        if reply.raised is not None:
            assert reply.denied == {"requiredScopes": [page.scope]}
