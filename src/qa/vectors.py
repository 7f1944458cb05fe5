"""Vectors as arrays: their type, their length, and the form in which they are stored."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One vector of shape (d,) or several, (n, d)."""
Ids = NDArray[np.int64]
"""Passage ids, shape (n,)."""
STORED = np.dtype("<f2")
"""How a vector is stored: little-endian float16, 2 bytes a dimension."""


def unit(vectors: Vectors) -> Vectors:
    """Scale each row of ``vectors`` (n, d) to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled


def to_bytes(vectors: Vectors) -> bytes:
    """Return the stored form of one vector of shape (d,), or of several, (n, d)."""
    return vectors.astype(STORED).tobytes()


def from_bytes(blobs: Iterable[bytes], dimension: int) -> Vectors:
    """Return vectors of shape (n, dimension) from their stored forms."""
    joined = np.frombuffer(b"".join(blobs), STORED)
    return joined.reshape(-1, dimension).astype(np.float32)
