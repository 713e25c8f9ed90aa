"""The command line of the sandbox: `python -m sandbox`."""

import argparse
import asyncio
import errno
import signal
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from sandbox.guard import is_loopback
from sandbox.seed import new_world, read_seed
from sandbox.server import Server
from sandbox.world import World

ABOUT = """\
A DingTalk of your own, on this machine: stream gateway, OpenAPI, drive, cards and a small
company of people, on one port and in memory. The first line it prints is its address;
in a browser that is a page to chat, press, look and break things. Ctrl-C ends it."""

MORE = """\
examples:
  python -m sandbox --open               on port 8765, and the page in a browser
  python -m sandbox --port 0             on any free port
  python -m sandbox --seed company.json  with people and files of your own

A robot connects as client id dingsandbox with secret sandbox-secret. Speak without the page:
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
    world = _world(parser, options.seed, options.suggest)
    try:
        server = Server(world, host=options.host, port=options.port, allow_remote=options.allow_remote)
        asyncio.run(run(server, browse=options.open))
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
    parser.add_argument("--open", action="store_true", help="open the page in a browser once it is there")
    parser.add_argument("--allow-remote", action="store_true", help="allow a host that others can reach")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="start with these people and files; also a saved state"
    )
    parser.add_argument(
        "--suggest",
        action="append",
        default=[],
        metavar="TEXT",
        help="something the page offers to say; may be given several times",
    )
    return parser


def _refuse(parser: argparse.ArgumentParser, sentence: str) -> None:
    parser.exit(2, f"{parser.prog}: {sentence}\n")


def _world(parser: argparse.ArgumentParser, file: Path | None, suggested: Sequence[str]) -> World:
    try:
        seed = read_seed(file)
        seed["suggestions"] = [*seed["suggestions"], *({"text": text} for text in suggested)]
        return new_world(seed)
    except OSError as exc:
        _refuse(parser, f"cannot read {file}: {exc.strerror or exc}.")
    except BAD_SEED as exc:
        _refuse(parser, f"{file or 'what was given'} is no seed: {exc}.")
    raise AssertionError("the parser has left")


def _why_not(exc: OSError, host: str, number: int) -> str:
    if exc.errno == errno.EADDRINUSE:
        return f"port {number} on {host} is in use; choose another with --port, or --port 0 for any free one."
    if exc.errno == errno.EACCES:
        return f"port {number} needs more rights than you have; choose one above 1023 with --port."
    return f"cannot listen on {host}, port {number}: {exc.strerror or exc}."


async def run(server: Server, *, browse: bool = False) -> None:
    """Serves until SIGINT or SIGTERM; `browse` opens the page in a browser."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with server:
        sys.stdout.write(f"{server.url}\nThe page, for a browser: {server.url}/\n")
        sys.stdout.flush()
        if browse:
            threading.Thread(target=_browse, args=[f"{server.url}/"], daemon=True).start()
        await stop.wait()


def _browse(url: str) -> None:
    """Opens the page; in a thread of its own, because some browsers keep whoever starts them waiting."""
    if not webbrowser.open(url):
        sys.stderr.write(f"No browser could be started; open {url} yourself.\n")


def port(text: str) -> int:
    """The number of a port, 0 to 65535. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {LAST_PORT}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
