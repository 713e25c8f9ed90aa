"""An office for every integration test."""

from pathlib import Path

import pytest

from tests.conformance.control import Control
from tests.integration.office import Office
from tests.integration.replicas import fleet

__all__ = ["fleet"]


@pytest.fixture
def office(sandbox: Control, tmp_path: Path) -> Office:
    """A freshly seeded sandbox, and a folder for the robot's settings and database."""
    return Office(sandbox, tmp_path)
