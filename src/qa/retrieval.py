"""Question in, ranked passages out.

Scores are added, not ranks: each signal says how sure it is, and a rank forgets that. In turn:

1. dense: cosine of the question with passage and context (FAISS, exact);
2. words: BM25 of passage and context, and of the whole article (FTS5);
3. the best of these are read closer: the share of the question's rare words that the passage
   covers, and how near its best sentence comes. Sentence vectors were stored with the passage, so
   nothing but the question is embedded while a person waits.

The weights are round numbers set by hand. Weights fitted on three data sets and tried on a fourth
changed hit@1 there by -1.9 to +0.3 points (squad2-dev, clapnq-dev, multihop-facts, xquad/en), so
the round ones stay.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qa.article import Article
from qa.encoder import Encoder, Vectors
from qa.store import Store, StoredPassage
from qa.vectors import VectorIndex
from qa.words import any_of, content_stems, forms

CANDIDATES = 60
"""Passages that each search may propose."""
QUESTION_LENGTH = 1_000
"""Characters of a question that are read; the packaged model takes in no more."""
READ_CLOSER = 40
"""Passages whose sentences are compared with the question."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal (0..1 within a question) counts in a passage's score."""

    dense: float = 0.40
    words: float = 0.25
    article: float = 0.15
    coverage: float = 0.25
    sentence: float = 0.35
    lead: float = 0.20


WEIGHTS = Weights()


@dataclass(slots=True)
class Candidate:
    """A passage on its way up, with each signal: cosines, BM25 scaled to the best one, shares."""

    stored: StoredPassage
    dense: float
    words: float
    article: float
    coverage: float = 0.0
    lead: float = 0.0
    """Coverage by the heading directly above: the paragraph below says what a heading announces."""
    sentence: float = 0.0
    """Cosine of the nearest sentence, which need not be the marked one."""
    highlight: tuple[int, int] | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first, the articles they stand in, and how near the best ones come."""

    question: str
    candidates: Sequence[Candidate]
    signals: "Signals" = field(default_factory=lambda: Signals())
    articles: Mapping[int, Article] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the confidence is estimated from, taken over the best candidates."""

    dense: float = 0.0
    sentence: float = 0.0
    coverage: float = 0.0


@dataclass(frozen=True, slots=True)
class Retriever:
    """Ranks passages of one generation of the index."""

    store: Store
    index: VectorIndex
    encoder: Encoder
    generation: int
    weights: Weights = WEIGHTS

    def rank(self, question: str) -> Ranking:
        """Candidates for ``question``, best first; none when the index is empty."""
        read = question[:QUESTION_LENGTH]
        vector = self.encoder.encode([read])[0]
        candidates = self._candidates(read, vector)
        rarity = self.rarity(read)
        self._read(candidates, vector, rarity)
        candidates.sort(key=lambda c: (-c.score, c.stored.id))
        articles = self.store.articles({c.stored.article for c in candidates})
        return Ranking(question, candidates, _signals(candidates), articles)

    def _candidates(self, question: str, vector: Vectors) -> list[Candidate]:
        dense = self.index.search(vector, CANDIDATES) if len(self.index) else {}
        query = any_of(question)
        by_words = self.store.search_passages(query, self.generation, CANDIDATES) if query else {}
        by_article = self.store.search_articles(query, CANDIDATES) if query else {}
        dense |= self._missing_cosines(vector, by_words.keys() - dense.keys())
        found = self.store.passages(dense)
        words, articles = _scaled(by_words), _scaled(by_article)
        return [
            Candidate(stored, dense[id_], words.get(id_, 0.0), articles.get(stored.article, 0.0))
            for id_, stored in found.items()
        ]

    def _missing_cosines(self, vector: Vectors, ids: Iterable[int]) -> dict[int, float]:
        known, vectors = self.store.vectors(ids, self.index.dimension)
        return dict(zip(known, (vectors @ vector).tolist(), strict=True))

    def rarity(self, question: str) -> dict[str, float]:
        """Weigh the question's telling stems: the rarer in the index, the heavier; sum 1."""
        telling = content_stems(question)
        seen = self.store.passage_frequencies(telling)
        total = max(len(self.index), 1)
        weights = {s: math.log(1 + total / (1 + seen.get(s, 0))) for s in telling}
        whole = sum(weights.values())
        return {s: weight / whole for s, weight in weights.items()}

    def _read(
        self, candidates: list[Candidate], vector: Vectors, rarity: Mapping[str, float]
    ) -> None:
        for c in candidates:
            passage = c.stored.passage
            c.coverage = covered(f"{passage.context}\n{passage.text}", rarity)
            c.lead = covered(c.stored.section, rarity) if c.stored.leads else 0.0
            c.score = self._score(c)
        candidates.sort(key=lambda c: -c.score)
        closer = candidates[:READ_CLOSER]
        read_sentences(closer, self.store, vector, rarity)
        for c in closer:
            c.score = self._score(c)

    def _score(self, c: Candidate) -> float:
        w = self.weights
        return (
            w.dense * c.dense
            + w.words * c.words
            + w.article * c.article
            + w.coverage * c.coverage
            + w.sentence * c.sentence
            + w.lead * c.lead
        )


def read_sentences(
    candidates: Sequence[Candidate],
    store: Store,
    vector: Vectors,
    rarity: Mapping[str, float],
) -> None:
    """Mark in each candidate the sentence nearest to the question in meaning and words."""
    read = store.sentences((c.stored.id for c in candidates), len(vector))
    for c in candidates:
        found = read[c.stored.id]
        _mark_best(c, found.spans, (found.vectors @ vector).tolist(), rarity)


def _mark_best(
    c: Candidate,
    spans: Sequence[tuple[int, int]],
    cosines: Sequence[float],
    rarity: Mapping[str, float],
) -> None:
    text = c.stored.passage.text
    shares = [covered(text[a:b], rarity) for a, b in spans]
    if spans:
        best = max(range(len(spans)), key=lambda i: cosines[i] + 0.5 * shares[i])
        c.highlight = spans[best]
        c.sentence = max(cosines)


def covered(text: str, rarity: Mapping[str, float]) -> float:
    """Return the share (0..1) of the question's weight of words that ``text`` holds."""
    present = forms(text)
    return sum(weight for s, weight in rarity.items() if s in present)


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    top = max(scores.values(), default=0.0)
    return {key: score / top for key, score in scores.items()} if top > 0 else {}


def _signals(candidates: Sequence[Candidate]) -> Signals:
    best = candidates[:3]
    return Signals(
        dense=max((c.dense for c in best), default=0.0),
        sentence=max((c.sentence for c in best), default=0.0),
        coverage=max((c.coverage for c in best), default=0.0),
    )
