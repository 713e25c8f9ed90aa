"""Who may do what: roles, the privileges they hold, and how they pass from a folder to what lies in it.

https://open.dingtalk.com/document/development/add-permissions-file (roles and privileges)
https://open.dingtalk.com/document/development/set-permission-inheritance-mode (PASS_ON and BREAK)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from sandbox.drive.dentry import Dentry


class Role(IntEnum):
    """The documented roles, the weakest first; each holds all privileges of those before it."""

    NONE = 0
    READER = 1
    DOWNLOADER = 2
    EDITOR = 3
    MANAGER = 4
    OWNER = 5


_WEAKEST_ROLE_WITH = {
    "INFO": Role.READER,
    "LIST": Role.READER,
    "PREVIEW": Role.READER,
    "READ": Role.DOWNLOADER,
    "DOWNLOAD": Role.DOWNLOADER,
    "WRITE": Role.EDITOR,
    "ADD": Role.EDITOR,
    "DELETE": Role.MANAGER,
    "MODIFY": Role.MANAGER,
    "COPY": Role.MANAGER,
    "RENAME": Role.MANAGER,
    "READ_PERMISSION": Role.MANAGER,
    "WRITE_PERMISSION": Role.MANAGER,
    "ASSIGN": Role.OWNER,
}
MEMBER_TYPES = frozenset({"ORG", "DEPT", "TAG", "CONVERSATION", "USER", "DYNAMIC_GROUP"})


@dataclass(frozen=True, slots=True)
class Operator:
    """The person a call is made for: unionId, organisation and every member key a grant may name them by."""

    union_id: str
    corp_id: str
    members: frozenset[str]


def allows(role: Role, privilege: str) -> bool:
    """Whether the role holds the privilege."""
    return role >= _WEAKEST_ROLE_WITH[privilege]


def granted(grants: Mapping[str, str], operator: Operator) -> Role:
    """The strongest role these grants give the operator."""
    return max(
        (Role[role] for member, role in grants.items() if member in operator.members), default=Role.NONE
    )


def passed_down(above: Role, dentry: Dentry, operator: Operator) -> Role:
    """The role on `dentry` and on what lies below it, given the role on its parent.

    BREAK stops what comes from above, but never OWNER and MANAGER. Who created an entry holds every privilege
    on it, but not on what others put inside: that is `role_on`, not this.
    """
    kept = Role.NONE if dentry.inheritance == "BREAK" and above < Role.MANAGER else above
    return max(kept, granted(dentry.grants, operator)) if dentry.grants else kept


def role_on(above: Role, dentry: Dentry, operator: Operator) -> Role:
    """The operator's role on exactly this dentry, given the role on its parent."""
    if dentry.creator_id == operator.union_id:
        return Role.OWNER
    return passed_down(above, dentry, operator)


def role_along(root: Role, folders: Iterable[Dentry], operator: Operator) -> Role:
    """The role that reaches the last of `folders` (given from the top down)."""
    for folder in folders:
        root = passed_down(root, folder, operator)
    return root
