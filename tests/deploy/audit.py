"""Known weaknesses of what requirements.lock names: `python -m tests.deploy.audit`, or `make audit`.

Ends with 1 when there is one. An advisory service that cannot be reached, or that does not know the packages, is
said and no failure: the next run tells.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = "requirements.lock"
PATIENCE_S = 120


def main() -> int:
    found = audited(LOCK)
    line, code = verdict(found)
    sys.stdout.write(f"{line}\n")
    return code


def audited(lock: str) -> list[dict[str, Any]] | str:
    """What pip-audit found out about each package, or why it could not."""
    program = str(Path(sys.executable).parent / "pip-audit")
    options = ["--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json", "-r", lock]
    try:
        done = subprocess.run(  # noqa: S603  ours
            [program, *options], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        return list(json.loads(done.stdout)["dependencies"])
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE_S} s"
    except ValueError:
        return (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]


def verdict(found: list[dict[str, Any]] | str) -> tuple[str, int]:
    """The line to print, and the exit code."""
    if isinstance(found, str):
        return f"NOT AUDITED: the advisory service cannot be reached: {found}", 0
    known = [package for package in found if "vulns" in package]
    weak = [
        f"{package['name']} {package['version']}: {_ids(package)}" for package in known if package["vulns"]
    ]
    if weak:
        return "\n".join(["Known weaknesses:", *weak]), 1
    if len(known) < len(found):
        return f"NOT AUDITED: the advisory service knows {len(known)} of {len(found)} packages", 0
    return f"Audited: {len(found)} packages, no known weakness", 0


def _ids(package: dict[str, Any]) -> str:
    fixed = {version for weakness in package["vulns"] for version in weakness["fix_versions"]}
    ids = ", ".join(weakness["id"] for weakness in package["vulns"])
    return f"{ids} (fixed in {', '.join(sorted(fixed)) or 'no version yet'})"


if __name__ == "__main__":
    sys.exit(main())
