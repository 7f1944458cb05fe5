import pytest

from tests.feedserver import FeedServer


@pytest.fixture
def site():
    made = FeedServer()
    yield made
    made.close()
