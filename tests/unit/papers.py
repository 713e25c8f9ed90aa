"""What is written for people, taken apart: sections, links, tables, and what is there to be typed."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCED = r"^ *```{}\n(.*?)^ *```"
_ANY = re.MULTILINE | re.DOTALL


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def without_code(paper: str) -> str:
    return re.sub(_FENCED.format(r"\w*"), "", paper, flags=_ANY)


def blocks(paper: str, language: str) -> list[str]:
    """The code blocks in this language."""
    return re.findall(_FENCED.format(language), paper, _ANY)


def typed(paper: str) -> list[str]:
    """What is there to be typed or copied, without comments."""
    shell = [re.sub(r" +#.*", "", block) for block in blocks(paper, "sh")]
    return shell + blocks(paper, "toml")


def levels(paper: str) -> list[str]:
    """The depth of every heading, in order."""
    return re.findall(r"^(#+) ", without_code(paper), re.MULTILINE)


def rows(paper: str) -> dict[str, list[str]]:
    """The rows of all tables by the text of their first cell."""
    lines = [line.strip(" |").split(" | ") for line in paper.splitlines() if line.lstrip().startswith("|")]
    return {cells[0]: cells[1:] for cells in lines}


def addresses(paper: str) -> list[str]:
    """Where it links to elsewhere, each once."""
    return sorted(set(re.findall(r"\]\((https?://[^)]+)\)", paper)))


def dead_links(name: str) -> list[str]:
    """The links of this file that lead to no file, or to no heading of one."""
    links = re.findall(r"\]\((?!https?://)([^)]+)\)", read(name))
    assert links
    return [link for link in links if not _leads_somewhere((ROOT / name).parent, link)]


def _leads_somewhere(folder: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    file = folder / path
    return file.exists() and (not heading or heading in _anchors(file.read_text("utf-8")))


def _anchors(paper: str) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(paper), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
