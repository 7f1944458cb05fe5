"""The only module that knows FAISS: which passages may be near a vector.

Each vector is kept as one bit a dimension (RaBitQ): a million take 56 MB and are scanned in 7 ms by
one thread. The scan proposes; whoever asks takes the exact cosines of what it proposed from the
database. Nothing is trained and nothing saved, so nothing can be stale or corrupt.
"""

import math
import threading

import faiss
import numpy as np

from qa.vectors import Ids, Vectors

# Questions run side by side already; threads for one search cost more than they bring (26 ms
# instead of 0.1 for 270 vectors on a machine with two busy cores).
faiss.omp_set_num_threads(1)

FEWEST = 200
"""Passages that are proposed at least; in an index of fewer, all of them are."""


class VectorIndex:
    """Passage ids by their rough nearness. Safe to use from several threads."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        # FAISS allows searches side by side, but no change beside a search.
        self._lock = threading.Lock()
        bits = faiss.IndexRaBitQFastScan(dimension, faiss.METRIC_INNER_PRODUCT)
        # Its only parameter is the centre. The origin is as good as the mean (recall@10 of
        # a million the same to .001) and does not depend on which articles came first.
        bits.train(np.zeros((1, dimension), np.float32))
        self._index = faiss.IndexIDMap(bits)

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

    def remove(self, ids: Ids) -> None:
        """Forget ``ids``; unknown ones are ignored."""
        if len(ids):
            with self._lock:
                self._index.remove_ids(faiss.IDSelectorBatch(ids))

    def propose(self, vector: Vectors) -> list[int]:
        """Return ids among which the nearest ones to ``vector`` of shape (d,) are.

        As many as the root of all: enough for .99 of the true first ten, measured to a million
        (``scripts/bench/growth.py``).
        """
        with self._lock:
            depth = max(FEWEST, math.isqrt(len(self)))
            _, ids = self._index.search(np.ascontiguousarray(vector[None, :], np.float32), depth)
        return [id_ for id_ in ids[0].tolist() if id_ != -1]  # FAISS pads with -1
