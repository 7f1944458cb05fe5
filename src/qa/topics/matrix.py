"""All topics that people follow as one matrix, and their words."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.language import Language
from qa.language.words import has
from qa.topics.subjects import language_of_topic, subjects_named
from qa.vectors import Vectors, unit

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
        """``vectors`` (t, d) of the topics have rows of length 1, as ``subjects`` (s, d) do.

        The vectors of topics that only name a subject are moved towards it, in place.
        """
        self.topics = topics
        self.vectors = vectors
        self._subjects = subjects
        self._languages = [language_of_topic(topic) for topic in topics]
        named = ((n, subjects_named(topic)) for n, topic in enumerate(topics))
        self.general = {n: list(rows) for n, rows in named if rows}
        """Topics that only name subjects, with the rows of these."""
        self._rows = self._by_language()
        count = len(subjects(self._languages[0])) if topics else 0
        self._competing = np.zeros((len(topics), count), np.float32)
        for language, rows in self._rows.items():
            self._compare(rows, subjects(language))
        self._words: dict[str, _Words] = {}

    def _by_language(self) -> dict[Language, NDArray[np.int64]]:
        found: dict[Language, list[int]] = {}
        for n, language in enumerate(self._languages):
            found.setdefault(language, []).append(n)
        return {language: np.array(rows) for language, rows in found.items()}

    def _compare(self, rows: NDArray[np.int64], subjects: Vectors) -> None:
        """Find the subjects that compete with the topics in ``rows``, all in one language."""
        for n in set(rows.tolist()) & self.general.keys():
            named = subjects[self.general[n]].mean(0, keepdims=True)
            self.vectors[n] = unit(self.vectors[n] + unit(named))[0]
        cosines = self.vectors[rows] @ subjects.T
        same = cosines.mean(1, keepdims=True) + SAME * cosines.std(1, keepdims=True)
        # Not less: without a word that the model knows, a topic is equally near to all of them.
        self._competing[rows] = cosines <= same

    def scores(self, article: Vectors, scale: float) -> Vectors:
        """Return how much the article with this vector (d,) is about each topic: 0..1, (t,).

        ``scale`` makes the cosines of one model comparable to those of others.
        """
        own = self.vectors @ article
        scores = np.empty(len(own), np.float32)
        for language, rows in self._rows.items():
            # All rivals are in the topic's language, or a language would be nearer than another.
            rivals = self._subjects(language) @ article
            highest = max(float(own[rows].max()), float(rivals.max()))
            topics = np.exp((own[rows] - highest) * scale / TEMPERATURE)
            others = self._competing[rows] @ np.exp((rivals - highest) * scale / TEMPERATURE)
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
        if language.code not in self._words:
            self._words[language.code] = _Words(self.topics, self.general, language)
        return self._words[language.code]


class _Words:
    """The stems of topics in one language."""

    def __init__(
        self, topics: Sequence[str], general: Mapping[int, Sequence[int]], language: Language
    ) -> None:
        self._stems = [language.content_stems(topic) for topic in topics]
        # Only topics whose rarest stem is in an article need a closer look.
        counts = Counter(stem for stems in self._stems for stem in stems)
        self._by_stem: dict[str, list[int]] = {}
        for n, stems in enumerate(self._stems):
            if stems and n not in general:
                self._by_stem.setdefault(min(stems, key=counts.__getitem__), []).append(n)

    def share_in(self, n: int, passage: str) -> float:
        stems = self._stems[n]
        return sum(has(passage, each) for each in stems) / max(len(stems), 1)

    def mentioned_in(self, passages: Sequence[str]) -> dict[int, list[int]]:
        stems = {stem for passage in passages for stem in passage.split()}
        possible = (n for stem in stems for n in self._by_stem.get(stem, ()))
        mentioned = {
            n: [p for p, text in enumerate(passages) if self.share_in(n, text) == 1]
            for n in possible
        }
        return {n: where for n, where in mentioned.items() if where}
