"""Vectors as arrays: their type, their length, and the form in which they are stored."""

import functools
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One vector of shape (d,) or several, (n, d)."""
Ids = NDArray[np.int64]
"""Passage ids, shape (n,)."""
STORED = np.dtype("<f2")
"""How a vector is stored: little-endian float16, 2 bytes a dimension."""


class GrowingRows:
    """Vectors in one array, to which more are added without a copy of all of them each time.

    They are kept as they are stored: half the memory, and 100,000 are multiplied in 10 ms.
    """

    def __init__(self, width: int) -> None:
        self._rows = np.empty((0, width), STORED)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, n: int) -> Vectors:
        """Return row ``n``, of shape (width,)."""
        row: Vectors = self._rows[: self._count][n].astype(np.float32)
        return row

    def add(self, rows: Vectors) -> None:
        """Add rows of shape (m, width)."""
        if self._count + len(rows) > len(self._rows):
            # Memory that was never written to takes none.
            room = np.empty((2 * (self._count + len(rows)), self._rows.shape[1]), STORED)
            room[: self._count] = self._rows[: self._count]
            self._rows = room
        self._rows[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def products(self, vectors: Vectors, among: Ids | None = None) -> Vectors:
        """Return the products (n, k) of all rows, or those ``among`` them, with ``vectors``.

        These have shape (k, width) and numbers up to 1.
        """
        count = self._count if among is None else len(among)
        products = np.empty((count, len(vectors)), np.float32)
        scaled = _SCALE * vectors.T
        for begin in range(0, count, _BLOCK):
            block = slice(begin, begin + _BLOCK)
            rows = self._rows[: self._count][block] if among is None else self._rows[among[block]]
            np.matmul(_scaled_down(rows), scaled, out=products[block])
        return products


_BLOCK = 1024
"""Rows that are widened at once: what fits into a processor's cache."""
_SCALE = np.float32(2.0**112)


def _scaled_down(rows: NDArray[np.float16]) -> Vectors:
    """Return ``rows`` as float32, exactly, but divided by ``_SCALE``: five times as fast.

    Sign, exponent and fraction only have to move to where float32 has them. Its exponents start
    lower by 112.
    """
    bits = rows.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(0x0FFFE000 - 2**31)
    return bits.view(np.float32)


def unit(vectors: Vectors) -> Vectors:
    """Scale each row of ``vectors`` (…, d) to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled


def to_bytes(vectors: Vectors) -> bytes:
    """Return the stored form of one vector of shape (d,), or of several, (n, d)."""
    return vectors.astype(STORED).tobytes()


def from_bytes(blobs: Iterable[bytes], dimension: int) -> Vectors:
    """Return vectors of shape (n, dimension) from their stored forms."""
    joined = np.frombuffer(b"".join(blobs), STORED)
    vectors: Vectors = _scaled_down(joined.reshape(-1, dimension)) * _SCALE
    return vectors


def turned(vectors: Vectors) -> Vectors:
    """Turn vectors (…, d) by a cosine transform (DCT-II); their products stay as they are.

    Some numbers of a model are much larger than others. Turned, they are alike, so that few bits
    of each say more.
    """
    rows: Vectors = vectors @ _cosine_transform(vectors.shape[-1])
    return rows


@functools.cache
def _cosine_transform(dimension: int) -> Vectors:
    places = np.arange(dimension)
    waves = np.cos(np.pi / dimension * np.outer(places + 0.5, places))
    waves[:, 0] /= math.sqrt(2)
    return (waves * math.sqrt(2 / dimension)).astype(np.float32)


def to_codes(vectors: Vectors) -> bytes:
    """Return two bits for each number of ``vectors`` (n, d): its sign, and whether it is large.

    The numbers of a vector should be alike (``turned``). Whole bytes a vector; its length is lost.
    """
    width = vectors.shape[1]
    numbers = unit(vectors) * math.sqrt(width)
    codes = np.zeros((len(vectors), -(-width // 4) * 4), np.uint8)
    codes[:, :width] = 2 * (numbers > 0) + (np.abs(numbers) > _LARGE)
    return (codes.reshape(-1, 4) @ _PLACES).tobytes()


def from_codes(blob: bytes, dimension: int) -> Vectors:
    """Return vectors (n, dimension) whose products estimate the cosines of those encoded."""
    numbers = np.take(_NUMBERS, np.frombuffer(blob, np.uint8), axis=0)
    rows = numbers.reshape(-1, -(-dimension // 4) * 4)[:, :dimension]
    vectors: Vectors = rows * np.float32(1 / math.sqrt(dimension))
    return vectors


_LARGE = 0.98
"""In two bits a normally distributed number is known best if those above this are called large, and
the others stand for ± .453, these for ± 1.51 (Max 1960, doi:10.1109/TIT.1960.1057548)."""
_KEPT = 0.8825
"""The product of a vector with its own code would be this."""
_LEVELS = np.array([-0.4528, -1.510, 0.4528, 1.510], np.float32) / _KEPT
_PLACES = np.array([1, 4, 16, 64], np.uint8)
_NUMBERS = _LEVELS[np.arange(256)[:, None] // _PLACES % 4]
"""The four numbers that each byte stands for, shape (256, 4)."""
