import pytest

from tests.feedserver import FeedServer
from tests.index.feed_helpers import Clock, following


@pytest.fixture
def site():
    made = FeedServer()
    yield made
    made.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def feeds(database, clock):
    return following(database, clock)
