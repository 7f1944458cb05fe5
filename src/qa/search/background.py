"""What is usual: how near unrelated questions are to the passages and sentences of a library.

A cosine says little alone. Unrelated texts have about .05 with one model and .75 with another, and
less across languages than within one; a question and its answer have .6 with one and .85 with the
other. So cosines are read on a scale between these two: what some general questions have to a
sample of the library, and what they have to passages that answer them, in the same language. They
are not read against the cosines of the question itself, which are all high where all articles are
about its subject.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

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
ANSWER = 0.59
"""How far an answer stands out. With the packaged English model this leaves cosines nearly as they
are."""
READ = 0.5
"""Share of the gap in English that a model has in the languages that it reads."""
LEAST_GAP = 0.01
"""Between the cosines of an answer and of anything, whatever the model."""

Numbers = TypeVar("Numbers", float, Vectors)


@dataclass(frozen=True, slots=True)
class Usual:
    """The median cosine of unrelated texts, and how much more an answer has."""

    median: float
    gap: float

    def stands_out(self, cosine: Numbers) -> Numbers:
        """Return how far above the usual ``cosine`` is: about 0 for any text, .6 for an answer."""
        return (cosine - self.median) / self.gap * ANSWER


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
            gap = gap_within(self.encoder, asked) if asked is passages else gap_of(self.encoder)
            self._found[key] = (
                Usual(_median(questions, _of(self.passages, passages.code)), gap),
                Usual(_median(questions, _of(self.sentences, passages.code)), gap),
            )
        return self._found[key]

    def sample(self, language: Language) -> Vectors:
        """Return vectors (n, d) of passages in ``language``, or of any if it is rare."""
        return _of(self.passages, language.code)


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


def _median(questions: Vectors, sample: Vectors) -> float:
    cosines = questions @ sample.T
    return float(np.median(cosines)) if cosines.size else 0.0


def gap_of(encoder: Encoder, language: Language = ENGLISH) -> float:
    """Return how much higher the cosine of a question is to its answer than to other answers."""
    questions = general_vectors(encoder, language.general)
    answers = general_vectors(encoder, language.general_answers, are_passages=True)
    cosines = questions @ answers.T
    others = cosines[~np.eye(len(cosines), dtype=bool)]
    return max(float(cosines.diagonal().mean() - np.median(others)), LEAST_GAP)


def gap_within(encoder: Encoder, language: Language) -> float:
    """As ``gap_of``; in English if ``language`` has no answers or the model hardly reads it."""
    english = gap_of(encoder)
    own = gap_of(encoder, language) if language.general_answers else english
    return own if own >= READ * english else english


def general_vectors(
    encoder: Encoder, texts: Sequence[str], *, are_passages: bool = False
) -> Vectors:
    """Return the vectors (n, d) of general questions or passages; the user's cache keeps them."""
    prompt = encoder.prompts.passage if are_passages else encoder.prompts.query
    key = repr((encoder.name, are_passages, prompt, encoder.dimension, *texts))
    folder = cache_path(f"general-{hashlib.sha256(key.encode()).hexdigest()[:16]}")
    try:
        read_facts(folder)
        return np.asarray(np.load(folder / "vectors.npy"), np.float32)
    except (OSError, ValueError, KeyError, TypeError):
        encoded = encoder.encode_passages(texts, quick=True) if are_passages else []
        vectors = np.concatenate(encoded) if encoded else encoder.encode_queries(texts)
    try:
        with filled(folder) as made:
            np.save(made / "vectors.npy", vectors)
            write_facts(made, {})
    except OSError as error:
        log.warning("General texts will be encoded again at the next start: %s", error)
    return vectors


def unrelated_of(encoder: Encoder) -> float:
    """Return the median cosine of general questions to each other, 0 at least."""
    general = general_vectors(encoder, ENGLISH.general)
    others = (general @ general.T)[~np.eye(len(general), dtype=bool)]
    return max(float(np.median(others)), 0.0)
