"""What the sandbox remembers of each call it received."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class CallRecord:
    """One call: `route` is the interface (`POST /v1.0/…/{id}`), `request` and `response` its bodies.

    `counted`: it used up monthly quota. `note`: why it was refused or altered by something other than what it
    asked for (a fault, a limit, a missing permission, …), empty when it was not. `at` in ms of the sandbox
    clock, `elapsed_ms` in real milliseconds.
    """

    at: int
    method: str
    path: str
    route: str
    query: dict[str, str] = field(default_factory=dict)
    request: Any = None
    status: int = 0
    response: Any = None
    counted: bool = False
    elapsed_ms: float = 0.0
    client_id: str = ""
    request_id: str = ""
    fault_id: str = ""
    note: str = ""
    seq: int = 0
