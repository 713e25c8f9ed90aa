"""The sandbox's README names every interface and every control route there is."""

import json
from pathlib import Path

import pytest

import sandbox
from sandbox.control import ROUTES
from sandbox.limits import Limits
from sandbox.paper import camel
from sandbox.server import ENDPOINTS
from sandbox.wire import Endpoint

README = Path(sandbox.__file__).with_name("README.md").read_text("utf-8")


@pytest.mark.parametrize("route", [e.route for e in ENDPOINTS if e.method != "*"])
def test_an_interface_is_in_the_table(route: str) -> None:
    assert f"`{route}`" in README


@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROUTES}))
def test_a_control_route_is_in_the_table(path: str) -> None:
    first = path.split("/")[1]
    assert f"/sandbox/{first}" in README


@pytest.mark.parametrize("name", Limits.__slots__)
def test_a_limit_is_told_with_its_default(name: str) -> None:
    value = json.dumps(getattr(Limits(), name)).removesuffix(".0")
    assert f"`{camel(name)}` {value}" in README


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.method != "*"], ids=lambda e: e.route)
def test_an_interface_names_the_page_it_follows(endpoint: Endpoint) -> None:
    """One has no page: it is in the official SDK only."""
    assert endpoint.doc.startswith("https://open.dingtalk.com/document/") or (
        endpoint.doc == "https://github.com/aliyun/dingtalk-sdk" and endpoint.path == "/v1.0/card/templates"
    )
