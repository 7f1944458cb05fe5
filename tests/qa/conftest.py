"""Libraries with an encoder whose vectors can be computed by hand."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

from index.indexer import Indexer
from qa import Library, Settings
from tests.counting import Counting


@pytest.fixture
def counting():
    return Counting("rain", "bridge", "mayor", "bus")


@pytest.fixture
def counting_of():
    """Make encoders that count other words."""
    return Counting


@pytest.fixture
def one_word():
    """Make encoders with any name that count one word."""
    return lambda name: Counting("rain", name=name)


@pytest.fixture
def opened(tmp_path, counting, database_url):
    """Open libraries on one data folder, as several processes would; all are closed afterwards."""
    libraries = []

    def open_(encoder=counting, **settings):
        chosen = {"data_dir": tmp_path / "data", "database_url": database_url, **settings}
        libraries.append(Library(Settings(**chosen), encoder))
        return libraries[-1]

    yield open_
    for library in libraries:
        library.close()


@pytest.fixture
def library(opened):
    return opened()


@pytest.fixture
def indexer(library):
    return Indexer(library)
