"""Rows that grow, kept as they are stored."""

import numpy as np

from qa.vectors import GrowingRows, from_bytes, to_bytes

HALVES = np.arange(2**16, dtype=np.uint16).view(np.float16)
"""Every number there is of that size."""


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
