"""`python -m bot`, with replicas that are missed sooner: `IMPATIENCE` is "renew act dead", in seconds.

Not so soon that one would be missed that only had a busy moment.
"""

import os
from functools import partial
from unittest.mock import patch

from bot import app
from bot.__main__ import main
from bot.replica import Times

DEFAULT = "0.5 2 5"

if __name__ == "__main__":
    times = Times(*map(float, os.environ.get("IMPATIENCE", DEFAULT).split()))
    with patch.object(app, "run", partial(app.run, times=times)):
        main(prog_name="dingsweep")
