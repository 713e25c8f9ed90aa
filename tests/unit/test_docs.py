"""Every page there is, whoever wrote it: both languages are alike, and where it points is something."""

import re
from urllib.parse import urlsplit

import pytest

from tests.unit import papers

PAGES = papers.everywhere()
ENGLISH_ONLY = {"CHANGELOG.md", "SECURITY.md"}
"""Pages for developers and for GitHub that have no Chinese one beside them."""
SHORTER_IN_CHINESE = {"sandbox/README.md"}
"""The Chinese page is a beginning that leads to the English one for the rest."""
BOTH = sorted(
    {papers.in_english(page) for page in PAGES} - ENGLISH_ONLY - SHORTER_IN_CHINESE,
)
INDEXED = [page for page in PAGES if page.startswith(("docs/", "deploy/")) and "docs/README" not in page]
each = pytest.mark.parametrize("page", PAGES)


def test_nothing_is_left_out() -> None:
    """Else everything below would look at nothing."""
    assert {"README.md", "docs/employee.md", "docs/manager.zh-CN.md", "sandbox/README.md"} <= set(PAGES)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ENGLISH_ONLY])
def test_a_page_is_there_in_both_languages(page: str) -> None:
    assert {papers.in_english(page), papers.in_chinese(papers.in_english(page))} <= set(PAGES)


@pytest.mark.parametrize("page", BOTH)
def test_both_languages_are_built_alike(page: str) -> None:
    english, chinese = papers.read(page), papers.read(papers.in_chinese(page))
    assert papers.levels(english) == papers.levels(chinese)
    assert papers.tables(english) == papers.tables(chinese)
    assert papers.languages(english) == papers.languages(chinese)
    assert papers.typed(english) == papers.typed(chinese)
    assert papers.addresses(english) == papers.addresses(chinese)
    assert _places(english) == _places(chinese)


def _places(paper: str) -> set[str]:
    """Where it leads to in the repository, whatever the language."""
    files = (link.partition("#")[0] for link in papers.ways(paper))
    return {papers.in_english(re.sub(r"\.(en|zh)\.png$", ".png", file)) for file in files if file}


@pytest.mark.parametrize("page", INDEXED)
def test_the_index_of_its_language_leads_to_it(page: str) -> None:
    index = "docs/README.zh-CN.md" if page.endswith(papers.CHINESE) else "docs/README.md"
    assert page in {papers.target(index, link) for link in papers.ways(papers.read(index))}


@each
def test_links_lead_somewhere(page: str) -> None:
    assert papers.dead_links(page) == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page not in ENGLISH_ONLY | {"sandbox/README.zh-CN.md"}]
)
def test_links_stay_in_the_language(page: str) -> None:
    """Except the one that leads to the same page in the other."""
    is_chinese = page.endswith(papers.CHINESE)
    english = papers.in_english(page)
    other = english if is_chinese else papers.in_chinese(english)
    led = {papers.target(page, link) for link in papers.ways(papers.read(page))} - {other}
    foreign = {
        file
        for file in led & set(PAGES)
        if file.endswith(papers.CHINESE) != is_chinese and papers.in_chinese(papers.in_english(file)) in PAGES
    }
    assert foreign == set()


@each
def test_addresses_are_whole(page: str) -> None:
    for address in papers.addresses(papers.read(page)):
        parts = urlsplit(address)
        assert parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost"), address
        assert re.fullmatch(r"[\w.-]+(:\d+)?", parts.netloc), address
        if parts.hostname == "open.dingtalk.com":
            assert re.fullmatch(r"/document/[a-z]+/[a-z0-9-]+", parts.path), address


def test_pictures_are_small_and_each_is_shown() -> None:
    made = {f"docs/pictures/{file.name}" for file in (papers.ROOT / "docs/pictures").glob("*.png")}
    shown = {papers.target(page, link) for page in PAGES for link in papers.ways(papers.read(page))}
    assert made == {file for file in shown if file.endswith(".png")}
    assert [file for file in made if (papers.ROOT / file).stat().st_size > 200_000] == []


@each
def test_pictures_are_in_the_language_and_described(page: str) -> None:
    paper = papers.read(page)
    language = "zh" if page.endswith(papers.CHINESE) else "en"
    pictures = [link for link in papers.links(paper) if link.endswith(".png")]
    assert [link for link in pictures if not link.endswith(f".{language}.png")] == []
    assert "![](" not in paper
    assert paper.count("<img ") == paper.count(' alt="')
