"""One line for one entry, and amounts of them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.models import Dentry, Entry
from cards.escape import Markdown
from cards.fit import short_path
from cards.texts import Texts

PATH_BYTES = 160
"""What a path may take on a card, so that two long ones still fit."""


def mark(dentry: Dentry) -> str:
    return "📁" if dentry.is_folder else "📄"


def path_line(dentry: Dentry, path_bytes: int = PATH_BYTES) -> Markdown:
    """📄 /report.pdf"""
    return Markdown(f"{mark(dentry)} {short_path(dentry.path, path_bytes)}")


def entry_line(entry: Entry, t: Texts, path_bytes: int = PATH_BYTES) -> Markdown:
    """📄 /report.pdf · 12.4 MB, or 📁 /2023/drafts (5 items inside, 8.2 MB)"""
    line = path_line(entry.dentry, path_bytes)
    if entry.contents:
        return t("entry.folder", line=line, amount=amount(t, entry.contents, entry.contents_bytes))
    if entry.dentry.is_folder and entry.is_target:
        return t("entry.folder_empty", line=line)
    return t("entry.file", line=line, size=t.size(entry.size_bytes)) if entry.size_bytes else line


def amount(t: Texts, dentries: int, size_bytes: int) -> Markdown:
    """8 items, 14.6 MB; without the size when nothing has one, as with online documents."""
    if not size_bytes:
        return t("amount.items", n=dentries)
    return t("amount.items_and_size", n=dentries, size=t.size(size_bytes))


def amount_inside(t: Texts, dentries: int, size_bytes: int) -> Markdown:
    """The same inside a sentence: 47 items (1.3 GB)."""
    if not size_bytes:
        return t("amount.items", n=dentries)
    return t("amount.inside", n=dentries, size=t.size(size_bytes))


def counted(entries: Iterable[Entry]) -> int:
    """Dentries that go with these targets, their contents included."""
    return sum(1 + entry.contents for entry in entries)
