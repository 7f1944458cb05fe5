"""What is usual: how near a question is to passages and sentences that have nothing to do with it.

A cosine says little alone. Unrelated texts have .1 with one model and .75 with another, less across
languages than within one, and more where all articles are about one thing. So cosines are read
against a sample of the library: how many standard deviations they are above its mean.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qa.language import ENGLISH, language_of
from qa.model.encoder import Encoder
from qa.search.vectors import VectorIndex
from qa.store.passages import PassageReader
from qa.vectors import Vectors

SAMPLE = 1_000
"""Passages that are kept at hand, evenly from the whole library."""
GROWTH = 1.5
"""The sample is taken again when the library has grown so much."""
SCALE = 10.0
"""Standard deviations that count as 1: an answer has 4 to 7."""
LEAST_SPREAD = 0.01
"""Of cosines, where a library has next to no passages."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The mean and spread of one question's cosines to the passages, or sentences, of a language."""

    mean: float
    spread: float

    def stands_out(self, cosine: float) -> float:
        """Return how far ``cosine`` is above what is usual: about 0 for any text, .5 for an answer."""
        return (cosine - self.mean) / self.spread / SCALE


@dataclass(frozen=True, slots=True)
class Sample:
    """Vectors of some passages and sentences, shape (n, d) each."""

    passages: Vectors
    sentences: Vectors

    def usual(self, vector: Vectors) -> tuple[Usual, Usual]:
        """Return what is usual for a question with ``vector`` (d,): of passages, of sentences."""
        passages, sentences = (_usual(each @ vector) for each in (self.passages, self.sentences))
        return passages, sentences


class Background:
    """Samples of one library, by language. Not thread-safe."""

    def __init__(self, store: PassageReader, encoder: Encoder) -> None:
        """``encoder`` is the one that encoded the passages."""
        self._store = store
        # A small library has no sample to speak of: some general texts are in each.
        encoded = encoder.encode_passages(ENGLISH.subjects, quick=True)
        self._general = np.concatenate(encoded) if encoded else np.empty((0, encoder.dimension))
        self._taken: tuple[int, int] = (0, 0)
        self._samples: Mapping[str, Sample] = {}

    def samples(self, generation: int, vectors: VectorIndex) -> Mapping[str, Sample]:
        """Return a sample for each language code, "" for languages of which there are no articles."""
        before, count = self._taken
        if before != generation or not count <= len(vectors) <= GROWTH * count:
            self._samples = self._take(vectors)
            self._taken = generation, len(vectors)
        return self._samples

    def _take(self, vectors: VectorIndex) -> dict[str, Sample]:
        ids = np.sort(vectors.ids)
        some = ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE].tolist()
        found: dict[str, list[tuple[Vectors, Vectors]]] = defaultdict(list)
        for language, passage, sentences in self._store.sample(some, vectors.dimension):
            found[language_of(language).code].append((passage, sentences))
        return {code: self._with_general(found[code]) for code in ["", *found]}

    def _with_general(self, found: list[tuple[Vectors, Vectors]]) -> Sample:
        passages, sentences = ([each[n] for each in found] for n in (0, 1))
        return Sample(*(np.concatenate([self._general, *each]) for each in (passages, sentences)))


def _usual(cosines: Vectors) -> Usual:
    return Usual(float(cosines.mean()), max(float(cosines.std()), LEAST_SPREAD))
