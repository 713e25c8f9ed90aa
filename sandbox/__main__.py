"""`python -m sandbox`: a local DingTalk until it is interrupted. The first line it prints is its address."""

import argparse
import asyncio
import ipaddress
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.seed import new_world, read_seed
from sandbox.server import Server


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the sandbox; 0 after SIGINT or SIGTERM, 2 when it may or can not start."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="0 is any free port (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--allow-remote", action="store_true", help="allow a host that others can reach")
    parser.add_argument("--seed", type=Path, help="JSON file with people, conversations, drive, …")
    options = parser.parse_args(argv)
    if not options.allow_remote and not is_loopback(options.host):
        parser.error(f"{options.host} is not this machine alone; --allow-remote if that is meant")
    try:
        world = new_world(read_seed(options.seed))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        parser.error(f"cannot use the seed: {exc}")
    try:
        asyncio.run(run(Server(world, host=options.host, port=options.port)))
    except OSError as exc:
        parser.error(f"cannot listen on {options.host}:{options.port}: {exc}")
    return 0


async def run(server: Server) -> None:
    """Serves until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await stop.wait()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
