"""What applications upload, so that a test can look into it."""

from collections import OrderedDict
from collections.abc import Collection

BYTES_KEPT = 64 * 1024 * 1024


class Contents:
    """The bytes of uploaded media by mediaId: the newest, together at most 64 MB. No saved state holds them."""

    def __init__(self, most_bytes: int = BYTES_KEPT) -> None:
        self.most_bytes = most_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def put(self, media_id: str, content: bytes) -> None:
        """Keeps what was uploaded; forgets the oldest that no longer fit."""
        self._kept[media_id] = content
        self._size += len(content)
        while self._size > self.most_bytes:
            self._size -= len(self._kept.popitem(last=False)[1])

    def get(self, media_id: str) -> bytes | None:
        """What was uploaded; None when it was forgotten or never there."""
        return self._kept.get(media_id)

    def keep(self, media_ids: Collection[str]) -> None:
        """Forgets all others."""
        for media_id in [each for each in self._kept if each not in media_ids]:
            self._size -= len(self._kept.pop(media_id))
