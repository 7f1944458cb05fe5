"""All topics that people follow as one matrix, and their words."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from qa.language.language import ENGLISH, Language
from qa.language.words import has
from qa.topics.subjects import subjects_named
from qa.vectors import Vectors, unit

TEMPERATURE = 0.06
"""The lower, the more the nearest subject outweighs the others."""
SAME = 0.4
"""A subject with this cosine to a topic does not compete with it."""


class TopicMatrix:
    """Topics, ready to be compared with articles; ``topics[n]`` has row n of ``vectors``."""

    def __init__(
        self,
        topics: Sequence[str],
        vectors: Vectors,
        subjects: Vectors,
        language: Language = ENGLISH,
    ) -> None:
        """``vectors`` (t, d) of the topics and ``subjects`` (s, d) have rows of length 1.

        The vectors of topics that only name a subject are moved towards it, in place.
        """
        self.topics = topics
        self.vectors = vectors
        self._subjects = subjects
        self._language = language
        self._stems = [language.content_stems(topic) for topic in topics]
        named = ((n, subjects_named(stems, language)) for n, stems in enumerate(self._stems))
        self.general = {n: rows for n, rows in named if rows}
        """Topics that only name subjects, with the rows of these."""
        for n, rows in self.general.items():
            vectors[n] = unit(vectors[n] + unit(subjects[rows].mean(0, keepdims=True)))[0]
        self._competing = (vectors @ subjects.T < SAME).astype(np.float32)
        self._by_stem = self._by_rarest_stem()

    def _by_rarest_stem(self) -> dict[str, list[int]]:
        """Only topics whose rarest stem is in an article need a closer look."""
        counts = Counter(stem for stems in self._stems for stem in stems)
        found: dict[str, list[int]] = {}
        for n, stems in enumerate(self._stems):
            if stems and n not in self.general:
                found.setdefault(min(stems, key=counts.__getitem__), []).append(n)
        return found

    def scores(self, article: Vectors) -> Vectors:
        """Return how much the article with this vector (d,) is about each topic: 0..1, (t,)."""
        own = np.exp(self.vectors @ article / TEMPERATURE)
        others = self._competing @ np.exp(self._subjects @ article / TEMPERATURE)
        scores: Vectors = own / (own + others)
        return scores

    def share_in(self, n: int, passage: str) -> float:
        """Return the share (0..1) of the stems of topic ``n`` that ``passage`` (stemmed) has."""
        stems = self._stems[n]
        return sum(has(passage, each) for each in stems) / max(len(stems), 1)

    def mentioned_in(self, passages: Sequence[str]) -> dict[int, list[int]]:
        """Map topics to the ``passages`` (stemmed) that have all of their words, if any.

        Topics that only name a subject are left out.
        """
        stems = {stem for passage in passages for stem in passage.split()}
        possible = (n for stem in stems for n in self._by_stem.get(stem, ()))
        mentioned = {
            n: [p for p, text in enumerate(passages) if self.share_in(n, text) == 1]
            for n in possible
        }
        return {n: where for n, where in mentioned.items() if where}
