"""A small drive for tests: two people, three spaces, a clock that only moves when told to."""

from typing import Any

from sandbox.clock import Clock
from sandbox.drive import Drive, from_dict
from sandbox.drive.dentry import Dentry
from sandbox.drive.rights import Operator
from sandbox.drive.space import Space
from sandbox.limits import Limits

CORP = "corp"
BIN_SPACE, PLAIN_SPACE, GROUP_SPACE = "11", "12", "13"


class StillClock(Clock):
    """A clock that stands at a fixed time plus what `advance` added."""

    def now(self) -> float:
        """Seconds since 1970."""
        return 1_700_000_000.0 + self.offset_s


def operator(name: str, *more: str) -> Operator:
    """A member of the organisation whose unionId is `name`."""
    return Operator(name, CORP, frozenset({f"USER:{name}", f"ORG:{CORP}", *more}))


OWNER, MEMBER = operator("owner"), operator("member")
STRANGER = Operator("stranger", "elsewhere", frozenset({"USER:stranger", "ORG:elsewhere"}))


def make_drive(*entries: dict[str, Any], seconds: float = 0.0, polls: int = 0) -> Drive:
    """A drive with `entries` in the space with a bin. The owner owns all spaces, other members may edit."""
    limits = Limits(task_seconds=seconds, task_polls=polls)
    grants = {"USER:owner": "OWNER", f"ORG:{CORP}": "EDITOR"}
    common = {"corpId": CORP, "creatorId": "owner", "grants": grants}
    spaces = [
        {
            "id": BIN_SPACE,
            "name": "with bin",
            "kind": "org",
            "recycles": True,
            "entries": list(entries),
            **common,
        },
        {"id": PLAIN_SPACE, "name": "without bin", "kind": "app", **common},
        {"id": GROUP_SPACE, "name": "group", "kind": "group", "recycles": True, **common},
    ]
    return from_dict(StillClock(), limits, {"spaces": spaces})


def the_space(drive: Drive, space_id: str = BIN_SPACE) -> Space:
    """A space of the test drive."""
    return drive.space(CORP, space_id)


def at(drive: Drive, path: str, space_id: str = BIN_SPACE) -> Dentry:
    """The dentry at a path, which must exist."""
    found = the_space(drive, space_id).tree.at(path)
    assert found is not None, path
    return found


def paths(drive: Drive, space_id: str = BIN_SPACE) -> set[str]:
    """All paths of a space."""
    tree = the_space(drive, space_id).tree
    return {tree.path(d) for d in tree}


def bin_paths(drive: Drive) -> list[str]:
    """The original paths of what lies in the bin, newest first."""
    return [item.original_path for item in drive.recycle_bin(CORP).items()]
