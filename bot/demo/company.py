"""How the company of the demo has set its robot up: the built-in policy, one rule of its own, and a channel."""

from __future__ import annotations

from pathlib import Path

from bot.demo.sandbox import Sandbox
from bot.policy.builtin import builtin_text

CHANNEL = "值班播报"
"""A custom robot in the group of the marketing department; it says what its webhook is sent."""
SECONDS = 3
_SETTINGS = """\
# The team hears how requests end, from a custom robot of its own.
[[notify]]
name = "{channel}"
webhook = "{url}/robot/send?access_token=webhook-marketing"
secret = "SECsandboxmarketing"

# Nobody wants to watch a card for a day: what is asked about builds expires after {seconds} seconds.
[[rules]]
name = "Builds"
conversations = ["cidEngineering=="]
paths = ["/builds/**"]
answer = "approve"
from = ["manager"]
decide_within = "{seconds} seconds"

# Everything else as without any rule: what follows is the built-in policy, word for word.
{builtin}"""


def set_up(folder: Path, box: Sandbox) -> None:
    """Write the dingsweep.toml of a robot that runs in this folder."""
    text = _SETTINGS.format(channel=CHANNEL, url=box.url, seconds=SECONDS, builtin=builtin_text())
    (folder / "dingsweep.toml").write_text(text, "utf-8")
