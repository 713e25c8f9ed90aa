"""The memory of a robot that deletes a folder with very much in it: found, stored, shown, agreed to, deleted, told.

Nothing limits it meanwhile, neither DingTalk nor itself, for what is asked here is how much and not how fast.
"""

import time

from tests.bench.figures import Peak
from tests.bench.jobs import ask, confirm
from tests.bench.stage import Robot, Stage

IN_ONE_FOLDER = 1000
WITHIN_S = 600


async def peak(stage: Stage, robot: Robot, dentries: int) -> Peak:
    """The most memory that the robot has held once a folder of so many dentries is gone."""
    await stage.plant(_paths(dentries))
    began = time.perf_counter()
    card = await ask(stage, "/large", within_s=WITHIN_S)
    asked, asked_bytes = time.perf_counter(), robot.program.peak_bytes()
    await confirm(stage, card, within_s=WITHIN_S)
    return Peak(
        dentries=dentries,
        asked_bytes=asked_bytes,
        peak_bytes=robot.program.peak_bytes(),
        asked_s=asked - began,
        deleted_s=time.perf_counter() - asked,
    )


def _paths(dentries: int) -> list[str]:
    """Files that come to so many dentries with the folders above them: `/large` and, in it, folders of up to 1,000."""
    folders = -(-(dentries - 1) // (IN_ONE_FOLDER + 1))
    files = dentries - 1 - folders
    return [f"/large/{i // IN_ONE_FOLDER:03}/{i:06} annual report.pdf" for i in range(files)]
