"""Means of token vectors, computed by hand."""

import numpy as np
import pytest

from qa.model.pooling import encode_apart, part_means
from qa.vectors import unit

# "He sat. It ran." as five tokens between the two special ones.
VECTORS = np.eye(7, dtype=np.float32)


def mean(*rows):
    return pytest.approx(unit(np.array([VECTORS[list(rows)].mean(axis=0)]))[0], abs=1e-6)


def test_a_part_is_the_mean_of_its_own_tokens():
    offsets = np.array([[0, 0], [0, 2], [3, 6], [6, 7], [8, 10], [11, 15], [0, 0]])
    whole, first, second = part_means(VECTORS, offsets, [(0, 7), (8, 15)])
    assert whole == mean(*range(7))
    assert first == mean(1, 2, 3)
    assert second == mean(4, 5)


def test_a_token_that_covers_the_space_before_a_part_belongs_to_the_part():
    """SentencePiece, which multilingual models use, produces such tokens."""
    offsets = np.array([[0, 0], [0, 2], [2, 6], [6, 7], [7, 10], [10, 15], [0, 0]])
    _, first, second = part_means(VECTORS, offsets, [(0, 7), (8, 15)])
    assert first == mean(1, 2, 3)
    assert second == mean(4, 5)


def test_a_part_without_tokens_gets_the_mean_of_the_whole():
    offsets = np.array([[0, 0], [0, 2], [3, 6], [6, 7], [8, 10], [11, 15], [0, 0]])
    whole, beyond = part_means(VECTORS, offsets, [(40, 50)])
    assert beyond == pytest.approx(whole)


def test_parts_are_encoded_apart():
    def lengths(texts):
        return np.array([[len(text), 0] for text in texts], np.float32)

    found = encode_apart(lengths, ["abc", "defgh"], [[(0, 1), (1, 3)], []])
    assert [each.tolist() for each in found] == [[[3, 0], [1, 0], [2, 0]], [[5, 0]]]
    assert [each.tolist() for each in encode_apart(lengths, ["abc"], [])] == [[[3, 0]]]
    assert encode_apart(lengths, [], []) == []
