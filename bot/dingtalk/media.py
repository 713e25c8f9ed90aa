"""Files that messages carry. They lie in a store of DingTalk's own, not in anybody's drive.

https://open.dingtalk.com/document/development/upload-media-files
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterable
from pathlib import PurePath

from bot.dingtalk.errors import Invalid
from bot.dingtalk.wire import Api, Upload, Wire
from bot.dingtalk.wired import WiredSnake

UPLOAD = Api("POST", "/media/upload", write=True)
MAX_BYTES = 20 * 1024 * 1024
TOO_LARGE = "fileSize"
SHOWN_TYPES = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})
"""What a file message may carry; anything else has to be packed."""


class _Uploaded(WiredSnake):
    media_id: str


class Media:
    """The media calls of one app. All raise DingTalkError."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def upload(self, name: str, content: bytes) -> str:
        """Keep a file of 1 byte to 20 MB; the mediaId, which may be used again and again."""
        _check_size(len(content))
        upload = Upload(part="media", name=name, content=content)
        answer = await self._wire.ask(UPLOAD, _Uploaded, body={"type": "file"}, upload=upload)
        return answer.media_id


def file_type(name: str) -> str:
    """`xlsx` of `/a/表格.XLSX`; "" without one."""
    return PurePath(name).suffix.removeprefix(".").lower()


def sendable(name: str, content: bytes) -> tuple[str, bytes]:
    """The file as a message can carry it: packed as a zip where its type is not shown by itself."""
    if file_type(name) in SHOWN_TYPES:
        return name, content
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return f"{PurePath(name).stem}.zip", packed.getvalue()


async def packed(name: str, pieces: AsyncIterable[bytes]) -> tuple[str, bytes]:
    """A file of any size as a message can carry it, packed as its pieces come.

    Raises Invalid with the code `fileSize` as soon as it is too large to be sent.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as file:
        async for piece in pieces:
            file.write(piece)
            _check_size(whole.tell())
    return f"{PurePath(name).stem}.zip", whole.getvalue()


def _check_size(size_bytes: int) -> None:
    if not 0 < size_bytes <= MAX_BYTES:
        raise Invalid(UPLOAD.name, TOO_LARGE, f"{size_bytes} bytes: a file has 1 byte to 20 MB")
