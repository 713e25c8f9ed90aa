"""The page for whoever looks for a symptom has it in the words in which it shows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PAGES = {"troubleshooting.md": "en", "troubleshooting.zh-CN.md": "zh"}
_MARKS = re.compile(r"\*\*")


def _catalogue(language: str) -> Iterator[str]:
    with (ROOT / "cards" / "locale" / f"{language}.po").open("rb") as file:
        for message in read_po(file, locale=language):
            yield from [message.string] if isinstance(message.string, str) else message.string or ()


def _program() -> Iterator[str]:
    """What the source says, with the values in it left out."""
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values)


def _is_said(message: str, said: list[str]) -> bool:
    parts = [re.escape(part.strip()) for part in message.split("…") if part.strip()]
    pattern = re.compile(".*".join(parts), re.DOTALL)
    return any(pattern.search(sentence) for sentence in said)


@pytest.mark.parametrize("page", PAGES)
def test_every_message_is_said_in_these_words(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    messages = re.findall(r"(?<!\*)\*(?!\*)([^*\n]+)\*(?!\*)", text)
    said = [_MARKS.sub("", sentence) for sentence in (*_catalogue(PAGES[page]), *_program())]
    said += [f"DINGSWEEP_CLIENT_ID {problem}" for problem in said if problem == "is not set"]  # put together
    assert len(messages) > 20
    assert [message for message in messages if not _is_said(message, said)] == []
