"""The only module that knows FAISS: vectors by passage id, searched by inner product."""

import threading
from collections.abc import Iterable

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.encoder import Vectors

# Questions run side by side already; threads for one search cost more than they bring (26 ms
# instead of 0.1 for 270 vectors on a machine with two busy cores).
faiss.omp_set_num_threads(1)

Ids = NDArray[np.int64]
STORED = np.dtype("<f2")
"""How a vector is stored: little-endian float16, 2 bytes a dimension."""


def to_bytes(vectors: Vectors) -> bytes:
    """Return the stored form of one vector of shape (d,), or of several, (n, d)."""
    return vectors.astype(STORED).tobytes()


def from_bytes(blobs: Iterable[bytes], dimension: int) -> Vectors:
    """Vectors of shape (n, dimension) out of their stored forms."""
    joined = np.frombuffer(b"".join(blobs), STORED)
    return joined.reshape(-1, dimension).astype(np.float32)


class VectorIndex:
    """Exact search over half-precision vectors.

    Derived from the database and never saved: building it takes half a second for 100,000 vectors,
    and what is not saved cannot be stale or corrupt. Safe to use from several threads.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.last_id = 0
        # FAISS allows searches side by side, but no change beside a search.
        self._lock = threading.Lock()
        flat = faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        self._index = faiss.IndexIDMap2(flat)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """All passage ids, in no particular order."""
        with self._lock:
            ids: Ids = faiss.vector_to_array(self._index.id_map)
        return ids

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add vectors of shape (n, dimension) under ``ids`` of shape (n,)."""
        if len(ids):
            with self._lock:
                self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)
            self.last_id = max(self.last_id, int(ids.max()))

    def remove(self, ids: Ids) -> None:
        """Forget ``ids``; unknown ones are ignored."""
        with self._lock:
            self._index.remove_ids(faiss.IDSelectorBatch(ids))

    def search(self, vector: Vectors, top_k: int) -> dict[int, float]:
        """Map the ``top_k`` nearest passage ids to their cosine with ``vector`` of shape (d,)."""
        with self._lock:
            scores, ids = self._index.search(vector[None, :], top_k)
        pairs = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return {id_: score for id_, score in pairs if id_ != -1}  # FAISS pads with -1
