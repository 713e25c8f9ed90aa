"""The unit, by systemd itself; `clean_debian.sh` starts it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.deploy.tools import DEPLOY, said, theirs

UNIT = DEPLOY / "systemd/dingsweep.service"
EXPOSURE = 1.5
"""systemd's own scale: 0 is nothing at all, 10 is everything."""


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    """The program is where a machine that is set up has it; here, another that is there stands for it."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/dingsweep/bin/dingsweep", "/bin/true"), "utf-8")
    assert said(theirs("systemd-analyze"), "verify", str(unit)).strip() == ""


def test_it_is_as_closed_as_the_paper_says() -> None:
    printed = said(theirs("systemd-analyze"), "security", "--offline=true", "--no-pager", str(UNIT))
    [found] = re.findall(r"Overall exposure level.*: ([\d.]+)", printed)
    assert float(found) <= EXPOSURE
    for paper in ("README.md", "README.zh-CN.md"):
        assert f"**{found}**" in (DEPLOY / paper).read_text("utf-8")
