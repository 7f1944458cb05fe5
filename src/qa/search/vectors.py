"""The only module that knows FAISS: which passages may be near a vector.

Each vector is kept as one bit a dimension (RaBitQ): a million take 56 MB, and one thread scans them
in 7 ms. The scan only proposes passages; their exact cosines come from the database. Nothing is
trained or saved, so nothing can be outdated or damaged.
"""

import math
import threading

import faiss
import numpy as np

from qa.vectors import Ids, Vectors

# Questions run in parallel already, and threads for one search cost more than they gain (26 ms
# instead of 0.1 for 270 vectors on a machine with two busy cores).
faiss.omp_set_num_threads(1)

FEWEST = 200
"""Passages that are proposed at least; all of them in a smaller index."""


class VectorIndex:
    """Passage ids by approximate nearness. Thread-safe."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        # FAISS allows searches in parallel, but no change during a search.
        self._lock = threading.Lock()
        bits = faiss.IndexRaBitQFastScan(dimension, faiss.METRIC_INNER_PRODUCT)
        # Its only parameter is the centre. The origin is as good as the mean (recall@10 of a
        # million is equal to .001) and does not depend on which articles came first.
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
        """Remove ``ids``; unknown ones are ignored."""
        if len(ids):
            with self._lock:
                self._index.remove_ids(faiss.IDSelectorBatch(ids))

    @property
    def depth(self) -> int:
        """How many ids are proposed: the square root of all, enough for .99 of the true first ten.

        That was measured up to a million (``scripts/bench/growth.py``).
        """
        return max(FEWEST, math.isqrt(len(self)))

    def propose(self, vector: Vectors, depth: int | None = None) -> list[int]:
        """Return ids that should include those nearest to ``vector`` of shape (d,), best first.

        They are ``depth``, if there are so many.
        """
        with self._lock:
            depth = depth or self.depth
            _, ids = self._index.search(np.ascontiguousarray(vector[None, :], np.float32), depth)
        return [id_ for id_ in ids[0].tolist() if id_ != -1]  # FAISS pads with -1
