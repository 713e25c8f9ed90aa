"""What the robot is made of: the bill of materials, and what the audit of it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.deploy.audit import verdict
from tests.deploy.tools import ROOT, ours, said

LOCKED = re.findall(r"^(\S+)==(\S+) \\$", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)


def test_the_bill_of_materials_names_every_locked_package_with_its_hashes(tmp_path: Path) -> None:
    """`make sbom`, which CI runs, holds it against CycloneDX's schema besides; that takes seconds."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [options] = re.findall(r"cyclonedx-py requirements (.+) -o \S+ requirements\.lock", makefile)
    made = tmp_path / "sbom.json"
    said(
        ours("cyclonedx-py"),
        "requirements",
        "--no-validate",
        *options.split(),
        "-o",
        str(made),
        "requirements.lock",
    )
    bill = json.loads(made.read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "dingsweep"
    assert [(part["name"], part["version"]) for part in bill["components"]] == LOCKED
    assert all(part["externalReferences"][0]["hashes"] for part in bill["components"])


def test_what_the_audit_says() -> None:
    good = {"name": "a", "version": "1", "vulns": []}
    weak = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
    unknown = {"name": "c", "skip_reason": "not found"}
    assert verdict([good]) == ("Audited: 1 packages, no known weakness", 0)
    assert verdict([good, weak, unknown]) == ("Known weaknesses:\nb 2: PYSEC-1 (fixed in 3)", 1)
    assert verdict([good, unknown]) == ("NOT AUDITED: the advisory service knows 1 of 2 packages", 0)
    assert verdict("no route") == ("NOT AUDITED: the advisory service cannot be reached: no route", 0)
