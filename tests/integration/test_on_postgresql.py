"""The same tests on PostgreSQL: some of each kind here; all of them with TEST_DATABASE=postgresql."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.control import Control
from tests.databases import Postgres
from tests.integration.office import Office
from tests.integration.test_approvals_clocks import test_others_are_asked_when_nobody_answers
from tests.integration.test_approvals_many import test_a_race_around_the_deadline_has_one_winner
from tests.integration.test_decisions import test_of_confirm_and_cancel_at_once_exactly_one_wins
from tests.integration.test_delete import test_named_files_go_to_the_bin_after_the_requester_confirms
from tests.integration.test_job_doubt import (
    test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again,
)
from tests.integration.test_restart import test_killed_after_the_files_went
from tests.integration.test_restart_orderly import test_agreed_to_but_never_begun
from tests.migrated import begin_on

__all__ = [
    "test_a_race_around_the_deadline_has_one_winner",
    "test_agreed_to_but_never_begun",
    "test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again",
    "test_killed_after_the_files_went",
    "test_named_files_go_to_the_bin_after_the_requester_confirms",
    "test_of_confirm_and_cancel_at_once_exactly_one_wins",
    "test_others_are_asked_when_nobody_answers",
]


@pytest.fixture
async def office(sandbox: Control, tmp_path: Path, postgres: Postgres) -> Office:
    """In place of the one that the other tests have."""
    return Office(sandbox, tmp_path, await begin_on(postgres))
