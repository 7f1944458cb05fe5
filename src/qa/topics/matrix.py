"""All topics that people follow as one matrix, and their words."""

from array import array
from collections.abc import Callable, Container, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.language import Language
from qa.language.words import has
from qa.topics.subjects import language_of_topic, subjects_named
from qa.vectors import GrowingRows, Vectors, unit

TEMPERATURE = 0.06
"""The lower, the more the nearest subject outweighs the others."""
SAME = 2.0
"""A subject does not compete with a topic that it is so many standard deviations nearer to than
subjects are on average."""


class TopicMatrix:
    """Topics, ready to be compared with articles; ``topics[n]`` has row n of ``vectors``."""

    def __init__(
        self, topics: Sequence[str], vectors: Vectors, subjects: Callable[[Language], Vectors]
    ) -> None:
        """``vectors`` (t, d) of the topics have rows of length 1, as ``subjects`` (s, d) do."""
        self.topics: list[str] = []
        self._subjects = subjects
        self._vectors = GrowingRows(vectors.shape[1])
        self._competing: GrowingRows | None = None
        self._general: dict[int, list[int]] = {}
        """Topics that only name subjects, with the rows of these."""
        self._rows: dict[Language, NDArray[np.int64]] = {}
        self._words: dict[str, _Words] = {}
        self.add(topics, vectors)

    def vector(self, n: int) -> Vectors:
        """Return that of topic ``n``, (d,); of one that only names a subject, moved towards it."""
        return self._vectors[n]

    def add(self, topics: Sequence[str], vectors: Vectors) -> None:
        """Add ``topics`` with their ``vectors`` (n, d); what is there stays where it is."""
        begin, vectors = len(self.topics), vectors.copy()
        self.topics += topics
        named = ((n, subjects_named(topic)) for n, topic in enumerate(topics, begin))
        self._general |= {n: list(rows) for n, rows in named if rows}
        by_language: dict[Language, list[int]] = {}
        for n, topic in enumerate(topics):
            by_language.setdefault(language_of_topic(topic), []).append(n)
        for language, rows in by_language.items():
            self._add_rows(language, np.array(rows) + begin)
            subjects = self._subjects(language)
            self._move(rows, begin, vectors, subjects)
        self._vectors.add(vectors)
        if topics:
            self._compare(by_language, vectors)

    def _add_rows(self, language: Language, rows: NDArray[np.int64]) -> None:
        self._rows[language] = np.append(self._rows.get(language, rows[:0]), rows)

    def _move(self, rows: Sequence[int], begin: int, vectors: Vectors, subjects: Vectors) -> None:
        for n in rows:
            if begin + n in self._general:
                named = subjects[self._general[begin + n]].mean(0, keepdims=True)
                vectors[n] = unit(vectors[n] + unit(named))[0]

    def _compare(self, by_language: Mapping[Language, Sequence[int]], vectors: Vectors) -> None:
        """Find the subjects that compete with each of the new topics."""
        count = len(self._subjects(next(iter(by_language))))
        competing = np.empty((len(vectors), count), np.float32)
        for language, rows in by_language.items():
            cosines = vectors[rows] @ self._subjects(language).T
            same = cosines.mean(1, keepdims=True) + SAME * cosines.std(1, keepdims=True)
            # Not less: without a word that the model knows, a topic is equally near to all of them.
            competing[rows] = cosines <= same
        if self._competing is None:
            self._competing = GrowingRows(count)
        self._competing.add(competing)

    def scores(self, article: Vectors, scale: float) -> Vectors:
        """Return how much the article with this vector (d,) is about each topic: 0..1, (t,).

        ``scale`` makes the cosines of one model comparable to those of others.
        """
        own = self._vectors.products(article[None])[:, 0]
        scores = np.empty(len(own), np.float32)
        if self._competing is None:
            return scores
        for language, rows in self._rows.items():
            # All rivals are in the topic's language, or a language would be nearer than another.
            rivals = self._subjects(language) @ article
            highest = max(float(own[rows].max()), float(rivals.max()))
            topics = np.exp((own[rows] - highest) * scale / TEMPERATURE)
            weights = np.exp((rivals - highest) * scale / TEMPERATURE)
            others = self._competing.products(weights[None], rows)[:, 0]
            scores[rows] = topics / (topics + others)
        return scores

    def share_in(self, n: int, passage: str, language: Language) -> float:
        """Return the share (0..1) of the stems of topic ``n`` that ``passage`` (stemmed) has."""
        return self._words_in(language).share_in(n, passage)

    def mentioned_in(self, passages: Sequence[str], language: Language) -> dict[int, list[int]]:
        """Map topics to the ``passages`` (stemmed) that have all of their words, if any.

        Topics that only name a subject are left out.
        """
        return self._words_in(language).mentioned_in(passages)

    def _words_in(self, language: Language) -> "_Words":
        """Return the words of the topics, read as ``language``: articles in it have no others."""
        words = self._words.setdefault(language.code, _Words(language))
        words.add(self.topics, self._general)
        return words


class _Words:
    """The stems of topics in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._stems: list[str] = []
        """Of each topic, with spaces between: a set of them takes five times as much memory."""
        self._by_stem: dict[str, array[int]] = {}
        """Topics by one of their stems: the others are only looked for where it is."""

    def add(self, topics: Sequence[str], general: Container[int]) -> None:
        """Read those of ``topics`` that are new since the last time."""
        for n in range(len(self._stems), len(topics)):
            stems = self._language.content_stems(topics[n])
            self._stems.append(" ".join(stems))
            if stems and n not in general:
                # The stem that has the fewest so far: most articles have those of many topics.
                chosen = min(stems, key=lambda stem: len(self._by_stem.get(stem, ())))
                self._by_stem.setdefault(chosen, array("l")).append(n)

    def share_in(self, n: int, passage: str) -> float:
        stems = self._stems[n].split()
        return sum(has(passage, each) for each in stems) / max(len(stems), 1)

    def mentioned_in(self, passages: Sequence[str]) -> dict[int, list[int]]:
        stems = {stem for passage in passages for stem in passage.split()}
        possible = (n for stem in stems for n in self._by_stem.get(stem, ()))
        mentioned = {
            n: [p for p, text in enumerate(passages) if self.share_in(n, text) == 1]
            for n in possible
        }
        return {n: where for n, where in mentioned.items() if where}
