"""Which of the topics that people follow an article is about.

A topic is only a few words, and its cosine to an article means little: that of a broad topic, such
as "Sports", is always low. So each is compared with what else the article may be about (its
``subjects``). Short articles may only list names, so the nearest passages of other articles are
averaged in. All topics are compared at once, as one matrix. An article with all words of a topic in
one passage needs a much lower score.

A topic such as "World" is only the name of a subject. It means all that belongs to the subject, and
a passing mention of the word counts for nothing. ``scripts/bench/topics.py`` measures all this.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qa.answer import Quote
from qa.article import Article
from qa.language import ENGLISH, Language, language_of
from qa.model.encoder import Encoder
from qa.search.background import ANSWER, LEAST_GAP, gap_of, general_vectors, unrelated_of
from qa.search.candidate import Candidate, present_in, read_closely
from qa.search.compose import quote_of
from qa.search.retrieval import Retriever
from qa.store.articles import Store
from qa.store.passages import StoredPassage
from qa.topics.matrix import TopicMatrix
from qa.topics.vectors import TopicVectors, batched, vectors_of
from qa.vectors import Vectors, unit

ABOUT, MENTIONS = 0.55, 0.20
"""Score that an article needs, and if one of its passages has all words of the topic."""
TITLE = 0.7
"""Weight of an article's title beside the mean of its passages, which include the title, too."""
NEIGHBOURS, CONTEXT = 20, 0.3
"""Passages of other articles that are averaged in, and the weight of one identical to the article.

Less similar ones weigh less: the nearest passage in an index of ten articles may be far away.
"""
WORDS = 0.2
"""Weight of the share of a topic's words that a passage has, beside its cosine, when the passage to
quote is chosen: all are encoded below the title, so their cosines differ little."""
PROPOSED = 200
"""Passages among which the nearest ones are looked for."""


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """Why an article matches a topic.

    ``score`` is roughly the share (0..1) of the article that the topic makes up; ``surplus`` is
    how far it exceeds what was needed.
    """

    quote: Quote
    score: float
    surplus: float


class TopicMatcher:
    """Keeps topics ready from one article to the next. Not thread-safe."""

    def __init__(self, encoder: Encoder, store: Store) -> None:
        """``encoder`` is the one that encoded the articles."""
        self._encoder = encoder
        self._store = store
        self._stored = TopicVectors(store.database)
        self._subject_vectors: dict[Language, Vectors] = {}
        self._is_first = True
        self._followed: tuple[str, ...] = ()
        self._known = self._nothing_known()

    def follow(self, followed: Iterable[str]) -> None:
        """Match these topics from now on; costs little for those that were followed before.

        Only if some are gone are all of them read again. Their vectors are stored in the database,
        so each is encoded only once.
        """
        if (now := tuple(followed)) == self._followed and not self._is_first:
            return
        topics = list(dict.fromkeys(now))
        if self._is_first:
            self._stored.keep_only(topics)
            self._is_first = False
        known = len(self._known.topics)
        if topics[:known] != self._known.topics:
            self._known, known = self._nothing_known(), 0
        for some in batched(topics[known:]):
            self._known.add(some, self._stored.of(some, self._encoder))
        self._followed = now

    # Read once, not for each article.

    def _subjects(self, language: Language) -> Vectors:
        if language not in self._subject_vectors:
            subjects = language.subjects or ENGLISH.subjects
            self._subject_vectors[language] = general_vectors(self._encoder, subjects)
        return self._subject_vectors[language]

    @cached_property
    def _scale(self) -> float:
        return ANSWER / gap_of(self._encoder)

    @cached_property
    def _unrelated(self) -> float:
        return unrelated_of(self._encoder)

    def _nothing_known(self) -> TopicMatrix:
        nothing = np.empty((0, self._encoder.dimension), np.float32)
        return TopicMatrix((), nothing, self._subjects)

    def match(self, article: Article, retriever: Retriever) -> dict[str, TopicMatch]:
        """Return the topics that ``article`` matches, and why."""
        stored = self._store.passages_of(article.number, retriever.generation)
        if not stored or not self._known.topics:
            return {}
        vectors = vectors_of(stored, self._store, self._encoder.dimension)
        scores = self.scores(article, {s.id for s in stored}, vectors, retriever)
        language = language_of(article.language)
        passages = [present_in(each.passage, language) for each in stored]
        mentioned = self._known.mentioned_in(passages, language)
        least = np.full(len(scores), ABOUT)
        least[list(mentioned)] = MENTIONS
        chosen = np.flatnonzero(scores >= least).tolist()
        best = {
            n: stored[self._best(n, stored, vectors, mentioned.get(n), language)] for n in chosen
        }
        return {
            self._known.topics[n]: TopicMatch(quote, float(scores[n]), float(scores[n] - least[n]))
            for n, quote in self._quotes(article, best, retriever).items()
        }

    def scores(
        self, article: Article, ids: Collection[int], passages: Vectors, retriever: Retriever
    ) -> Vectors:
        """Return how much ``article`` is about each topic: 0..1, shape (t,).

        ``ids`` and ``passages`` (p, d) are those of the article.
        """
        (title,) = self._encoder.encode_passages([article.title], quick=True)
        own = unit(unit(passages.mean(0, keepdims=True)) + TITLE * title)[0]
        moved = self._in_context(own, ids, retriever)
        return self._known.scores(moved, self._scale)

    def _in_context(self, own: Vectors, ids: Collection[int], retriever: Retriever) -> Vectors:
        """Move ``own`` (d,) towards the nearest passages other than the article's own ``ids``."""
        proposed = [id_ for id_ in retriever.indexes.vectors.propose(own) if id_ not in ids]
        _, others = self._store.vectors(proposed[:PROPOSED], self._encoder.dimension)
        cosines = others @ own
        nearest = np.argsort(-cosines)[:NEIGHBOURS]
        likeness = (cosines[nearest] - self._unrelated) / max(1 - self._unrelated, LEAST_GAP)
        weights = likeness.astype(np.float32).clip(min=0)
        moved: Vectors = unit((own + np.float32(CONTEXT) * weights @ others[nearest])[None])[0]
        return moved

    def _best(
        self,
        n: int,
        stored: Sequence[StoredPassage],
        vectors: Vectors,
        among: Sequence[int] | None,
        language: Language,
    ) -> int:
        """Return which passage, of all or ``among`` those with its words, to quote for topic n."""
        cosines = vectors @ self._known.vector(n)

        def score(p: int) -> float:
            share = self._known.share_in(
                n, language.stemmed_cached(stored[p].passage.text), language
            )
            return float(cosines[p]) + WORDS * share

        return max(among or range(len(stored)), key=score)

    def _quotes(
        self, article: Article, best: Mapping[int, StoredPassage], retriever: Retriever
    ) -> dict[int, Quote]:
        """Quote the best passage for each topic, with the sentence nearest to it highlighted."""
        sentences = self._store.sentences({s.id for s in best.values()}, self._encoder.dimension)
        quotes, language = {}, language_of(article.language)
        for n, stored in best.items():
            topic = retriever.read_topic(self._known.topics[n], self._known.vector(n))
            _, usual = retriever.background.usual(topic.language, language)
            read = read_closely(
                Candidate(stored, language=language), topic, sentences[stored.id], usual
            )
            quotes[n] = quote_of(article, stored.passage, read.sentence, read.highlight)
        return quotes


def similarity(encoder: Encoder, text: str, others: Sequence[str]) -> float:
    """Return the highest cosine of ``text`` to one of ``others``, at least one text."""
    first, *rest = encoder.encode_passages([text, *others], quick=True)
    return float(max(first[0] @ other[0] for other in rest))
