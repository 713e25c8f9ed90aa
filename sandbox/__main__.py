"""The command line of the sandbox: `python -m sandbox`."""

import argparse
import asyncio
import errno
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.guard import is_loopback
from sandbox.seed import new_world, read_seed
from sandbox.server import Server
from sandbox.world import World

ABOUT = """\
A DingTalk of your own, on this machine: stream gateway, OpenAPI, drive, cards and a small
company of people, on one port and in memory. The first line it prints is its address.
Ctrl-C ends it."""

MORE = """\
examples:
  python -m sandbox                      on port 8765
  python -m sandbox --port 0             on any free port
  python -m sandbox --seed company.json  with people and files of your own

A robot connects as client id dingsandbox with secret sandbox-secret. Speak as somebody:
  curl ADDRESS/sandbox/say -d '{"as": "wang", "conversation": "cidMarketing==", "text": "hello"}'
Everything else is in sandbox/README.md."""

LAST_PORT = 65535
BAD_SEED = (ValueError, LookupError, TypeError, AttributeError)
"""How JSON that is no seed shows in the places that read it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the sandbox; 0 after SIGINT or SIGTERM. Exits with 2 and a sentence when it may or can not start."""
    parser = _parser()
    options = parser.parse_args(argv)
    if not options.allow_remote and not is_loopback(options.host):
        _refuse(parser, f"others can reach {options.host}; add --allow-remote if they may.")
    world = _world(parser, options.seed)
    try:
        server = Server(world, host=options.host, port=options.port, allow_remote=options.allow_remote)
        asyncio.run(run(server))
    except OSError as exc:
        _refuse(parser, _why_not(exc, options.host, options.port))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=ABOUT,
        epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", type=port, default=8765, metavar="N", help="port, 0 for any free one (default: %(default)s)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--allow-remote", action="store_true", help="allow a host that others can reach")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="start with these people and files; also a saved state"
    )
    return parser


def _refuse(parser: argparse.ArgumentParser, sentence: str) -> None:
    parser.exit(2, f"{parser.prog}: {sentence}\n")


def _world(parser: argparse.ArgumentParser, seed: Path | None) -> World:
    try:
        return new_world(read_seed(seed))
    except OSError as exc:
        _refuse(parser, f"cannot read {seed}: {exc.strerror or exc}.")
    except BAD_SEED as exc:
        _refuse(parser, f"{seed} is no seed: {exc}.")
    raise AssertionError("the parser has left")


def _why_not(exc: OSError, host: str, number: int) -> str:
    if exc.errno == errno.EADDRINUSE:
        return f"port {number} on {host} is in use; choose another with --port, or --port 0 for any free one."
    if exc.errno == errno.EACCES:
        return f"port {number} needs more rights than you have; choose one above 1023 with --port."
    return f"cannot listen on {host}, port {number}: {exc.strerror or exc}."


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


def port(text: str) -> int:
    """The number of a port, 0 to 65535. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {LAST_PORT}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
