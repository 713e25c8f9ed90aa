"""The comparison the other tests of this folder rest on does see a difference."""

import pytest

from tests.conformance.control import Json
from tests.conformance.pages import differences

DOCUMENTED: Json = {"items": [{"id": "1", "size": 5, "ok": True, "note": "x"}], "next": "token"}


@pytest.mark.parametrize(
    ("answered", "found"),
    [
        ({"items": [{"id": "7", "size": 9, "ok": False, "note": "y"}], "next": ""}, []),
        ({"items": [{"id": "7", "size": 9, "ok": False}], "next": ""}, []),
        ({"items": [{"id": "7", "size": 9, "ok": False, "note": None}], "next": ""}, []),
        ({"items": [], "next": ""}, []),
        ({"items": []}, ["next: missing"]),
        ({"items": [], "next": None}, ["next: missing"]),
        ({"items": [{"size": 9, "ok": False}], "next": ""}, ["items[].id: missing"]),
        ({"items": [{"id": 7, "size": 9, "ok": False}], "next": ""}, ["items[].id: 7 is no str"]),
        ({"items": [{"id": "7", "size": True, "ok": False}], "next": ""}, ["items[].size: True is no int"]),
        ({"items": [{"id": "7", "size": 9, "ok": 1}], "next": ""}, ["items[].ok: 1 is no bool"]),
        ({"items": [None], "next": ""}, ["items[]: None is no dict"]),
        ({"items": {}, "next": ""}, ["items: {} is no list"]),
        ({"items": [], "next": "", "more": 1}, ["more: not documented"]),
    ],
)
def test_differences(answered: Json, found: list[str]) -> None:
    assert differences(DOCUMENTED, answered, frozenset({"items[].note"})) == found
