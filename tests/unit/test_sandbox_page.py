"""The page is served: its files, its policy, and nothing else from this machine."""

import glob
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest
import yarl

from sandbox.page import serving
from tests.conformance.control import Control

WORD = r"[A-Za-z0-9_-]+"


def everything(folder: Traversable, below: str) -> Iterator[str]:
    for one in folder.iterdir():
        name = f"{below}/{one.name}"
        if one.is_dir():
            yield from everything(one, name)
        else:
            yield name


def shipped() -> list[str]:
    """Every file of the page, as an installed package holds it."""
    root = resources.files("sandbox.page")
    folders = [root / name for name in serving.FOLDERS if (root / name).is_dir()]
    return sorted(name for folder in folders for name in everything(folder, folder.name))


def test_every_file_of_the_page_goes_into_a_wheel() -> None:
    """What setuptools takes by the patterns of pyproject.toml is all there is but modules."""
    root = Path(serving.__file__).parents[2]
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    taken = {
        file
        for pattern in settings["package-data"]["sandbox.page"]
        for file in glob.glob(f"{serving.HERE}/{pattern}", recursive=True)  # noqa: PTH207  as setuptools does
    }
    assert {str(serving.HERE / name) for name in shipped()} <= taken
    assert len(shipped()) > 1


async def test_the_page_carries_a_nonce_of_its_own_each_time(sandbox: Control) -> None:
    nonces = set()
    for _ in range(2):
        async with sandbox.http.get(f"{sandbox.url}/") as answer:
            text = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert "ETag" not in answer.headers
        (nonce,) = re.findall(rf"'nonce-({WORD})'", policy)
        assert re.findall(r"<script[^>]*nonce=\"([^\"]*)\"", text) == [nonce]
        assert serving.NONCE not in text
        nonces.add(nonce)
    assert len(nonces) == 2


def test_nothing_in_the_page_would_be_blocked_by_its_own_policy() -> None:
    text = serving.page_text()
    assert len(re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text)) == text.count(serving.NONCE) == 1
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
    assert not re.search(r"(?:src|href)=\"(?!/page/|data:)", text)


async def test_the_policy_lets_nothing_else_in(sandbox: Control) -> None:
    for path in ("/", "/page/static/index.html", "/page/static/nothing.js"):
        async with sandbox.http.get(sandbox.url + path) as answer:
            parts = dict(p.split(" ", 1) for p in answer.headers["Content-Security-Policy"].split("; "))
            headers = answer.headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-cache")
        scripts = parts.pop("script-src")
        assert re.fullmatch(rf"'self'( 'nonce-{WORD}')?", scripts)
        assert parts == {
            "default-src": "'self'",
            "img-src": "'self' data:",
            "style-src": "'self'",
            "connect-src": "'self'",
            "frame-ancestors": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "object-src": "'none'",
        }


async def test_every_file_of_the_page_is_served_under_its_type(sandbox: Control) -> None:
    for name in shipped():
        url = f"{sandbox.url}/page/{name}"
        async with sandbox.http.get(url) as answer:
            assert answer.status == 200, name
            assert await answer.read() == resources.files("sandbox.page").joinpath(name).read_bytes(), name
            kind, tag = answer.content_type, answer.headers["ETag"]
        suffix = name.rpartition("/")[2].rpartition(".")[1:]
        assert kind == serving.TYPES.get("".join(suffix), "text/plain").split(";")[0], name
        async with sandbox.http.get(url, headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b""), name


@pytest.mark.parametrize(
    "name",
    [
        "serving.py",
        "static",
        "static/",
        "nothing.js",
        "static/nothing.js",
        "static/../serving.py",
        "static/%2e%2e/serving.py",
        "static/..%2fserving.py",
        "..%2f..%2fseed.json",
        "%2e%2e/%2e%2e/seed.json",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "static/index.html%00.js",
        "static/%ff%fe.js",
        "static/" + "a" * 5000 + ".js",
        "static/..%5c..%5cseed.json",
        "static/%E5%90%8D%E5%AD%97.js",
        "static/index.html/x.js",
        "vendor.py",
    ],
)
async def test_what_is_no_file_of_the_page_is_not_there(sandbox: Control, name: str) -> None:
    url = yarl.URL(f"{sandbox.url}/page/{name}", encoded=True)
    async with sandbox.http.get(url) as answer:
        assert answer.status == 404, await answer.text()


async def test_what_a_browser_asks_for_by_itself_is_no_call(sandbox: Control) -> None:
    async with sandbox.http.get(f"{sandbox.url}/favicon.ico") as answer:
        assert answer.status == 204
    assert (await sandbox.ask("GET", "calls"))["calls"] == []
