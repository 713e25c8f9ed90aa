"""Where the story takes place, and what is deleted in it."""

from __future__ import annotations

MARKETING, ENGINEERING = "cidMarketing==", "cidEngineering=="
MARKETING_FILES = "24010001:"
FOLDER, REPORT, CUSTOMERS = "/2023/drafts", "/report.pdf", "/客户名单.xlsx"
OWN = ("/会议纪要.docx", "/空文件.txt")
WEEKLIES, BUILDS, PHOTOS = "/2024/周报", "/builds/nightly", "/素材/照片"


def marketing(*paths: str) -> tuple[str, ...]:
    """Paths of the marketing department's files, as the drive names them among all spaces."""
    return tuple(MARKETING_FILES + path for path in paths)
