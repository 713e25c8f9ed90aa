"""Draws the pictures of the README and of the pages from cards that the robot really sent.

`python -m docs.pictures.draw` draws all of them, with names behind it (`first undo`) only those.

Needs on Debian: chromium pngquant fonts-inter fonts-noto-cjk fonts-noto-color-emoji. The page only looks like
DingTalk's chat; what the cards say is what the sandbox received.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import logs
from docs.pictures import story, tour
from docs.pictures.page import Column, page

HERE = Path(__file__).parent
SCALE = 2
_SIZE = re.compile(r'data-size="(\d+)x(\d+)"')


def main() -> None:
    logs.set_up("json")
    wanted = set(sys.argv[1:])
    for scene in (story.ENGLISH, story.CHINESE):
        for told in (story, tour):
            if wanted and not wanted & told.Pictures.__annotations__.keys():
                continue
            for name, columns in vars(asyncio.run(told.play(scene))).items():
                if not wanted or name in wanted:
                    draw(scene.language, columns, HERE / f"{name}.{scene.language}.png")


def draw(language: str, columns: tuple[Column, ...], picture: Path) -> None:
    """Write one PNG, as large as its content."""
    with TemporaryDirectory() as folder:
        html = Path(folder, "page.html")
        html.write_text(page(language, columns), "utf-8")
        found = _SIZE.search(_chromium("--window-size=1600,1200", "--dump-dom", html.as_uri()))
        if found is None:
            sys.exit("the page did not tell its size")
        _chromium(
            f"--window-size={found[1]},{found[2]}",
            f"--force-device-scale-factor={SCALE}",
            f"--screenshot={picture}",
            html.as_uri(),
        )
    _run("pngquant", "--force", "--ext", ".png", "--speed", "1", str(picture))


def _chromium(*arguments: str) -> str:
    return _run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *arguments)


def _run(name: str, *arguments: str) -> str:
    program = shutil.which(name) or sys.exit(f"{name} is not installed")
    return subprocess.run(  # noqa: S603  our own page
        [program, *arguments], check=True, capture_output=True, text=True, timeout=60
    ).stdout


if __name__ == "__main__":
    main()
