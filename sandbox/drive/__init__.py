"""The drive of the sandbox: spaces, files, folders, rights, tasks and the recycle bin, as pure state.

`from_dict(clock, limits, state, push)` makes a drive of a seed (`seed_drive.json`) or of what `to_dict` gave;
`plant` puts files into a space by path. The interfaces on top of it are `sandbox.storage` and
`sandbox.recycle`.
"""

from sandbox.drive.drive import Drive
from sandbox.drive.paper import from_dict, plant, to_dict

__all__ = ["Drive", "from_dict", "plant", "to_dict"]
