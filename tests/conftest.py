"""What all rooms share: no test reaches for a hub, and the packaged model is loaded once."""

import os
import shutil
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
# The model's graph is made once for all tests and the processes that they start, and never taken
# from, nor left in, the cache of whoever runs them.
CACHE = os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="pullquote-tests-")

import pytest

from qa.model.encoder import SentenceEncoder


def pytest_sessionfinish():
    shutil.rmtree(CACHE, ignore_errors=True)


@pytest.fixture(scope="session")
def encoder():
    return SentenceEncoder()
