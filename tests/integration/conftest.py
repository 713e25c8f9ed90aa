"""An office for every integration test."""

import os
from pathlib import Path

import pytest

from tests.conformance.control import Control
from tests.databases import Postgres
from tests.integration.office import Office
from tests.integration.replicas import fleet
from tests.migrated import begin_on

__all__ = ["fleet"]

ON_POSTGRESQL = os.environ.get("TEST_DATABASE") == "postgresql"
"""Whether all of them run there; by default those of test_on_postgresql.py do, and those that need both."""


@pytest.fixture
async def office(sandbox: Control, tmp_path: Path, request: pytest.FixtureRequest) -> Office:
    """A freshly seeded sandbox, and a folder for the robot's settings and database."""
    if not ON_POSTGRESQL:
        return Office(sandbox, tmp_path)
    postgres: Postgres = request.getfixturevalue("postgres")
    return Office(sandbox, tmp_path, await begin_on(postgres))
