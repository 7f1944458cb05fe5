import math

import numpy as np
import pytest

from qa.vectors import VectorIndex, from_bytes, to_bytes


@pytest.fixture
def index():
    """East, north, and north-east between them, under ids that are no positions."""
    made = VectorIndex(2)
    diagonal = math.sqrt(0.5)
    vectors = np.array([[1, 0], [0, 1], [diagonal, diagonal]], np.float32)
    made.add(np.array([70, 30, 50]), vectors)
    return made


EAST = np.array([1, 0], np.float32)


def test_vector_is_stored_as_little_endian_float16():
    assert to_bytes(np.array([1.0, -0.5, 0.0], np.float32)) == b"\x00\x3c\x00\xb8\x00\x00"


def test_stored_vectors_come_back_as_rows():
    blobs = [b"\x00\x3c\x00\xb8", b"\x00\x00\x00\x3c"]
    vectors = from_bytes(blobs, 2)
    assert vectors.tolist() == [[1.0, -0.5], [0.0, 1.0]]
    assert vectors.dtype == np.float32
    assert from_bytes([], 2).shape == (0, 2)


def test_nearest_ids_come_with_their_cosines(index):
    found = index.search(EAST, 2)
    assert list(found) == [70, 50]
    assert list(found.values()) == pytest.approx([1.0, 0.7071], abs=3e-4)


def test_more_than_there_is_gives_all_there_is(index):
    found = index.search(EAST, 60)
    assert list(found) == [70, 50, 30]
    assert found[30] == pytest.approx(0.0, abs=1e-6)


def test_empty_index_finds_nothing():
    assert VectorIndex(2).search(EAST, 5) == {}


def test_removed_ids_are_found_no_more_and_unknown_ones_ignored(index):
    index.remove(np.array([70, 999]))
    assert list(index.search(EAST, 5)) == [50, 30]
    assert len(index) == 2
    assert sorted(index.ids.tolist()) == [30, 50]


def test_last_id_is_the_highest_ever_added(index):
    assert index.last_id == 70
    index.add(np.array([60]), np.array([[0, -1]], np.float32))
    index.remove(np.array([70]))
    index.add(np.empty(0, np.int64), np.empty((0, 2), np.float32))
    assert index.last_id == 70
    assert index.search(EAST, 5)[60] == pytest.approx(0.0, abs=1e-6)
