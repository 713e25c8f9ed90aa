"""Every documented example and error row, by plain HTTP and through both halves of the official SDK."""

import pytest

from tests.conformance.callers import CALLERS, HTTP_OK, Reply
from tests.conformance.control import Control
from tests.conformance.given import known
from tests.conformance.pages import ErrorRow, Page, differences, families, load

PAGES = [page for family in families() for page in load(family)]

# The SDK leaves it to the garbage collector to close the sockets of its blocking half.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def _ways(page: Page) -> list[str]:
    return list(CALLERS) if page.sdk else ["http"]


def _examples() -> list[object]:
    return [pytest.param(page, way, id=f"{page.name}-{way}") for page in PAGES for way in _ways(page)]


def _error_rows() -> list[object]:
    return [
        pytest.param(page, row, way, id=f"{page.name}-{row.label}-{way}")
        for page in PAGES
        for row in page.errors
        for way in _ways(page)
    ]


async def _call(sandbox: Control, page: Page, way: str, row: ErrorRow | None = None) -> Reply:
    names = await known(sandbox, page.given)
    request = page.request
    if row is not None and row.request is not None:
        request = row.request
    elif row is not None:
        await sandbox.fault(page.route, row.status, row.code)
    return await CALLERS[way](sandbox, page, request.filled(names), await sandbox.token())


@pytest.mark.parametrize(("page", "way"), _examples())
async def test_an_example_is_answered_in_the_documented_shape(
    sandbox_process: Control, page: Page, way: str
) -> None:
    reply = await _call(sandbox_process, page, way)
    assert reply.status == HTTP_OK, reply.body
    assert differences(page.answer, reply.body, page.optional) == []
    assert reply.body.get("success", True) is True


@pytest.mark.parametrize(("page", "row", "way"), _error_rows())
async def test_an_error_row_comes_with_its_status_and_code(
    sandbox_process: Control, page: Page, row: ErrorRow, way: str
) -> None:
    reply = await _call(sandbox_process, page, way, row)
    assert (reply.status, reply.code) == (row.status, row.code), reply.body
    if page.old_style:
        assert reply.body["errmsg"]
        return
    assert reply.body["message"]
    assert reply.body["requestid"]
    if reply.raised is not None:
        _check_what_the_sdk_raised(reply)


def _check_what_the_sdk_raised(reply: Reply) -> None:
    raised = reply.raised
    assert raised is not None
    assert raised.code == reply.code
    assert raised.message == (
        f"code: {reply.status}, {reply.body['message']} request id: {reply.body['requestid']}"
    )


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.scope and not page.old_style], ids=lambda p: p.name
)
async def test_a_missing_permission_is_named(sandbox_process: Control, page: Page) -> None:
    """https://open.dingtalk.com/document/development/add-api-permission"""
    names = await known(sandbox_process, page.given)
    await sandbox_process.scopes("Nothing.At.All")
    token = await sandbox_process.token()
    reply = await CALLERS["http"](sandbox_process, page, page.request.filled(names), token)
    assert (reply.status, reply.code) == (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied")
    assert reply.body["accessdenieddetail"]["requiredScopes"] == [page.scope]
