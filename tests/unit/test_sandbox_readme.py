"""The sandbox's README names every interface and every control route there is."""

from pathlib import Path

import pytest

import sandbox
from sandbox.control import ROUTES
from sandbox.server import ENDPOINTS

README = Path(sandbox.__file__).with_name("README.md").read_text("utf-8")


@pytest.mark.parametrize("route", [e.route for e in ENDPOINTS if e.method != "*"])
def test_an_interface_is_in_the_table(route: str) -> None:
    assert f"`{route}`" in README


@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROUTES}))
def test_a_control_route_is_in_the_table(path: str) -> None:
    first = path.split("/")[1]
    assert f"/sandbox/{first}" in README
