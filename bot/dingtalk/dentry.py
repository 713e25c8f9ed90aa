"""What the storage calls answer: dentries, spaces, and what became of each item of a batch."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from bot.dingtalk.wired import Time, Whole, Wired
from bot.models import Dentry, DentryType, Space

ROOT_ID = "0"


class DentryInfo(Wired):
    """A file or folder. `creator_id` and `modifier_id` are unionIds; `version` changes with the contents."""

    id: str = Field(min_length=1)
    space_id: str = ""
    parent_id: str = ROOT_ID
    type: str = ""
    name: str = ""
    size: Whole = 0
    path: str = ""
    version: Whole = 0
    status: str = "NORMAL"
    extension: str = ""
    creator_id: str = ""
    modifier_id: str = ""
    create_time: Time = None
    modified_time: Time = None
    uuid: str = ""
    storage_driver: str = "UNKNOWN"

    @property
    def is_there(self) -> bool:
        """False once it is deleted or expired: DingTalk still answers for such dentries."""
        return self.status not in {"DELETED", "EXPIRED"}

    @property
    def full_path(self) -> str:
        """The path from the root of its space, its own name included: `/2023/drafts`.

        The page of the single query shows `/name`, those of the lists `./name`; both mean the same.
        """
        from_root = self.path.removeprefix("./") if self.path != "." else ""
        path = "/" + from_root.strip("/")
        if not self.name or path.endswith(f"/{self.name.strip('/')}"):
            return path
        return f"{path.rstrip('/')}/{self.name}"

    def as_dentry(self, space_id: str = "") -> Dentry:
        """Our own word for it; `space_id` is the space asked about, for answers that leave it out."""
        is_folder = self.type == DentryType.FOLDER
        return Dentry(
            space_id=self.space_id or space_id,
            dentry_id=self.id,
            parent_id=self.parent_id,
            type=DentryType.FOLDER if is_folder else DentryType.FILE,
            name=self.name,
            path=self.full_path,
            size_bytes=0 if is_folder else self.size,
            version=self.version,
            modified_at=self.modified_time,
            creator_id=self.creator_id,
        )


class DentryRef(Wired):
    """Where the dentry behind a document link is."""

    dentry_uuid: str = ""
    dentry_id: str
    space_id: str


class SpaceInfo(Wired):
    """A space; each family of calls has its own names for the same things."""

    space_id: str = Field(validation_alias=AliasChoices("id", "spaceId", "space_id"))
    name: str = Field(default="", validation_alias=AliasChoices("name", "spaceName"))
    corp_id: str = ""
    status: str = "NORMAL"

    def as_space(self, name: str = "") -> Space:
        """Our own word for it; `name` is used when DingTalk gives none."""
        return Space(id=self.space_id, name=self.name or name, corp_id=self.corp_id)


class QueryItem(Wired):
    """What is known of one dentry asked for. Absent `success` means: a dentry came."""

    dentry_id: str = ""
    success: bool = False
    error_code: str = ""
    dentry: DentryInfo | None = None

    @property
    def is_gone(self) -> bool:
        """Whether DingTalk says so. That it says nothing of a dentry, or only an error, is not to say so."""
        return not self.dentry.is_there if self.dentry else self.error_code == "dentryNotExist"

    @model_validator(mode="before")
    @classmethod
    def _conclude(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("success") is None:
            return {**data, "success": data.get("dentry") is not None}
        return data


class Progress(StrEnum):
    """What the answer to a batch says about one item."""

    DONE = "done"
    FAILED = "failed"
    PENDING = "pending"
    """follow its task"""
    UNKNOWN = "unknown"
    """look whether the dentry is still there"""


class Tried(Wired):
    """What became of one item of a batch. With `is_async` the outcome is that of the task."""

    space_id: str = ""
    dentry_id: str = ""
    is_async: bool = Field(default=False, alias="async")
    success: bool | None = None
    error_code: str = ""
    task_id: str = ""
    dingtalk_request_id: str = ""
    """of the call, the same for all that went with it"""

    @property
    def progress(self) -> Progress:
        """Its meaning, whatever combination of fields came: DingTalk's own examples have all at once."""
        if self.task_id and (self.is_async or self.success is None):
            return Progress.PENDING
        if self.is_async and self.success:  # begun, they say, and name no task to follow
            return Progress.UNKNOWN
        if self.success is not None:
            return Progress.DONE if self.success else Progress.FAILED
        return Progress.FAILED if self.error_code else Progress.UNKNOWN


class RemoveItem(Tried):
    """What became of one dentry that was to be removed."""


class Task(Wired):
    """An asynchronous storage task; the counts are of its dentries."""

    id: str = ""
    status: Annotated[str, BeforeValidator(str.upper)] = "INIT"
    total_count: Whole = 0
    success_count: Whole = 0
    fail_count: Whole = 0
    fail_message: str = ""
    begin_time: Time = None
    end_time: Time = None

    @property
    def is_finished(self) -> bool:
        return self.status in {"SUCCESS", "FAIL"}

    @property
    def is_success(self) -> bool:
        """Finished, and nothing inside failed."""
        return self.status == "SUCCESS" and not self.fail_count
