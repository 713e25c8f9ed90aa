"""The error rows of the documentation, as data: an entry for every interface, every row well formed.

Where a page has no message but a placeholder, `message` is how it explains the code. The rows of session webhooks
are those of https://open.dingtalk.com/document/development/custom-robots-send-group-messages
"""

import json
from pathlib import Path
from typing import Any

from sandbox import faults
from sandbox.server import ENDPOINTS

ROUTES = {endpoint.route: endpoint for endpoint in ENDPOINTS if endpoint.method != "*"}
DOCUMENTED: dict[str, list[dict[str, Any]]] = json.loads(
    Path(faults.__file__).with_name("documented.json").read_text("utf-8")
)
WITHOUT_ROWS = {
    "GET /gettoken": "its page names the global table only",
    "POST /service/get_corp_token": "its page names the global table only",
    "GET /auth/scopes": "its page names no errors",
    "POST /media/upload": "its page names the global table only",
    "GET /v1.0/card/templates": "it has no page, only a method in the official SDK",
    "POST /v1.0/gateway/connections/open": "the protocol's page has no table of errors",
}


def test_every_interface_has_an_entry_and_nothing_else_has() -> None:
    assert list(DOCUMENTED) == list(ROUTES)


def test_only_pages_without_a_table_have_no_rows() -> None:
    assert {route for route, rows in DOCUMENTED.items() if not rows} == set(WITHOUT_ROWS)


def test_the_rows_are_well_formed() -> None:
    for route, rows in DOCUMENTED.items():
        assert len({tuple(row.values()) for row in rows}) == len(rows), route
        for row in rows:
            well_formed(row, old_style=ROUTES[route].old_style)


def well_formed(row: dict[str, Any], *, old_style: bool) -> None:
    """A new-style error has an HTTP error status and a name, an old-style one HTTP 200 and a number."""
    assert list(row) == ["status", "code", "message"]
    assert row["message"] == row["message"].strip() != ""
    if old_style:
        assert row["status"] == 200, row
        assert int(row["code"]) != 0, row
    else:
        assert 400 <= row["status"] < 600, row
        assert row["code"] == row["code"].strip() != ""
        assert not row["code"].isdigit(), row
