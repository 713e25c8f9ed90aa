"""The examples leave nothing out: every interface, every error row of its page, and who can make the call."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from sandbox import faults
from sandbox.server import ENDPOINTS
from sandbox.wire import Endpoint
from tests.conformance.pages import Page, families, load

PAGES = [page for family in families() for page in load(family)]
SERVED = [endpoint for endpoint in ENDPOINTS if endpoint.method != "*"]
DOCUMENTED = json.loads(Path(faults.__file__).with_name("documented.json").read_text("utf-8"))


def _examples(endpoint: Endpoint) -> list[Page]:
    return [page for page in PAGES if page.route == endpoint.route]


def _shown(endpoint: Endpoint) -> set[tuple[int, str]]:
    """The error rows that a request or a fault brings about in the examples of an interface."""
    met = {(row.status, row.code) for page in _examples(endpoint) for row in page.errors}
    return met | {fault for page in _examples(endpoint) for fault in page.faults}


def _documented(endpoint: Endpoint) -> set[tuple[int, str]]:
    return {(row["status"], row["code"]) for row in DOCUMENTED[endpoint.route]}


def test_no_example_is_of_an_interface_that_is_not_there() -> None:
    assert {page.route for page in PAGES} <= {endpoint.route for endpoint in SERVED}


def test_an_interface_has_an_example_of_its_page() -> None:
    for endpoint in SERVED:
        assert endpoint.doc in {page.doc for page in _examples(endpoint)}
        assert {page.scope for page in _examples(endpoint)} == {endpoint.scope}, endpoint.route


def test_no_error_row_of_its_page_is_left_out() -> None:
    left_out = {endpoint.route: _documented(endpoint) - _shown(endpoint) for endpoint in SERVED}
    assert {route: rows for route, rows in left_out.items() if rows} == {}


def test_an_error_its_page_does_not_know_is_in_no_example() -> None:
    """Where a page has no rows of its own, those of the global table serve."""
    with_rows = [endpoint for endpoint in SERVED if DOCUMENTED[endpoint.route]]
    unknown = {endpoint.route: _shown(endpoint) - _documented(endpoint) for endpoint in with_rows}
    assert {route: rows for route, rows in unknown.items() if rows} == {}


def test_what_the_sdk_cannot_do_has_a_reason() -> None:
    assert [page.name for page in PAGES if bool(page.sdk) == bool(page.no_sdk)] == []


def test_a_module_of_the_sdk_cannot_be_imported() -> None:
    """In 2.2.65 it uses a class before it is defined: https://pypi.org/project/alibabacloud-dingtalk/2.2.65/"""
    with pytest.raises(NameError, match="DentryModel"):
        import_module("alibabacloud_dingtalk.doc_2_0.models")
