"""What all rooms share: no test reaches for a hub, and the packaged model is loaded once."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

from qa.encoder import SentenceEncoder


@pytest.fixture(scope="session")
def encoder():
    return SentenceEncoder()
