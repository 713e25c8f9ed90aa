"""The catalogue of faults: every kind can be ordered as it stands, and so can every documented error."""

from typing import Any

import pytest

from sandbox.endpoints import ENDPOINTS
from sandbox.faults.documented import errors_of
from sandbox.faults.kinds import KINDS
from sandbox.wire import Endpoint
from tests.conformance.control import Control
from tests.unit.sandbox_listener import order, ordered

REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
Json = Any


async def test_the_catalogue_describes_what_can_be_ordered(sandbox: Control) -> None:
    told = await sandbox.ask("GET", "faults/kinds")
    assert [kind["kind"] for kind in told["kinds"]] == list(KINDS)
    for kind in told["kinds"]:
        assert all(kind[text][language] for text in ("title", "about") for language in ("zh", "en"))
        assert kind["group"] in {"error", "throttle", "network", "storage", "cards", "stream"}
        assert kind["side"] in {"call", "push", "connection"}
        assert len(set(kind["takes"])) == len(kind["takes"])
    routes = {route["route"]: route for route in told["routes"]}
    assert set(routes) == {e.route for e in ENDPOINTS if e.method != "*"}
    assert routes[REMOVE]["items"] is True
    assert routes[REMOVE]["doc"].endswith("delete-files-or-folders-in-bulk")
    assert told["topics"] == ["/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback", "*"]


async def test_every_kind_can_be_ordered_as_it_is_and_with_all_it_takes(sandbox: Control) -> None:
    for kind in KINDS:
        fault = await order(sandbox, kind=kind)
        told = await ordered(sandbox, fault)
        assert told["kind"] == kind
        assert {key: told[key] for key in KINDS[kind].defaults} == KINDS[kind].defaults, kind
        assert set(KINDS[kind].takes) <= set(told), kind
        again = {key: told[key] for key in KINDS[kind].takes}
        assert (await ordered(sandbox, await order(sandbox, kind=kind, **again)))["seed"] == told["seed"], (
            kind
        )


async def test_what_an_order_says_goes_before_its_kind(sandbox: Control) -> None:
    fault = await ordered(sandbox, await order(sandbox, kind="ipBan", seconds=None, status=420, count=3))
    assert (fault["seconds"], fault["status"], fault["count"]) == (None, 420, 3)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"count": 1},
        {"kind": "chaos"},
        {"kind": ["qps"]},
        {"kind": "qps", "copies": 2},
        {"route": "", "x": 1},
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_with_a_reason(sandbox: Control, body: Json) -> None:
    async with sandbox.http.post(f"{sandbox.url}/sandbox/faults", json=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]


DOCUMENTED = [e for e in ENDPOINTS if errors_of(e.route)]


async def test_every_documented_error_can_be_ordered(sandbox: Control) -> None:
    await sandbox.limits(permitUnlimited=True)
    token = await sandbox.token()
    for endpoint in DOCUMENTED:
        await every_error_can_be_ordered(sandbox, endpoint, token)


async def every_error_can_be_ordered(sandbox: Control, endpoint: Endpoint, token: str) -> None:
    path = "".join("1" if part.endswith("}") else part for part in _parts(endpoint.path))
    headers = {"x-acs-dingtalk-access-token": token}
    for row in errors_of(endpoint.route):
        fault = await order(sandbox, route=endpoint.route, **row)
        async with sandbox.http.request(
            endpoint.method, sandbox.url + path, headers=headers, params={"access_token": token}
        ) as answer:
            body = await answer.json()
            assert (answer.status, str(body.get("code", body.get("errcode")))) == (row["status"], row["code"])
            assert body.get("message", body.get("errmsg")) == (row["message"] or row["code"])
        await sandbox.ask("DELETE", f"faults/{fault}")


def _parts(path: str) -> list[str]:
    """A pattern cut before and after what stands in braces."""
    return path.replace("{", "\0{").replace("}", "}\0").split("\0")
