"""A doctor for the sandbox: what it finds, and that it left everything as it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.dingtalk.probes import NOBODY, NOTHING
from bot.doctor import Finding, Patience, examine
from tests.conformance.control import Control
from tests.integration.office import Office
from tests.integration.program import environment

Json = Any
QUICK = Patience(handshake_s=0.3, ping_s=0.3)
LOOKED_AT = {
    "POST /v1.0/oauth2/accessToken",
    "POST /v1.0/oauth2/corpAccessToken",
    "POST /v1.0/gateway/connections/open",
    "POST /topapi/user/listadmin",
    "POST /topapi/v2/user/get",
    "POST /topapi/v2/department/get",
    "POST /topapi/role/simplelist",
    "POST /v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/query",
    "POST /v1.0/convFile/conversations/spaces/query",
}
"""What is asked by POST and only reads."""
ABOUT_NOTHING = {
    "POST /v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/rename",
    "POST /v1.0/storage/recycleBins/{recycleBinId}/recycleItems/batchRestore",
    "POST /v1.0/card/instances",
    "PUT /v1.0/card/instances",
}
"""What would change something if it were about anything."""
PASSING = ("clock", "meter", "faults", "limits", "apps", "templates")
"""Parts of the sandbox's state that change by themselves, or by what a test orders."""


class Doctor:
    """Looks over an installation that belongs to an office's sandbox."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def look(
        self,
        post_to: str = "",
        *,
        patience: Patience = QUICK,
        now: Callable[[], datetime] | None = None,
        toml: str = "",
        **given: str,
    ) -> dict[str, Finding]:
        """What it finds, by check. Settings are given as variables without their prefix; "" takes one away."""
        variables = environment(self.office) | {
            f"DINGSWEEP_{name.upper()}": value for name, value in given.items()
        }
        (self.office.folder / "dingsweep.toml").write_text(toml, "utf-8")
        clock = {"now": now} if now else {}
        with _settings(self.office.folder, variables):
            found = [each async for each in examine(post_to, patience=patience, **clock)]
        checks = [each.check for each in found]
        assert len(checks) == len(set(checks)), checks
        for each in found:
            assert each.todo or each.health in {"ok", "skipped"}, each
        return {each.check: each for each in found}

    async def looked_in_passing(self, **given: Any) -> dict[str, Finding]:
        """The same, with the proof that nothing was changed, nothing was posted, and nothing could have been."""
        control = self.office.control
        before = await _state(control)
        found = await self.look(**given)
        after = await _state(control)
        changed = {name: part for name, part in after.items() if part != before[name]}
        assert changed == {}, changed
        for call in (await control.ask("GET", "calls"))["calls"]:
            check_harmless(call)
        frames = (await control.ask("GET", "frames"))["frames"]
        assert [frame for frame in frames if frame["direction"] == "in"] == [], "nothing is answered"
        return found


def check_harmless(call: Json) -> None:
    """Of what could change something, only what is about nothing, in nobody's name, and was refused."""
    route = call["route"]
    if call["method"] == "GET" or route in LOOKED_AT:
        return
    assert route in ABOUT_NOTHING, route
    assert call["status"] >= 400, call
    body = call["request"]
    if "storage" in route:
        assert call["query"]["unionId"] == NOBODY
        assert NOTHING in call["path"]
        assert set(body.get("recycleItemIds", [NOTHING])) == {NOTHING}
    elif call["method"] == "POST":
        assert set(body["privateData"]) == {NOBODY}
        assert not any(name.startswith("open") for name in body)
    if "card" in route:
        assert body["outTrackId"].startswith(NOTHING)


def failures(found: Mapping[str, Finding]) -> dict[str, str]:
    """What is not well and was looked at: check to id."""
    return {check: each.id for check, each in found.items() if each.health in {"failed", "warning"}}


def passed_over(found: Mapping[str, Finding]) -> dict[str, str]:
    """What was not looked at, and because of what."""
    skips = {check: each.said for check, each in found.items() if each.health == "skipped"}
    return {check: said.removeprefix("not looked at, because of ") for check, said in skips.items()}


async def _state(control: Control) -> Json:
    state = await control.ask("GET", "state")
    bins = state["drive"]["bins"]  # made when first looked at
    state["drive"]["bins"] = [each for each in bins if each["items"]]
    return {name: part for name, part in state.items() if name not in PASSING}


class _settings:  # noqa: N801  read as a word
    """These settings and no others, in this folder, for a while."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._patch = pytest.MonkeyPatch()
        self._folder = folder
        self._variables = variables

    def __enter__(self) -> None:
        for name in [name for name in os.environ if name.startswith("DINGSWEEP_")]:
            self._patch.delenv(name)
        for name, value in self._variables.items():
            self._patch.setenv(name, value)
        self._patch.chdir(self._folder)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()
