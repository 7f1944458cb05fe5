import math
import threading

import numpy as np
import pytest

from qa.search.vectors import FEWEST, VectorIndex, still_near
from qa.vectors import from_bytes, to_bytes, unit


@pytest.fixture
def index():
    """East, north and north-east, under ids that are not positions."""
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


def test_ids_are_returned_nearest_first(index):
    assert list(index.propose(EAST)) == [70, 50, 30]


def test_empty_index_returns_nothing():
    assert VectorIndex(2).propose(EAST) == {}
    assert len(VectorIndex(2)) == 0


def test_removed_ids_are_no_longer_returned_and_unknown_ones_are_ignored(index):
    index.remove(np.array([70, 999]))
    assert list(index.propose(EAST)) == [50, 30]
    assert len(index) == 2
    assert sorted(index.ids.tolist()) == [30, 50]


def test_adding_and_removing_no_ids_has_no_effect(index):
    index.add(np.empty(0, np.int64), np.empty((0, 2), np.float32))
    index.remove(np.empty(0, np.int64))
    assert sorted(index.ids.tolist()) == [30, 50, 70]


# Recall: exact cosines come from the database, so the nearest only need to be returned


DIMENSION = 384


def clustered(count, seed):
    """Unit vectors in loose clusters of 200, like passages on similar topics.

    Returning half as many ids would find .976 of the true top ten instead of .999.
    """
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(max(count // 200, 1), DIMENSION))
    spread = chance.normal(size=(count, DIMENSION)) * 2
    return unit((centres[chance.integers(len(centres), size=count)] + spread).astype(np.float32))


def filled(vectors):
    """Ids from 1000 on."""
    made = VectorIndex(DIMENSION)
    made.add(np.arange(1000, 1000 + len(vectors)), vectors)
    return made


def recall(index, vectors, left, questions):
    """Return the share of the true top ten among ``left`` that are returned."""
    found = 0
    for question in questions:
        cosines = vectors[left] @ question
        truth = 1000 + left[np.argsort(-cosines)[:10]]
        found += len(set(truth.tolist()) & set(index.propose(question)))
    return found / (10 * len(questions))


@pytest.mark.parametrize("count", [1, 31, 200])
def test_all_ids_of_a_small_index_are_returned(count):
    index = filled(clustered(count, 1))
    assert sorted(index.propose(clustered(1, 2)[0])) == list(range(1000, 1000 + count))


@pytest.mark.parametrize(("count", "proposed"), [(201, 200), (5_000, 200), (41_000, 202)])
def test_large_index_returns_the_square_root_of_its_size_and_at_least_200(count, proposed):
    vectors = clustered(count, 1)
    found = filled(vectors).propose(vectors[0])
    assert len(found) == proposed
    assert next(iter(found)) == 1000


def test_nearest_ten_of_thousands_are_among_those_returned():
    vectors, everything = clustered(5_000, 3), np.arange(5_000)
    index = filled(vectors)
    questions = unit(vectors[::50] + clustered(100, 4) * 0.7)
    assert recall(index, vectors, everything, questions) >= 0.99
    # The result depends neither on chance nor on the order of articles.
    other = VectorIndex(DIMENSION)
    for ids in np.array_split(everything[::-1], 7):
        other.add(1000 + ids, vectors[ids])
    assert sorted(other.propose(questions[0])) == sorted(index.propose(questions[0]))


def test_only_what_may_be_among_the_nearest_ten_is_still_to_be_read():
    exact = {n: 0.50 + n / 100 for n in range(12)}  # the tenth best is .52
    proposed = {11: 0.9, 50: 0.43, 51: 0.421, 52: 0.417}
    assert still_near(proposed, exact, 384) == [50, 51]  # .102 below .52 at most
    assert still_near(proposed, exact, 4 * 384) == []
    assert still_near(proposed, {}, 384) == [11, 50, 51, 52]


def test_what_is_not_read_holds_no_more_of_the_nearest_ten():
    vectors = clustered(20_000, 3)
    index, read, found = filled(vectors), 0, 0
    questions = unit(vectors[::200] + clustered(100, 4) * 0.7)
    for question in questions:
        proposed, cosines = index.propose(question, 1_000), vectors @ question
        exact = {id_: cosines[id_ - 1000] for id_ in list(proposed)[:FEWEST]}
        near = {*exact, *still_near(proposed, exact, DIMENSION)}
        truth = {*(1000 + np.argsort(-cosines)[:10]).tolist()}
        assert truth & near == truth & proposed.keys()
        read += len(near)
        found += len(truth & near)
    assert found == 1_000
    assert read < 65_000  # of 100,000


def test_nearest_ten_are_among_those_returned_after_most_are_removed():
    vectors = clustered(6_000, 5)
    index = filled(vectors)
    gone = np.random.default_rng(6).permutation(6_000)[:4_000]
    for some in np.array_split(gone, 40):
        index.remove(1000 + some)
    left = np.setdiff1d(np.arange(6_000), gone)
    assert sorted(index.ids.tolist()) == (1000 + left).tolist()
    questions = unit(vectors[::60] + clustered(100, 7) * 0.7)
    assert recall(index, vectors, left, questions) >= 0.99
    index.add(1000 + gone, vectors[gone])
    assert recall(index, vectors, np.arange(6_000), questions) >= 0.99


def test_threads_can_search_while_passages_are_added_and_removed():
    vectors = clustered(3_000, 8)
    index = filled(vectors[:1_000])
    stop, failures, asked = threading.Event(), [], []

    def ask():
        while not stop.is_set():
            found = index.propose(vectors[5])
            asked.append(len(found))
            if next(iter(found)) != 1005 or len(found) != 200:
                failures.append(found)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(1_000, 3_000, 100):
        index.add(np.arange(1000 + n, 1100 + n), vectors[n : n + 100])
        index.remove(np.arange(1050 + n, 1100 + n))
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(asked) >= 4
    assert len(index) == 2_000


# Lists


def in_lists(vectors):
    """Ids from 1000 on, sorted into lists."""
    made = VectorIndex.in_lists(vectors, len(vectors))
    made.add(np.arange(1000, 1000 + len(vectors)), vectors)
    return made


def test_lists_return_nearly_all_that_a_scan_returns_also_after_removals():
    vectors, everything = clustered(3_000, 3), np.arange(3_000)
    index = in_lists(vectors)
    questions = unit(vectors[::60] + clustered(50, 4) * 0.7)
    assert recall(index, vectors, everything, questions) >= 0.95
    gone = np.random.default_rng(6).permutation(3_000)[:1_000]
    for some in np.array_split(gone, 20):
        index.remove(1000 + some)
    left = np.setdiff1d(everything, gone)
    assert (len(index), sorted(index.ids.tolist())) == (2_000, (1000 + left).tolist())
    assert recall(index, vectors, left, questions) >= 0.95
    assert set(index.propose(vectors[gone[0]])).isdisjoint(1000 + gone)
    assert sorted(index.propose(vectors[0], 2_000)) == (1000 + left).tolist()
    index.add(1000 + gone, vectors[gone])
    assert recall(index, vectors, everything, questions) >= 0.95


def test_saved_lists_are_opened_as_they_were(tmp_path):
    vectors = clustered(1_000, 9)
    index = in_lists(vectors)
    index.save(tmp_path / "vectors", {"revision": 7})
    opened, note = VectorIndex.open(tmp_path / "vectors")
    assert note == {"revision": 7}
    assert sorted(opened.ids.tolist()) == list(range(1000, 2000))
    assert opened.propose(vectors[3]) == index.propose(vectors[3])
    assert (opened.dimension, opened.suits) == (DIMENSION, range(31**2 // 4, 4 * 31**2))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["vectors", "vectors.json"]


@pytest.mark.parametrize("part", ["vectors", "vectors.json"])
@pytest.mark.parametrize("damage", ["cut", "byte", "gone", "of another"])
def test_damaged_lists_are_not_opened(tmp_path, part, damage):
    index = in_lists(clustered(1_000, 9))
    path, other = tmp_path / part, tmp_path / "other"
    index.save(tmp_path / "vectors", {"revision": 7})
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "byte":
        path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    elif damage == "gone":
        path.unlink()
    else:
        other.mkdir()
        in_lists(clustered(1_000, 10)).save(other / "vectors", {"revision": 8})
        (other / part).replace(path)
    assert VectorIndex.open(tmp_path / "vectors") is None


def test_lists_that_cannot_be_saved_leave_what_was_there(tmp_path):
    index = in_lists(clustered(1_000, 9))
    index.save(tmp_path / "vectors", {})
    with pytest.raises(OSError, match="could not open"):
        index.save(tmp_path / "missing" / "vectors", {})
    assert VectorIndex.open(tmp_path / "vectors") is not None
