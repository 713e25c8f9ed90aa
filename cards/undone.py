"""That a deletion was taken back, told where the deletion is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import Request, RequestState
from cards.escape import Markdown
from cards.fit import NAME_BYTES, short
from cards.texts import Texts


def undone_lines(
    deletion: Request, deleted: int, restores: Sequence[Request], t: Texts, zone: tzinfo
) -> list[Markdown]:
    """Who took it back, when, and under which number. `deleted`: how many dentries had gone."""
    return [
        t(
            "status.undone" if _is_whole(restore, deleted) else "status.undone_part",
            name=short(restore.requester.name, NAME_BYTES),
            time=t.clock(restore.decided_at or restore.created_at, zone, since=deletion.created_at),
            id=restore.id,
        )
        for restore in restores
        if restore.state in {RequestState.DONE, RequestState.PARTLY_DONE}
    ]


def _is_whole(restore: Request, deleted: int) -> bool:
    """Whether all that had gone came back by this one: some are only asked for a part."""
    return restore.state is RequestState.DONE and restore.totals.dentries >= deleted
