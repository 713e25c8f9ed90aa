"""`python -m bot`, with replicas that are missed sooner: `IMPATIENCE` is "renew act dead", in seconds."""

import os
from functools import partial
from unittest.mock import patch

from bot import app
from bot.__main__ import main
from bot.replica import Times

if __name__ == "__main__":
    times = Times(*map(float, os.environ["IMPATIENCE"].split()))
    with patch.object(app, "run", partial(app.run, times=times)):
        main(prog_name="dingsweep")
