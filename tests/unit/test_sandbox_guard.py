"""No other web page drives the sandbox."""

import pytest

from sandbox.guard import Guard, host_name
from sandbox.server import Server
from tests.conformance.control import Control

PLACES = ("people", "live")


async def status(sandbox: Control, path: str, **headers: str) -> int:
    async with sandbox.http.get(f"{sandbox.url}{path}", headers=headers) as answer:
        if answer.status == 403:
            assert (await answer.json())["error"]
        return answer.status


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example:{port}",
        "http://x@127.0.0.1:{port}",
        "http://[",
        "127.0.0.1:{port}",
    ],
)
async def test_another_origin_is_refused(sandbox: Control, origin: str) -> None:
    origin = origin.format(port=sandbox.url.rpartition(":")[2])
    for path in ("/sandbox/people", "/sandbox/live", "/"):
        assert await status(sandbox, path, Origin=origin) == 403
    body = {"as": "wang", "conversation": "cidMarketing==", "text": "hello"}
    async with sandbox.http.post(
        f"{sandbox.url}/sandbox/say", json=body, headers={"Origin": origin}
    ) as answer:
        assert answer.status == 403
    assert await sandbox.read("wang", "cidMarketing==", wait_s=0) == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "what"])
async def test_what_another_page_shows_as_a_picture_is_refused(sandbox: Control, site: str) -> None:
    """It has no `Origin`, but a browser says for whom it asks; to the page itself a link may lead."""
    for path in ("/sandbox/people", "/sandbox/live"):
        assert await status(sandbox, path, **{"Sec-Fetch-Site": site}) == 403
    assert await status(sandbox, "/", **{"Sec-Fetch-Site": site}) == 200
    for own in ("same-origin", "none"):
        assert await status(sandbox, "/sandbox/people", **{"Sec-Fetch-Site": own}) == 200


async def test_its_own_page_is_not(sandbox: Control) -> None:
    port = sandbox.url.rpartition(":")[2]
    assert await status(sandbox, "/sandbox/people", Origin=sandbox.url) == 200
    for host in (f"localhost:{port}", f"[::1]:{port}", f"LOCALHOST:{port}", "127.0.0.1", "localhost"):
        assert await status(sandbox, "/sandbox/people", Host=host, Origin=f"http://{host}") == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "192.168.1.2", "127.0.0.1.evil.example", "localhost@evil", "::1"],
)
async def test_a_name_that_leads_here_by_a_trick_is_refused(sandbox: Control, host: str) -> None:
    for path in ("/sandbox/people", "/sandbox/live", "/", "/page/static/index.html"):
        assert await status(sandbox, path, Host=host) == 403
        assert await status(sandbox, path, Host=host, Origin=f"http://{host}") == 403


@pytest.mark.parametrize(
    "path", ["/sandbox/%70eople", "/%73andbox/people", "/sandbox//people", "/./sandbox/people"]
)
async def test_no_spelling_of_the_path_leads_around_it(sandbox: Control, path: str) -> None:
    assert await status(sandbox, path, Origin="https://evil.example") in {403, 404}


async def test_where_others_may_reach_it_other_names_may_lead_there(sandbox: Control) -> None:
    async with Server(allow_remote=True) as server:
        remote = Control(sandbox.http, server.url)
        assert await status(remote, "/sandbox/people", Host="box.example") == 200
        assert (
            await status(remote, "/sandbox/people", Host="box.example", Origin="https://box.example") == 200
        )
        assert (
            await status(remote, "/sandbox/people", Host="box.example", Origin="https://evil.example") == 403
        )


async def test_applications_are_not_asked_where_they_come_from(sandbox: Control) -> None:
    assert await status(sandbox, "/v1.0/nothing", Host="host.docker.internal", Origin="null") == 404


async def test_a_page_under_a_borrowed_name_is_no_application(sandbox: Control) -> None:
    key = "/gettoken?appkey=dingsandbox&appsecret=sandbox-secret"
    assert await status(sandbox, key) == 200
    for path in (key, "/v1.0/nothing", "/connect?ticket=x"):
        assert await status(sandbox, path, Host="evil.example") == 403


def test_a_host_without_a_name_is_none() -> None:
    assert [host_name(h) for h in ("", ":80", "[::1", "a:b", "a b:1", "[]:1")] == ["", "", "", "", "a b", ""]
    assert Guard().stranger("")
    assert not Guard().stranger("[::1]:80")
