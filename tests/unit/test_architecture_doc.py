"""The page for developers says how the code is: its files are there, its states are all states."""

import re
from pathlib import Path

import pytest

from bot.models import RequestState

ROOT = Path(__file__).parents[2]
PAGES = ("architecture.md", "architecture.zh-CN.md")
_ROOMS = ("bot/", "handlers/", "cards/", "sandbox/", "tests/", "docs/")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_it_names_is_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    named = [name for name in re.findall(r"`([\w./-]+)`", text) if name.startswith(_ROOMS)]
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_states_it_draws_are_those_there_are(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    drawing = text.partition("stateDiagram-v2")[2].partition("```")[0]
    assert set(re.findall(r"[a-z_]+(?= -->)|(?<=--> )[a-z_]+", drawing)) == set(RequestState)
