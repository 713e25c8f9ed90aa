"""What is written for people, taken apart: sections, links, tables, and what is there to be typed."""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[2]
CHINESE = ".zh-CN.md"
NOT_OURS = {"node_modules", "__pycache__", "var", "build", "dist"}
_FENCED = r"^ *```{}\n(.*?)^ *```"
_ANY = re.MULTILINE | re.DOTALL
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_DEFINED = re.compile(r"^ *\[[^\]]+\]: *(\S+)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"(?:src|srcset|href)=\"([^\"]+)\"")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def everywhere() -> list[str]:
    """All pages of the repository, also those that nobody has listed anywhere."""
    return sorted(_pages())


def _pages() -> Iterator[str]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith(".")]
        yield from (
            str(Path(folder, name).relative_to(ROOT).as_posix()) for name in files if name.endswith(".md")
        )


def in_chinese(name: str) -> str:
    """The name of the Chinese page beside an English one."""
    return name.removesuffix(".md") + CHINESE


def in_english(name: str) -> str:
    return name.removesuffix(CHINESE) + ".md" if name.endswith(CHINESE) else name


def without_code(paper: str) -> str:
    return re.sub(_FENCED.format(r"\w*"), "", paper, flags=_ANY)


def without_comments(paper: str) -> str:
    return re.sub(r"<!--.*?-->", "", paper, flags=re.DOTALL)


def blocks(paper: str, language: str) -> list[str]:
    """The code blocks in this language."""
    return re.findall(_FENCED.format(language), paper, _ANY)


def languages(paper: str) -> list[str]:
    """What its code blocks are written in, in order; nothing for those that do not say."""
    fences = re.findall(r"^ *```(.*)$", paper, re.MULTILINE)
    return [fence.strip() for fence in fences[::2]]


def spans(paper: str) -> list[str]:
    """What stands between backticks in running text and in tables."""
    return [found[1].strip() for found in _CODE.findall(without_code(paper))]


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


def tables(paper: str) -> list[list[int]]:
    """How many cells each row of each table has."""
    found: list[list[int]] = [[]]
    for line in without_code(paper).splitlines():
        if line.lstrip().startswith("|"):
            found[-1].append(len(re.findall(r"(?<!\\)\|", _CODE.sub("", line))) - 1)
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def links(paper: str) -> list[str]:
    """Where it leads to: links, pictures, and what its HTML shows. Raises ValueError for half a link."""
    text = _CODE.sub("", without_comments(without_code(paper)))
    found = _LINK.findall(text)
    if len(found) != text.count("]("):
        raise ValueError("what looks like a link is none")
    return [*found, *(link for way in (_DEFINED, _ATTRIBUTE) for link in way.findall(text))]


def addresses(paper: str) -> list[str]:
    """Where it links to elsewhere, each once."""
    return sorted({link for link in links(paper) if link.startswith(("http:", "https:"))})


def ways(paper: str) -> list[str]:
    """Its links to something in the repository."""
    return [link for link in links(paper) if not re.match(r"[a-z]+:", link)]


def target(name: str, link: str) -> str:
    """The file that a link of this page means, from the root."""
    path = unquote(link.partition("#")[0])
    return os.path.relpath((ROOT / name).parent / path if path else ROOT / name, ROOT)


def dead_links(name: str) -> list[str]:
    """The links of this file that lead to no file of ours, or to no heading of one."""
    return [link for link in ways(read(name)) if not _leads_somewhere(target(name, link), link)]


def _leads_somewhere(file: str, link: str) -> bool:
    _, _, heading = link.partition("#")
    if file.startswith("..") or not (ROOT / file).exists():
        return False
    return not heading or unquote(heading) in anchors(file)


@cache
def anchors(name: str) -> frozenset[str]:
    """As GitHub makes them of headings; of equal ones, the second has a number behind it."""
    paper = read(name)
    made: list[str] = re.findall(r"<a (?:id|name)=\"([^\"]+)\"", paper)
    for heading in re.findall(r"^#+ +(.+?) *$", without_code(paper), re.MULTILINE):
        text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        again = sum(1 for one in made if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", one))
        made.append(f"{anchor}-{again}" if again else anchor)
    return frozenset(made)
