"""`python -m bot.demo.guard MODULE ARGUMENT…`: runs a module that ends when whoever started it is gone.

Standard input is a pipe whose other end nobody writes to. It closes with the process that holds it, also when that
is killed or its terminal closes, and then the module is told to stop as by SIGTERM: nothing is left running.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _stop_with_parent() -> None:
    os.read(0, 1)  # sys.stdin has a lock that a thread must not hold when the interpreter ends
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
