"""The only module that knows FAISS: which passages may be near a vector.

Each vector is kept as one bit a dimension (RaBitQ): a million take 56 MB. The scan only proposes
passages; their exact cosines come from the database.

One thread scans 300,000 in 2 ms. A small index is just that: nothing is trained or saved, so
nothing can be outdated or damaged. A large one is sorted into lists around centres that are learnt
from a sample, and a search reads those that are nearest. Sorting takes longer than reading the
vectors from the database, so it is saved.
"""

import heapq
import json
import math
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from qa.vectors import Ids, Vectors

# Questions run in parallel already, and threads for one search cost more than they gain (26 ms
# instead of 0.1 for 270 vectors on a machine with two busy cores).
faiss.omp_set_num_threads(1)

FEWEST = 200
"""Passages that are proposed at least, and read at least; all of them in a smaller index."""
SAMPLED = 64
"""Vectors of each list from which its centre is learnt."""
READ = 6
"""Lists that a search reads, times the square root of their number: enough for .995 of the true
first ten of a million, in 2.5 ms. 3 finds .989 of them, in 1.5, and 8 .998, in 3.1."""
DOUBT = 2.0
"""How far below the tenth best a cosine of bits may be, times √dimension, to be looked at: of a
million, 590 are then read instead of 1,000, and no fewer of the true first ten are found."""
ROUNDS = 10
"""How often the centres are moved: more changes nothing that is measured."""


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
        self._index: Any = faiss.IndexIDMap(bits)

    @classmethod
    def in_lists(cls, sample: Vectors, count: int) -> "VectorIndex":
        """Begin an index for about ``count`` vectors like those of ``sample`` (n, dimension).

        ``sample`` has at least the square root of ``count``: that is the number of lists. It is
        best with ``SAMPLED`` times as many.
        """
        made, lists = cls(sample.shape[1]), math.isqrt(count)
        centres: Any = faiss.IndexFlatIP(made.dimension)
        index = faiss.IndexIVFRaBitQFastScan(
            centres, made.dimension, lists, faiss.METRIC_INNER_PRODUCT
        )
        centres.this.disown()
        index.own_fields = True
        index.cp.niter, index.cp.min_points_per_centroid = ROUNDS, 1
        index.cp.max_points_per_centroid = SAMPLED
        index.train(np.ascontiguousarray(sample, np.float32))
        made._index = index
        return made

    @property
    def suits(self) -> range:
        """How many vectors it suits: with more, or far fewer, other lists would be better."""
        lists = getattr(self._index, "nlist", 0)
        return range(lists**2 // 4, 4 * lists**2)

    def save(self, path: Path, note: Mapping[str, int]) -> None:
        """Write an index of lists to ``path``, and a ``note`` beside it; ``OSError`` if it fails.

        Whoever opens it meanwhile, or after a crash, finds the index before or none.
        """
        written = path.with_suffix(f".{os.getpid()}")
        try:
            with self._lock:
                faiss.write_index(self._index, str(written))
            about = {**note, "checksum": _checksum(written), "faiss": faiss.__version__}
            written.replace(path)
            written.write_text(json.dumps(about), encoding="utf-8")
            written.replace(_note_of(path))
        except RuntimeError as error:  # as FAISS says that it cannot write
            raise OSError(str(error)) from error
        finally:
            written.unlink(missing_ok=True)

    @classmethod
    def open(cls, path: Path) -> "tuple[VectorIndex, dict[str, int]] | None":
        """Return a saved index and its note; ``None`` if there is none, or it is damaged."""
        try:
            note = json.loads(_note_of(path).read_text(encoding="utf-8"))
            if (note.pop("checksum"), note.pop("faiss")) != (_checksum(path), faiss.__version__):
                return None
            index = faiss.read_index(str(path))
        except (OSError, ValueError, KeyError, RuntimeError):
            return None
        made = cls(index.d)
        made._index = index
        return made, note

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """All passage ids, in no particular order."""
        with self._lock:
            if isinstance(self._index, faiss.IndexIDMap):
                ids: Ids = faiss.vector_to_array(self._index.id_map)
                return ids
            lists = self._index.invlists
            sizes = [(n, size) for n in range(lists.nlist) if (size := lists.list_size(n))]
            found = [faiss.rev_swig_ptr(lists.get_ids(n), size).copy() for n, size in sizes]
        return np.concatenate([np.empty(0, np.int64), *found])

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

    def propose(self, vector: Vectors, depth: int | None = None) -> dict[int, float]:
        """Map ids that should include those nearest to ``vector`` (d,) to about their cosines.

        They are ``depth``, if there are so many, the nearest first.
        """
        with self._lock:
            depth = depth or self.depth
            query, lists = np.ascontiguousarray(vector[None, :], np.float32), self._lists(depth)
            cosines, ids = self._index.search(query, depth, params=lists)
        found = zip(ids[0].tolist(), cosines[0].tolist(), strict=True)
        return {id_: cosine for id_, cosine in found if id_ != -1}  # FAISS pads with -1

    def _lists(self, depth: int) -> faiss.SearchParameters | None:
        """Read as many more lists as are proposed more: all of them for all ids."""
        if isinstance(self._index, faiss.IndexIDMap):
            return None
        wanted = READ * math.isqrt(self._index.nlist) * depth // self.depth
        lists = faiss.SearchParametersIVF()
        lists.nprobe = min(max(wanted, 1), self._index.nlist)
        return lists


def read_nearest(
    proposed: Mapping[int, float],
    read: Callable[[Iterable[int]], dict[int, float]],
    dimension: int,
    others: Iterable[int] = (),
) -> dict[int, float]:
    """Map those ``proposed`` that may be among the nearest ten, and ``others``, to exact cosines.

    ``read`` maps ids to these. The first ones tell which of the rest need to be read, too.
    """
    exact = read({*islice(proposed, FEWEST), *others})
    rest = still_near(proposed, exact, dimension)
    return exact | read(rest) if rest else exact


def still_near(
    proposed: Mapping[int, float], exact: Mapping[int, float], dimension: int
) -> list[int]:
    """Return those ``proposed`` without an ``exact`` cosine that may be among the nearest ten.

    A bit for each of ``dimension`` numbers tells a cosine to about √((π/2 - 1) / dimension).
    """
    tenth = min(heapq.nlargest(10, exact.values()), default=-1.0)
    least = tenth - DOUBT / math.sqrt(dimension)
    return [id_ for id_, cosine in proposed.items() if cosine >= least and id_ not in exact]


def sample_of(read: Iterable[Vectors], count: int) -> Vectors:
    """Take what lists of ``count`` vectors need of all of them, in batches (n, dimension).

    At random, as every tenth may be of one source; always the same of the same.
    """
    share, chance = SAMPLED * math.isqrt(count) / count, np.random.default_rng(0)
    return np.concatenate([some[chance.random(len(some)) < share] for some in read])


def _note_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum
