"""What both ways to copy a database share: the one-line error, and what a copy says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.store.chain import Link


class BackupError(Exception):
    """It cannot be backed up or restored; the text is one sentence for whoever operates the robot."""


@dataclass(frozen=True)
class Copied:
    """A copy of a database: its schema and the link its trail ends with."""

    path: Path
    schema: str
    head: Link
    size_bytes: int = 0


def refuse_newer(file: Path, schema: str, known: Sequence[str]) -> None:
    """Raises BackupError for the backup of a newer Dingsweep."""
    if schema not in known:
        raise BackupError(f"{file} has schema {schema} of a newer Dingsweep: restore it with that version.")


def not_ours(file: Path) -> BackupError:
    return BackupError(f"{file} is no backup of Dingsweep, or it is damaged: take another one.")
