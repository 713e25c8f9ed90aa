"""`dingsweep run` before there is a robot: it outlives a SIGHUP, and refuses in the form its reader needs."""

import json
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from bot import __main__ as program
from bot.settings import SettingsError


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    yield
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[str, Any]:
    """What it says of settings that are wrong, and how SIGHUP is dealt with while they are read."""
    seen = []

    def load() -> None:
        seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        raise SettingsError("DINGSWEEP_REGION is wrong: write cn or intl.")

    monkeypatch.setattr(program, "load", load)
    with pytest.raises(SystemExit) as ended:
        program.main(["run"])
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    return line, seen[0]


def test_a_signal_that_comes_before_it_runs_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert signal.SIGHUP in refusal(monkeypatch, capsys)[1]


def test_whoever_sits_at_a_terminal_reads_a_sentence_and_a_program_a_record(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "DINGSWEEP_REGION is wrong: write cn or intl."
    record = json.loads(refusal(monkeypatch, capsys)[0])
    assert (record["event"], record["problem"]) == ("run.refused", said)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert refusal(monkeypatch, capsys)[0] == said
