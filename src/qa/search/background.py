"""What is usual: how near unrelated questions are to the passages and sentences of a library.

A cosine says little alone. Unrelated texts have about .1 with one model and .75 with another, and
less across languages than within one. So cosines are read against those of some general questions
to a sample of the library: how many standard deviations they are above the median. It is not read
against those of the question itself, which are all high where all articles are about its subject.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from qa.language import ENGLISH, Language, language_of
from qa.model.cache import cache_path, filled, read_facts, write_facts
from qa.model.encoder import Encoder
from qa.search.vectors import VectorIndex
from qa.store.passages import PassageReader
from qa.vectors import Vectors

log = logging.getLogger(__name__)

SAMPLE = 1_000
"""Passages that are kept at hand, evenly from the whole library."""
GROWTH = 1.5
"""The sample is taken again when the library has grown by this factor."""
SCALE = 10.0
"""Standard deviations that count as 1: an answer has 4 to 7."""
QUARTILES = 1.349
"""Standard deviations between the first and the third quartile of a normal distribution."""
LEAST_SPREAD = 0.01
"""Of cosines, where a library has next to no passages."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Median and spread of the cosines of unrelated questions and passages, or sentences."""

    median: float
    spread: float
    """A standard deviation."""

    def stands_out(self, cosine: float) -> float:
        """Return how far above the usual ``cosine`` is: about 0 for any text, .5 for an answer."""
        return (cosine - self.median) / self.spread / SCALE


@dataclass(frozen=True, slots=True)
class Background:
    """What is usual in a library for questions in one language and passages in another."""

    encoder: Encoder
    passages: Mapping[str, Vectors]
    """Some vectors for each language code, shape (n, d)."""
    sentences: Mapping[str, Vectors]
    _found: dict[tuple[str, str], tuple[Usual, Usual]] = field(default_factory=dict)

    @property
    def languages(self) -> list[str]:
        """Codes of the languages that the library has."""
        return list(self.passages)

    def usual(self, asked: Language, passages: Language) -> tuple[Usual, Usual]:
        """Return what is usual for passages, and for sentences."""
        key = asked.code, passages.code
        if key not in self._found:
            questions = general_vectors(self.encoder, asked.general or ENGLISH.general)
            self._found[key] = (
                _usual(questions, _of(self.passages, passages.code)),
                _usual(questions, _of(self.sentences, passages.code)),
            )
        return self._found[key]


class Sampler:
    """Takes samples of one library. Not thread-safe."""

    def __init__(self, store: PassageReader, encoder: Encoder) -> None:
        """``encoder`` is the one that encoded the passages."""
        self._store = store
        self._encoder = encoder
        self._taken = (0, 0)
        self._background = Background(encoder, {}, {})

    def background(self, generation: int, vectors: VectorIndex) -> Background:
        """Return what is usual in the library as it is, or was a little while ago."""
        count = len(vectors)
        if self._is_outdated(generation, count):
            self._background = self._take(vectors)
            self._taken = generation, count
        return self._background

    def _is_outdated(self, generation: int, count: int) -> bool:
        before, taken = self._taken
        if generation != before or min(count, taken) <= SAMPLE:
            return (generation, count) != self._taken
        return not taken / GROWTH < count < taken * GROWTH

    def _take(self, vectors: VectorIndex) -> Background:
        ids = np.sort(vectors.ids)
        places = np.linspace(0, len(ids) - 1, min(len(ids), SAMPLE)).astype(int)
        some = ids[places].tolist()
        passages: dict[str, list[Vectors]] = defaultdict(list)
        sentences: dict[str, list[Vectors]] = defaultdict(list)
        for language, passage, sentence in self._store.sample(some, vectors.dimension):
            code = language_of(language).code
            passages[code].append(passage)
            sentences[code].append(sentence)
        return Background(self._encoder, _joined(passages), _joined(sentences))


def _joined(found: Mapping[str, Sequence[Vectors]]) -> dict[str, Vectors]:
    return {code: np.concatenate(vectors) for code, vectors in found.items()}


def _of(samples: Mapping[str, Vectors], code: str) -> Vectors:
    """Return the sample of a language, or of all if it is too rare to have one."""
    return samples[code] if code in samples else np.concatenate(list(samples.values()))


def _usual(questions: Vectors, sample: Vectors) -> Usual:
    cosines = questions @ sample.T
    if not cosines.size:
        return Usual(0.0, 1 / SCALE)
    low, middle, high = np.quantile(cosines, (0.25, 0.5, 0.75))  # a few may be related after all
    return Usual(float(middle), max(float(high - low) / QUARTILES, LEAST_SPREAD))


def general_vectors(encoder: Encoder, questions: Sequence[str]) -> Vectors:
    """Return the vectors (n, d) of general questions, which are kept in the user's cache folder."""
    key = repr((encoder.name, encoder.prompts.query, encoder.dimension, *questions))
    folder = cache_path(f"general-{hashlib.sha256(key.encode()).hexdigest()[:16]}")
    try:
        read_facts(folder)
        return np.asarray(np.load(folder / "vectors.npy"), np.float32)
    except (OSError, ValueError, KeyError, TypeError):
        vectors = encoder.encode_queries(questions)
    try:
        with filled(folder) as made:
            np.save(made / "vectors.npy", vectors)
            write_facts(made, {})
    except OSError as error:
        log.warning("General questions will be encoded again at the next start: %s", error)
    return vectors
