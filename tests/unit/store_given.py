"""Requests and manifests to store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.models import Conversation, Dentry, DentryType, Entry, Manifest, Operator, Request, Space

NOW = datetime(2026, 8, 1, 9, 30, 15, 123456, tzinfo=UTC)
REQUESTER = Operator(corp_id="ding", user_id="wang", union_id="wangUnionId", name="王小明")
OTHER = Operator(corp_id="ding", user_id="li", union_id="liUnionId", name="李经理")
SPACE = Space(id="24010001", name="市场部群文件", corp_id="ding")


def dentry(number: int, *, folder: bool = False) -> Dentry:
    return Dentry(
        space_id=SPACE.id,
        dentry_id=f"d{number}",
        parent_id="0",
        type=DentryType.FOLDER if folder else DentryType.FILE,
        name=f"文件 {number}",
        path=f"/文件 {number}",
        size_bytes=0 if folder else number * 2**40,
        version=number,
        modified_at=None if folder else NOW,
        creator_id="wangUnionId",
    )


def manifest(files: int = 1, inside: int = 0) -> Manifest:
    """A manifest of `files` files, after a folder with `inside` files when there are any."""
    entries = [Entry(dentry=dentry(number)) for number in range(1, files + 1)]
    if inside:
        held = [Entry(dentry=dentry(100 + n), target_id="d99") for n in range(inside)]
        size = sum(entry.dentry.size_bytes for entry in held)
        top = Entry(dentry=dentry(99, folder=True), contents=inside, contents_bytes=size)
        entries = [top, *held, *entries]
    return Manifest.freeze(SPACE, entries)


def request(
    frozen: Manifest,
    *,
    id: str,  # noqa: A002
    message_key: str = "",
    reason: str = "",
    where: str = "cid",
    created_at: datetime = NOW,
) -> Request:
    return Request(
        id=id,
        requester=REQUESTER,
        conversation=Conversation(id=where, kind="group", title="市场部"),
        space=frozen.space,
        totals=frozen.totals,
        digest=frozen.digest,
        to_recycle_bin=True,
        reason=reason,
        nonce="deadbeef",
        message_key=message_key or f"robot:{id}",
        created_at=created_at,
        expires_at=created_at + timedelta(minutes=30),
    )
