"""The demo."""


async def play(*, once: bool) -> int:
    return 1
