"""`dingsweep doctor` on a DingTalk in which one thing at a time is wrong: it finds that one, says what to do, and
changes nothing."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from bot.doctor import Patience
from bot.doctor.access import PROBES
from bot.scopes import SCOPES, Scope
from bot.settings import PUBLIC_TEMPLATE
from bot.store import Store
from bot.store.inspection import inspecting
from tests.conformance.control import CLIENT_ID, CORP_ID, Control
from tests.integration.doctors import Doctor, check_harmless, failures, passed_over
from tests.integration.office import ENGINEERING, MARKETING, MARKETING_SPACE, Office
from tests.integration.program import environment, ran, ran_inside
from tests.migrated import begin

CODES = [scope.code for scope in SCOPES]
FRESH = {"database": "database.missing"}
SUITE = {
    "client_id": "suitesandbox",
    "client_secret": "suite-secret",
    "suite_key": "suitesandbox",
    "suite_secret": "suite-secret",
    "auth_corp_id": CORP_ID,
}
OF_APP = {"scopes", "contacts", "robot", "template", "fallback", "stream", "quota", "spaces"}


@pytest.fixture
def doctor(sandbox: Control, tmp_path: Path) -> Doctor:
    """On an installation whose robot has not run yet."""
    return Doctor(Office(sandbox, tmp_path))


async def _fault(doctor: Doctor, **fault: Any) -> None:
    await doctor.office.control.ask("POST", "faults", fault)


def test_there_is_a_call_for_each_permission() -> None:
    assert set(PROBES) == set(CODES)


# A whole installation


async def test_all_is_well_beside_a_robot_that_runs(sandbox: Control, tmp_path: Path) -> None:
    office = Office(sandbox, tmp_path)
    rules = [{"name": "Ours", "spaces": [MARKETING_SPACE], "answer": "confirm"}]
    async with office.robot(rules=rules):
        before = len(await office.calls(""))
        found = await ran_inside(
            tmp_path, "doctor", "--json", variables=environment(office, DINGSWEEP_RULES=json.dumps(rules))
        )
        assert found.errors == ""
        findings = [json.loads(line) for line in found.output.splitlines()]
        assert [each for each in findings if each["health"] != "ok"] == []
        assert found.code == 0
        for call in (await office.calls(""))[before:]:
            check_harmless(call)
        assert (await office.say("wang", "ping"))["text"], "the robot hears as before"
    said = {each["check"]: each["said"] for each in findings}
    assert said[f"space {MARKETING_SPACE}"] == "Admin can list it; rule “Ours” names it"
    assert said["cost"] == "looking cost 13 API calls of the month"


async def test_what_it_costs_is_in_the_meter(doctor: Doctor) -> None:
    await begin(doctor.office.folder / "robot.sqlite")
    found = await doctor.looked_in_passing()
    assert failures(found) == {}
    [number] = [int(word) for word in found["cost"].said.split() if word.isdecimal()]
    used: int = (await doctor.office.control.ask("GET", "meter"))["callsUsed"]
    async with inspecting(doctor.office.settings().database_url) as kept:
        assert sum((await kept.meter.month(datetime.now(UTC))).values()) == number == used == 12


async def test_a_fresh_installation_is_a_warning(doctor: Doctor) -> None:
    found = await ran(doctor.office.folder, "doctor", variables=environment(doctor.office))
    assert (found.code, found.errors) == (0, "")
    lines = found.output.splitlines()
    assert lines[2] == "warning  database: the file is not there yet. To do: nothing: dingsweep run makes it"
    assert {line.split()[0] for line in lines} == {"ok", "warning"}
    assert not list(doctor.office.folder.glob("*.sqlite"))


async def test_when_nothing_works(tmp_path: Path) -> None:
    nowhere = {"DINGSWEEP_CLIENT_ID": "a", "DINGSWEEP_CLIENT_SECRET": "tops3cret", "DINGSWEEP_PROXY": "none"}
    for name in ("API_BASE_URL", "OAPI_BASE_URL"):
        nowhere[f"DINGSWEEP_{name}"] = "http://127.0.0.1:1"
    nowhere["DINGSWEEP_DATABASE_URL"] = "postgresql://somebody:tops3cret@127.0.0.1:1/none"
    found = await ran_inside(tmp_path, "doctor", variables=nowhere)
    assert (found.code, found.errors) == (1, "")
    assert "tops3cret" not in found.output
    lines = [line.split(": ")[0] for line in found.output.splitlines()]
    assert [line for line in lines if not line.startswith("skipped")] == [
        "ok       settings",
        "ok       policy",
        "failed   database",
        "failed   host 127.0.0.1:1",
        "ok       cost",
    ]


# Secret, permissions, robot, template


async def test_a_wrong_secret(doctor: Doctor) -> None:
    found = await doctor.looked_in_passing(client_secret="another")
    assert failures(found) == {**FRESH, "secret": "secret.wrong"}
    assert "凭证与基础信息" in found["secret"].todo
    assert passed_over(found) == dict.fromkeys(OF_APP, "secret")


@pytest.mark.parametrize("scope", SCOPES, ids=CODES)
async def test_a_missing_permission(doctor: Doctor, scope: Scope) -> None:
    await doctor.office.control.scopes(*(code for code in CODES if code != scope.code))
    found = await doctor.looked_in_passing(toml=f'[spaces]\n"cid" = "{MARKETING_SPACE}"\n')
    check = f"scope {scope.code}"
    expected = {**FRESH, check: "scope.missing" if scope.needed else "scope.optional"}
    if scope.code == "qyapi_robot_sendmsg":
        expected["fallback"] = "fallback.missing"
    assert failures(found) == expected
    assert scope.without in found[check].said
    link = f"https://open-dev.dingtalk.com/appscope/apply?content={CLIENT_ID}%23{scope.code}"
    assert found[check].todo == f"apply for it: {link}"
    depending = {
        "qyapi_base": {"contacts"},
        "qyapi_robot_sendmsg": {"robot"},
        "Card.Instance.Write": {"template"},
        "qyapi_get_member": {"spaces"},
        "Storage.File.Read": {f"space {MARKETING_SPACE}"},
    }
    assert passed_over(found) == dict.fromkeys(depending.get(scope.code, ()), check)


async def test_a_refusal_that_names_other_permissions_is_believed(doctor: Doctor) -> None:
    body = {
        "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
        "message": "没有调用该接口的权限",
        "accessdenieddetail": {"requiredScopes": ["Storage.New.Read", "Storage.Other.Read"]},
    }
    await _fault(doctor, route="GET /v1.0/storage/tasks", status=403, body=body)
    found = await doctor.looked_in_passing()
    todo = found["scope Storage.Task.Read"].todo
    assert "%23Storage.New.Read and https" in todo
    assert todo.endswith("%23Storage.Other.Read")


@pytest.mark.parametrize("status", [500, 404])
async def test_what_says_nothing_about_a_permission(doctor: Doctor, status: int) -> None:
    route = "POST /v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/rename"
    await _fault(
        doctor, route=route, status=status, code="systemError" if status == 500 else "dentryNotExist"
    )
    found = await doctor.looked_in_passing()
    wrong = {"scope Storage.File.Write": "scope.unknown"} if status == 500 else {}
    assert failures(found) == FRESH | wrong


@pytest.mark.parametrize("robot_code", ["dingnobody", "suitesandbox"])
async def test_a_wrong_robot_code(doctor: Doctor, robot_code: str) -> None:
    found = await doctor.looked_in_passing(robot_code=robot_code)
    assert failures(found) == {**FRESH, "robot": "robot.wrong"}
    assert robot_code in found["robot"].said
    assert "DINGSWEEP_ROBOT_CODE" in found["robot"].todo


async def test_a_template_that_is_not_there(doctor: Doctor) -> None:
    found = await doctor.looked_in_passing(card_template_id="none.schema")
    assert failures(found) == {**FRESH, "template": "template.missing"}
    assert "DINGSWEEP_CARD_TEMPLATE_ID" in found["template"].todo
    assert found["fallback"].id == "fallback.ok"


async def test_a_template_that_is_not_published(doctor: Doctor) -> None:
    template = {"templateId": PUBLIC_TEMPLATE, "published": False}
    await doctor.office.control.ask("POST", "templates", template)
    found = await doctor.looked_in_passing()
    assert failures(found) == {**FRESH, "template": "template.unpublished"}
    assert "open-dev.dingtalk.com/fe/card" in found["template"].todo


async def test_a_template_that_lacks_variables(doctor: Doctor) -> None:
    template = {"templateId": "ours.schema", "published": True, "variables": ["title", "markdown", "tips"]}
    await doctor.office.control.ask("POST", "templates", template)
    found = await doctor.looked_in_passing(card_template_id="ours.schema")
    assert failures(found) == {**FRESH, "template": "template.variables"}
    assert "has no variables msgButtons" in found["template"].said
    everything = template | {"variables": ["title", "markdown", "tips", "msgButtons"]}
    await doctor.office.control.ask("POST", "templates", everything)
    assert failures(await doctor.looked_in_passing(card_template_id="ours.schema")) == FRESH


async def test_an_app_that_sees_a_part_of_the_organisation(doctor: Doctor) -> None:
    await doctor.office.control.ask("PUT", f"apps/{CLIENT_ID}", {"contactDepartments": [37]})
    found = await doctor.looked_in_passing()
    assert failures(found) == {**FRESH, "contacts": "contacts.part"}
    assert "1 departments and 0 people" in found["contacts"].said


async def test_a_month_that_is_used_up(doctor: Doctor) -> None:
    await doctor.office.control.limits(monthlyQuota=0)
    found = await doctor.looked_in_passing(toml=f'[spaces]\n"cid" = "{MARKETING_SPACE}"\n')
    assert failures(found) == {**FRESH, "quota": "quota.used_up"}
    assert "first of the month" in found["quota"].todo
    assert passed_over(found).items() >= {"scope Storage.File.Write": "quota", "template": "quota"}.items()
    assert found["scope qyapi_get_member"].health == "ok", "what is free is answered"


async def test_an_address_that_may_not_call(doctor: Doctor) -> None:
    code = "Forbidden.AccessDenied.IpNotInWhiteList"
    await _fault(doctor, route="POST /v1.0/oauth2/accessToken", status=403, code=code)
    found = await doctor.looked_in_passing()
    assert failures(found) == {**FRESH, "secret": "secret.address"}
    assert "服务器出口IP" in found["secret"].todo


# Clock, way, stream


@pytest.mark.parametrize(
    ("off_s", "key", "side"),
    [(600, "clock.wrong", "behind"), (120, "clock.off", "behind"), (-600, "clock.wrong", "ahead of")],
)
async def test_a_clock_that_is_off(doctor: Doctor, off_s: int, key: str, side: str) -> None:
    """The sandbox's clock goes forward only; for a clock that is ahead ours is put forward."""
    await doctor.office.control.advance(max(off_s, 0))
    ours = timedelta(seconds=-min(off_s, 0))
    found = await doctor.looked_in_passing(now=lambda: datetime.now(UTC) + ours)
    assert failures(found) == {**FRESH, "clock": key}
    [told_s] = [int(word) for word in found["clock"].said.split() if word.isdecimal()]
    assert abs(told_s - abs(off_s)) < 30
    assert f"s {side} DingTalk's" in found["clock"].said
    assert "timedatectl set-ntp true" in found["clock"].todo


@pytest.mark.parametrize(
    ("address", "key", "todo"),
    [
        ("http://127.0.0.1:1", "host.unreachable", "127.0.0.1:1 in the firewall"),
        ("http://there.is.none.invalid", "host.name", "finds names outside"),
        ("https", "host.tls", "address and its port"),
    ],
)
async def test_a_host_that_is_not_reached(doctor: Doctor, address: str, key: str, todo: str) -> None:
    if address == "https":
        address = doctor.office.control.url.replace("http", "https")
    found = await doctor.looked_in_passing(api_base_url=address, oapi_base_url=address)
    [(check, given)] = [(c, g) for c, g in failures(found).items() if c not in FRESH]
    assert given == key
    assert todo in found[check].todo
    assert passed_over(found) == dict.fromkeys({"clock", "secret", *OF_APP}, check)


async def test_a_certificate_of_the_company_s_own(doctor: Doctor) -> None:
    """Something on the way opens TLS: not trusted without its CA, and with it the next thing is looked at."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(doctor.office.folder / "ca.pem"))
    async with _answering(b"HTTP/1.1 404 Not Found", context) as port:
        address = {"api_base_url": f"https://127.0.0.1:{port}", "oapi_base_url": f"https://127.0.0.1:{port}"}
        check = f"host 127.0.0.1:{port}"
        found = await doctor.looked_in_passing(**address)
        assert failures(found) == {**FRESH, check: "host.certificate"}
        assert "DINGSWEEP_CA_FILE" in found[check].todo
        found = await doctor.looked_in_passing(**address, ca_file=str(doctor.office.folder / "ca.pem"))
        assert failures(found) == {**FRESH, "clock": "clock.unknown", "secret": "secret.unanswered"}


async def test_a_proxy_that_refuses(doctor: Doctor) -> None:
    async with _answering(b"HTTP/1.1 407 Proxy Authentication Required") as port:
        proxy = f"http://somebody:tops3cret@127.0.0.1:{port}"
        found = await doctor.looked_in_passing(
            proxy=proxy, api_base_url="https://api.invalid", oapi_base_url="https://api.invalid"
        )
    assert failures(found) == {**FRESH, "host api.invalid": "host.proxy_refuses"}
    assert "api.invalid:443" in found["host api.invalid"].todo
    assert "tops3cret" not in str(found)


@asynccontextmanager
async def _answering(status: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that gives everybody this answer; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_proxy_that_is_away(doctor: Doctor) -> None:
    found = await doctor.looked_in_passing(proxy="http://127.0.0.1:1")
    check = doctor.office.control.url.replace("http://", "host ")
    assert failures(found) == {**FRESH, check: "host.proxy"}
    assert "DINGSWEEP_PROXY" in found[check].todo


async def test_an_old_host_that_is_not_reached(doctor: Doctor) -> None:
    found = await doctor.looked_in_passing(oapi_base_url="http://localhost:1")
    old = dict.fromkeys(
        (f"scope {code}" for code in CODES if code.startswith("qyapi_get")), "host localhost:1"
    )
    assert failures(found) == {**FRESH, "host localhost:1": "host.unreachable"}
    assert passed_over(found).items() >= old.items()


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ({"kind": "socketRefuse"}, "stream.refused"),
        ({"kind": "socketHang"}, "stream.silent"),
        ({"kind": "deafSocket"}, "stream.deaf"),
        ({"route": "POST /v1.0/gateway", "status": 403, "code": "noStream"}, "stream.not_opened"),
    ],
)
async def test_a_websocket_that_is_blocked(doctor: Doctor, fault: dict[str, Any], key: str) -> None:
    await _fault(doctor, **fault)
    found = await doctor.looked_in_passing()
    assert failures(found) == {**FRESH, "stream": key}
    assert ("Stream 模式" if key == "stream.not_opened" else "wss connections") in found["stream"].todo
    assert (await doctor.office.control.ask("GET", "stream", wait=5, count=0))["connections"] == []


async def test_what_was_meant_for_the_robot_is_not_answered(doctor: Doctor) -> None:
    """DingTalk may push to any connection; one that is not answered comes again."""
    control = doctor.office.control
    await _fault(doctor, kind="deafSocket")
    looking = asyncio.create_task(doctor.looked_in_passing(patience=Patience(handshake_s=5, ping_s=1)))
    [opened] = (await control.ask("GET", "stream", wait=5, count=1))["connections"]
    headers = {"topic": "/v1.0/im/bot/messages/get", "messageId": "m", "contentType": "application/json"}
    frame = {"specVersion": "1.0", "type": "CALLBACK", "headers": headers, "data": "{}"}
    await control.ask("POST", "frame", {"raw": json.dumps(frame), "connectionId": opened["id"]})
    assert (await looking)["stream"].id == "stream.deaf"


# Database, places, people


async def test_a_database_that_is_away(doctor: Doctor) -> None:
    found = await doctor.looked_in_passing(database_url="postgresql://somebody:tops3cret@127.0.0.1:1/none")
    assert failures(found) == {"database": "database.unusable"}
    assert "tops3cret" not in str(found)
    assert "DINGSWEEP_DATABASE_URL" in found["database"].todo


async def test_spaces_that_are_named(doctor: Doctor) -> None:
    rules = json.dumps([{"name": "A", "spaces": [MARKETING_SPACE, "99990001"], "answer": "confirm"}])
    found = await doctor.looked_in_passing(rules=rules, spaces=json.dumps({"cidA": "99990001"}))
    assert failures(found) == {**FRESH, "space 99990001": "space.missing"}
    assert "rule “A” and spaces, for cidA" in found["space 99990001"].said
    assert found[f"space {MARKETING_SPACE}"].id == "space.ok"


async def test_a_space_that_the_administrator_may_not_list(doctor: Doctor) -> None:
    route = "GET /v1.0/storage/spaces/{spaceId}/dentries"
    await _fault(doctor, route=route, status=403, code="permissionDenied")
    found = await doctor.looked_in_passing(spaces=json.dumps({"cidA": MARKETING_SPACE}))
    assert failures(found) == {**FRESH, f"space {MARKETING_SPACE}": "space.closed"}


async def test_a_channel_that_leads_to_nobody(doctor: Doctor) -> None:
    notify = [{"name": "ops", "user": "nobody"}, {"name": "boss", "user": "li"}]
    found = await doctor.looked_in_passing(notify=json.dumps(notify))
    assert failures(found) == {**FRESH, "notify ops": "notify.nobody"}


# Third-party apps


async def test_a_third_party_app_before_its_first_ticket(doctor: Doctor) -> None:
    found = await doctor.looked_in_passing(**SUITE)
    assert failures(found) == {**FRESH, "secret": "secret.no_ticket"}


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({}, ""),
        ({"suite_secret": "another"}, "secret.suite"),
        ({"auth_corp_id": "dingcorpother"}, "secret.organisation"),
        ({"ticket": "old"}, "secret.ticket"),
    ],
)
async def test_a_third_party_app(doctor: Doctor, wrong: dict[str, str], key: str) -> None:
    tickets = (await doctor.office.control.ask("POST", "stream", {"action": "suiteTicket"}))["tickets"]
    given = SUITE | wrong
    ticket = given.pop("ticket", tickets["suitesandbox"])
    settings = doctor.office.settings(**given)
    async with Store(settings.database_url) as store:
        await store.tickets.save_suite_ticket("suitesandbox", ticket)
    found = await doctor.looked_in_passing(**given)
    assert failures(found) == ({"secret": key} if key else {})


async def test_an_app_of_several_organisations(doctor: Doctor) -> None:
    given = {name: value for name, value in SUITE.items() if name != "auth_corp_id"}
    found = await doctor.looked_in_passing(**given)
    assert failures(found) == {**FRESH, "ticket": "secret.no_ticket", "organisations": "organisations.none"}
    tickets = (await doctor.office.control.ask("POST", "stream", {"action": "suiteTicket"}))["tickets"]
    async with Store(doctor.office.settings(**given).database_url) as store:
        await store.tickets.save_suite_ticket("suitesandbox", tickets["suitesandbox"])
        for corp_id in (CORP_ID, "dingcorpother"):
            await store.organisations.serve(
                corp_id, corp_id, at=datetime.now(UTC), event="organisation.found"
            )
    found = await doctor.looked_in_passing(**given)
    assert failures(found) == {"organisation dingcorpother": "secret.organisation"}
    assert found[f"organisation {CORP_ID}"].id == "organisation.ok"
    wrong = await doctor.looked_in_passing(**given | {"client_secret": "another"})
    assert failures(wrong) == {**failures(found), "stream": "stream.secret"}


# Posting


async def test_a_card_is_posted_where_it_is_told(doctor: Doctor) -> None:
    found = await doctor.look(MARKETING)
    assert failures(found) == FRESH
    [card] = await doctor.office.control.read("wang", MARKETING)
    assert (found["post"].id, card["kind"], card["params"]["title"]) == (
        "post.card",
        "card",
        "dingsweep doctor",
    )
    assert (await doctor.look("user:li"))["post"].id == "post.card"
    assert len(await doctor.office.control.read("li", "one:li")) == 1


async def test_a_message_is_posted_where_no_card_can_be(doctor: Doctor) -> None:
    found = await doctor.look(MARKETING, card_template_id="none.schema")
    assert (found["post"].id, "param.templateNotExist" in found["post"].said) == ("post.message", True)
    [message] = await doctor.office.control.read("wang", MARKETING)
    assert message["kind"] == "markdown"


async def test_what_cannot_be_posted_is_told(doctor: Doctor) -> None:
    found = await doctor.look(MARKETING, client_secret="another")
    assert passed_over(found)["post"] == "what is said above"


async def test_a_place_that_nothing_can_be_posted_in(doctor: Doctor) -> None:
    for place in ("cidNobody==", "user:nobody"):
        found = (await doctor.look(place))["post"]
        assert (found.id, found.health) == ("post.nothing", "failed")
        assert "whoami" in found.todo
    assert await doctor.office.control.read("wang", ENGINEERING, wait_s=0) == []


# Itself


async def test_a_doctor_that_is_ill_says_so(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("bot.doctor.access.quota", fails)
    found = await doctor.looked_in_passing()
    assert failures(found) == {**FRESH, "dingtalk": "broken"}
