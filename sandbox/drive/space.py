"""A space: a tree of dentries with an owner, a quota, its own rights, and maybe a recycle bin behind it."""

from dataclasses import dataclass, field
from typing import Literal

from sandbox.drive.dentry import Dentry
from sandbox.drive.rights import Operator, Role, granted, role_along, role_on
from sandbox.drive.tree import Tree

SpaceKind = Literal["org", "group", "app", "own"]


@dataclass(slots=True)
class Space:
    """One space. `quota` is bytes or None (only the organisation's counts); `grants` are those of its top.

    `kind`: org (shared space of the organisation), group (files of a conversation), app (made by an
    application, invisible in the client), own (a person's files). `recycles`: whether what is deleted here can
    go to the organisation's recycle bin.
    """

    id: str
    corp_id: str
    name: str
    kind: SpaceKind
    creator_id: str
    created_ms: int
    modified_ms: int
    modifier_id: str = ""
    owner_type: str = "USER"
    owner_id: str = ""
    app_id: str = ""
    quota: int | None = None
    recycles: bool = False
    conversation_id: str = ""
    scene: str = "default"
    scene_id: str = "0"
    capabilities: dict[str, bool] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)

    def role(self, operator: Operator) -> Role:
        """The operator's role at the top of the space."""
        return granted(self.grants, operator)

    def role_inside(self, folder: Dentry | None, operator: Operator) -> Role:
        """The role a folder (None: the top) passes on to what lies in it."""
        folders = [] if folder is None else [folder, *self.tree.ancestors(folder)]
        return role_along(self.role(operator), reversed(folders), operator)

    def role_on(self, dentry: Dentry, operator: Operator) -> Role:
        """The operator's role on one dentry."""
        return role_on(self.role_inside(self.tree.get(dentry.parent_id), operator), dentry, operator)
