"""The programs that check what is in deploy/: those of Debian and Kubernetes may be missing on somebody's machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def ours(name: str) -> str:
    """A program that came with a package of requirements-dev.lock."""
    return str(Path(sys.executable).parent / name)


def theirs(*names: str) -> str:
    """The first of these that is installed; without any, the test is left out, and says so."""
    for name in names:
        if path := shutil.which(name):
            return path
    pytest.skip(f"{' or '.join(names)} is not installed, so this was not checked")


def said(*command: str, cwd: Path = ROOT) -> str:
    """What it printed; fails with that when the command does."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
