"""The error codes of the storage interfaces with their HTTP status.

Each storage page lists its own; this is their union.
https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
https://open.dingtalk.com/document/development/batch-restore-recycled-items
"""

import re

from sandbox.errors import ApiError

_STATUS_AND_MESSAGE: dict[str, tuple[int, str]] = {
    "paramError": (400, "invalid parameter"),
    "operationConcurrentControl": (400, "another operation is working on this file or folder"),
    "recycleBinNotSupportForSpace": (400, "this space does not support the recycle bin"),
    "dentryNameIllegal": (400, "illegal file name"),
    "dentryAlreadyExist": (400, "a file or folder of this name already exists"),
    "spaceQuotaInsufficient": (400, "the quota of the space is used up"),
    "orgQuotaInsufficient": (400, "the quota of the organisation is used up"),
    "permissionInheritanceUnsupportedForRootDentry": (400, "the root does not inherit permissions"),
    "permissionDenied": (403, "the operator has no permission"),
    "operationNotSupported": (403, "this file or folder cannot go to the recycle bin"),
    "acrossOrgAccessForbidden": (403, "access across organisations is forbidden"),
    "spaceNotExist": (404, "the space does not exist"),
    "dentryNotExist": (404, "the file or folder does not exist"),
    "taskNotExist": (404, "the task does not exist"),
    "recycleBinNotExist": (404, "the recycle bin does not exist"),
    "recycleItemNotExist": (404, "the recycle item does not exist"),
    "documentNotExist": (404, "the document does not exist"),
    "conversationNotExist": (404, "the conversation does not exist"),
    "appNotExist": (404, "the application does not exist"),
}


def refusal(code: str, detail: str = "") -> ApiError:
    """The error for a documented storage code; `detail` says more than the code does.

    A `paramError.field` (once: `paramError-field`) code is a paramError about that field.
    """
    family = re.split("[.-]", code, maxsplit=1)[0]
    status, message = _STATUS_AND_MESSAGE[family]
    return ApiError(status, code, f"{message}: {detail}" if detail else message)
