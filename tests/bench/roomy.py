"""Dingsweep as people run it, but for one thing: a command may be so long that it holds the ids of 10 000 files.

With the limit for typed texts a job of so many targets cannot be ordered, only one of folders with as much in them.
"""

from bot.__main__ import main
from handlers import commands

vars(commands)["MAX_CHARS"] = 1_000_000

if __name__ == "__main__":
    main()
