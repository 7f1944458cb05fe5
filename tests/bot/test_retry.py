import asyncio

import pytest

from bot.retry import PATIENCE, retry_if_lost
from qa import StoreLostError


class Losing:
    """Loses the connection so many times, the first time after some seconds."""

    def __init__(self, losses, seconds=0.0):
        self.losses, self.seconds, self.calls = losses, seconds, 0

    async def __call__(self):
        self.calls += 1
        if self.calls > self.losses:
            return "done"
        await asyncio.sleep(self.seconds if self.calls == 1 else 0)
        raise StoreLostError("The connection was lost.")


def test_what_loses_its_connection_is_done_again():
    losing = Losing(2)
    assert asyncio.run(retry_if_lost(losing)) == "done"
    assert losing.calls == 3


@pytest.mark.slow
def test_what_took_longer_than_the_patience_is_done_again_too():
    losing = Losing(1, PATIENCE + 0.1)
    assert asyncio.run(retry_if_lost(losing)) == "done"
    assert losing.calls == 2


@pytest.mark.slow
def test_a_database_that_stays_away_is_given_up():
    losing = Losing(10_000)
    with pytest.raises(StoreLostError):
        asyncio.run(retry_if_lost(losing))
    assert 50 < losing.calls < 102
