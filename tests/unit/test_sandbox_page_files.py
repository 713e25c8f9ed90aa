"""The page's files: what is borrowed is what its packages hold, and every text there is in both languages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.page import vendor
from sandbox.page.vendor import BORROWED, Borrowed, digest

VENDOR = Path(vendor.__file__).with_name("vendor")
STATIC = Path(vendor.__file__).with_name("static")
LISTED: list[dict[str, Any]] = json.loads((VENDOR / "vendor.json").read_text("utf-8"))
TEXT = r'"(?:[^"\\]|\\.)*"'
WORD = re.compile(rf"^  (?P<key>{TEXT}): \[\s*(?P<en>{TEXT}),\s*(?P<zh>{TEXT}),?\s*\],$", re.MULTILINE)
USED = re.compile(r'\bt\(\s*"([^"]+)"')
CHOSEN = re.compile(r'\bt\(([^()"`]+\?[^()`]*)[,)]')
MADE = re.compile(r"`([a-z][\w-]*\.[\w.-]*)\$\{")
PLACE = re.compile(r"\{\w+\}")


def scripts() -> list[Path]:
    return sorted(STATIC.rglob("*.js"))


def words() -> dict[str, tuple[str, str]]:
    """Every text: key → English, Chinese."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted((STATIC / "words").glob("*.js")):
        source = file.read_text("utf-8")
        entries = list(WORD.finditer(source))
        assert len(entries) == len(re.findall(r'^  "', source, re.MULTILINE)), f"{file.name} has odd entries"
        for entry in entries:
            key, english, chinese = map(json.loads, entry.group("key", "en", "zh"))
            assert key not in found, key
            found[key] = (english, chinese)
    return found


@pytest.mark.parametrize("package", BORROWED, ids=lambda p: p.name)
def test_a_borrowed_package_is_as_it_was_published_and_has_its_licence(package: Borrowed) -> None:
    entry = next(e for e in LISTED if e["name"] == package.name)
    assert (entry["version"], entry["licence"]) == (package.version, package.licence)
    assert any(name.startswith("LICEN") for name in entry["sha256"])
    assert {name: digest(VENDOR / entry["folder"] / name) for name in entry["sha256"]} == entry["sha256"]


def test_nothing_else_lies_among_what_is_borrowed() -> None:
    listed = {f"{e['folder']}/{name}" for e in LISTED for name in e["sha256"]} | {"vendor.json"}
    assert {str(f.relative_to(VENDOR)) for f in VENDOR.rglob("*") if f.is_file()} == listed


def test_every_text_that_is_used_exists_and_every_text_is_used() -> None:
    source = "\n".join(f.read_text("utf-8") for f in scripts() if "words" not in (f.parent.name, f.stem))
    known = words()
    used = set(USED.findall(source))
    used |= {key for part in CHOSEN.findall(source) for key in re.findall(r'"([a-z][\w.-]+)"', part)}
    assert used <= known.keys(), "texts that do not exist"
    beginnings = tuple(MADE.findall(source))
    quoted = set(re.findall(r'"([a-z][\w-]*\.[\w.-]+)"', source))
    idle = {key for key in known.keys() - used - quoted if not (beginnings and key.startswith(beginnings))}
    assert not idle, f"texts nobody reads: {sorted(idle)}"


def test_both_languages_say_it_with_the_same_values() -> None:
    for key, (english, chinese) in words().items():
        assert english, key
        assert chinese, key
        assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(chinese)), key


def test_a_script_makes_no_html_of_its_own_and_loads_nothing_from_elsewhere() -> None:
    for file in scripts():
        source = file.read_text("utf-8")
        assert not re.search(
            r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function)", source
        ), file
        if "unsafeHTML(" in source:
            made = re.findall(r"unsafeHTML\((rendered\()?", source)
            assert all(made), f"{file}: what is not rendered by us"
        assert not re.findall(r"""from "(https?:|//)""", source), file
