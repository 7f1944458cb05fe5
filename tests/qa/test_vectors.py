"""Rows that grow, kept as they are stored."""

import numpy as np
import pytest

from qa.vectors import GrowingRows, from_bytes, from_codes, to_bytes, to_codes, turned, unit

HALVES = np.arange(2**16, dtype=np.uint16).view(np.float16)
"""Every number there is of that size."""


def test_vectors_are_read_as_they_are_stored():
    numbers = HALVES[np.isfinite(HALVES)]
    read = from_bytes([numbers.tobytes()], 2)
    assert (read.dtype, read.shape) == (np.float32, (len(numbers) // 2, 2))
    assert read.ravel().tolist() == numbers.tolist()


def test_products_are_those_of_the_stored_numbers_exactly():
    numbers = HALVES[np.abs(HALVES) <= 1].astype(np.float32)  # also leaves out what is no number
    rows = GrowingRows(1)
    rows.add(numbers[:, None])
    products = rows.products(np.array([[1], [-0.5]], np.float32))
    assert products.dtype == np.float32
    assert products.tolist() == [[each, -each / 2] for each in numbers.tolist()]


def test_rows_are_added_and_stay_where_they_are():
    chance = np.random.default_rng(1)
    vectors = chance.uniform(-1, 1, (3000, 5)).astype(np.float32)
    rows, stored = GrowingRows(5), from_bytes([to_bytes(vectors)], 5)
    for begin in range(0, 3000, 700):
        rows.add(vectors[begin : begin + 700])
    assert len(rows) == 3000
    assert rows[2999].tolist() == stored[2999].tolist()
    others = vectors[:2]
    np.testing.assert_allclose(rows.products(others), stored @ others.T, atol=1e-6)
    among = np.array([2999, 0, 1500])
    np.testing.assert_allclose(rows.products(others, among), stored[among] @ others.T, atol=1e-6)


def test_nothing_has_no_products():
    assert GrowingRows(3).products(np.ones((2, 3), np.float32)).shape == (0, 2)


@pytest.mark.parametrize("dimension", [1, 7, 384])
def test_turned_vectors_have_the_products_of_before(dimension):
    vectors = np.random.default_rng(2).standard_normal((5, dimension)).astype(np.float32)
    rows = turned(vectors)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows @ rows.T, vectors @ vectors.T, atol=1e-3)


@pytest.mark.parametrize(("dimension", "size"), [(1, 1), (4, 1), (6, 2), (384, 96)])
def test_codes_take_two_bits_a_number(dimension, size):
    vectors = np.random.default_rng(3).standard_normal((5, dimension)).astype(np.float32)
    blob = to_codes(vectors)
    assert len(blob) == 5 * size
    assert (np.sign(from_codes(blob, dimension)) == np.sign(vectors)).all()
    assert from_codes(to_codes(vectors[:0]), dimension).shape == (0, dimension)


def test_codes_tell_large_numbers_from_small_ones():
    (numbers,) = from_codes(to_codes(np.array([[3, -3, 0.1, -0.1]], np.float32)), 4)
    assert numbers == pytest.approx([0.8555, -0.8555, 0.2565, -0.2565], abs=1e-4)


def test_products_with_codes_estimate_cosines():
    one, other = np.random.default_rng(4).standard_normal((2, 2000, 384)).astype(np.float32)
    near = unit(one + other)
    found = (unit(one) * from_codes(to_codes(near), 384)).sum(axis=1)
    expected = (unit(one) * near).sum(axis=1)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.002)
    assert np.abs(found - expected).mean() < 0.02


def test_codes_of_a_turned_vector_say_more_where_few_numbers_are_large():
    """An estimate of its product with itself, 1: codes as they are hardly see the large numbers."""
    vector = np.array([[0.6, -0.8, *[0.0] * 382]], np.float32)
    estimates = [
        float((each @ from_codes(to_codes(each), 384).T)[0, 0]) for each in (vector, turned(vector))
    ]
    assert estimates == pytest.approx([0.1222, 1.1767], abs=1e-4)
