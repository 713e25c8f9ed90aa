"""One robot a database, on both of them."""

import pytest

from bot.store import Store, StoreError
from tests.unit.test_store import driven


async def test_a_second_robot_is_refused_until_the_first_has_ended(database_url: str) -> None:
    url = driven(database_url)
    async with Store(url) as one, Store(url) as other:
        async with one.leased():
            with pytest.raises(StoreError, match="Another Dingsweep is running"):
                await other.leased().__aenter__()
        async with other.leased():
            assert await other.requests.latest() == []
