"""An update of a card waits for the answers to its callbacks."""

import asyncio

from bot.callbacks import OpenCallbacks


async def test_an_update_waits_for_every_callback_of_its_card() -> None:
    callbacks = OpenCallbacks(settle_s=0)
    with callbacks.answering("card"):
        with callbacks.answering("card"):
            update = asyncio.create_task(callbacks.answered("card"))
            await callbacks.answered("another card")
        await _turns()
        assert not update.done()
    await update
    await callbacks.answered("card")


async def test_a_callback_that_fails_is_over_as_well() -> None:
    callbacks = OpenCallbacks(settle_s=0)
    try:
        with callbacks.answering("card"):
            raise RuntimeError
    except RuntimeError:
        await callbacks.answered("card")


async def _turns() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)
