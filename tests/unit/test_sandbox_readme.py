"""The sandbox's README names every interface and every control route there is."""

import json
from pathlib import Path

import pytest

import sandbox
from sandbox.control import ROUTES
from sandbox.limits import Limits
from sandbox.paper import camel
from sandbox.server import ENDPOINTS

README = Path(sandbox.__file__).with_name("README.md").read_text("utf-8")


SERVED = [endpoint for endpoint in ENDPOINTS if endpoint.method != "*"]


def test_an_interface_is_in_the_table() -> None:
    assert [e.route for e in SERVED if f"`{e.route}`" not in README] == []


def test_a_control_route_is_in_the_table() -> None:
    assert [path for _, path, _ in ROUTES if f"/sandbox/{path.split('/')[1]}" not in README] == []


@pytest.mark.parametrize("name", Limits.__slots__)
def test_a_limit_is_told_with_its_default(name: str) -> None:
    value = json.dumps(getattr(Limits(), name)).removesuffix(".0")
    assert f"`{camel(name)}` {value}" in README


def test_an_interface_names_the_page_it_follows() -> None:
    """One has none in the documentation: the official SDK is all there is."""
    without = [e for e in SERVED if not e.doc.startswith("https://open.dingtalk.com/document/")]
    assert [(e.path, e.doc) for e in without] == [
        ("/v1.0/card/templates", "https://github.com/aliyun/dingtalk-sdk")
    ]
