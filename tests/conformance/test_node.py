"""The official Node packages against the sandbox: `@alicloud/dingtalk` for the main path, `dingtalk-stream` as a robot.

They are installed from the lock file into the Python environment (83 MB, of which 52 MB are `@alicloud/dingtalk`; some
ten seconds, once for each lock file), never into the tree.
"""

import asyncio
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, CORP_ID, Control, Json
from tests.conformance.given import TEMPLATE, known
from tests.conformance.robots import Robot, connections, heard

NODE = Path(__file__).with_name("node")
BUTTONS = {"msgButtons": [{"text": "Agree", "color": "blue", "id": "agree", "request": True}]}
INSTALL = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
INSTALL_S = 90
NO_REGISTRY = re.compile(
    r"code (ENOTFOUND|EAI_AGAIN|ECONN\w+|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E[45]\d\d)\b"
)


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder `node_modules` with what the lock file names; skips where that cannot be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    lock = (NODE / "package-lock.json").read_bytes()
    home = Path(sys.prefix, "conformance-node", hashlib.sha256(lock).hexdigest()[:16])
    if not home.exists():
        _install(npm, home)
    return home / "node_modules"


def _install(npm: str, home: Path) -> None:
    """Installs beside `home` and moves it there, so that what is there is whole whoever else does the same."""
    home.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as beside:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(NODE / name, beside)
        command = [npm, *INSTALL]
        try:
            done = subprocess.run(  # noqa: S603  the npm of this machine
                command, cwd=beside, capture_output=True, text=True, timeout=INSTALL_S, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm did not install within {INSTALL_S} s")
        if NO_REGISTRY.search(done.stderr):
            pytest.skip(f"npm has no registry to install from: {done.stderr.strip().splitlines()[0]}")
        assert done.returncode == 0, done.stderr
        try:
            Path(beside).rename(home)
        except OSError:
            assert home.exists()


async def _node(packages: Path, *arguments: str | Path) -> asyncio.subprocess.Process:
    node = shutil.which("node")
    assert node is not None
    return await asyncio.create_subprocess_exec(
        node,
        *arguments,
        env={**os.environ, "NODE_PATH": str(packages)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.fixture
async def robot(sandbox: Control, packages: Path) -> AsyncIterator[Robot]:
    """The robot, connected."""
    program = await _node(packages, NODE / "robot.cjs", sandbox.url)
    await connections(sandbox, 1)
    yield Robot(program)
    program.kill()
    await program.communicate()


def test_the_lock_file_names_no_registry() -> None:
    """Who installs takes the registry of their own npm; hashes say that it is the same package."""
    locked = json.loads((NODE / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads((NODE / "package.json").read_text("utf-8"))["dependencies"]
    assert locked[""]["dependencies"] == wanted
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for name, package in locked.items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")


async def _steps(sandbox: Control, packages: Path, orders: Json) -> dict[str, Json]:
    """What the package answered at each step; of steps taken more than once the last."""
    program = await _node(packages, NODE / "storage.cjs", sandbox.url, json.dumps(orders))
    out, err = await program.communicate()
    assert program.returncode == 0, err.decode()
    return {said["step"]: said["answer"] for said in map(json.loads, out.decode().splitlines())}


async def test_the_main_path(sandbox: Control, packages: Path) -> None:
    names = await known(sandbox, ("files",))
    before = await sandbox.entries(names["space"])
    orders = {
        "app": {"appKey": CLIENT_ID, "appSecret": CLIENT_SECRET},
        "corpId": CORP_ID,
        "spaceId": names["space"],
        "unionId": names["wang"],
        "dentryIds": [names["file"], names["folder"], names["denied"]],
        "card": {
            "cardTemplateId": TEMPLATE,
            "outTrackId": "by-node",
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": {"title": "a title", "markdown": "some words"}},
            "openSpaceId": f"dtv1.card//IM_GROUP.{names['group']}",
            "imGroupOpenSpaceModel": {"supportForward": True},
            "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
        },
        "update": {
            "outTrackId": "by-node",
            "cardData": {"cardParamMap": {"markdown": "other words"}},
            "cardUpdateOptions": {"updateCardDataByKey": True},
        },
    }
    steps = await _steps(sandbox, packages, orders)

    assert steps["token"] == {"expireIn": 7200}
    top = {entry["id"] for entry in before.values() if entry["parentId"] == "0"}
    assert {entry["id"] for entry in steps["list"]["dentries"]} == top
    file, folder, denied = steps["remove"]["resultItems"]
    assert (file["async"], file["success"]) == (False, True)
    assert folder["async"] is True
    assert (denied["success"], denied["errorCode"]) == (False, "permissionDenied")
    assert (steps["removing"]["task"]["status"], steps["removing"]["task"]["failCount"]) == ("SUCCESS", 0)
    paths = {item["originalPath"]: item for item in steps["recycled"]["recycleItems"]}
    assert {"/conformance one.txt", "/conformance folder"} <= paths.keys()
    assert steps["restoring"]["task"]["status"] == "SUCCESS"
    assert (await sandbox.entries(names["space"])).keys() == before.keys()

    error = steps["error"]
    assert (error["code"], error["status"], error["denied"]) == ("dentryNotExist", 404, None)
    assert error["message"].endswith(f"request id: {error['requestId']}")

    assert steps["card"]["result"]["deliverResults"][0]["success"] is True
    assert steps["update"]["success"] is True
    (shown,) = await sandbox.read("li", names["group"])
    assert (shown["params"]["title"], shown["params"]["markdown"]) == ("a title", "other words")


async def test_a_robot_hears_answers_is_clicked_and_told(sandbox: Control, robot: Robot) -> None:
    names = await known(sandbox, ())
    said = await sandbox.say("wang", names["group"], "你好")
    noticed = await robot.next("message")
    assert (noticed["text"], noticed["msgId"]) == ("你好", said["msgId"])
    assert (await robot.next("answer"))["errcode"] == 0
    await heard(sandbox, "li", names["group"], "王小明: 你好")
    await sandbox.ask("GET", "frames", wait=10, acked="true", msgId=said["msgId"])

    card = {
        "cardTemplateId": TEMPLATE,
        "outTrackId": "for-node",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"markdown": "agree?", "sys_full_json_obj": json.dumps(BUTTONS)}},
        "openSpaceId": f"dtv1.card//IM_GROUP.{names['group']}",
        "imGroupOpenSpaceModel": {"supportForward": True},
        "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
    }
    await sandbox.api("POST", "/v1.0/card/instances/createAndDeliver", card)
    pressed = await sandbox.press("wang", "for-node", "agree")
    assert pressed["ok"], pressed
    click = await robot.next("click")
    assert (click["userId"], click["outTrackId"]) == ("wang", "for-node")
    assert (await heard(sandbox, "wang", names["group"], "agreed by wang"))["params"]["tips"] == "you agreed"
    assert "tips" not in (await heard(sandbox, "li", names["group"], "agreed by wang"))["params"]

    order = {"action": "event", "eventType": "something_new", "data": {"some": "thing"}}
    await sandbox.ask("POST", "stream", order)
    event = await robot.next("event")
    assert (event["type"], event["corpId"], event["data"]) == ("something_new", CORP_ID, {"some": "thing"})
    frames = await sandbox.ask("GET", "frames", wait=10, acked="true", type="EVENT")
    assert len(frames["frames"]) == 1
