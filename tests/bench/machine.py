"""Where a run took place: figures of two machines cannot be compared, ratios perhaps."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

CORES = os.cpu_count() or 1
PACKAGES = (
    "dingsweep",
    "aiohttp",
    "dbos",
    "dingtalk-stream",
    "pydantic",
    "sqlalchemy",
    "alibabacloud-dingtalk",
)


def machine() -> dict[str, str]:
    """The machine in words."""
    return {
        "system": platform.platform(),
        "processor": f"{_processor()}, {CORES} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def versions() -> dict[str, str]:
    """What was measured, and what it stands on."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
